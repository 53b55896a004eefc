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
    method_organisation, method_list_persons, method_person, method_add_node, method_change_node,
    method_remove_node;

call_handler method_list_observations;

#endif
