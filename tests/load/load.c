/*
 * A load generator: many connections to a Unix socket, a chosen number of calls under way on each,
 * for a chosen time; prints the rate and the latencies as one JSON object. Speaks Varlink (frames
 * ended by NUL) and, to measure the same thing elsewhere, Redis (RESP bulks and arrays of them).
 *
 *   load [--connections N] [--depth N] [--seconds S] [--redis] [OPTION…] SOCKET FILE
 *
 * FILE has one call a line, without its end: a Varlink call, or a Redis command as it is typed.
 * Calls are taken from it in a random order that is the same each time.
 *
 *   --rate N   sends N calls a second at most, over all connections
 *   --unique   no two calls of a Varlink run, or of two runs, are equal: they differ in white space
 *   --turn N   sends the lines in their order; only each Nth call's latency is counted
 *   --stream   a Varlink call is answered by several replies, the last one without `continues`
 *   --hold     makes one call on each connection, says so, and keeps them open until stdin ends
 *
 * SIGINT and SIGTERM end a run early; it is reported all the same.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>

#include "wire/util.h"

enum { BUFFER = 1 << 16, BUCKETS = 64 * 16, MARK = 20 };

struct request {
    char *bytes;
    size_t len;
};

/* What a reply ends with that is not its call's last one. */
#define CONTINUES "\"continues\":true}"

/* Where a Redis reply's parser is: in the line that tells the length, or in the bulk; of an array,
 * how many bulks are left. Of a stream, the last bytes of the reply that is coming. */
struct parser {
    bool in_bulk, in_array_line, negative;
    int64_t left, items;
    char tail[sizeof(CONTINUES) - 1];
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
    int connections, depth;
    bool redis, unique, stream, hold;
    double seconds, rate; /* rate 0: as fast as it goes */
    uint64_t turn;
    int64_t start;
    struct request *requests;
    size_t n_requests;
    uint64_t seed, mark;
    struct peer *peers;
    uint64_t sent, done, errors, bytes;
    uint64_t counted, histogram[BUCKETS];
    int64_t slowest, sum;
    char error[80]; /* the first one's name */
};

static volatile sig_atomic_t stopping;

static void stop(int number UNUSED)
{
    stopping = 1;
}

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
    double wanted = (double)load->counted * share, seen = 0;

    for (size_t i = 0; i + 1 < BUCKETS; i++) {
        double here = (double)load->histogram[i];

        if (here > 0 && seen + here > wanted)
            return bucket_us(i) + (bucket_us(i + 1) - bucket_us(i)) * (wanted - seen) / here;
        seen += here;
    }
    return (double)load->slowest / 1000;
}

static void note_done(struct load *load, struct peer *peer, int64_t now)
{
    int64_t took = now - peer->sent[peer->head];

    peer->head = (peer->head + 1) % (unsigned)load->depth;
    peer->waiting--;
    load->done++;
    if (load->done % load->turn != 0)
        return;
    load->counted++;
    load->sum += took;
    load->histogram[bucket_of(took)]++;
    if (took > load->slowest)
        load->slowest = took;
}

/* Of several errors that come at once, one is counted. */
static void note_error(struct load *load, const char *bytes, size_t len)
{
    static const char key[] = "\"error\":\"";
    const char *at = memmem(bytes, len, key, strlen(key));
    size_t left, i = 0;

    if (!at)
        return;
    load->errors++;
    at += strlen(key);
    left = len - (size_t)(at - bytes);
    while (!load->error[0] && i < left && i + 1 < sizeof(load->error) && at[i] != '"')
        i++;
    memcpy(load->error, at, i);
}

/* Takes more bytes of a reply, of which it keeps the last ones. */
static void keep_tail(struct parser *parser, const char *bytes, size_t len)
{
    size_t size = sizeof(parser->tail), keep = len < size ? size - len : 0;

    memmove(parser->tail, parser->tail + size - keep, keep);
    memcpy(parser->tail + keep, bytes + len - (size - keep), size - keep);
}

/* Replies that continue are part of what their call's last one ends. */
static unsigned count_streams(struct parser *parser, const char *bytes, size_t len)
{
    const char *end = bytes + len;
    unsigned n = 0;

    for (const char *at; (at = memchr(bytes, 0, (size_t)(end - bytes))); bytes = at + 1) {
        keep_tail(parser, bytes, (size_t)(at - bytes));
        n += memcmp(parser->tail, CONTINUES, sizeof(parser->tail)) != 0;
    }
    keep_tail(parser, bytes, (size_t)(end - bytes));
    return n;
}

static unsigned count_varlink(struct load *load, struct parser *parser, const char *bytes,
                              size_t len)
{
    unsigned n = 0;

    note_error(load, bytes, len);
    if (load->stream)
        return count_streams(parser, bytes, len);
    for (const char *at = bytes; (at = memchr(at, 0, len - (size_t)(at - bytes))); at++)
        n++;
    return n;
}

/* The end of the line that tells a length. Returns how many replies it ends. */
static unsigned end_redis_line(struct load *load, struct parser *parser)
{
    int64_t length = parser->left;

    parser->left = 0;
    if (parser->in_array_line) {
        parser->in_array_line = false;
        parser->items = length;
        return length == 0;
    }
    if (parser->negative) {
        parser->negative = false;
        load->errors++;
        return 1;
    }
    parser->in_bulk = true;
    parser->left = length + 2;
    return 0;
}

/* The end of a bulk: of a reply too, unless more of its array are to come. */
static unsigned end_redis_bulk(struct parser *parser)
{
    parser->in_bulk = false;
    if (parser->items > 0)
        parser->items--;
    return parser->items == 0;
}

static unsigned count_redis(struct load *load, struct parser *parser, const char *bytes, size_t len)
{
    unsigned n = 0;

    for (size_t i = 0; i < len;) {
        if (parser->in_bulk) {
            size_t take = (int64_t)(len - i) < parser->left ? len - i : (size_t)parser->left;

            i += take;
            parser->left -= (int64_t)take;
            if (parser->left == 0)
                n += end_redis_bulk(parser);
            continue;
        }
        if (bytes[i] == '*')
            parser->in_array_line = true;
        if (bytes[i] == '-' && parser->left == 0)
            parser->negative = true;
        if (bytes[i] >= '0' && bytes[i] <= '9')
            parser->left = parser->left * 10 + (bytes[i] - '0');
        if (bytes[i++] == '\n')
            n += end_redis_line(load, parser);
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

static const struct request *next_request(struct load *load)
{
    uint64_t at = load->turn > 1 ? load->sent : next_random(load);

    return &load->requests[at % load->n_requests];
}

/* Writes a number that no other call has in the four blanks that JSON knows, after the brace. */
static void mark_call(struct load *load, char *bytes)
{
    uint64_t mark = load->mark++;

    for (int i = 0; i < MARK; i++, mark >>= 2)
        bytes[1 + i] = " \t\n\r"[mark & 3];
}

static bool may_send(const struct load *load, int64_t now)
{
    if (load->hold)
        return load->sent < (uint64_t)load->connections;
    return load->rate <= 0 || (double)load->sent < load->rate * (double)(now - load->start) / 1e9;
}

/* Sends calls until `depth` are under way, or until the rate has been reached. */
static int peer_fill(struct load *load, struct peer *peer)
{
    int64_t now = now_ns();

    while (peer->waiting < (unsigned)load->depth && may_send(load, now)) {
        unsigned tail = (peer->head + peer->waiting) % (unsigned)load->depth;
        const struct request *request = next_request(load);

        peer->out = realloc(peer->out, peer->out_len + request->len);
        if (!peer->out)
            return -ENOMEM;
        memcpy(peer->out + peer->out_len, request->bytes, request->len);
        if (load->unique)
            mark_call(load, peer->out + peer->out_len);
        peer->out_len += request->len;
        peer->sent[tail] = now;
        peer->waiting++;
        load->sent++;
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
                    : count_varlink(load, &peer->parser, buffer, (size_t)len);
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

static int open_peers(struct load *load, const char *path, int epoll)
{
    for (int i = 0; i < load->connections; i++) {
        struct peer *peer = &load->peers[i];
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = peer};

        peer->fd = peer_connect(path);
        if (peer->fd < 0)
            return peer->fd;
        peer->sent = calloc((size_t)load->depth, sizeof(*peer->sent));
        if (!peer->sent)
            return -ENOMEM;
        if (epoll_ctl(epoll, EPOLL_CTL_ADD, peer->fd, &event) < 0)
            return -errno;
    }
    return 0;
}

/* Goes on from where it stopped, so that a rate that runs out serves all connections. */
static int fill_peers(struct load *load)
{
    static int at;
    int r = 0;

    for (int i = 0; i < load->connections && r == 0 && may_send(load, now_ns()); i++) {
        r = peer_fill(load, &load->peers[at]);
        at = (at + 1) % load->connections;
    }
    return r;
}

static bool is_over(const struct load *load, int64_t end)
{
    return stopping || (load->hold ? load->done == (uint64_t)load->connections : now_ns() >= end);
}

static int run(struct load *load, const char *path)
{
    int epoll = epoll_create1(EPOLL_CLOEXEC), r = open_peers(load, path, epoll);
    int64_t end;

    load->start = now_ns();
    load->mark = (uint64_t)load->start / 1000; /* fewer than a million calls a second */
    end = load->start + (int64_t)(load->seconds * 1e9);
    if (r == 0)
        r = fill_peers(load);
    while (r == 0 && !is_over(load, end)) {
        struct epoll_event events[64];
        int n = epoll_wait(epoll, events, ARRAY_LEN(events), load->rate > 0 ? 1 : 100);

        for (int i = 0; i < n && r == 0; i++)
            r = peer_read(load, events[i].data.ptr);
        if (r == 0 && load->rate > 0)
            r = fill_peers(load);
    }
    close(epoll);
    return r;
}

/* Says that all connections have had their answer, and waits for the end of stdin. */
static void hold(const struct load *load)
{
    char byte;

    printf("{\"held\":%lu,\"errors\":%lu}\n", load->done, load->errors);
    fflush(stdout);
    while (!stopping && read(STDIN_FILENO, &byte, 1) > 0)
        continue;
}

/* A Redis command in the form that clients send: an array of bulk strings. */
static int encode_redis(const char *line, struct request *request)
{
    AUTO(free_ptr) char *words = strdup(line);
    FILE *out = open_memstream(&request->bytes, &request->len);
    int count = 1;

    if (!words || !out)
        return -ENOMEM;
    for (const char *p = line; *p; p++)
        count += *p == ' ';
    fprintf(out, "*%d\r\n", count);
    for (char *rest = words, *word; (word = strsep(&rest, " "));)
        fprintf(out, "$%zu\r\n%s\r\n", strlen(word), word);
    return fclose(out) == 0 ? 0 : -ENOMEM;
}

/* A call with its NUL; with room for a mark after the brace if calls are to be unique. */
static int encode_varlink(const char *line, bool unique, struct request *request)
{
    int len = asprintf(&request->bytes, "%c%*s%s", line[0], unique ? MARK : 0, "", line + 1);

    if (len < 0)
        return -ENOMEM;
    request->len = (size_t)len + 1;
    return 0;
}

/* A line of the file as it goes over the wire. */
static int add_request(struct load *load, const char *line)
{
    struct request *requests =
        reallocarray(load->requests, load->n_requests + 1, sizeof(*requests));
    struct request *request;
    int r;

    if (!requests)
        return -ENOMEM;
    load->requests = requests;
    request = &requests[load->n_requests];
    r = load->redis ? encode_redis(line, request) : encode_varlink(line, load->unique, request);
    load->n_requests += r == 0;
    return r;
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
            line[--len] = '\0';
        if (len > 0 && add_request(load, line) < 0)
            return -ENOMEM;
    }
    return load->n_requests ? 0 : -ENODATA;
}

static void report(const struct load *load)
{
    double took = (double)(now_ns() - load->start) / 1e9;
    double mean = load->counted ? (double)load->sum / (double)load->counted / 1000 : 0;

    printf("{\"calls\":%lu,\"errors\":%lu,\"error\":\"%s\",\"seconds\":%.3f,\"rate\":%.0f,"
           "\"bytes\":%lu,"
           "\"mean_us\":%.1f,\"p50_us\":%.1f,\"p99_us\":%.1f,\"max_us\":%.1f}\n",
           load->done, load->errors, load->error, took, (double)load->done / took, load->bytes,
           mean, percentile(load, 0.5), percentile(load, 0.99), (double)load->slowest / 1000);
}

static int read_option(struct load *load, int option)
{
    switch (option) {
    case 'c':
        load->connections = atoi(optarg);
        return 0;
    case 'd':
        load->depth = atoi(optarg);
        return 0;
    case 's':
        load->seconds = atof(optarg);
        return 0;
    case 'R':
        load->rate = atof(optarg);
        return 0;
    case 't':
        load->turn = strtoull(optarg, NULL, 10);
        return 0;
    case 'r':
        return load->redis = true, 0;
    case 'u':
        return load->unique = true, 0;
    case 'm':
        return load->stream = true, 0;
    case 'h':
        return load->hold = true, 0;
    default:
        return -EINVAL;
    }
}

static int read_options(struct load *load, int argc, char **argv)
{
    static const struct option options[] = {
        {"connections", required_argument, NULL, 'c'},
        {"depth", required_argument, NULL, 'd'},
        {"seconds", required_argument, NULL, 's'},
        {"redis", no_argument, NULL, 'r'},
        {"rate", required_argument, NULL, 'R'},
        {"unique", no_argument, NULL, 'u'},
        {"turn", required_argument, NULL, 't'},
        {"stream", no_argument, NULL, 'm'},
        {"hold", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };

    for (int c; (c = getopt_long(argc, argv, "c:d:s:r", options, NULL)) != -1;) {
        if (read_option(load, c) < 0)
            return -EINVAL;
    }
    if (load->redis && load->unique)
        return -EINVAL;
    if (load->turn < 1 || (load->turn > 1 && (load->connections > 1 || load->depth > 1)))
        return -EINVAL;
    return argc - optind == 2 && load->connections > 0 && load->depth > 0 ? 0 : -EINVAL;
}

static void load_done(struct load *load)
{
    for (int i = 0; load->peers && i < load->connections; i++) {
        free(load->peers[i].sent);
        free(load->peers[i].out);
    }
    for (size_t i = 0; i < load->n_requests; i++)
        free(load->requests[i].bytes);
    free(load->peers);
    free(load->requests);
}

int main(int argc, char **argv)
{
    AUTO(load_done)
    struct load load = {
        .connections = 1, .depth = 1, .seconds = 5, .turn = 1, .seed = 88172645463325252};
    struct sigaction action = {.sa_handler = stop};
    int r;

    if (read_options(&load, argc, argv) < 0) {
        fprintf(stderr, "usage: load [--connections N] [--depth N] [--seconds S] [--redis] "
                        "[--rate N] [--unique] [--turn N] [--stream] [--hold] SOCKET FILE\n");
        return 2;
    }
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    r = read_requests(&load, argv[optind + 1]);
    load.peers = calloc((size_t)load.connections, sizeof(*load.peers));
    if (r == 0)
        r = load.peers ? run(&load, argv[optind]) : -ENOMEM;
    if (r < 0) {
        fprintf(stderr, "load: %s\n", strerror(-r));
        return 1;
    }
    if (load.hold)
        hold(&load);
    else
        report(&load);
    return 0;
}
