/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <glib/gi18n.h>

#include "cli-options.h"
#include "cli-values.h"
#include "sync-words.h"

#define LONGEST_AGE (100 * 365 * 24)
#define SECONDS_AN_HOUR 3600

static const char *const states[] = { "pending", "refused", "failed", "held", NULL };

static struct
{
  char *state;
  char *limit;
  char *entity;
  char *older_than;
} options;

static const GOptionEntry list_options[] = {
  { "state", 's', 0, G_OPTION_ARG_FILENAME, &options.state,
    N_("Only rows that are pending, refused, failed or held"), N_("STATE") },
  { "limit", 'l', 0, G_OPTION_ARG_FILENAME, &options.limit, N_("At most so many; 0: all (0)"),
    N_("NUMBER") },
  { NULL },
};

static const GOptionEntry row_options[] = {
  { "entity", 'e', 0, G_OPTION_ARG_FILENAME, &options.entity,
    N_("The row's entity, where several have a row of this ID"), N_("NAME") },
  { NULL },
};

static const GOptionEntry completed_options[] = {
  { "older-than", 'o', 0, G_OPTION_ARG_FILENAME, &options.older_than,
    N_("Only what was done more than so many hours ago"), N_("HOURS") },
  { NULL },
};

/* --- list ----------------------------------------------------------------------------------- */

static void
add_change (CliTable *table, const SyncChange *change)
{
  g_autofree char *attempts = g_strdup_printf ("%u", change->attempts);
  g_autofree char *time
      = change->changed_at != SYNC_TIME_UNKNOWN ? cli_dup_time (change->changed_at) : NULL;
  g_autofree char *state = sync_words_for_change_state (change->state);
  g_autofree char *operation = sync_words_for_operation (change->operation);
  g_autofree char *why = NULL;

  if (change->error_code != NULL)
    why = sync_words_for_reason (change->error_code, change->reason, change->column);
  cli_table_add (table, change->entity, change->id, state, operation, time, attempts, why);
}

static gboolean
list_changes (CliContext *cli, guint limit, GError **error)
{
  SyncQueue *queue = sync_profile_get_queue (cli->profile);
  g_autoptr (CliTable) table = cli_table_new (_("ENTITY"), _("ID"), _("STATE"), _("CHANGE"),
                                              _("CHANGED"), _("TRIES"), _("WHY"), NULL);
  g_autoptr (GPtrArray) changes = NULL;

  sync_queue_list_async (queue, options.state, 0, limit, cli->cancellable, cli_ready, cli);
  changes = sync_queue_list_finish (queue, cli_await (cli), error);
  if (changes == NULL)
    return FALSE;

  cli_table_align_right (table, 5);
  cli_json_begin_array (cli->answer, "changes");
  for (guint i = 0; i < changes->len; i++)
    {
      cli_json_change (cli->answer, NULL, g_ptr_array_index (changes, i));
      add_change (table, g_ptr_array_index (changes, i));
    }
  cli_json_end_array (cli->answer);
  if (changes->len > 0)
    cli_print_table (cli, table);
  else
    cli_say (cli, "%s\n", _("No change waits."));
  return TRUE;
}

static gboolean
list_held (CliContext *cli, guint limit, GError **error)
{
  SyncQueue *queue = sync_profile_get_queue (cli->profile);
  g_autoptr (CliTable) table
      = cli_table_new (_("ENTITY"), _("ID"), _("HELD BACK"), _("WHY"), NULL);
  g_autoptr (GPtrArray) rows = NULL;

  sync_queue_list_held_async (queue, 0, limit, cli->cancellable, cli_ready, cli);
  rows = sync_queue_list_held_finish (queue, cli_await (cli), error);
  if (rows == NULL)
    return FALSE;

  cli_json_begin_array (cli->answer, "held");
  for (guint i = 0; i < rows->len; i++)
    {
      const SyncHeld *held = g_ptr_array_index (rows, i);
      g_autofree char *why = sync_words_for_held (held->reason, held->detail);
      g_autofree char *time = cli_dup_time (held->held_at);

      cli_json_held (cli->answer, NULL, held);
      cli_table_add (table, held->entity, held->id, time, why);
    }
  cli_json_end_array (cli->answer);
  if (rows->len > 0)
    cli_print_table (cli, table);
  else if (options.state != NULL)
    cli_say (cli, "%s\n", _("No row is held back."));
  return TRUE;
}

static gboolean
run_list (CliContext *cli, const char *const *arguments, GError **error)
{
  gboolean only_held = g_strcmp0 (options.state, "held") == 0;
  guint64 limit = 0;

  if (options.state != NULL && !cli_check_word ("--state", options.state, states, error))
    return FALSE;
  if (options.limit != NULL
      && !cli_parse_number ("--limit", options.limit, 0, G_MAXUINT, &limit, error))
    return FALSE;
  if (!only_held && !list_changes (cli, limit, error))
    return FALSE;
  return (options.state != NULL && !only_held) || list_held (cli, limit, error);
}

static gboolean
run_stats (CliContext *cli, const char *const *arguments, GError **error)
{
  SyncQueue *queue = sync_profile_get_queue (cli->profile);
  SyncQueueStats stats;
  g_autofree char *size = NULL;
  g_autofree char *oldest = NULL;

  sync_queue_get_stats_async (queue, cli->cancellable, cli_ready, cli);
  if (!sync_queue_get_stats_finish (queue, cli_await (cli), &stats, error))
    return FALSE;
  cli_json_queue_stats (cli->answer, "queue", &stats);
  size = cli_dup_size (stats.bytes);
  cli_print (cli, "%s: %" G_GUINT64_FORMAT "\n", _("Waiting to be sent"), stats.pending);
  cli_print (cli, "%s: %" G_GUINT64_FORMAT "\n", _("Refused by the cloud"), stats.refused);
  cli_print (cli, "%s: %" G_GUINT64_FORMAT "\n", _("Failed too often"), stats.failed);
  cli_print (cli, "%s: %" G_GUINT64_FORMAT "\n", _("Held back here"), stats.held);
  cli_print (cli, "%s: %" G_GUINT64_FORMAT "\n", _("Sent without an answer"), stats.unsettled);
  cli_print (cli, "%s: %s\n", _("Size"), size);
  if (stats.oldest_change_at != SYNC_TIME_UNKNOWN)
    {
      oldest = cli_dup_time (stats.oldest_change_at);
      cli_print (cli, "%s: %s\n", _("Oldest change"), oldest);
    }
  return TRUE;
}

/* --- one row -------------------------------------------------------------------------------- */

/* Whether what was typed names the row: as it is listed, or a text key without its quotes. */
static gboolean
is_row (const char *entity, const char *id, const char *typed)
{
  g_autoptr (GString) quoted = NULL;

  if (options.entity != NULL && !g_str_equal (entity, options.entity))
    return FALSE;
  if (g_str_equal (id, typed))
    return TRUE;
  quoted = g_string_new (typed);
  g_string_replace (quoted, "'", "''", 0);
  g_string_prepend_c (quoted, '\'');
  g_string_append_c (quoted, '\'');
  return g_str_equal (id, quoted->str);
}

static void
set_ambiguous (GError **error, const char *one, const char *other, const char *typed)
{
  cli_set_usage_error (error, _("Both %s and %s have a row %s: say which with --entity."), one, other,
                       typed);
}

/* *found (transfer full) (nullable): the row from the cloud that was typed, if one is held back */
static gboolean
find_held (CliContext *cli, const char *typed, SyncHeld **found, GError **error)
{
  SyncQueue *queue = sync_profile_get_queue (cli->profile);
  g_autoptr (GPtrArray) rows = NULL;
  const SyncHeld *match = NULL;

  *found = NULL;
  sync_queue_list_held_async (queue, 0, 0, cli->cancellable, cli_ready, cli);
  rows = sync_queue_list_held_finish (queue, cli_await (cli), error);
  for (guint i = 0; rows != NULL && i < rows->len; i++)
    {
      const SyncHeld *held = g_ptr_array_index (rows, i);

      if (!is_row (held->entity, held->id, typed))
        continue;
      if (match != NULL)
        {
          set_ambiguous (error, match->entity, held->entity, typed);
          return FALSE;
        }
      match = held;
    }
  if (match != NULL)
    *found = sync_held_copy (match);
  return rows != NULL;
}

/* *found (transfer full) (nullable): the change of this device that was typed */
static gboolean
find_change (CliContext *cli, const char *typed, SyncChange **found, GError **error)
{
  SyncQueue *queue = sync_profile_get_queue (cli->profile);
  g_autoptr (GPtrArray) changes = NULL;
  const SyncChange *match = NULL;

  *found = NULL;

  sync_queue_list_async (queue, NULL, 0, 0, cli->cancellable, cli_ready, cli);
  changes = sync_queue_list_finish (queue, cli_await (cli), error);
  for (guint i = 0; changes != NULL && i < changes->len; i++)
    {
      const SyncChange *change = g_ptr_array_index (changes, i);

      if (!is_row (change->entity, change->id, typed))
        continue;
      if (match != NULL)
        {
          set_ambiguous (error, match->entity, change->entity, typed);
          return FALSE;
        }
      match = change;
    }
  if (match != NULL)
    *found = sync_change_copy (match);
  return changes != NULL;
}

/* The change of this device that something is to be done with. */
static SyncChange *
find_row (CliContext *cli, const char *typed, GError **error)
{
  g_autoptr (SyncHeld) held = NULL;
  SyncChange *change;

  if (!find_change (cli, typed, &change, error))
    return NULL;
  if (change == NULL && find_held (cli, typed, &held, error))
    sync_error_set_absent (error, held != NULL ? "held-change" : "change", typed);
  return change;
}

static void
print_field (CliContext *cli, const char *what, const char *value)
{
  g_autofree char *shown = cli_escape (value);

  if (*shown != '\0')
    cli_print (cli, "%s: %s\n", what, shown);
}

static void
print_held (CliContext *cli, const SyncHeld *held, gboolean alone)
{
  g_autofree char *why = sync_words_for_held (held->reason, held->detail);
  g_autofree char *time = cli_dup_time (held->held_at);

  if (alone)
    {
      print_field (cli, _("Entity"), held->entity);
      print_field (cli, _("ID"), held->id);
    }
  print_field (cli, _("Held back here"), time);
  print_field (cli, _("Why"), why);
}

static void
print_change (CliContext *cli, const SyncChange *change)
{
  g_autofree char *changed = NULL;
  g_autofree char *next = NULL;
  g_autofree char *state = NULL;
  g_autofree char *operation = NULL;
  g_autofree char *why = NULL;

  if (change->changed_at != SYNC_TIME_UNKNOWN)
    changed = cli_dup_time (change->changed_at);
  if (change->next_attempt_at != SYNC_TIME_UNKNOWN)
    next = cli_dup_time (change->next_attempt_at);
  if (change->error_code != NULL)
    why = sync_words_for_reason (change->error_code, change->reason, change->column);
  state = sync_words_for_change_state (change->state);
  operation = sync_words_for_operation (change->operation);
  print_field (cli, _("Entity"), change->entity);
  print_field (cli, _("ID"), change->id);
  print_field (cli, _("State"), state);
  print_field (cli, _("Change"), operation);
  print_field (cli, _("Changed"), changed);
  print_field (cli, _("Next try"), next);
  print_field (cli, _("Why"), why);
  print_field (cli, _("Code"), change->reason);
  print_field (cli, _("Column"), change->column);
}

static gboolean
run_show (CliContext *cli, const char *const *arguments, GError **error)
{
  g_autoptr (SyncChange) change = NULL;
  g_autoptr (SyncHeld) held = NULL;

  if (!find_change (cli, arguments[0], &change, error)
      || !find_held (cli, arguments[0], &held, error))
    return FALSE;
  if (change == NULL && held == NULL)
    {
      sync_error_set_absent (error, "change", arguments[0]);
      return FALSE;
    }
  if (change != NULL)
    {
      cli_json_change (cli->answer, "change", change);
      print_change (cli, change);
    }
  else
    cli_json_null (cli->answer, "change");
  if (held != NULL)
    {
      cli_json_held (cli->answer, "held", held);
      print_held (cli, held, change == NULL);
    }
  else
    cli_json_null (cli->answer, "held");
  return TRUE;
}

static void
report_number (CliContext *cli, const char *member, gssize n_rows)
{
  cli_json_integer (cli->answer, member, n_rows);
  cli_say (cli, ngettext ("%u row.", "%u rows.", n_rows), (guint) n_rows);
  cli_say (cli, "\n");
}

static gboolean
run_retry (CliContext *cli, const char *const *arguments, GError **error)
{
  SyncQueue *queue = sync_profile_get_queue (cli->profile);
  g_autoptr (SyncChange) change = NULL;
  gssize n_rows;

  if (arguments[0] != NULL && (change = find_row (cli, arguments[0], error)) == NULL)
    return FALSE;
  sync_queue_retry_async (queue, change != NULL ? change->entity : NULL,
                          change != NULL ? change->id : NULL, cli->cancellable, cli_ready, cli);
  n_rows = sync_queue_retry_finish (queue, cli_await (cli), error);
  if (n_rows < 0)
    return FALSE;
  cli_say (cli, "%s ", _("To be tried again with the next run:"));
  report_number (cli, "retried", n_rows);
  return TRUE;
}

static gboolean
discard (CliContext *cli, const char *entity, const char *id, GError **error)
{
  SyncQueue *queue = sync_profile_get_queue (cli->profile);
  g_autofree char *kept
      = cli_dup_hint (cli, _("Discarded, and kept in psync conflicts list --records:"));
  gssize n_rows;

  sync_queue_discard_async (queue, entity, id, cli->cancellable, cli_ready, cli);
  n_rows = sync_queue_discard_finish (queue, cli_await (cli), error);
  if (n_rows < 0)
    return FALSE;
  cli_say (cli, "%s ", kept);
  report_number (cli, "discarded", n_rows);
  return TRUE;
}

static gboolean
run_discard (CliContext *cli, const char *const *arguments, GError **error)
{
  g_autoptr (SyncChange) change = find_row (cli, arguments[0], error);

  return change != NULL && discard (cli, change->entity, change->id, error);
}

static gboolean
run_clear_failed (CliContext *cli, const char *const *arguments, GError **error)
{
  return discard (cli, NULL, NULL, error);
}

static gboolean
run_clear_completed (CliContext *cli, const char *const *arguments, GError **error)
{
  SyncQueue *queue = sync_profile_get_queue (cli->profile);
  guint64 hours;
  gssize n_rows;

  if (options.older_than == NULL)
    {
      cli_set_usage_error (error, _("How old? Give --older-than HOURS."));
      return FALSE;
    }
  if (!cli_parse_number ("--older-than", options.older_than, 0, LONGEST_AGE, &hours, error))
    return FALSE;
  sync_queue_clear_completed_async (queue, (gint64) hours * SECONDS_AN_HOUR, cli->cancellable,
                                    cli_ready, cli);
  n_rows = sync_queue_clear_completed_finish (queue, cli_await (cli), error);
  if (n_rows < 0)
    return FALSE;
  cli_say (cli, "%s ", _("Removed from the trace of what was moved:"));
  report_number (cli, "cleared", n_rows);
  return TRUE;
}

/* clang-format off */
const CliCommand cli_queue_commands[] = {
  {
    .name = "queue list",
    .summary = N_("List the rows that wait to be sent, and those that were held back"),
    .arguments = "",
    .examples = "psync queue list\n"
                "psync queue list --state refused --json",
    .options = list_options,
    .run = run_list,
  },
  {
    .name = "queue stats",
    .summary = N_("Count what waits"),
    .arguments = "",
    .examples = "psync queue stats --json",
    .run = run_stats,
  },
  {
    .name = "queue show",
    .summary = N_("Show why a row waits"),
    .arguments = "ID",
    .least = 1,
    .most = 1,
    .notes = N_("The ID is as psync queue list shows it; the quotes of a text key may be left\n"
                "out."),
    .examples = "psync queue show n1\n"
                "psync queue show --entity notes \"'n1'\"",
    .options = row_options,
    .run = run_show,
  },
  {
    .name = "queue retry",
    .summary = N_("Try refused and failed rows again with the next run"),
    .arguments = "[ID]",
    .most = 1,
    .notes = N_("Without ID all of them."),
    .examples = "psync queue retry\n"
                "psync queue retry n1",
    .options = row_options,
    .run = run_retry,
  },
  {
    .name = "queue discard",
    .summary = N_("Give up a change of this device and take the cloud's row"),
    .arguments = "ID",
    .least = 1,
    .most = 1,
    .notes = N_("What this device had stays on record for 30 days: psync conflicts list\n"
                "--records, psync conflicts undo."),
    .examples = "psync queue discard n1\n"
                "psync queue discard --entity notes n1",
    .options = row_options,
    .run = run_discard,
  },
  {
    .name = "queue clear-failed",
    .summary = N_("Discard every refused and failed row"),
    .arguments = "",
    .notes = N_("What this device had stays on record for 30 days: psync conflicts list\n"
                "--records, psync conflicts undo."),
    .examples = "psync queue clear-failed",
    .run = run_clear_failed,
  },
  {
    .name = "queue clear-completed",
    .summary = N_("Forget which rows past runs moved"),
    .arguments = "",
    .examples = "psync queue clear-completed --older-than 24",
    .options = completed_options,
    .run = run_clear_completed,
  },
  { NULL },
};
/* clang-format on */
