/*
 * Reading mails; see incoming.h.
 */
#include "incoming.h"

#include <ctype.h>
#include <err.h>
#include <gmime/gmime.h>
#include <string.h>

#include "html_text.h"
#include "text.h"

#define ID_MAX 500   /* bytes of a Message-ID that is answered: it goes into a header line */
#define DEPTH_MAX 20 /* multiparts within each other that are looked into */

static void object_unref(void *object)
{
    if (*(GObject **)object)
        g_object_unref(*(GObject **)object);
}

/* --- tokens --- */

/* As the daemon makes them: a to z and 2 to 7, in either case. */
static bool is_token_character(char c)
{
    return isalpha((unsigned char)c) || (c >= '2' && c <= '7');
}

/* The first run of exactly as many such characters, between what is neither a letter nor a figure;
 * with `tag` only behind a + and before an @. */
static bool find_token(const char *text, bool tag, char ret_token[TOKEN_LEN + 1])
{
    for (const char *at = text; *at;) {
        size_t len = 0;
        while (isalnum((unsigned char)at[len]))
            len++;
        bool is_one = len == TOKEN_LEN;
        for (size_t i = 0; i < len && is_one; i++)
            is_one = is_token_character(at[i]);
        if (is_one && (!tag || (at > text && at[-1] == '+' && at[len] == '@'))) {
            for (size_t i = 0; i < len; i++)
                ret_token[i] = (char)tolower((unsigned char)at[i]);
            ret_token[len] = '\0';
            return true;
        }
        at += len + (len == 0);
    }
    return false;
}

/* The line that our mails have for those whose address lost it: "Ref: …", quoted or not. */
static bool find_reference(const char *text, char ret_token[TOKEN_LEN + 1])
{
    while (*text) {
        size_t len = strcspn(text, "\n");
        const char *begin = text + strspn(text, "> \t");
        if (strncasecmp(begin, "ref:", 4) == 0) {
            AUTO(free_ptr) char *line = text_format("%.*s", (int)(text + len - begin), begin);
            if (find_token(line, false, ret_token))
                return true;
        }
        text += len + (text[len] == '\n');
    }
    return false;
}

static bool is_any(const char *name, const char *const *names)
{
    for (; *names; names++)
        if (strcasecmp(name, *names) == 0)
            return true;
    return false;
}

/* A mail may be delivered under an address that its visible recipients lack. */
static bool find_in_recipients(GMimeMessage *message, char ret_token[TOKEN_LEN + 1])
{
    static const char *const names[] = {
        "To", "Cc", "Delivered-To", "X-Original-To", "Resent-To", "Envelope-To", NULL};
    GMimeHeaderList *headers = g_mime_object_get_header_list(GMIME_OBJECT(message));
    for (int i = 0; i < g_mime_header_list_get_count(headers); i++) {
        GMimeHeader *header = g_mime_header_list_get_header_at(headers, i);
        const char *value = g_mime_header_get_value(header);
        if (is_any(g_mime_header_get_name(header), names) && value &&
            find_token(value, true, ret_token))
            return true;
    }
    return false;
}

/* --- who wrote it --- */

static const char *header_of(GMimeMessage *message, const char *name)
{
    const char *value = g_mime_object_get_header(GMIME_OBJECT(message), name);
    return value ? value + strspn(value, " \t\r\n") : NULL;
}

static bool begins_with_word(const char *text, const char *word)
{
    size_t len = strlen(word);
    return strncasecmp(text, word, len) == 0 && !isalnum((unsigned char)text[len]) &&
           text[len] != '-';
}

/* RFC 3834, and what is older than that. */
static const char *automatic_by_headers(GMimeMessage *message)
{
    static const char *const marks[] = {"List-Id", "X-Autoreply", "X-Autorespond",
                                        "X-Failed-Recipients", NULL};
    static const char *const precedences[] = {"bulk", "junk", "list", "auto_reply", NULL};
    const char *submitted = header_of(message, "Auto-Submitted");
    const char *precedence = header_of(message, "Precedence");
    const char *path = header_of(message, "Return-Path");
    if (submitted && !begins_with_word(submitted, "no"))
        return "Auto-Submitted";
    for (const char *const *word = precedences; precedence && *word; word++)
        if (begins_with_word(precedence, *word))
            return "Precedence";
    for (const char *const *mark = marks; *mark; mark++)
        if (header_of(message, *mark))
            return *mark;
    return path && strncmp(path, "<>", 2) == 0 ? "Return-Path" : NULL;
}

static const char *automatic_by_form(GMimeMessage *message)
{
    GMimeObject *part = g_mime_message_get_mime_part(message);
    GMimeContentType *type = part ? g_mime_object_get_content_type(part) : NULL;
    return type && g_mime_content_type_is_type(type, "multipart", "report") ? "Content-Type" : NULL;
}

/* The one address of the one field. */
static char *from_of(GMimeMessage *message)
{
    GMimeHeaderList *headers = g_mime_object_get_header_list(GMIME_OBJECT(message));
    InternetAddressList *list = g_mime_message_get_from(message);
    int fields = 0;
    for (int i = 0; i < g_mime_header_list_get_count(headers); i++)
        fields += strcasecmp(g_mime_header_get_name(g_mime_header_list_get_header_at(headers, i)),
                             "From") == 0;
    if (fields != 1 || !list || internet_address_list_length(list) != 1)
        return NULL;
    InternetAddress *address = internet_address_list_get_address(list, 0);
    const char *mailbox = INTERNET_ADDRESS_IS_MAILBOX(address)
                              ? internet_address_mailbox_get_addr(INTERNET_ADDRESS_MAILBOX(address))
                              : NULL;
    return mailbox ? text_copy(mailbox) : NULL;
}

/* --- what it says --- */

static bool is_attached(GMimeObject *part)
{
    const char *disposition = g_mime_object_get_disposition(part);
    return disposition && strcasecmp(disposition, "attachment") == 0;
}

/* The part that is to be read: the first text, in place of the same as HTML. */
static GMimeTextPart *find_text(GMimeObject *part, const char *subtype, int depth)
{
    GMimeTextPart *found = NULL;
    if (GMIME_IS_MULTIPART(part) && depth < DEPTH_MAX) {
        int count = g_mime_multipart_get_count(GMIME_MULTIPART(part));
        for (int i = 0; i < count && !found; i++)
            found =
                find_text(g_mime_multipart_get_part(GMIME_MULTIPART(part), i), subtype, depth + 1);
    } else if (GMIME_IS_TEXT_PART(part) && !is_attached(part) &&
               g_mime_content_type_is_type(g_mime_object_get_content_type(part), "text", subtype)) {
        found = GMIME_TEXT_PART(part);
    }
    return found;
}

/* Decoded, in UTF-8, cut to what is read. */
static char *part_text(GMimeTextPart *part)
{
    char *decoded = part ? g_mime_text_part_get_text(part) : NULL;
    if (!decoded)
        return NULL;
    char *text = g_utf8_make_valid(decoded, (gssize)strnlen(decoded, INCOMING_TEXT));
    g_free(decoded);
    return text;
}

static char *body_of(GMimeMessage *message)
{
    GMimeObject *part = g_mime_message_get_mime_part(message);
    AUTO(free_ptr) char *plain = part ? part_text(find_text(part, "plain", 0)) : NULL;
    if (plain && plain[strspn(plain, " \t\r\n")])
        return STEAL(plain);
    AUTO(free_ptr) char *html = part ? part_text(find_text(part, "html", 0)) : NULL;
    return html ? html_text(html) : text_copy("");
}

/* --- all of it --- */

/* What a mailbox file has before each mail, and some MTAs before what they pipe. */
static size_t envelope_length(const char *bytes, size_t len)
{
    const char *end = memchr(bytes, '\n', len);
    return len > 5 && memcmp(bytes, "From ", 5) == 0 && end ? (size_t)(end - bytes) + 1 : 0;
}

static GMimeMessage *parse(const char *bytes, size_t len)
{
    static bool begun;
    if (!begun)
        g_mime_init();
    begun = true;
    size_t skipped = envelope_length(bytes, len);
    AUTO(object_unref)
    GMimeStream *stream = g_mime_stream_mem_new_with_buffer(bytes + skipped, len - skipped);
    AUTO(object_unref) GMimeParser *parser = g_mime_parser_new_with_stream(stream);
    return g_mime_parser_construct_message(parser, NULL);
}

static void read_message(GMimeMessage *message, struct incoming *incoming)
{
    const char *subject = g_mime_message_get_subject(message);
    const char *id = g_mime_message_get_message_id(message);
    incoming->from = from_of(message);
    incoming->subject = text_clean(subject);
    incoming->message_id = id && strlen(id) <= ID_MAX ? text_clean(id) : NULL;
    incoming->text = body_of(message);
    incoming->automatic = automatic_by_headers(message);
    if (!incoming->automatic)
        incoming->automatic = automatic_by_form(message);
    if (!*incoming->token && !find_in_recipients(message, incoming->token) &&
        !find_token(incoming->subject, false, incoming->token))
        find_reference(incoming->text, incoming->token);
}

void incoming_read(const char *bytes, size_t len, const char *recipient,
                   struct incoming *ret_incoming)
{
    *ret_incoming = (struct incoming){0};
    if (recipient)
        find_token(recipient, true, ret_incoming->token);
    AUTO(object_unref) GMimeMessage *message = parse(bytes, len);
    if (message) {
        read_message(message, ret_incoming);
    } else {
        ret_incoming->subject = text_copy("");
        ret_incoming->text = text_copy("");
    }
}

void incoming_done(struct incoming *incoming)
{
    free(incoming->from);
    free(incoming->subject);
    free(incoming->message_id);
    free(incoming->text);
}
