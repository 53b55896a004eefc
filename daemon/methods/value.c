/* Values of replies that are built; see value.h. */
#include "methods/value.h"

#include <inttypes.h>
#include <math.h>

json_t *value_number(double value)
{
    double rounded = round(value * 100) / 100;

    /* What is too large to be rounded has no decimals to lose. */
    return isfinite(rounded) ? json_real(rounded)
           : isfinite(value) ? json_real(value)
                             : json_null();
}

json_t *value_date(struct date date)
{
    char text[DATE_TEXT_SIZE];

    return date_given(date) ? json_string(date_format(date, text)) : json_null();
}

json_t *value_time(int64_t us)
{
    char text[TIME_TEXT_SIZE];

    return us ? json_string(time_format(us, text)) : json_null();
}

const char *account_text(const struct request *request, int64_t account_id,
                         char buffer[ACCOUNT_TEXT_SIZE])
{
    const struct account *account = registry_account(request->registry, account_id);
    const struct person *person;

    if (account_id < 0) {
        snprintf(buffer, ACCOUNT_TEXT_SIZE, "uid %" PRId64, -1 - account_id);
        return buffer;
    }
    if (!account)
        return NULL;
    person = account->person_id ? registry_person(request->registry, account->person_id) : NULL;
    if (person && person->name)
        return person->name;
    snprintf(buffer, ACCOUNT_TEXT_SIZE, "%s:%" PRId64, account->realm, account->uid);
    return buffer;
}

json_t *value_account(const struct request *request, int64_t account_id)
{
    char buffer[ACCOUNT_TEXT_SIZE];
    const char *text = account_text(request, account_id, buffer);

    return text ? json_string(text) : json_null();
}
