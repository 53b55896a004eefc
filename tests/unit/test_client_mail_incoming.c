/* Mails that come in: what they say, whom they are from, which token they carry, who wrote them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "mail/html_text.h"
#include "mail/incoming.h"
#include "mail/own_words.h"
#include "text.h"

#define TOKEN "abcdefghijklmnopqrstuvwxyz234567"
#define OTHER "22222222222222222222222222222222"
#define HEAD "From: Kari Nordmann <kari@example.no>\nTo: goald+" TOKEN "@example.no\n"

static struct incoming read_mail(const char *text)
{
    struct incoming incoming;
    incoming_read(text, strlen(text), NULL, &incoming);
    return incoming;
}

/* Blank lines at the end do not matter. */
static void assert_without_end(char *text, const char *expected)
{
    for (size_t len = strlen(text); len > 0 && text[len - 1] == '\n'; len--)
        text[len - 1] = '\0';
    assert_string_equal(text, expected);
}

/* The writer's own words. */
static void assert_says(const char *mail, const char *expected)
{
    AUTO(incoming_done) struct incoming incoming = read_mail(mail);
    AUTO(free_ptr) char *own = own_words(incoming.text);
    assert_without_end(own, expected);
}

static void incoming_reads_every_encoding(void **state UNUSED)
{
    assert_says(HEAD "\n60 % i rute\n", "60 % i rute");
    assert_says(HEAD "Content-Type: text/plain; charset=iso-8859-1\n"
                     "Content-Transfer-Encoding: 8bit\n\n60 % f\xf6rsenad\n",
                "60 % försenad");
    assert_says(HEAD "MIME-Version: 1.0\nContent-Type: text/plain; charset=\"utf-8\"\n"
                     "Content-Transfer-Encoding: quoted-printable\n\n"
                     "60=C2=A0% f=C3=B6rse=\nnad\n",
                "60 % försenad");
    assert_says(HEAD "Content-Type: text/plain; charset=utf-8\n"
                     "Content-Transfer-Encoding: base64\n\nNjAgJSBmw7Zyc2VuYWQK\n",
                "60 % försenad");
    assert_says(HEAD "Content-Type: text/plain; charset=windows-1252\n\n60 % \x96 \xe5\n",
                "60 % – å");
    assert_says(HEAD "Content-Type: text/plain; charset=no-such-charset\n\n60 %\n", "60 %");
    assert_says("From kari Thu Mar  5 10:00:00 2026\n" HEAD "\n60 %\n", "60 %");
    assert_says("From: kari@example.no\r\nTo: x@example.no\r\n\r\n60 %\r\nBra\r\n", "60 %\nBra");
}

#define ALTERNATIVE                                                                                \
    HEAD "Content-Type: multipart/alternative; boundary=b\n\n--b\nContent-Type: text/html\n\n"     \
         "<p>70 %</p>\n--b\nContent-Type: text/plain\n\n60 %\n--b--\n"

static void incoming_prefers_plain_text(void **state UNUSED)
{
    assert_says(ALTERNATIVE, "60 %");
    assert_says(HEAD "Content-Type: multipart/mixed; boundary=a\n\n--a\n"
                     "Content-Type: multipart/alternative; boundary=b\n\n--b\n"
                     "Content-Type: text/plain\n\n60 %\n--b\nContent-Type: text/html\n\n<p>70 %\n"
                     "--b--\n--a\nContent-Type: text/plain\nContent-Disposition: attachment\n\n80 %"
                     "\n--a--\n",
                "60 %");
    assert_says(HEAD "Content-Type: multipart/mixed; boundary=a\n\n--a\nContent-Type: text/plain\n"
                     "Content-Disposition: attachment; filename=x.txt\n\n80 %\n--a--\n",
                "");
    assert_says(HEAD "Content-Type: multipart/mixed; boundary=a\n\n--a\nContent-Type: image/png\n"
                     "Content-Transfer-Encoding: base64\n\nAAAA\n--a--\n",
                "");
}

static void assert_html(const char *html, const char *expected)
{
    AUTO(free_ptr) char *text = html_text(html);
    AUTO(free_ptr) char *own = own_words(text);
    assert_without_end(own, expected);
}

static void html_is_read_by_lines(void **state UNUSED)
{
    assert_html("<html><head><style>p { x: y }</style></head><body>"
                "<p>60&nbsp;%\n  f&ouml;rsenad &amp; sen</p><div>a<br>b</div></body></html>",
                "60 % försenad & sen\na\nb");
    assert_html("60 % &#228;r &#xE5; &bogus; & 5 < 6", "60 % är å &bogus; & 5 < 6");
    assert_html("<!-- x > y --><b title=\"a>b\">60</b> %<script>if (a</b) x</script>!", "60 %!");
    assert_html("", "");
    assert_html("<", "<");
    assert_html("<p", "");
    assert_html("<style>x", "x");
    assert_html("&#55296;&#0;&#99999999;&;x", "&;x");
}

static void html_marks_what_is_quoted(void **state UNUSED)
{
    /* Gmail */
    assert_html("<div dir=\"ltr\">60 % i rute<br></div><br><div class=\"gmail_quote\">"
                "<div class=\"gmail_attr\">tor. 5. mars 2026 skrev goald &lt;<a href=\"mailto:g\">"
                "goald@example.no</a>&gt;:<br></div><blockquote><div>2.2<br>10 %</div></blockquote>"
                "</div>",
                "60 % i rute");
    /* Outlook */
    assert_html("<div>60 % enligt plan</div><hr><div id=\"divRplyFwdMsg\"><b>Fr&aring;n:</b> goald"
                "<br><b>Skickat:</b> den 5 mars</div><div>2.2: 10 %</div>",
                "60 % enligt plan");
    assert_html(
        "<p class=MsoNormal>60 %</p><div style='border:none;border-top:solid #E1E1E1 1.0pt'>"
        "<p><b>From:</b> goald</p></div><p>10 %</p>",
        "60 %");
    /* Apple Mail: the answer below */
    assert_html("<blockquote type=\"cite\"><div>2.2</div><blockquote>1</blockquote></blockquote>"
                "<div>60 %</div>",
                "60 %");
    assert_says(HEAD "Content-Type: text/html; charset=iso-8859-1\n\n<p>60 % f\xf6rsenad</p>\n",
                "60 % försenad");
}

static void assert_token(const char *mail, const char *recipient, const char *expected)
{
    AUTO(incoming_done) struct incoming incoming;
    incoming_read(mail, strlen(mail), recipient, &incoming);
    assert_string_equal(incoming.token, expected);
}

static void token_stands_in_one_of_many_places(void **state UNUSED)
{
    assert_token("To: goald+" TOKEN "@example.no\n\nx", NULL, TOKEN);
    assert_token("To: Goald <GOALD+ABCDEFGHIJKLMNOPQRSTUVWXYZ234567@EXAMPLE.NO>\n\nx", NULL, TOKEN);
    assert_token("To: a@b.c\nCc: x@y.z,\n goald+" TOKEN "@example.no\n\nx", NULL, TOKEN);
    assert_token("To: a@b.c\nDelivered-To: goald+" TOKEN "@example.no\n\nx", NULL, TOKEN);
    assert_token("X-Original-To: goald+" TOKEN "@example.no\n\nx", NULL, TOKEN);
    assert_token("To: a@b.c\nSubject: unsubscribe " TOKEN "\n\nx", NULL, TOKEN);
    assert_token("To: a@b.c\n\n60 %\n> > Ref: " TOKEN "\n", NULL, TOKEN);
    assert_token("To: a@b.c\n\n60 %\nref: " TOKEN ".\n", NULL, TOKEN);
    assert_token("To: goald+" OTHER "@example.no\n\nx", "goald+" TOKEN "@example.no", TOKEN);
    assert_token("To: goald+" TOKEN "@example.no\nSubject: " OTHER "\n\nx", "goald@example.no",
                 TOKEN);
}

static void what_is_no_token_is_none(void **state UNUSED)
{
    assert_token("To: " TOKEN "@example.no\n\n" TOKEN, NULL, "");
    assert_token("To: goald+" TOKEN "a@example.no\n\nx", NULL, "");
    assert_token("Subject: 0bcdefghijklmnopqrstuvwxyz234567\n\nx", NULL, "");
    assert_token("Subject: a" TOKEN "\n\nx", NULL, "");
    assert_token("", NULL, "");
    assert_token("\n", NULL, "");
    assert_token("\377\376\n\n", NULL, "");
}

static void assert_automatic(const char *headers, const char *why)
{
    AUTO(free_ptr) char *mail = text_format("%s" HEAD "\n60 %%\n", headers);
    AUTO(incoming_done) struct incoming incoming = read_mail(mail);
    if (why)
        assert_string_equal(incoming.automatic ? incoming.automatic : "a person's", why);
    else
        assert_null(incoming.automatic);
}

static void mails_of_programs_are_told_from_those_of_people(void **state UNUSED)
{
    assert_automatic("", NULL);
    assert_automatic("Auto-Submitted: no\n", NULL);
    assert_automatic("Return-Path: <kari@example.no>\n", NULL);
    assert_automatic("Precedence: first-class\n", NULL);
    assert_automatic("Auto-Submitted: auto-replied\n", "Auto-Submitted");
    assert_automatic("auto-submitted: Auto-Generated (vacation)\n", "Auto-Submitted");
    assert_automatic("Auto-Submitted: notify\n", "Auto-Submitted");
    assert_automatic("Precedence: bulk\n", "Precedence");
    assert_automatic("Precedence: List\n", "Precedence");
    assert_automatic("List-Id: <x.example.org>\n", "List-Id");
    assert_automatic("Return-Path: <>\n", "Return-Path");
    assert_automatic("X-Autoreply: yes\n", "X-Autoreply");
    assert_automatic("Content-Type: multipart/report; report-type=delivery-status; boundary=b\n",
                     "Content-Type");
}

static void assert_from(const char *mail, const char *expected)
{
    AUTO(incoming_done) struct incoming incoming = read_mail(mail);
    assert_string_equal(incoming.from ? incoming.from : "nobody", expected);
}

static void sender_is_the_one_address(void **state UNUSED)
{
    assert_from("From: kari@example.no\n\nx", "kari@example.no");
    assert_from("From: =?utf-8?q?K=C3=A5re?= <Kari@Example.no> (x)\n\nx", "Kari@Example.no");
    assert_from("From: \"bo@example.org\" <kari@example.no>\n\nx", "kari@example.no");
    assert_from("From: a@example.no, b@example.no\n\nx", "nobody");
    assert_from("From: a@example.no\nFrom: b@example.no\n\nx", "nobody");
    assert_from("From: team: a@example.no, b@example.no;\n\nx", "nobody");
    assert_from("From:\n\nx", "nobody");
    assert_from("Sender: a@example.no\n\nx", "nobody");
}

static void incoming_survives_what_is_broken(void **state UNUSED)
{
    AUTO(free_ptr) char *deep = text_copy(HEAD "Content-Type: multipart/mixed; boundary=b0\n\n");
    AUTO(free_ptr) char *wide = NULL, *long_one = NULL;
    static const char with_nul[] = HEAD "\n60\0 %\n";
    struct incoming incoming;
    for (int i = 0; i < 300; i++)
        text_append(&deep, "", "--b%d\nContent-Type: multipart/mixed; boundary=b%d\n\n", i, i + 1);
    assert_says(deep, "");
    for (int i = 0; i < 2000; i++)
        text_append(&wide, ", ", "a%d@example.no", i);
    long_one = text_format("To: %s\nSubject: %s\n%s\n60 %%", wide, wide, HEAD);
    assert_says(long_one, "60 %");
    incoming_read(with_nul, sizeof(with_nul) - 1, NULL, &incoming);
    assert_string_equal(incoming.token, TOKEN);
    incoming_done(&incoming);
    assert_says(HEAD "Content-Type: multipart/mixed\n\n--b\n\n60 %\n", "");
    assert_says(HEAD "Content-Type: ;;;=\n\n60 %\n", "");
    assert_says(HEAD "Content-Transfer-Encoding: base64\n\n!!!!\n", "");
}

int main(void)
{
    text_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(incoming_reads_every_encoding),
        cmocka_unit_test(incoming_prefers_plain_text),
        cmocka_unit_test(html_is_read_by_lines),
        cmocka_unit_test(html_marks_what_is_quoted),
        cmocka_unit_test(token_stands_in_one_of_many_places),
        cmocka_unit_test(what_is_no_token_is_none),
        cmocka_unit_test(mails_of_programs_are_told_from_those_of_people),
        cmocka_unit_test(sender_is_the_one_address),
        cmocka_unit_test(incoming_survives_what_is_broken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
