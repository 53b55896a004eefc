/*
 * Mails that come in; see mail_in.h. The exit codes are those of sysexits.h: the MTA keeps a mail
 * for later, gives it back to its sender with what is said on standard error, or is done with it.
 */
#include "mail_in.h"

#include <err.h>
#include <errno.h>
#include <sodium.h>
#include <string.h>
#include <sysexits.h>

#include "compose.h"
#include "output.h"
#include "own_words.h"
#include "text.h"
#include "words.h"

/* --- asking --- */

static void build_nothing(const struct goal *goal UNUSED, struct ask *asks UNUSED)
{
}

int mail_in_ask(struct mail_in *in, struct ask *ask)
{
    return goal_ask(in->goal, build_nothing, ask, 1);
}

int mail_in_refused(const struct ask *ask)
{
    if (!ask->error)
        return EXIT_DONE;
    int exit = goal_fail_error(NULL, ask->error, ask->error_parameters);
    /* Who runs this may not: that is for the operator to mend, and no fault of the mail's. */
    return strcmp(ask->error, TRACKER "NotPermitted") == 0 ? EXIT_AWAY : exit;
}

/* --- answering --- */

void answer_begin(struct answer *answer, const json_t *to)
{
    answer->to = to;
    words_begin(get_text(to, "language"));
    page_begin(&answer->page, words_language());
}

/* "Re: …", once, also where the mail program that answered calls it by a Nordic language's word. */
static char *answer_subject(const char *subject)
{
    static const char *const words[] = {"re:", "sv:", "vs:"};
    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (strncasecmp(subject, words[i], strlen(words[i])) == 0)
            return text_copy(subject);
    return text_format("Re: %s", subject);
}

/* The same for the same mail, so that an answer that is sent again can be told from a second one.
 * NULL: the mail has no id. */
static char *answer_id(const struct incoming *incoming, const char *from)
{
    unsigned char hash[16];
    char hex[2 * sizeof(hash) + 1];
    const char *domain = from ? strrchr(from, '@') : NULL;
    if (!incoming->message_id || !domain)
        return NULL;
    AUTO(free_ptr) char *text = text_format("%s %s", incoming->token, incoming->message_id);
    crypto_generichash(hash, sizeof(hash), (const unsigned char *)text, strlen(text), NULL, 0);
    sodium_bin2hex(hex, sizeof(hex), hash, sizeof(hash));
    return text_format("%s%.*s", hex, (int)strcspn(domain, ">"), domain);
}

static int compose_answer(const struct mail_in *in, const struct answer *answer, const char *text,
                          const char *html, char **ret_message, size_t *ret_len, char **ret_problem)
{
    const char *from = get_text(answer->to, "from");
    AUTO(free_ptr) char *subject = answer_subject(in->incoming.subject);
    AUTO(free_ptr) char *id = answer_id(&in->incoming, from);
    struct mail mail = {
        .from = from,
        .to_name = get_text(answer->to, "name"),
        .to_address = get_text(answer->to, "address"),
        .subject = subject,
        .message_id = id,
        .reply_to = get_text(answer->to, "replyTo"),
        .in_reply_to = in->incoming.message_id,
        .language = words_language(),
        .text = text,
        .html = html,
        .answer = true,
    };
    return compose(&mail, ret_message, ret_len, ret_problem);
}

int answer_send(struct mail_in *in, struct answer *answer)
{
    AUTO(free_ptr) char *text = NULL, *html = NULL, *message = NULL, *problem = NULL;
    size_t len;
    page_end(&answer->page, &text, &html);
    int r = compose_answer(in, answer, text, html, &message, &len, &problem);
    words_end();
    if (r == 0) {
        json_auto_t *object =
            json_pack("{s:O,s:s,s:s}", "to", answer->to, "text", text, "html", html);
        r = deliver(&in->delivery, message, len, object, &problem);
    }
    return r == 0 ? EXIT_DONE : goal_fail(EXIT_AWAY, "the answer was not sent: %s", problem);
}

/* --- reading --- */

/* All of standard input, which has to end before it is too much. */
static int read_all(char **ret_bytes, size_t *ret_len)
{
    AUTO(free_ptr) char *bytes = malloc(INCOMING_MAX + 1);
    if (!bytes)
        err(EX_TEMPFAIL, "memory");
    size_t len = fread(bytes, 1, INCOMING_MAX + 1, stdin);
    if (ferror(stdin))
        return goal_fail(EXIT_AWAY, "the mail cannot be read (%s)", strerror(errno));
    if (len > INCOMING_MAX)
        return goal_fail(EXIT_REFUSED, "the mail is larger than %u MiB", INCOMING_MAX >> 20);
    *ret_bytes = STEAL(bytes);
    *ret_len = len;
    return EXIT_DONE;
}

/* Whose token is it? Without entries the daemon only says whom a reminder went to. */
static int serve(struct mail_in *in)
{
    const char *from = in->incoming.from ? in->incoming.from : "";
    struct ask ask = {.method = "HandInUpdate"};
    ask.parameters =
        json_pack("{s:s,s:s,s:[]}", "token", in->incoming.token, "from", from, "entries");
    if (!ask.parameters)
        return goal_fail(EXIT_REFUSED, "the mail's sender is not UTF-8");
    int exit = mail_in_ask(in, &ask);
    if (exit == EXIT_DONE && ask.error && strcmp(ask.error, TRACKER "NoSuchToken") == 0)
        exit = mail_in_subscription(in);
    else if (exit == EXIT_DONE)
        exit = ask.error ? mail_in_refused(&ask) : mail_in_reply(in, ask.reply);
    asks_done(&ask, 1);
    return exit;
}

static int serve_mail(struct mail_in *in)
{
    if (in->incoming.automatic)
        return EXIT_DONE;
    if (!*in->incoming.token)
        return goal_fail(EXIT_REFUSED,
                         "the mail has no token: answer a mail of goald's, at the address that "
                         "your mail program takes for the answer");
    in->own = own_words(in->incoming.text);
    spoken_load(&in->spoken);
    int exit = serve(in);
    spoken_done(&in->spoken);
    free(in->own);
    return exit;
}

/* What the MTA understands. */
static int sysexit_of(int exit)
{
    switch (exit) {
    case EXIT_DONE:
        return EX_OK;
    case EXIT_USAGE:
        return EX_USAGE;
    case EXIT_AWAY:
        return EX_TEMPFAIL;
    case EXIT_FORBIDDEN:
        return EX_NOPERM;
    default:
        return EX_DATAERR;
    }
}

int mail_in_run(struct goal *goal)
{
    AUTO(free_ptr) char *bytes = NULL;
    struct mail_in in = {.goal = goal};
    size_t len = 0;
    int exit = delivery_chosen(goal, &in.delivery);
    if (exit != EXIT_DONE)
        return exit == EXIT_USAGE ? EX_USAGE : EX_TEMPFAIL;
    exit = read_all(&bytes, &len);
    if (exit == EXIT_DONE) {
        incoming_read(bytes, len, args_get(&goal->args, "recipient"), &in.incoming);
        exit = serve_mail(&in);
        incoming_done(&in.incoming);
    }
    return sysexit_of(exit);
}
