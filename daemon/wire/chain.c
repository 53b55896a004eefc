/* The text of an entry that is hashed; see chain.h. */
#include "wire/chain.h"

#include <errno.h>
#include <inttypes.h>

int chain_text(const struct chain_entry *entry, char buffer[CHAIN_TEXT_SIZE])
{
    int len = snprintf(buffer, CHAIN_TEXT_SIZE,
                       "%" PRId32 "\n%" PRId64 "\n%s\n%" PRId64 "\n%s\n%s\n%s\n%s\n%" PRId64 "\n",
                       entry->strategy_id, entry->seq, entry->time, entry->account,
                       entry->request_id ? entry->request_id : "",
                       entry->request_digest ? entry->request_digest : "", entry->entity,
                       entry->action, entry->id);

    return len < 0 || len >= CHAIN_TEXT_SIZE ? -E2BIG : len;
}
