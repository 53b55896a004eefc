/*
 * The methods of io.goald.Tracker: handler and rights, one row each. Static.
 */
#ifndef GOALD_METHODS_TABLE_H
#define GOALD_METHODS_TABLE_H

#include "wire/call.h"

struct method {
    const char *name; /* unqualified */
    call_handler *handler;
    bool with_strategy; /* it has `strategy`, and a caller needs to read that at least */
    unsigned needs;     /* MAY_ bits of core/rights.h: any of them is enough */
};

extern const struct method method_table[];
extern const size_t method_count;

/* Runs before every handler: NULL if the caller may, else the refusal. */
const struct answer *methods_gate(struct call *call);

call_handler method_ping, method_whoami, method_server_status, method_list_strategies,
    method_status, method_list_tree, method_list_nodes, method_list_due, method_node,
    method_submit_update, method_list_updates, method_list_journal, method_verify_journal,
    method_import_begin, method_import_chunk, method_import_commit, method_list_accounts,
    method_add_account, method_grant, method_revoke, method_disable, method_list_groups,
    method_group, method_list_partnership, method_list_roles, method_list_organisations,
    method_organisation, method_list_persons, method_person, method_export_journal, method_add_node,
    method_change_node, method_remove_node, method_list_observations, method_close_node,
    method_reopen_node, method_attach_evidence, method_set_contribution, method_remove_contribution,
    method_assign_role, method_end_assignment, method_add_link, method_remove_link,
    method_add_relation, method_remove_relation, method_record_review, method_record_observation,
    method_change_strategy;

/* edit_group.c, edit_member.c, edit_person.c, edit_affiliation.c */
call_handler method_add_organisation, method_change_organisation, method_add_person,
    method_change_person, method_forget_person, method_add_affiliation, method_end_affiliation,
    method_add_group, method_change_group, method_remove_group, method_add_member,
    method_end_membership, method_add_aim, method_remove_aim;

#endif
