/*
 * A load generator: many connections to a Unix socket, a chosen number of calls under way on each,
 * for a chosen time; prints the rate and the latencies as one JSON object. Speaks Varlink (frames
 * ended by NUL) and, to measure the same thing elsewhere, Redis (RESP bulk replies).
 *
 *   load [--connections N] [--depth N] [--seconds S] [--redis] SOCKET FILE
 *
 * FILE has one call a line, without its end: a Varlink call, or a Redis command as it is typed.
 * Calls are taken from it in a random order that is the same each time.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>

#include "wire/util.h"

enum { BUFFER = 1 << 16, BUCKETS = 64 * 16 };

struct request {
    char *bytes;
    size_t len;
};

/* Where a Redis reply's parser is: in the line that tells the length, or in the bulk. */
struct parser {
    bool in_bulk, negative;
    int64_t left;
};

struct peer {
    int fd;
    int64_t *sent; /* when the calls under way were sent, a ring */
    unsigned head, waiting;
    struct parser parser;
    char *out; /* what could not be written yet */
    size_t out_len, out_at;
};

struct load {
    int connections, depth, redis;
    double seconds;
    struct request *requests;
    size_t n_requests;
    uint64_t seed;
    struct peer *peers;
    uint64_t done, errors, bytes;
    uint64_t histogram[BUCKETS];
    int64_t slowest;
};

static int64_t now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* xorshift: the same calls in each run. */
static uint64_t next_random(struct load *load)
{
    load->seed ^= load->seed << 13;
    load->seed ^= load->seed >> 7;
    load->seed ^= load->seed << 17;
    return load->seed;
}

/* Sixteen buckets for each doubling. */
static size_t bucket_of(int64_t ns)
{
    uint64_t us16 = (uint64_t)ns / 62 + 16; /* sixteenths of a microsecond, about */
    unsigned shift = 59 - (unsigned)__builtin_clzll(us16);
    size_t bucket = (size_t)shift * 16 + (us16 >> shift) - 16;

    return bucket < BUCKETS ? bucket : BUCKETS - 1;
}

static double bucket_us(size_t bucket)
{
    uint64_t us16 = ((bucket % 16) + 16) << (bucket / 16);

    return (double)(us16 - 16) * 0.062;
}

static double percentile(const struct load *load, double share)
{
    uint64_t wanted = (uint64_t)((double)load->done * share), seen = 0;

    for (size_t i = 0; i < BUCKETS; i++) {
        seen += load->histogram[i];
        if (seen > wanted)
            return bucket_us(i);
    }
    return (double)load->slowest / 1000;
}

static void note_done(struct load *load, struct peer *peer, int64_t now)
{
    int64_t took = now - peer->sent[peer->head];

    peer->head = (peer->head + 1) % (unsigned)load->depth;
    peer->waiting--;
    load->done++;
    load->histogram[bucket_of(took)]++;
    if (took > load->slowest)
        load->slowest = took;
}

static unsigned count_varlink(struct load *load, const char *bytes, size_t len)
{
    unsigned n = 0;

    for (const char *at = bytes; (at = memchr(at, 0, len - (size_t)(at - bytes))); at++)
        n++;
    if (memmem(bytes, len, "\"error\":", 8))
        load->errors++;
    return n;
}

static unsigned count_redis(struct load *load, struct parser *parser, const char *bytes, size_t len)
{
    unsigned n = 0;

    for (size_t i = 0; i < len;) {
        if (parser->in_bulk) {
            size_t take = (int64_t)(len - i) < parser->left ? len - i : (size_t)parser->left;

            i += take;
            parser->left -= (int64_t)take;
            parser->in_bulk = parser->left > 0;
            n += !parser->in_bulk;
            continue;
        }
        if (bytes[i] == '-' && parser->left == 0)
            parser->negative = true;
        if (bytes[i] >= '0' && bytes[i] <= '9')
            parser->left = parser->left * 10 + (bytes[i] - '0');
        if (bytes[i++] != '\n')
            continue;
        load->errors += parser->negative;
        parser->in_bulk = !parser->negative;
        n += parser->negative;
        parser->left = parser->negative ? 0 : parser->left + 2;
        parser->negative = false;
    }
    return n;
}

static int peer_flush(struct peer *peer)
{
    while (peer->out_at < peer->out_len) {
        ssize_t n =
            send(peer->fd, peer->out + peer->out_at, peer->out_len - peer->out_at, MSG_NOSIGNAL);

        if (n < 0)
            return errno == EAGAIN ? 0 : -errno;
        peer->out_at += (size_t)n;
    }
    peer->out_at = peer->out_len = 0;
    return 0;
}

/* Sends calls until `depth` are under way. */
static int peer_fill(struct load *load, struct peer *peer)
{
    int64_t now = now_ns();

    while (peer->out_len == 0 || peer->waiting < (unsigned)load->depth) {
        const struct request *request;
        unsigned tail = (peer->head + peer->waiting) % (unsigned)load->depth;

        if (peer->waiting == (unsigned)load->depth)
            break;
        request = &load->requests[next_random(load) % load->n_requests];
        peer->out = realloc(peer->out, peer->out_len + request->len);
        if (!peer->out)
            return -ENOMEM;
        memcpy(peer->out + peer->out_len, request->bytes, request->len);
        peer->out_len += request->len;
        peer->sent[tail] = now;
        peer->waiting++;
    }
    return peer_flush(peer);
}

static int peer_read(struct load *load, struct peer *peer)
{
    static char buffer[BUFFER];
    ssize_t len = recv(peer->fd, buffer, sizeof(buffer), 0);
    int64_t now = now_ns();
    unsigned n;

    if (len < 0 && errno == EAGAIN)
        return 0;
    if (len <= 0)
        return len == 0 ? -EPIPE : -errno;
    load->bytes += (uint64_t)len;
    n = load->redis ? count_redis(load, &peer->parser, buffer, (size_t)len)
                    : count_varlink(load, buffer, (size_t)len);
    while (n--)
        note_done(load, peer, now);
    return peer_fill(load, peer);
}

static int peer_connect(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    AUTO(close_fd) int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int result;

    if (fd < 0 || strlen(path) >= sizeof(address.sun_path))
        return -EINVAL;
    strcpy(address.sun_path, path);
    if (connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ||
        fcntl(fd, F_SETFL, O_NONBLOCK) < 0)
        return -errno;
    result = fd;
    fd = -1;
    return result;
}

static int run(struct load *load, const char *path)
{
    int epoll = epoll_create1(EPOLL_CLOEXEC), r = 0;
    int64_t end;

    for (int i = 0; i < load->connections && r == 0; i++) {
        struct peer *peer = &load->peers[i];
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = peer};

        peer->fd = peer_connect(path);
        peer->sent = calloc((size_t)load->depth, sizeof(*peer->sent));
        if (peer->fd < 0 || !peer->sent)
            return peer->fd < 0 ? peer->fd : -ENOMEM;
        if (epoll_ctl(epoll, EPOLL_CTL_ADD, peer->fd, &event) < 0)
            r = -errno;
    }
    end = now_ns() + (int64_t)(load->seconds * 1e9);
    for (int i = 0; i < load->connections && r == 0; i++)
        r = peer_fill(load, &load->peers[i]);
    while (r == 0 && now_ns() < end) {
        struct epoll_event events[64];
        int n = epoll_wait(epoll, events, ARRAY_LEN(events), 100);

        for (int i = 0; i < n && r == 0; i++)
            r = peer_read(load, events[i].data.ptr);
    }
    close(epoll);
    return r;
}

/* A line of the file as it goes over the wire. */
static int add_request(struct load *load, const char *line, size_t len)
{
    struct request *requests =
        reallocarray(load->requests, load->n_requests + 1, sizeof(*requests));
    struct request *request;

    if (!requests)
        return -ENOMEM;
    load->requests = requests;
    request = &requests[load->n_requests];
    request->len = len + (load->redis ? 2 : 1);
    request->bytes = malloc(request->len);
    if (!request->bytes)
        return -ENOMEM;
    memcpy(request->bytes, line, len);
    memcpy(request->bytes + len, load->redis ? "\r\n" : "\0", load->redis ? 2 : 1);
    load->n_requests++;
    return 0;
}

static int read_requests(struct load *load, const char *path)
{
    AUTO(close_file) FILE *file = fopen(path, "re");
    AUTO(free_ptr) char *line = NULL;
    size_t size = 0;
    ssize_t len;

    if (!file)
        return -errno;
    while ((len = getline(&line, &size, file)) > 0) {
        if (line[len - 1] == '\n')
            len--;
        if (len > 0 && add_request(load, line, (size_t)len) < 0)
            return -ENOMEM;
    }
    return load->n_requests ? 0 : -ENODATA;
}

static void report(const struct load *load, double took)
{
    printf("{\"calls\":%lu,\"errors\":%lu,\"seconds\":%.3f,\"rate\":%.0f,\"bytes\":%lu,"
           "\"p50_us\":%.1f,\"p99_us\":%.1f,\"max_us\":%.1f}\n",
           load->done, load->errors, took, (double)load->done / took, load->bytes,
           percentile(load, 0.5), percentile(load, 0.99), (double)load->slowest / 1000);
}

static int read_options(struct load *load, int argc, char **argv)
{
    static const struct option options[] = {
        {"connections", required_argument, NULL, 'c'},
        {"depth", required_argument, NULL, 'd'},
        {"seconds", required_argument, NULL, 's'},
        {"redis", no_argument, NULL, 'r'},
        {NULL, 0, NULL, 0},
    };

    for (int c; (c = getopt_long(argc, argv, "c:d:s:r", options, NULL)) != -1;) {
        if (c == 'c')
            load->connections = atoi(optarg);
        else if (c == 'd')
            load->depth = atoi(optarg);
        else if (c == 's')
            load->seconds = atof(optarg);
        else if (c == 'r')
            load->redis = 1;
        else
            return -EINVAL;
    }
    return argc - optind == 2 && load->connections > 0 && load->depth > 0 ? 0 : -EINVAL;
}

int main(int argc, char **argv)
{
    struct load load = {.connections = 1, .depth = 1, .seconds = 5, .seed = 88172645463325252};
    int64_t start;
    int r;

    if (read_options(&load, argc, argv) < 0) {
        fprintf(stderr, "usage: load [--connections N] [--depth N] [--seconds S] [--redis] "
                        "SOCKET FILE\n");
        return 2;
    }
    r = read_requests(&load, argv[optind + 1]);
    load.peers = calloc((size_t)load.connections, sizeof(*load.peers));
    start = now_ns();
    if (r == 0)
        r = load.peers ? run(&load, argv[optind]) : -ENOMEM;
    if (r < 0) {
        fprintf(stderr, "load: %s\n", strerror(-r));
        return 1;
    }
    report(&load, (double)(now_ns() - start) / 1e9);
    return 0;
}
