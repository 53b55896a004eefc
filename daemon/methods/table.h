/*
 * The methods of io.goald.Tracker: handler and rights, one row each. Static.
 */
#ifndef GOALD_METHODS_TABLE_H
#define GOALD_METHODS_TABLE_H

#include "wire/call.h"

struct method {
    const char *name; /* unqualified */
    call_handler *handler;
    bool with_strategy; /* it has `strategy`, and a caller needs to read that at least; or, where
                           needs say so, to send reminders of it */
    unsigned needs;     /* MAY_ bits of core/rights.h: any of them is enough */
};

extern const struct method method_table[];
extern const size_t method_count;

/* By its name in calls; NULL: no method of this interface. */
const struct method *method_find(const char *full_name);

/* Runs before every handler: NULL if the caller may, else the refusal. */
const struct answer *methods_gate(struct call *call);

/* A line each, in the order of their names. */
call_handler method_accept_update;
call_handler method_add_account;
call_handler method_add_affiliation;
call_handler method_add_aim;
call_handler method_add_group;
call_handler method_add_link;
call_handler method_add_member;
call_handler method_add_node;
call_handler method_add_organisation;
call_handler method_add_person;
call_handler method_add_relation;
call_handler method_assign_role;
call_handler method_attach_evidence;
call_handler method_change_group;
call_handler method_change_node;
call_handler method_change_organisation;
call_handler method_change_person;
call_handler method_change_strategy;
call_handler method_change_subscription;
call_handler method_check_strategy;
call_handler method_claim_digests;
call_handler method_claim_reminders;
call_handler method_close_node;
call_handler method_confirm_subscription;
call_handler method_disable;
call_handler method_drop_draft;
call_handler method_end_affiliation;
call_handler method_end_assignment;
call_handler method_end_membership;
call_handler method_explain;
call_handler method_export_journal;
call_handler method_export_strategy;
call_handler method_forget_person;
call_handler method_grant;
call_handler method_group;
call_handler method_hand_in_update;
call_handler method_import_begin;
call_handler method_import_chunk;
call_handler method_import_commit;
call_handler method_list_accounts;
call_handler method_list_calendar;
call_handler method_list_calendars;
call_handler method_list_changes;
call_handler method_list_drafts;
call_handler method_list_due;
call_handler method_list_groups;
call_handler method_list_holidays;
call_handler method_list_journal;
call_handler method_list_nodes;
call_handler method_list_observations;
call_handler method_list_organisations;
call_handler method_list_partnership;
call_handler method_list_persons;
call_handler method_list_reminder_rules;
call_handler method_list_reminders;
call_handler method_list_roles;
call_handler method_list_strategies;
call_handler method_list_subscriptions;
call_handler method_list_tasks;
call_handler method_list_tree;
call_handler method_list_updates;
call_handler method_node;
call_handler method_nudge;
call_handler method_organisation;
call_handler method_person;
call_handler method_ping;
call_handler method_put_calendar;
call_handler method_record_observation;
call_handler method_record_review;
call_handler method_remove_aim;
call_handler method_remove_calendar;
call_handler method_remove_contribution;
call_handler method_remove_group;
call_handler method_remove_link;
call_handler method_remove_node;
call_handler method_remove_relation;
call_handler method_reopen_node;
call_handler method_restore_begin;
call_handler method_restore_chunk;
call_handler method_restore_commit;
call_handler method_retry_reminder;
call_handler method_return_update;
call_handler method_revoke;
call_handler method_server_status;
call_handler method_set_contribution;
call_handler method_set_reminder_rule;
call_handler method_settle_digests;
call_handler method_settle_reminders;
call_handler method_status;
call_handler method_submit_draft;
call_handler method_submit_update;
call_handler method_subscribe;
call_handler method_subscribe_events;
call_handler method_unsubscribe;
call_handler method_verify_journal;
call_handler method_whoami;

#endif
