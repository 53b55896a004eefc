/* When moments are loaded, and who holds how many; see moment.h. */
#include <errno.h>
#include <string.h>

#include "db/moment_internal.h"

enum {
    HELD_OF_USER = 4,     /* of MOMENTS_HELD, one user's */
    WAITING_MOST = 64,    /* for one to be freed, … */
    WAITING_OF_USER = 32, /* … of those, one user's, … */
    WAIT_S = 10           /* … so long */
};

/* What one turn of the loop may take to free trees. */
#define FREE_US 2000

/* --- who holds how many --- */

static int held_by(const struct moments *moments, uid_t uid)
{
    for (size_t i = 0; i < ARRAY_LEN(moments->users); i++) {
        if (moments->users[i].held > 0 && moments->users[i].uid == uid)
            return moments->users[i].held;
    }
    return 0;
}

/* One more or one less of the user's. */
static void count_held(struct moments *moments, uid_t uid, int change)
{
    size_t place = 0;

    for (size_t i = 0; i < ARRAY_LEN(moments->users); i++) {
        if (moments->users[i].held == 0)
            place = i;
    }
    for (size_t i = 0; i < ARRAY_LEN(moments->users); i++) {
        if (moments->users[i].held > 0 && moments->users[i].uid == uid)
            place = i;
    }
    moments->users[place].uid = uid;
    moments->users[place].held += change;
    moments->held += change;
}

/* --- trees that are not needed any more --- */

static void free_turn(evutil_socket_t fd UNUSED, short events UNUSED, void *arg)
{
    struct moments *moments = arg;
    int64_t until = monotonic_us() + FREE_US;

    while (moments->old && monotonic_us() < until) {
        struct old_tree *old = moments->old;

        if (load_free_some(old->tree)) {
            moments->old = old->next;
            free(old);
        }
    }
    if (moments->old)
        evtimer_add(moments->turn, &(struct timeval){0});
}

static void free_later(struct moments *moments, struct tree *tree)
{
    struct old_tree *old = tree ? malloc(sizeof(*old)) : NULL;

    if (!old) {
        tree_free(tree);
        return;
    }
    *old = (struct old_tree){tree, moments->old};
    moments->old = old;
    evtimer_add(moments->turn, &(struct timeval){0});
}

static void start_waiting(struct moments *moments);

void moment_free(struct moment *moment)
{
    struct moments *moments;

    if (!moment)
        return;
    moments = moment->moments;
    past_registry_leave(moment->past);
    free_later(moments, moment->tree);
    count_held(moments, moment->uid, -1);
    free(moment);
    start_waiting(moments);
}

/* --- the end of a loading --- */

static void loading_free(struct loading *loading)
{
    if (loading->late)
        event_free(loading->late);
    load_free(loading->load);
    param_array_done(&loading->below);
    param_array_done(&loading->all);
    free(loading->code);
    free(loading);
}

/* Tells who asked. The loading is in no list any more. */
static void loading_end(struct loading *loading)
{
    struct moment *moment = STEAL(loading->moment);

    if (loading->outcome != MOMENT_READY) {
        moment_free(moment);
        moment = NULL;
    }
    loading->wish.done(loading->wish.arg, loading->outcome, moment);
    loading_free(loading);
}

void loading_over(struct loading *loading, enum moment_outcome outcome)
{
    loading->outcome = outcome;
    TAILQ_REMOVE(&loading->moments->running, loading, entry);
    loading_end(loading);
}

/* --- waiting --- */

static bool may_start(const struct moments *moments, const struct loading *loading)
{
    return moments->held < MOMENTS_HELD && held_by(moments, loading->wish.uid) < HELD_OF_USER;
}

/* Its place is counted from here on. */
static int start(struct loading *loading)
{
    struct moments *moments = loading->moments;

    loading->moment = calloc(1, sizeof(*loading->moment));
    if (!loading->moment)
        return -ENOMEM;
    loading->moment->moments = moments;
    loading->moment->uid = loading->wish.uid;
    loading->moment->today = loading->wish.today;
    count_held(moments, loading->wish.uid, 1);
    TAILQ_INSERT_TAIL(&moments->running, loading, entry);
    loading_run(loading);
    return 0;
}

static void stop_waiting(struct loading *loading)
{
    TAILQ_REMOVE(&loading->moments->waiting, loading, entry);
    event_free(STEAL(loading->late));
}

static void give_up(struct loading *loading, enum moment_outcome outcome)
{
    stop_waiting(loading);
    loading->outcome = outcome;
    loading_end(loading);
}

static void on_late(evutil_socket_t fd UNUSED, short events UNUSED, void *arg)
{
    give_up(arg, MOMENT_OVERLOADED);
}

static void start_waiting(struct moments *moments)
{
    struct loading *loading = TAILQ_FIRST(&moments->waiting);

    while (loading && !moments->stopping) {
        struct loading *next = TAILQ_NEXT(loading, entry);

        if (may_start(moments, loading)) {
            stop_waiting(loading);
            if (start(loading) < 0) {
                loading->outcome = MOMENT_OVERLOADED;
                loading_end(loading);
            }
        }
        loading = next;
    }
}

/* Whoever has gone makes room. */
static bool may_wait(struct moments *moments, uid_t uid)
{
    struct loading *other = TAILQ_FIRST(&moments->waiting);
    int waiting = 0, of_user = 0;

    while (other) {
        struct loading *next = TAILQ_NEXT(other, entry);

        if (loading_is_wanted(other)) {
            waiting++;
            of_user += other->wish.uid == uid;
        } else {
            give_up(other, MOMENT_AWAY);
        }
        other = next;
    }
    return waiting < WAITING_MOST && of_user < WAITING_OF_USER;
}

static int wait_turn(struct loading *loading)
{
    struct moments *moments = loading->moments;

    if (!may_wait(moments, loading->wish.uid))
        return -EAGAIN;
    loading->late = evtimer_new(moments->base, on_late, loading);
    if (!loading->late || evtimer_add(loading->late, &(struct timeval){.tv_sec = WAIT_S}) < 0)
        return -ENOMEM;
    TAILQ_INSERT_TAIL(&moments->waiting, loading, entry);
    return 0;
}

int moments_load(struct moments *moments, const struct moment_wish *wish)
{
    struct loading *loading;
    int r;

    if (moments->stopping || !store_reachable(moments->store))
        return -ENOTCONN;
    loading = calloc(1, sizeof(*loading));
    if (!loading)
        return -ENOMEM;
    loading->moments = moments;
    loading->wish = *wish;
    loading->outcome = MOMENT_READY;
    if (wish->code)
        loading->code = strdup(wish->code);
    if (wish->code && !loading->code)
        r = -ENOMEM;
    else
        r = may_start(moments, loading) ? start(loading) : wait_turn(loading);
    if (r < 0)
        loading_free(loading);
    return r;
}

int moments_new(struct event_base *base, struct store *store, struct moments **ret_moments)
{
    struct moments *moments = calloc(1, sizeof(*moments));

    if (!moments)
        return -ENOMEM;
    moments->base = base;
    moments->store = store;
    TAILQ_INIT(&moments->waiting);
    TAILQ_INIT(&moments->running);
    moments->turn = evtimer_new(base, free_turn, moments);
    if (!moments->turn) {
        free(moments);
        return -ENOMEM;
    }
    *ret_moments = moments;
    return 0;
}

void moments_free(struct moments *moments)
{
    struct loading *loading;

    if (!moments)
        return;
    moments->stopping = true;
    while ((loading = TAILQ_FIRST(&moments->waiting)))
        give_up(loading, MOMENT_AWAY);
    while ((loading = TAILQ_FIRST(&moments->running)))
        loading_over(loading, MOMENT_AWAY);
    while (moments->old) {
        struct old_tree *old = moments->old;

        moments->old = old->next;
        tree_free(old->tree);
        free(old);
    }
    past_shelf_done(&moments->shelf);
    event_free(moments->turn);
    free(moments);
}
