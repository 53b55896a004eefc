/* Calls about a whole journal; see journal.h. */
#include "methods/journal.h"

#include <errno.h>
#include <string.h>

#include "methods/fail.h"

static const struct answer *open_registry(struct call *call, struct request *ret_request)
{
    const char *code = param_text(call, "code");
    const struct answer *answer;

    if (code && *code)
        return fail_value(call, "code", "the registry has no nodes");
    answer = request_open(call, false, ret_request);
    if (answer)
        return answer;
    if (!(ret_request->may & (MAY_AUDITOR | MAY_ADMIN)))
        return fail_not_permitted(call, "auditor or admin", NULL);
    return ret_request->registry ? NULL : fail_unavailable(call);
}

const struct answer *journal_open(struct call *call, unsigned needs, struct request *ret_request)
{
    const char *key = param_text(call, "strategy");
    const struct answer *answer;

    if (key && strcmp(key, ".") == 0)
        return open_registry(call, ret_request);
    answer = request_open(call, true, ret_request);
    if (answer || ret_request->may & needs)
        return answer;
    return fail_not_permitted(call, "manager, auditor or admin", ret_request->slot->key);
}

int journal_parse_head(const char *text, int64_t *ret_seq, unsigned char ret_hash[HASH_SIZE])
{
    char *end;
    int64_t seq;

    if (*text < '0' || *text > '9')
        return -EINVAL;
    errno = 0;
    seq = strtoll(text, &end, 10);
    if (errno || *end != ':' || hash_from_hex(end + 1, ret_hash) < 0)
        return -EINVAL;
    *ret_seq = seq;
    return 0;
}
