/*
 * The handlers of org.varlink.certification. Client ids are in a ring: a new client takes the
 * place of the oldest, so nobody can make the list grow.
 */
#include "certify.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

#include "values.h"

#define INTERFACE "org.varlink.certification."

enum { CLIENTS_MAX = 256, ID_BYTES = 16 };

struct client {
    char id[2 * ID_BYTES + 1]; /* "": the place is free */
    unsigned passed;           /* a bit a test */
    bool failed;
};

struct certify {
    struct client clients[CLIENTS_MAX];
    size_t next;
};

int certify_new(struct certify **ret_certify)
{
    struct certify *certify = calloc(1, sizeof(*certify));

    if (!certify)
        return -ENOMEM;
    *ret_certify = certify;
    return 0;
}

void certify_free(struct certify *certify)
{
    free(certify);
}

static struct client *find_client(const struct call *call)
{
    struct certify *certify = call->service;
    const char *id = json_string_value(json_object_get(call->parameters, "client_id"));

    for (size_t i = 0; i < CLIENTS_MAX; i++)
        if (*id && strcmp(certify->clients[i].id, id) == 0)
            return &certify->clients[i];
    return NULL;
}

static const struct answer *fail_client_id(struct call *call)
{
    return call_fail(call, INTERFACE "ClientIdError", NULL);
}

/* A call as an object: what the errors show. */
static json_t *describe(json_t *parameters, const char *flag)
{
    json_t *call = json_pack("{s:O}", "parameters", parameters);

    if (call && flag)
        json_object_set_new(call, flag, json_true());
    return call;
}

static const char *flag_of(const struct call *call)
{
    return call->more ? "more" : call->oneway ? "oneway" : NULL;
}

static bool same_flag(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

static const struct answer *fail_test(struct call *call, json_t *wants, const char *flag)
{
    json_t *error = json_pack("{s:o, s:o}", "wants", describe(wants, flag), "got",
                              describe(call->parameters, flag_of(call)));

    return call_fail(call, INTERFACE "CertificationError", error);
}

/* The first half of every test: NULL if the call is as it should be. `flag` is the one it has to
 * come with; a client may ask for "more" where it is not needed. */
static const struct answer *check(struct call *call, int number, const char *flag)
{
    struct client *client = find_client(call);
    json_auto_t *wants = values_wanted(number);
    bool same;

    if (!client)
        return fail_client_id(call);
    json_object_set(wants, "client_id", json_object_get(call->parameters, "client_id"));
    same = values_are_same(wants, call->parameters) &&
           (same_flag(flag, flag_of(call)) || (!flag && call->more));
    if (!same) {
        client->failed = true;
        return fail_test(call, wants, flag);
    }
    client->passed |= 1U << number;
    return NULL;
}

static const struct answer *run_test(struct call *call, int number)
{
    const struct answer *answer = check(call, number, NULL);

    return answer ? answer : call_reply(call, values_reply(number));
}

#define TEST(number)                                                                               \
    static const struct answer *test_##number(struct call *call)                                   \
    {                                                                                              \
        return run_test(call, number);                                                             \
    }

TEST(1)
TEST(2)
TEST(3)
TEST(4)
TEST(5)
TEST(6)
TEST(7)
TEST(8)
TEST(9)

static const struct answer *start(struct call *call)
{
    struct certify *certify = call->service;
    struct client *client = &certify->clients[certify->next++ % CLIENTS_MAX];
    unsigned char random[ID_BYTES];

    *client = (struct client){};
    if (getrandom(random, sizeof(random), 0) != sizeof(random))
        return fail_client_id(call);
    for (size_t i = 0; i < sizeof(random); i++)
        snprintf(client->id + 2 * i, 3, "%02x", random[i]);
    return call_reply(call, json_pack("{s:s}", "client_id", client->id));
}

/* Test10's replies. */
struct replies {
    struct stream stream; /* first */
    json_t *strings;
    size_t next;
};

static int replies_next(struct stream *stream, struct writer *writer)
{
    struct replies *replies = (struct replies *)stream;
    json_t *string = json_array_get(replies->strings, replies->next++);
    int r;

    if (!string)
        return 0;
    r = writer_take(writer, json_pack("{s:O}", "string", string));
    return r < 0 ? r : 1;
}

static void replies_free(struct stream *stream)
{
    json_decref(((struct replies *)stream)->strings);
    free(stream);
}

static const struct answer *test_10(struct call *call)
{
    const struct answer *answer = check(call, 10, "more");
    json_auto_t *strings = NULL;
    struct replies *replies;

    if (answer)
        return answer;
    strings = values_wanted(11);
    replies = calloc(1, sizeof(*replies));
    if (!replies)
        return fail_client_id(call);
    replies->stream = (struct stream){.next = replies_next, .free = replies_free};
    replies->strings = json_incref(json_object_get(strings, "last_more_replies"));
    return call_stream(call, &replies->stream);
}

static const struct answer *test_11(struct call *call)
{
    const struct answer *answer = check(call, 11, "oneway");

    return answer ? answer : call_reply(call, json_object());
}

static const struct answer *end(struct call *call)
{
    const unsigned needed = (1U << 10) - (1U << 1); /* tests 1 to 9 */
    struct client *client = find_client(call);
    bool all_ok;

    if (!client)
        return fail_client_id(call);
    all_ok = !client->failed && (client->passed & needed) == needed;
    *client = (struct client){};
    return call_reply(call, json_pack("{s:b}", "all_ok", all_ok));
}

const struct service_method certify_methods[] = {{"Start", start},    {"Test01", test_1},
                                                 {"Test02", test_2},  {"Test03", test_3},
                                                 {"Test04", test_4},  {"Test05", test_5},
                                                 {"Test06", test_6},  {"Test07", test_7},
                                                 {"Test08", test_8},  {"Test09", test_9},
                                                 {"Test10", test_10}, {"Test11", test_11},
                                                 {"End", end},        {}};
