/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include <glib/gi18n.h>

#include "cli-options.h"
#include "cli-values.h"
#include "sync-json.h"
#include "sync-words.h"

#define SHORT_ID 8

static const char *const choices[] = { "local", "remote", "both", NULL };

static struct
{
  gboolean records;
  char *limit;
  gboolean all;
  char *like;
  char **fields;
} options;

static const GOptionEntry list_options[] = {
  { "records", 'r', 0, G_OPTION_ARG_NONE, &options.records,
    N_("What was decided, overwritten or taken away in the last 30 days"), NULL },
  { "limit", 'l', 0, G_OPTION_ARG_FILENAME, &options.limit, N_("At most so many; 0: all (0)"),
    N_("NUMBER") },
  { NULL },
};

static const GOptionEntry resolve_options[] = {
  { "all", 'a', 0, G_OPTION_ARG_NONE, &options.all, N_("Every open conflict"), NULL },
  { "like", 0, 0, G_OPTION_ARG_FILENAME, &options.like,
    N_("Every open conflict of the same entity and kind as this one"), N_("ID") },
  { "field", 'f', 0, G_OPTION_ARG_FILENAME_ARRAY, &options.fields,
    N_("Which side decides this column; may be given several times"), N_("COL=local|remote") },
  { NULL },
};

static gboolean
parse_number (const char *name, const char *text, gint64 *number, GError **error)
{
  guint64 parsed;

  if (!cli_parse_number (name, text, 1, G_MAXINT64, &parsed, error))
    return FALSE;
  *number = parsed;
  return TRUE;
}

static SyncConflict *
get_conflict (CliContext *cli, gint64 number, GError **error)
{
  SyncConflicts *conflicts = sync_profile_get_conflicts (cli->profile);

  sync_conflicts_get_async (conflicts, number, cli->cancellable, cli_ready, cli);
  return sync_conflicts_get_finish (conflicts, cli_await (cli), error);
}

/* --- list ----------------------------------------------------------------------------------- */

static char *
state_in_words (const SyncConflict *conflict)
{
  g_autofree char *resolution = NULL;
  g_autofree char *decider = NULL;

  if (g_str_equal (conflict->state, "open"))
    return g_strdup (_("Waits for a decision"));
  if (g_str_equal (conflict->state, "undone"))
    return g_strdup (_("Undone"));
  if (conflict->resolution == NULL)
    return g_strdup (_("On record"));
  resolution = sync_words_for_resolution (conflict->resolution);
  if (conflict->resolved_by == NULL)
    return g_steal_pointer (&resolution);
  decider = sync_words_for_strategy (conflict->resolved_by);
  return g_strdup_printf ("%s (%s)", resolution, decider);
}

static void
add_conflict (CliTable *table, const SyncConflict *conflict)
{
  g_autofree char *number = g_strdup_printf ("%" G_GINT64_FORMAT, conflict->number);
  g_autofree char *kind = sync_words_for_conflict_kind (conflict->kind);
  g_autofree char *columns = NULL;
  g_autofree char *time = cli_dup_time (conflict->created_at);
  g_autofree char *state = state_in_words (conflict);

  if (conflict->columns != NULL)
    columns = g_strjoinv (", ", conflict->columns);
  cli_table_add (table, number, conflict->entity, conflict->id, kind, columns, time, state);
}

static gboolean
run_list (CliContext *cli, const char *const *arguments, GError **error)
{
  SyncConflicts *conflicts = sync_profile_get_conflicts (cli->profile);
  g_autoptr (CliTable) table = cli_table_new (_("ID"), _("ENTITY"), _("ROW"), _("KIND"),
                                              _("COLUMNS"), _("SINCE"), _("STATE"), NULL);
  g_autoptr (GPtrArray) list = NULL;
  guint64 limit = 0;

  if (options.limit != NULL
      && !cli_parse_number ("--limit", options.limit, 0, G_MAXUINT, &limit, error))
    return FALSE;
  sync_conflicts_list_async (conflicts, options.records, 0, limit, cli->cancellable, cli_ready,
                             cli);
  list = sync_conflicts_list_finish (conflicts, cli_await (cli), error);
  if (list == NULL)
    return FALSE;

  cli_table_align_right (table, 0);
  cli_json_begin_array (cli->answer, "conflicts");
  for (guint i = 0; i < list->len; i++)
    {
      cli_json_conflict (cli->answer, NULL, g_ptr_array_index (list, i), FALSE);
      add_conflict (table, g_ptr_array_index (list, i));
    }
  cli_json_end_array (cli->answer);
  if (list->len > 0)
    cli_print_table (cli, table);
  else
    cli_say (cli, "%s\n", options.records ? _("Nothing is on record.") : _("No conflict waits."));
  return TRUE;
}

/* --- show ----------------------------------------------------------------------------------- */

/* A column's value as people read it: text without quotes, everything else as JSON. */
static char *
value_of (const char *row, const char *column)
{
  SyncSpan value;
  char *text = NULL;

  if (row == NULL || !sync_json_get_member ((SyncSpan){ row, strlen (row) }, column, &value))
    return g_strdup ("");
  if (sync_json_type (value) == SYNC_JSON_STRING)
    text = sync_json_dup_string (value);
  return text != NULL ? text : g_strndup (value.text, value.length);
}

/* The columns of all the row's versions, in the order in which they first appear. */
static void
collect_columns (const char *row, GPtrArray *columns)
{
  SyncJsonReader reader;
  SyncSpan name, value;

  if (row == NULL)
    return;
  sync_json_reader_init (&reader, row, strlen (row));
  if (!sync_json_enter_object (&reader))
    return;
  while (sync_json_next_member (&reader, &name))
    {
      g_autofree char *column = sync_json_dup_name (name);

      if (!sync_json_read_value (&reader, &value))
        return;
      if (column != NULL && !g_ptr_array_find_with_equal_func (columns, column, g_str_equal, NULL))
        g_ptr_array_add (columns, g_steal_pointer (&column));
    }
}

/* A device by its name, one that is not known by the start of its id. */
static char *
device_in_words (const char *id, const char *name)
{
  return name != NULL ? cli_escape (name) : g_strndup (id != NULL ? id : "", SHORT_ID);
}

static void
print_side (CliContext *cli,
            const char *what,
            const char *device,
            gint64 time,
            const char *row)
{
  g_autofree char *when = time != SYNC_TIME_UNKNOWN ? cli_dup_time (time) : NULL;

  cli_print (cli, "%s: %s", what, row == NULL ? _("deleted") : _("changed"));
  if (when != NULL)
    cli_print (cli, ", %s", when);
  if (*device != '\0')
    cli_print (cli, ", %s", device);
  cli_print (cli, "\n");
}

/* @names: (nullable): NULL if the entity is not synced any more. */
static void
print_head (CliContext *cli, const SyncConflict *conflict, const SyncComparison *names)
{
  g_autofree char *entity = cli_escape (conflict->entity);
  g_autofree char *id = cli_escape (conflict->id);
  g_autofree char *kind = sync_words_for_conflict_kind (conflict->kind);
  g_autofree char *state = state_in_words (conflict);
  g_autofree char *local = device_in_words (conflict->local_device, names != NULL ? names->local_device : NULL);
  g_autofree char *remote
      = device_in_words (conflict->remote_device, names != NULL ? names->remote_device : NULL);

  cli_print (cli, "%" G_GINT64_FORMAT ": %s %s\n", conflict->number, entity, id);
  cli_print (cli, "%s: %s\n", _("Kind"), kind);
  cli_print (cli, "%s: %s\n", _("State"), state);
  print_side (cli, _("This device"), local, conflict->local_time, conflict->local);
  print_side (cli, _("Other side"), remote, conflict->remote_time, conflict->remote);
}

static void
print_columns (CliContext *cli, const SyncConflict *conflict)
{
  const char *const *disputed = (const char *const *) conflict->columns;
  g_autoptr (GPtrArray) columns = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (CliTable) table = NULL;

  table = cli_table_new ("", _("COLUMN"), _("BASE"), _("THIS DEVICE"), _("OTHER SIDE"),
                         conflict->result != NULL ? _("RESULT") : NULL, NULL);
  collect_columns (conflict->local, columns);
  collect_columns (conflict->remote, columns);
  collect_columns (conflict->base, columns);
  for (guint i = 0; i < columns->len; i++)
    {
      const char *column = g_ptr_array_index (columns, i);
      g_autofree char *base = value_of (conflict->base, column);
      g_autofree char *local = value_of (conflict->local, column);
      g_autofree char *remote = value_of (conflict->remote, column);
      g_autofree char *result = value_of (conflict->result, column);
      gboolean marked = disputed != NULL && g_strv_contains (disputed, column);

      cli_table_add (table, marked ? "*" : "", column, base, local, remote, result);
    }
  cli_print (cli, "\n");
  cli_print_table (cli, table);
}

static gboolean
run_show (CliContext *cli, const char *const *arguments, GError **error)
{
  SyncConflicts *conflicts = sync_profile_get_conflicts (cli->profile);
  g_autoptr (SyncConflict) conflict = NULL;
  g_autoptr (SyncComparison) names = NULL;
  g_autoptr (GError) not_synced = NULL;
  gint64 number;

  if (!parse_number ("ID", arguments[0], &number, error))
    return FALSE;
  conflict = get_conflict (cli, number, error);
  if (conflict == NULL)
    return FALSE;
  sync_conflicts_compare_async (conflicts, number, cli->cancellable, cli_ready, cli);
  names = sync_conflicts_compare_finish (conflicts, cli_await (cli), &not_synced);
  if (names == NULL && !g_error_matches (not_synced, SYNC_ERROR, SYNC_ERROR_NOT_FOUND))
    {
      g_propagate_error (error, g_steal_pointer (&not_synced));
      return FALSE;
    }
  cli_json_conflict (cli->answer, "conflict", conflict, TRUE);
  print_head (cli, conflict, names);
  print_columns (cli, conflict);
  if (g_str_equal (conflict->state, "open"))
    {
      cli_say (cli, "\n");
      cli_say_hint (cli, _("To decide: psync conflicts resolve %s %s"), arguments[0],
                    conflict->can_keep_both ? "local|remote|both" : "local|remote");
    }
  return TRUE;
}

/* --- resolve -------------------------------------------------------------------------------- */

/* The column that a --field names, which ends at the first `=` or `:=`. */
static gboolean
check_field (const char *field, GError **error)
{
  const char *equals = strchr (field, '=');
  const char *value = equals != NULL ? equals + 1 : "";

  if (equals == NULL || equals == field)
    {
      cli_set_usage_error (error, _("--field is “%s”, and must be COL=local or COL=remote."),
                           field);
      return FALSE;
    }
  if (equals[-1] == ':')
    {
      if (sync_json_is_valid (value, strlen (value)))
        return TRUE;
      cli_set_usage_error (error, _("What follows := in --field must be JSON."));
      return FALSE;
    }
  if (g_str_equal (value, "local") || g_str_equal (value, "remote"))
    return TRUE;
  cli_set_usage_error (error, _("--field is “%s”, and must be COL=local or COL=remote."), field);
  return FALSE;
}

static gsize
column_length (const char *field)
{
  gsize length = strcspn (field, "=");

  return length > 0 && field[length - 1] == ':' ? length - 1 : length;
}

/* Whoever decides one column twice has made a mistake in one of them. */
static gboolean
check_fields (GError **error)
{
  for (guint i = 0; options.fields != NULL && options.fields[i] != NULL; i++)
    {
      gsize length;

      if (!check_field (options.fields[i], error))
        return FALSE;
      length = column_length (options.fields[i]);
      for (guint k = 0; k < i; k++)
        {
          if (length != column_length (options.fields[k])
              || strncmp (options.fields[i], options.fields[k], length) != 0)
            continue;
          cli_set_usage_error (error, _("--field is given twice for the column “%.*s”."),
                               (int)length, options.fields[i]);
          return FALSE;
        }
    }
  return TRUE;
}

static gboolean
is_decided (const char *column)
{
  gsize length = strlen (column);

  for (guint i = 0; options.fields != NULL && options.fields[i] != NULL; i++)
    {
      if (column_length (options.fields[i]) == length
          && strncmp (options.fields[i], column, length) == 0)
        return TRUE;
    }
  return FALSE;
}

/* Without a side for all the rest, each column in dispute needs a --field of its own. */
static gboolean
check_all_decided (const SyncConflict *conflict, GError **error)
{
  for (guint i = 0; conflict->columns != NULL && conflict->columns[i] != NULL; i++)
    {
      if (!is_decided (conflict->columns[i]))
        {
          cli_set_usage_error (
              error, _("Nothing decides the column “%s”: give local, remote or a --field."),
              conflict->columns[i]);
          return FALSE;
        }
    }
  return TRUE;
}

/* What somebody wants to decide, or to take back, as it stands. */
static SyncConflict *
get_conflict_in_state (CliContext *cli, gint64 number, gboolean open, GError **error)
{
  g_autoptr (SyncConflict) conflict = get_conflict (cli, number, error);
  g_autofree char *subject = g_strdup_printf ("%" G_GINT64_FORMAT, number);
  GError *wrong;

  if (conflict == NULL)
    return NULL;
  if (g_str_equal (conflict->state, "open") == open && !g_str_equal (conflict->state, "undone"))
    return g_steal_pointer (&conflict);
  wrong = sync_error_new (SYNC_ERROR_STALE, subject, "the conflict is %s", conflict->state);
  sync_error_set_reason (wrong, conflict->state, 0);
  g_propagate_error (error, wrong);
  return NULL;
}

static gboolean
resolve_one (CliContext *cli, const char *id, const char *choice, GError **error)
{
  SyncConflicts *conflicts = sync_profile_get_conflicts (cli->profile);
  g_autoptr (SyncConflict) conflict = NULL;
  gint64 number;

  if (!parse_number ("ID", id, &number, error) || !check_fields (error))
    return FALSE;
  conflict = get_conflict_in_state (cli, number, TRUE, error);
  if (conflict == NULL)
    return FALSE;
  if (choice == NULL && !check_all_decided (conflict, error))
    return FALSE;
  sync_conflicts_resolve_async (conflicts, number, conflict, choice != NULL ? choice : "local",
                                (const char *const *) options.fields, cli->cancellable, cli_ready,
                                cli);
  if (!sync_conflicts_resolve_finish (conflicts, cli_await (cli), error))
    return FALSE;
  cli_json_integer (cli->answer, "resolved", 1);
  cli_say_hint (cli, "%s", _("Decided. The other devices learn of it with the next psync sync."));
  return TRUE;
}

/* How many of those that were meant could not be decided like that, as their tables do not take it. */
static gboolean
count_left (CliContext *cli, const SyncConflict *like, guint *n_left, GError **error)
{
  SyncConflicts *conflicts = sync_profile_get_conflicts (cli->profile);
  g_autoptr (GPtrArray) list = NULL;

  sync_conflicts_list_async (conflicts, FALSE, 0, 0, cli->cancellable, cli_ready, cli);
  list = sync_conflicts_list_finish (conflicts, cli_await (cli), error);
  if (list == NULL)
    return FALSE;
  *n_left = 0;
  for (guint i = 0; i < list->len; i++)
    {
      const SyncConflict *conflict = g_ptr_array_index (list, i);

      *n_left += like == NULL
                 || (g_str_equal (conflict->entity, like->entity)
                     && g_str_equal (conflict->kind, like->kind));
    }
  return TRUE;
}

static gboolean
resolve_many (CliContext *cli, const char *choice, GError **error)
{
  SyncConflicts *conflicts = sync_profile_get_conflicts (cli->profile);
  g_autoptr (SyncConflict) like = NULL;
  gssize n_resolved;
  guint n_left;
  gint64 number;

  if (options.fields != NULL)
    {
      cli_set_usage_error (error, _("--field goes with one conflict, not with --all or --like."));
      return FALSE;
    }
  if (options.like != NULL
      && (!parse_number ("--like", options.like, &number, error)
          || (like = get_conflict (cli, number, error)) == NULL))
    return FALSE;
  sync_conflicts_resolve_all_async (conflicts, like, choice, cli->cancellable, cli_ready, cli);
  n_resolved = sync_conflicts_resolve_all_finish (conflicts, cli_await (cli), NULL, error);
  if (n_resolved < 0 || !count_left (cli, like, &n_left, error))
    return FALSE;
  cli_json_integer (cli->answer, "resolved", n_resolved);
  cli_json_integer (cli->answer, "left", n_left);
  if (n_resolved == 0 && n_left == 0)
    {
      cli_say_hint (cli, "%s", _("No conflict waits."));
      return TRUE;
    }
  cli_say_hint (
      cli,
      ngettext ("%u conflict decided. The other devices learn of it with the next psync sync.",
                "%u conflicts decided. The other devices learn of it with the next psync sync.",
                n_resolved),
      (guint) n_resolved);
  if (n_left == 0)
    return TRUE;
  cli_raise (cli, CLI_STATUS_CONFLICTS);
  cli_say_hint (cli,
                ngettext ("%u cannot be decided like that and waits still: psync conflicts list",
                          "%u cannot be decided like that and wait still: psync conflicts list",
                          n_left),
                n_left);
  return TRUE;
}

static gboolean
run_resolve (CliContext *cli, const char *const *arguments, GError **error)
{
  gboolean many = options.all || options.like != NULL;
  const char *choice = many ? arguments[0] : arguments[0] != NULL ? arguments[1] : NULL;

  if (many && arguments[0] != NULL && arguments[1] != NULL)
    {
      cli_set_usage_error (error, _("“%s” is one argument too many."), arguments[1]);
      return FALSE;
    }
  if (!many && arguments[0] == NULL)
    {
      cli_set_usage_error (error, _("Which conflict? Give its ID, or --all."));
      return FALSE;
    }
  if (choice == NULL && (many || options.fields == NULL))
    {
      cli_set_usage_error (error, _("Which side? Give local, remote or both."));
      return FALSE;
    }
  if (choice != NULL && !cli_check_word (_("The side"), choice, choices, error))
    return FALSE;
  if (options.fields != NULL && g_strcmp0 (choice, "both") == 0)
    {
      cli_set_usage_error (error, _("--field goes with local or remote: both keeps each row whole."));
      return FALSE;
    }
  return many ? resolve_many (cli, choice, error) : resolve_one (cli, arguments[0], choice, error);
}

/* --- undo ----------------------------------------------------------------------------------- */

static gboolean
run_undo (CliContext *cli, const char *const *arguments, GError **error)
{
  SyncConflicts *conflicts = sync_profile_get_conflicts (cli->profile);
  g_autoptr (SyncConflict) conflict = NULL;
  g_autoptr (GArray) numbers = g_array_new (FALSE, FALSE, sizeof (gint64));
  gint64 number;

  if (!parse_number ("ID", arguments[0], &number, error))
    return FALSE;
  conflict = get_conflict_in_state (cli, number, FALSE, error);
  if (conflict == NULL)
    return FALSE;
  g_array_append_val (numbers, number);
  sync_conflicts_undo_async (conflicts, numbers, cli->cancellable, cli_ready, cli);
  if (!sync_conflicts_undo_finish (conflicts, cli_await (cli), error))
    return FALSE;
  cli_json_integer (cli->answer, "undone", number);
  cli_say_hint (cli, "%s", _("Put back, as a new change of this device: psync sync sends it."));
  return TRUE;
}

/* clang-format off */
const CliCommand cli_conflicts_commands[] = {
  {
    .name = "conflicts list",
    .summary = N_("List the conflicts that wait, or what is on record"),
    .arguments = "",
    .examples = "psync conflicts list\n"
                "psync conflicts list --records --json",
    .options = list_options,
    .run = run_list,
  },
  {
    .name = "conflicts show",
    .summary = N_("Show a conflict column by column"),
    .arguments = "ID",
    .least = 1,
    .most = 1,
    .notes = N_("A * marks the columns that were changed on both sides."),
    .examples = "psync conflicts show 3",
    .run = run_show,
  },
  {
    .name = "conflicts resolve",
    .summary = N_("Decide a conflict, or all of them"),
    .arguments = "ID|--all local|remote|both",
    .most = 2,
    .notes = N_("The side decides only the columns that were changed on both sides, but for\n"
                "those named with --field; COL:=JSON gives a column a value of its own. With\n"
                "both, the row of this device gets a new key, and each side keeps its own. The\n"
                "side may be left out where --field decides every column in dispute."),
    .examples = "psync conflicts resolve 3 local\n"
                "psync conflicts resolve 3 remote --field title=local\n"
                "psync conflicts resolve 3 --field title=local --field 'priority:=\"high\"'\n"
                "psync conflicts resolve --all remote",
    .options = resolve_options,
    .run = run_resolve,
  },
  {
    .name = "conflicts undo",
    .summary = N_("Put back what a decision or a record took away"),
    .arguments = "ID",
    .least = 1,
    .most = 1,
    .examples = "psync conflicts list --records\n"
                "psync conflicts undo 3",
    .run = run_undo,
  },
  { NULL },
};
/* clang-format on */
