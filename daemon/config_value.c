/*
 * Configuration values: one small parser a type, in a table. They allocate nothing but the copy
 * of a string, which belongs to the field.
 */
#include "config_value.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <sys/param.h>
#include <sys/un.h>
#include <syslog.h>

#include "core/mailaddress.h"

struct value {
    struct config_range range;
    const char *text;
    void *field;
    char *problem;
    size_t problem_size;
};

/* Says what is wrong with the value. */
static int wrong(const struct value *value, const char *expected)
{
    snprintf(value->problem, value->problem_size, "expected %s, not \"%.80s\"", expected,
             value->text);
    return -EINVAL;
}

static int parse_string(const struct value *value)
{
    char **field = value->field;
    char *copy = strdup(value->text);

    if (!copy)
        return -ENOMEM;
    free(*field);
    *field = copy;
    return 0;
}

static int parse_path(const struct value *value)
{
    if (*value->text && *value->text != '/')
        return wrong(value, "an absolute path");
    return parse_string(value);
}

static int parse_address(const struct value *value)
{
    const char *path = value->text + strlen("unix:");

    if (strncmp(value->text, "unix:", strlen("unix:")) != 0 || (*path != '/' && *path != '@') ||
        !path[1])
        return wrong(value, "unix:/path or unix:@name");
    if (strlen(path) >= sizeof(((struct sockaddr_un *)NULL)->sun_path))
        return wrong(value, "a socket's path of at most 107 bytes");
    return parse_string(value);
}

static int parse_level(const struct value *value)
{
    static const struct {
        const char *name;
        int level;
    } levels[] = {{"error", LOG_ERR},
                  {"warning", LOG_WARNING},
                  {"notice", LOG_NOTICE},
                  {"info", LOG_INFO},
                  {"debug", LOG_DEBUG}};

    for (size_t i = 0; i < ARRAY_LEN(levels); i++) {
        if (strcmp(levels[i].name, value->text) == 0) {
            *(int *)value->field = levels[i].level;
            return 0;
        }
    }
    return wrong(value, "error, warning, notice, info or debug");
}

struct unit {
    const char *name;
    long long factor;
};

/* A whole number with one of the units (ended by a NULL name), within the range. */
static int parse_number(const struct value *value, const struct unit *units, const char *expected,
                        long long *ret_number)
{
    long long number;
    char *end;

    if (!isdigit((unsigned char)*value->text))
        return wrong(value, expected);
    errno = 0;
    number = strtoll(value->text, &end, 10);
    if (errno)
        return wrong(value, expected);
    while (*end == ' ')
        end++;
    while (units->name && strcmp(units->name, end) != 0)
        units++;
    if (!units->name && !(number == 0 && *end == '\0'))
        return wrong(value, expected);
    if (units->name && __builtin_mul_overflow(number, units->factor, &number))
        return wrong(value, expected);
    *ret_number = number;
    return 0;
}

/* The least or greatest value in the greatest unit that divides it. */
static void print_number(char *text, size_t size, long long number, const struct unit *units)
{
    const struct unit *best = NULL;

    for (; number && units->name; units++)
        if (number % units->factor == 0 && (!best || units->factor > best->factor))
            best = units;
    snprintf(text, size, "%lld%s", best ? number / best->factor : number, best ? best->name : "");
}

static int parse_ranged(const struct value *value, const struct unit *units, const char *expected,
                        long long *ret_number)
{
    char min[32], max[32];
    long long number;
    int r = parse_number(value, units, expected, &number);

    if (r < 0)
        return r;
    if (number < value->range.min || number > value->range.max) {
        print_number(min, sizeof(min), value->range.min, units);
        print_number(max, sizeof(max), value->range.max, units);
        snprintf(value->problem, value->problem_size, "%.40s is not between %s and %s", value->text,
                 min, max);
        return -EINVAL;
    }
    *ret_number = number;
    return 0;
}

static int parse_integer(const struct value *value)
{
    static const struct unit units[] = {{"", 1}, {NULL, 0}};
    long long number;
    int r = parse_ranged(value, units, "a whole number", &number);

    if (r == 0)
        *(int *)value->field = (int)number;
    return r;
}

static int parse_duration(const struct value *value)
{
    static const struct unit units[] = {
        {"ms", 1}, {"s", 1000}, {"min", 60000}, {"h", 3600000}, {NULL, 0}};
    long long number;
    int r = parse_ranged(value, units, "a duration such as 500ms, 5s or 2min", &number);

    if (r == 0)
        *(int *)value->field = (int)number;
    return r;
}

static int parse_size(const struct value *value)
{
    static const struct unit units[] = {
        {"", 1}, {"k", 1LL << 10}, {"M", 1LL << 20}, {"G", 1LL << 30}, {NULL, 0}};
    long long number;
    int r = parse_ranged(value, units, "a size such as 4096, 64k or 1M", &number);

    if (r == 0)
        *(size_t *)value->field = (size_t)number;
    return r;
}

static int parse_boolean(const struct value *value)
{
    bool yes = strcmp(value->text, "yes") == 0;

    if (!yes && strcmp(value->text, "no") != 0)
        return wrong(value, "yes or no");
    *(bool *)value->field = yes;
    return 0;
}

/* A range's end is how long what is before the @ may be; 0: as long as in any address. */
static int parse_mailbox(const struct value *value)
{
    size_t most = (size_t)value->range.max;

    if (*value->text && !mailaddress_valid(value->text))
        return wrong(value, "an address such as goald@example.org");
    if (most > 0 && strcspn(value->text, "@") > most)
        return wrong(value, "an address with at most 31 characters before the @");
    return parse_string(value);
}

static const struct {
    int (*parse)(const struct value *value);
    size_t size;
    bool is_string;
} types[] = {
    [CONFIG_STRING] = {parse_string, sizeof(char *), true},
    [CONFIG_PATH] = {parse_path, sizeof(char *), true},
    [CONFIG_ADDRESS] = {parse_address, sizeof(char *), true},
    [CONFIG_LEVEL] = {parse_level, sizeof(int), false},
    [CONFIG_INTEGER] = {parse_integer, sizeof(int), false},
    [CONFIG_DURATION] = {parse_duration, sizeof(int), false},
    [CONFIG_SIZE] = {parse_size, sizeof(size_t), false},
    [CONFIG_BOOLEAN] = {parse_boolean, sizeof(bool), false},
    [CONFIG_MAILBOX] = {parse_mailbox, sizeof(char *), true},
};

int config_value_parse(enum config_type type, struct config_range range, const char *text,
                       void *field, char *problem, size_t problem_size)
{
    struct value value = {range, text, field, problem, problem_size};

    return types[type].parse(&value);
}

bool config_value_equal(enum config_type type, const void *a, const void *b)
{
    if (types[type].is_string)
        return strcmp(*(char *const *)a, *(char *const *)b) == 0;
    return memcmp(a, b, types[type].size) == 0;
}

size_t config_value_size(enum config_type type)
{
    return types[type].size;
}

void config_value_free(enum config_type type, void *field)
{
    if (types[type].is_string)
        free(*(char **)field);
}

/* Levenshtein's distance, one row at a time. */
size_t config_distance(const char *a, const char *b, size_t limit)
{
    size_t row[64], len_a = strlen(a), len_b = strlen(b);

    if (len_b >= ARRAY_LEN(row) || MAX(len_a, len_b) - MIN(len_a, len_b) >= limit)
        return limit;
    for (size_t j = 0; j <= len_b; j++)
        row[j] = j;
    for (size_t i = 1; i <= len_a; i++) {
        size_t diagonal = row[0];

        row[0] = i;
        for (size_t j = 1; j <= len_b; j++) {
            size_t changed = diagonal + (a[i - 1] != b[j - 1]);

            diagonal = row[j];
            row[j] = MIN(changed, MIN(row[j], row[j - 1]) + 1);
        }
    }
    return MIN(row[len_b], limit);
}
