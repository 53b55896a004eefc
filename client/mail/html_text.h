/*
 * The text of an HTML mail, so that it can be read as one that came as text: line by line, what is
 * quoted marked with >. Pure; never fails on what is not HTML.
 */
#ifndef GOAL_MAIL_HTML_TEXT_H
#define GOAL_MAIL_HTML_TEXT_H

/* UTF-8 in, UTF-8 out; the caller's to free. */
char *html_text(const char *html);

#endif
