/*
 * Method × role: the one place where it stands who may do what (design.md part 7). Tested against
 * the interface file: no method without a row, no row without a method.
 */
#include "methods/table.h"

#include <string.h>

#include "methods/fail.h"
#include "methods/past.h"
#include "methods/request.h"

#define REGISTRY_READERS (MAY_AUDITOR | MAY_ADMIN)

/* clang-format off */
const struct method method_table[] = {
    /* name              handler                 strategy  any of these may */
    {"Ping",             method_ping,            false,    MAY_ANYBODY},
    {"WhoAmI",           method_whoami,          false,    MAY_ANYBODY},
    {"GetServerStatus",  method_server_status,   false,    REGISTRY_READERS},
    {"ListStrategies",   method_list_strategies, false,    MAY_ANYBODY},
    {"GetStatus",        method_status,          true,     MAY_READER},
    {"ExplainStatus",    method_explain,         true,     MAY_READER},
    {"ListTree",         method_list_tree,       true,     MAY_READER},
    {"ListNodes",        method_list_nodes,      true,     MAY_READER},
    {"ListDue",          method_list_due,        true,     MAY_READER},
    {"ListChanges",      method_list_changes,    true,     MAY_READER},
    {"CheckStrategy",    method_check_strategy,  true,     MAY_READER}, /* some for managers */
    {"ListTasks",        method_list_tasks,      false,    MAY_ANYBODY}, /* of what they may read */
    {"GetNode",          method_node,            true,     MAY_READER},
    {"ListGroups",       method_list_groups,     true,     MAY_READER},
    {"GetGroup",         method_group,           true,     MAY_READER},
    {"ListPartnership",  method_list_partnership, true,    MAY_READER},
    {"ListRoles",        method_list_roles,      false,    MAY_ANYBODY}, /* of whom they may know */
    {"ListCalendar",     method_list_calendar,   false,    MAY_ANYBODY}, /* of what they may read */
    {"ListCalendars",    method_list_calendars,  false,    MAY_ANYBODY},
    {"ListHolidays",     method_list_holidays,   false,    MAY_ANYBODY},
    {"ListOrganisations", method_list_organisations, false, MAY_ANYBODY},
    {"GetOrganisation",  method_organisation,    false,    MAY_ANYBODY},
    {"ListPersons",      method_list_persons,    false,    MAY_ANYBODY},
    {"GetPerson",        method_person,          false,    MAY_ANYBODY},
    {"SubmitUpdate",     method_submit_update,   true,     MAY_CONTRIBUTOR | MAY_MANAGER},
    {"HandInUpdate",     method_hand_in_update,  false,    MAY_MAIL},
    {"ListDrafts",       method_list_drafts,     true,     MAY_READER}, /* and as it says itself */
    {"SubmitDraft",      method_submit_draft,    true,     MAY_READER}, /* and as it says itself */
    {"DropDraft",        method_drop_draft,      true,     MAY_READER}, /* and as it says itself */
    {"AcceptUpdate",     method_accept_update,   true,     MAY_MANAGER},
    {"ReturnUpdate",     method_return_update,   true,     MAY_MANAGER},
    {"ListUpdates",      method_list_updates,    true,     MAY_READER},
    {"ListObservations", method_list_observations, true,   MAY_READER},
    {"ListJournal",      method_list_journal,    false,    MAY_ANYBODY}, /* and as it says itself */
    {"VerifyJournal",    method_verify_journal,  false,    MAY_ANYBODY}, /* and as it says itself */
    {"ExportJournal",    method_export_journal,  false,    MAY_ANYBODY}, /* likewise */
    {"ExportStrategy",   method_export_strategy, true,     MAY_MANAGER | REGISTRY_READERS},
    {"SubscribeEvents",  method_subscribe_events, false,   MAY_ANYBODY}, /* and as it says itself */
    {"RestoreBegin",     method_restore_begin,   false,    MAY_ADMIN},
    {"RestoreChunk",     method_restore_chunk,   false,    MAY_ADMIN},
    {"RestoreCommit",    method_restore_commit,  false,    MAY_ADMIN},
    {"ImportBegin",      method_import_begin,    false,    MAY_ANYBODY}, /* it may be new */
    {"ImportChunk",      method_import_chunk,    false,    MAY_ANYBODY}, /* of one's own import */
    {"ImportCommit",     method_import_commit,   false,    MAY_ANYBODY}, /* of one's own import */
    {"AddNode",          method_add_node,        true,     MAY_MANAGER},
    {"ChangeNode",       method_change_node,     true,     MAY_MANAGER},
    {"RemoveNode",       method_remove_node,     true,     MAY_MANAGER},
    {"CloseNode",        method_close_node,      true,     MAY_CONTRIBUTOR | MAY_MANAGER},
    {"ReopenNode",       method_reopen_node,     true,     MAY_MANAGER},
    {"AttachEvidence",   method_attach_evidence, true,     MAY_CONTRIBUTOR | MAY_MANAGER},
    {"SetContribution",  method_set_contribution, true,    MAY_MANAGER},
    {"RemoveContribution", method_remove_contribution, true, MAY_MANAGER},
    {"AssignRole",       method_assign_role,     true,     MAY_MANAGER},
    {"EndAssignment",    method_end_assignment,  true,     MAY_MANAGER},
    {"AddLink",          method_add_link,        true,     MAY_MANAGER},
    {"RemoveLink",       method_remove_link,     true,     MAY_MANAGER},
    {"AddRelation",      method_add_relation,    true,     MAY_MANAGER},
    {"RemoveRelation",   method_remove_relation, true,     MAY_MANAGER},
    {"RecordReview",     method_record_review,   true,     MAY_MANAGER},
    {"RecordObservation", method_record_observation, true, MAY_CONTRIBUTOR | MAY_MANAGER},
    {"NudgeNode",        method_nudge,           true,     MAY_MANAGER},
    {"SetReminderRule",  method_set_reminder_rule, true,   MAY_MANAGER},
    {"ListReminderRules", method_list_reminder_rules, true, MAY_READER},
    {"ChangeStrategy",   method_change_strategy, true,     MAY_MANAGER},
    {"AddOrganisation",  method_add_organisation, false,   MAY_ANYBODY}, /* who manages one */
    {"ChangeOrganisation", method_change_organisation, false, MAY_ADMIN},
    {"AddPerson",        method_add_person,      false,    MAY_ANYBODY}, /* who manages one */
    {"ChangePerson",     method_change_person,   false,    MAY_ADMIN},
    {"ForgetPerson",     method_forget_person,   false,    MAY_ADMIN},
    {"AddAffiliation",   method_add_affiliation, false,    MAY_ADMIN},
    {"EndAffiliation",   method_end_affiliation, false,    MAY_ADMIN},
    {"PutCalendar",      method_put_calendar,    false,    MAY_ADMIN},
    {"RemoveCalendar",   method_remove_calendar, false,    MAY_ADMIN},
    {"AddGroup",         method_add_group,       true,     MAY_MANAGER},
    {"ChangeGroup",      method_change_group,    true,     MAY_MANAGER},
    {"RemoveGroup",      method_remove_group,    true,     MAY_MANAGER},
    {"AddMember",        method_add_member,      true,     MAY_MANAGER},
    {"EndMembership",    method_end_membership,  true,     MAY_MANAGER},
    {"AddAim",           method_add_aim,         true,     MAY_MANAGER},
    {"RemoveAim",        method_remove_aim,      true,     MAY_MANAGER},
    {"ClaimReminders",   method_claim_reminders, false,    MAY_ANYBODY}, /* who may remind */
    {"ListReminders",    method_list_reminders,  true,     MAY_READER | MAY_REMINDER},
    {"SettleReminders",  method_settle_reminders, false,   MAY_ANYBODY}, /* likewise */
    {"RetryReminder",    method_retry_reminder,  false,    MAY_ANYBODY}, /* likewise */
    {"Subscribe",        method_subscribe,       false,    MAY_ANYBODY}, /* to what may be read */
    {"ListSubscriptions", method_list_subscriptions, false, MAY_ANYBODY}, /* as it says itself */
    {"ConfirmSubscription", method_confirm_subscription, false, MAY_ANYBODY}, /* with a token */
    {"ChangeSubscription", method_change_subscription, false, MAY_ANYBODY},   /* likewise */
    {"Unsubscribe",      method_unsubscribe,     false,    MAY_ANYBODY},      /* likewise */
    {"ClaimDigests",     method_claim_digests,   false,    MAY_REMINDER | MAY_ADMIN},
    {"SettleDigests",    method_settle_digests,  false,    MAY_REMINDER | MAY_ADMIN},
    {"ListAccounts",     method_list_accounts,   false,    REGISTRY_READERS},
    {"AddAccount",       method_add_account,     false,    MAY_ADMIN},
    {"GrantRole",        method_grant,           false,    MAY_ADMIN},
    {"RevokeRole",       method_revoke,          false,    MAY_ADMIN},
    {"DisableAccount",   method_disable,         false,    MAY_ADMIN},
};
/* clang-format on */

const size_t method_count = ARRAY_LEN(method_table);

const struct method *method_find(const char *full_name)
{
    const char *name = strrchr(full_name, '.');

    for (size_t i = 0; name && i < method_count; i++) {
        if (strcmp(method_table[i].name, name + 1) == 0)
            return &method_table[i];
    }
    return NULL;
}

/* What a caller without the right would need, in words. */
static const char *needed(unsigned needs)
{
    if (needs & MAY_CONTRIBUTOR)
        return "contributor to the node (by assignment or membership), or manager";
    if (needs & MAY_READER)
        return "reader";
    if (needs & MAY_MANAGER)
        return "manager";
    if (needs & MAY_AUDITOR)
        return "auditor or admin";
    if (needs & MAY_MAIL)
        return "mail";
    if (needs & MAY_REMINDER)
        return "reminder or admin, everywhere";
    return "admin";
}

const struct answer *methods_gate(struct call *call)
{
    const struct method *method = method_find(call->method);
    const struct answer *answer;
    struct request request;
    bool past = method && past_is_asked(call, method->handler);

    request_hand_on(NULL);
    /* Nothing to decide: anybody may ask if the daemon is there, and who they are to it. */
    if (!method || method->handler == method_ping || method->handler == method_whoami)
        return NULL;
    /* Who is disabled is told that, and nothing of what there is. */
    request_caller(call, &request);
    if (request.may == 0)
        return fail_not_permitted(call, "an account that is not disabled", NULL);
    answer = past ? request_open_strategy(call, &request)
                  : request_open(call, method->with_strategy, &request);
    if (answer)
        return answer;
    if (past && request.may & method->needs)
        return past_load(&request, method->handler);
    if (request.may & method->needs ||
        (method->needs & MAY_CONTRIBUTOR &&
         rights_contribute(request.registry, &request.caller, request.tree, request.node,
                           request.today))) {
        if (method->with_strategy)
            request_hand_on(&request);
        return NULL;
    }
    return fail_not_permitted(call, needed(method->needs), request.slot ? request.slot->key : NULL);
}
