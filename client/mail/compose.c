/*
 * Composing mails; see compose.h. Bodies are quoted-printable, and so in lines that every MTA
 * takes; the calendar is base64, for its line ends belong to it.
 */
#include "compose.h"

#include <err.h>
#include <errno.h>
#include <gmime/gmime.h>
#include <string.h>

#include "errors.h"
#include "harmless.h"
#include "text.h"

/* of a language's tag (RFC 5646) */
#define TAG_LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-"
#define SUBJECT_MAX 200 /* characters; more is not read, and some readers cut it in the middle */

static void object_unref(void *object)
{
    if (*(GObject **)object)
        g_object_unref(*(GObject **)object);
}

static void *not_null(void *made)
{
    if (!made)
        err(EXIT_REFUSED, "memory");
    return made;
}

static int bad_address(const char *field, const char *address, char **ret_problem)
{
    *ret_problem = text_format("%s: %s is no address that mail can be sent to", field,
                               address ? address : "nothing");
    return -EINVAL;
}

static int add_mailbox(GMimeMessage *message, GMimeAddressType type, const char *name,
                       const char *address, char **ret_problem)
{
    static const char *const fields[] = {
        [GMIME_ADDRESS_TYPE_FROM] = "From",
        [GMIME_ADDRESS_TYPE_REPLY_TO] = "Reply-To",
        [GMIME_ADDRESS_TYPE_TO] = "To",
    };
    if (!harmless_address(address))
        return bad_address(fields[type], address, ret_problem);
    AUTO(free_ptr) char *clean = harmless_header(name);
    g_mime_message_add_mailbox(message, type, *clean ? clean : NULL, address);
    return 0;
}

/* "Name <address>", or an address alone. */
static int add_from(GMimeMessage *message, const char *from, char **ret_problem)
{
    const char *open = from ? strrchr(from, '<') : NULL;
    size_t len = open ? strlen(open) : 0;
    if (!open || open == from || open[len - 1] != '>')
        return add_mailbox(message, GMIME_ADDRESS_TYPE_FROM, NULL, from, ret_problem);
    AUTO(free_ptr) char *name = text_format("%.*s", (int)(open - from), from);
    AUTO(free_ptr) char *address = text_format("%.*s", (int)len - 2, open + 1);
    g_strstrip(name);
    return add_mailbox(message, GMIME_ADDRESS_TYPE_FROM, name, address, ret_problem);
}

static void set_header(GMimeMessage *message, const char *name, const char *value)
{
    g_mime_object_set_header(GMIME_OBJECT(message), name, value, "utf-8");
}

static void set_subject(GMimeMessage *message, const char *subject)
{
    AUTO(free_ptr) char *line = harmless_header(subject);
    if (g_utf8_strlen(line, -1) > SUBJECT_MAX)
        *g_utf8_offset_to_pointer(line, SUBJECT_MAX) = '\0';
    g_mime_message_set_subject(message, line, "utf-8");
}

/* An id in a mail is an address in form. */
static int set_ids(GMimeMessage *message, const struct mail *mail, char **ret_problem)
{
    if (mail->message_id && !harmless_address(mail->message_id))
        return bad_address("Message-ID", mail->message_id, ret_problem);
    AUTO(free_ptr) char *made = NULL;
    if (!mail->message_id)
        made = g_mime_utils_generate_message_id(strrchr(mail->from, '@') + 1);
    g_mime_message_set_message_id(message, mail->message_id ? mail->message_id : made);
    if (!mail->in_reply_to || !g_str_is_ascii(mail->in_reply_to)) /* not every MTA takes it */
        return 0;
    AUTO(free_ptr) char *answered = harmless_line(mail->in_reply_to);
    AUTO(free_ptr) char *reference = text_format("<%s>", answered);
    set_header(message, "In-Reply-To", reference);
    set_header(message, "References", reference);
    return 0;
}

static void set_date(GMimeMessage *message)
{
    GDateTime *now = not_null(g_date_time_new_now_local());
    g_mime_message_set_date(message, now);
    g_date_time_unref(now);
}

/* A field that programs read: a long word in it would be encoded as if it were text. */
static void set_unsubscribe(GMimeMessage *message, const char *value)
{
    AUTO(free_ptr) char *line = harmless_line(value);
    AUTO(free_ptr) char *raw = text_format(" %s\n", line);
    set_header(message, "List-Unsubscribe", line);
    GMimeHeaderList *headers = g_mime_object_get_header_list(GMIME_OBJECT(message));
    g_mime_header_set_raw_value(g_mime_header_list_get_header(headers, "List-Unsubscribe"), raw);
}

/* What tells other programs that one wrote this: no absence notes, no loops (RFC 3834). */
static void set_kind(GMimeMessage *message, const struct mail *mail)
{
    set_header(message, "Auto-Submitted", mail->answer ? "auto-replied" : "auto-generated");
    set_header(message, "Precedence", mail->list_unsubscribe ? "list" : "bulk");
    set_header(message, "X-Auto-Response-Suppress", "All");
    if (mail->list_unsubscribe)
        set_unsubscribe(message, mail->list_unsubscribe);
    if (mail->language && *mail->language && !mail->language[strspn(mail->language, TAG_LETTERS)])
        set_header(message, "Content-Language", mail->language);
}

static int set_headers(GMimeMessage *message, const struct mail *mail, char **ret_problem)
{
    int r = add_from(message, mail->from, ret_problem);
    if (r == 0)
        r = add_mailbox(message, GMIME_ADDRESS_TYPE_TO, mail->to_name, mail->to_address,
                        ret_problem);
    if (r == 0 && mail->reply_to)
        r = add_mailbox(message, GMIME_ADDRESS_TYPE_REPLY_TO, NULL, mail->reply_to, ret_problem);
    if (r == 0)
        r = set_ids(message, mail, ret_problem);
    if (r < 0)
        return r;
    set_subject(message, mail->subject);
    set_date(message);
    set_kind(message, mail);
    return 0;
}

static GMimeObject *text_part(const char *subtype, const char *text)
{
    GMimeTextPart *part = not_null(g_mime_text_part_new_with_subtype(subtype));
    g_mime_text_part_set_charset(part, "utf-8");
    g_mime_text_part_set_text(part, text);
    g_mime_part_set_content_encoding(GMIME_PART(part), GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE);
    return GMIME_OBJECT(part);
}

static GMimeObject *calendar_part(const char *calendar)
{
    GMimePart *part = not_null(g_mime_part_new_with_type("text", "calendar"));
    AUTO(object_unref)
    GMimeStream *stream = not_null(g_mime_stream_mem_new_with_buffer(calendar, strlen(calendar)));
    AUTO(object_unref)
    GMimeDataWrapper *content =
        not_null(g_mime_data_wrapper_new_with_stream(stream, GMIME_CONTENT_ENCODING_DEFAULT));
    g_mime_part_set_content(part, content);
    g_mime_object_set_content_type_parameter(GMIME_OBJECT(part), "charset", "utf-8");
    g_mime_object_set_content_type_parameter(GMIME_OBJECT(part), "method", "PUBLISH");
    g_mime_object_set_disposition(GMIME_OBJECT(part), GMIME_DISPOSITION_ATTACHMENT);
    g_mime_part_set_filename(part, "goald.ics");
    g_mime_part_set_content_encoding(part, GMIME_CONTENT_ENCODING_BASE64);
    return GMIME_OBJECT(part);
}

/* Both parts in a multipart of this kind; they are taken. */
static GMimeObject *together(const char *subtype, GMimeObject *first, GMimeObject *second)
{
    GMimeMultipart *multipart = not_null(g_mime_multipart_new_with_subtype(subtype));
    g_mime_multipart_add(multipart, first);
    g_mime_multipart_add(multipart, second);
    g_object_unref(first);
    g_object_unref(second);
    return GMIME_OBJECT(multipart);
}

/* The calendar is beside the texts, not in place of them: a reader shows the last alternative. */
static GMimeObject *body(const struct mail *mail)
{
    GMimeObject *part = text_part("plain", mail->text);
    if (mail->html)
        part = together("alternative", part, text_part("html", mail->html));
    if (mail->calendar)
        part = together("mixed", part, calendar_part(mail->calendar));
    return part;
}

static void write_message(GMimeMessage *message, char **ret_message, size_t *ret_len)
{
    AUTO(object_unref) GMimeStream *stream = not_null(g_mime_stream_mem_new());
    if (g_mime_object_write_to_stream(GMIME_OBJECT(message), NULL, stream) < 0)
        err(EXIT_REFUSED, "memory");
    GByteArray *bytes = g_mime_stream_mem_get_byte_array(GMIME_STREAM_MEM(stream));
    *ret_message = text_format("%.*s", (int)bytes->len, (const char *)bytes->data);
    *ret_len = bytes->len;
}

int compose(const struct mail *mail, char **ret_message, size_t *ret_len, char **ret_problem)
{
    static bool begun;
    if (!begun)
        g_mime_init();
    begun = true;
    AUTO(object_unref) GMimeMessage *message = not_null(g_mime_message_new(TRUE));
    int r = set_headers(message, mail, ret_problem);
    if (r < 0)
        return r;
    AUTO(object_unref) GMimeObject *part = body(mail);
    g_mime_message_set_mime_part(message, part);
    write_message(message, ret_message, ret_len);
    return 0;
}
