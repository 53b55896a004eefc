/*
 * Writing a page twice; see page.h. Plain text has at most WIDTH columns, but for what is typed.
 * HTML is as mail readers take it: few tags, styles within them.
 */
#include "page.h"

#include <err.h>
#include <glib.h>
#include <string.h>

#include "errors.h"
#include "harmless.h"
#include "text.h"

#define WIDTH 72
#define INDENT 4
#define LABEL 12 /* columns of a label; a longer one takes what it needs */

static FILE *memory_stream(char **memory, size_t *size)
{
    FILE *stream = open_memstream(memory, size);
    if (!stream)
        err(EXIT_REFUSED, "memory");
    return stream;
}

void page_begin(struct page *page, const char *language)
{
    page->text = memory_stream(&page->text_memory, &page->text_size);
    page->html = memory_stream(&page->html_memory, &page->html_size);
    fprintf(page->html,
            "<!DOCTYPE html>\n<html lang=\"%s\"><head><meta charset=\"utf-8\"></head>\n"
            "<body style=\"font-family:sans-serif;line-height:1.4\">\n",
            language);
}

void page_end(struct page *page, char **ret_text, char **ret_html)
{
    fputs("</body></html>\n", page->html);
    if (fclose(page->text) != 0 || fclose(page->html) != 0)
        err(EXIT_REFUSED, "memory");
    *ret_text = page->text_memory;
    *ret_html = page->html_memory;
}

static char *html_of(const char *text)
{
    AUTO(free_ptr) char *clean = harmless_lines(text);
    return harmless_html(clean);
}

/* With blank lines between paragraphs, none at the beginning. */
static void space_before(struct page *page)
{
    if (ftell(page->text) > 0)
        fputc('\n', page->text);
}

void page_paragraph(struct page *page, const char *text)
{
    AUTO(free_ptr) char *clean = harmless_line(text);
    AUTO(free_ptr) char *html = harmless_html(clean);
    space_before(page);
    text_wrap(page->text, clean, 0, WIDTH);
    fprintf(page->html, "<p>%s</p>\n", html);
}

/* A line below it, for who reads without colours and sizes. */
void page_heading(struct page *page, const char *text)
{
    AUTO(free_ptr) char *clean = harmless_line(text);
    AUTO(free_ptr) char *html = harmless_html(clean);
    space_before(page);
    fprintf(page->text, "%s\n", clean);
    for (size_t i = text_width(clean); i > 0; i--)
        fputc('-', page->text);
    fputc('\n', page->text);
    fprintf(page->html, "<h2 style=\"font-size:1.1em\">%s</h2>\n", html);
}

void page_item(struct page *page, const char *code, const char *title)
{
    AUTO(free_ptr) char *clean_code = harmless_line(code);
    AUTO(free_ptr) char *clean = harmless_line(title);
    AUTO(free_ptr)
    char *both = text_format("%s%s%s", clean_code, *clean_code && *clean ? "  " : "", clean);
    AUTO(free_ptr) char *html_code = harmless_html(clean_code);
    AUTO(free_ptr) char *html = harmless_html(clean);
    space_before(page);
    text_wrap(page->text, both, 0, WIDTH);
    fprintf(page->html,
            "<p style=\"margin-bottom:0\"><b>%s%s<bdi>%s</bdi></b></p>\n"
            "<table style=\"margin-left:1em\">\n",
            html_code, *html_code && *html ? " " : "", html);
}

void page_item_end(struct page *page)
{
    fputs("</table>\n", page->html);
}

/* The text wrapped beside its label, which takes the place of the first line's indent. */
static void write_labelled(FILE *out, const char *label, const char *text, size_t width)
{
    AUTO(free_ptr) char *lines = NULL;
    size_t size, columns = text_width(label) + 1;
    columns = columns > LABEL ? columns : LABEL;
    FILE *memory = memory_stream(&lines, &size);
    text_wrap(memory, text, INDENT + columns, width);
    if (fclose(memory) != 0)
        err(EXIT_REFUSED, "memory");
    if (size > INDENT + columns)
        fprintf(out, "%*s%s%*s%s", INDENT, "", label, (int)(columns - text_width(label)), "",
                lines + INDENT + columns);
}

static void write_row(struct page *page, const char *label, const char *text, const char *tag)
{
    AUTO(free_ptr) char *head = html_of(label);
    AUTO(free_ptr) char *html = html_of(text);
    fprintf(page->html,
            "<tr><td style=\"vertical-align:top;padding-right:1em\">%s</td>"
            "<td style=\"white-space:pre-line\"><%s>%s</%s></td></tr>\n",
            head, tag, html, tag);
}

void page_line(struct page *page, const char *label, const char *text)
{
    AUTO(free_ptr) char *clean = harmless_lines(text);
    if (!*g_strstrip(clean))
        return;
    write_labelled(page->text, label, clean, WIDTH);
    write_row(page, label, clean, "bdi");
}

void page_typed(struct page *page, const char *label, const char *text)
{
    AUTO(free_ptr) char *clean = harmless_line(text);
    write_labelled(page->text, label, clean, 1000);
    write_row(page, label, clean, "code");
}

void page_example(struct page *page, const char *text)
{
    AUTO(free_ptr) char *clean = harmless_line(text);
    AUTO(free_ptr) char *html = harmless_html(clean);
    space_before(page);
    fprintf(page->text, "%*s%s\n", INDENT, "", clean);
    fprintf(page->html, "<p style=\"margin-left:2em\"><code>%s</code></p>\n", html);
}
