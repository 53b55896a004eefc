/*
 * Printing what goal org and goal person were answered.
 */
#ifndef GOAL_PERSON_H
#define GOAL_PERSON_H

#include "goal.h"

/* ListOrganisations' and ListPersons' replies. */
void organisations_print(const struct goal *goal, const json_t *replies);
void persons_print(const struct goal *goal, const json_t *replies);

/* GetOrganisation's and GetPerson's reply, and ListRoles'. */
void organisation_print(const struct goal *goal, const json_t *organisation, const json_t *roles);
void person_print(const struct goal *goal, const json_t *person, const json_t *roles);

#endif
