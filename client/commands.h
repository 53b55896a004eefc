/*
 * The table of commands, from which the help, the completion and "possibilities are:" come; and
 * the functions behind it, one file a family. Each returns an exit code.
 */
#ifndef GOAL_COMMANDS_H
#define GOAL_COMMANDS_H

#include <stddef.h>

#include "goal.h"

/* The i-th command; NULL after the last. */
const struct command *command_at(size_t i);
/* A family of them; a row without a name ends it. */
extern const struct command edit_commands[], people_commands[], operate_commands[], mail_commands[],
    subscription_commands[], calendar_commands[];
extern const struct option_row global_options[];

/* The command of one or two words; *ret_words says how many it took. NULL: there is none. */
const struct command *command_find(char *const *words, int count, int *ret_words);

/* about.c */
int ping_run(struct goal *goal);
int whoami_run(struct goal *goal);
int server_run(struct goal *goal);
/* status.c, tree.c, diff.c, show.c */
int status_run(struct goal *goal);
int tree_run(struct goal *goal);
int diff_run(struct goal *goal);
int show_run(struct goal *goal);
/* why.c */
int why_run(struct goal *goal);
/* list.c */
int list_run(struct goal *goal);
int due_run(struct goal *goal);
int strategies_run(struct goal *goal);
/* matrix.c, check.c, next.c */
int matrix_run(struct goal *goal);
int check_run(struct goal *goal);
int next_run(struct goal *goal);
/* remind_list.c */
int remind_start(struct goal *goal);
/* history.c */
int history_run(struct goal *goal);
/* series.c */
int observations_run(struct goal *goal);
/* log.c, journal.c */
int log_run(struct goal *goal);
int verify_run(struct goal *goal);
int export_run(struct goal *goal);
/* watch.c */
int watch_run(struct goal *goal);
/* restore.c */
int restore_run(struct goal *goal);
/* group.c, partnership.c, person.c */
int group_run(struct goal *goal);
int partnership_run(struct goal *goal);
int org_run(struct goal *goal);
int person_run(struct goal *goal);
/* holidays.c */
int holidays_run(struct goal *goal);
int holidays_remove_run(struct goal *goal);
/* edit_people.c */
int group_add_run(struct goal *goal);
int group_change_run(struct goal *goal);
int group_remove_run(struct goal *goal);
int group_join_run(struct goal *goal);
int group_leave_run(struct goal *goal);
int group_aim_run(struct goal *goal);
int org_add_run(struct goal *goal);
int org_change_run(struct goal *goal);
int person_add_run(struct goal *goal);
int person_change_run(struct goal *goal);
int person_forget_run(struct goal *goal);
int person_join_run(struct goal *goal);
int person_leave_run(struct goal *goal);
/* update.c, import.c */
int update_run(struct goal *goal);
int import_run(struct goal *goal);
/* account.c */
int account_add_run(struct goal *goal);
int account_list_run(struct goal *goal);
int account_grant_run(struct goal *goal);
int account_revoke_run(struct goal *goal);
int account_disable_run(struct goal *goal);
int account_enable_run(struct goal *goal);
/* edit_node.c */
int add_run(struct goal *goal);
int change_run(struct goal *goal);
int move_run(struct goal *goal);
int remove_run(struct goal *goal);
/* edit_event.c */
int close_run(struct goal *goal);
int reopen_run(struct goal *goal);
int evidence_run(struct goal *goal);
int reviewed_run(struct goal *goal);
int observe_run(struct goal *goal);
/* edit_tie.c */
int serve_run(struct goal *goal);
int assign_run(struct goal *goal);
int unassign_run(struct goal *goal);
int add_link_run(struct goal *goal);
int remove_link_run(struct goal *goal);
int relate_run(struct goal *goal);
int unrelate_run(struct goal *goal);
/* rules.c */
int rules_run(struct goal *goal);
int rule_run(struct goal *goal);
int nudge_run(struct goal *goal);
/* drafts.c */
int drafts_run(struct goal *goal);
int drafts_drop_run(struct goal *goal);
int submit_run(struct goal *goal);
int inbox_run(struct goal *goal);
int accept_run(struct goal *goal);
int return_run(struct goal *goal);
/* edit_strategy.c */
int strategy_add_run(struct goal *goal);
int strategy_change_run(struct goal *goal);
/* outbox_show.c */
int outbox_run(struct goal *goal);
int outbox_send_run(struct goal *goal);
int outbox_drop_run(struct goal *goal);
/* subscription.c */
int subscribe_run(struct goal *goal);
int subscriptions_run(struct goal *goal);
int unsubscribe_run(struct goal *goal);
int confirm_run(struct goal *goal);
/* call.c */
int call_run(struct goal *goal);
int introspect_run(struct goal *goal);
/* help.c */
int help_run(struct goal *goal);

#endif
