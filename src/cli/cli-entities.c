/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include <glib/gi18n.h>

#include "cli-options.h"
#include "cli-values.h"

static const char *const rules[] = { "local", "remote", "newest", "max", "min", "union", NULL };

static struct
{
  char **rules;
} options;

static const GOptionEntry strategy_options[] = {
  { "rule", 'r', 0, G_OPTION_ARG_FILENAME_ARRAY, &options.rules,
    N_("For this column local, remote, newest, max, min or union; may be given several times"),
    N_("COL=RULE") },
  { NULL },
};

/* --- list ----------------------------------------------------------------------------------- */

static void
add_entity (CliTable *table, const SyncEntityStatus *status)
{
  g_autofree char *records = g_strdup_printf ("%" G_GINT64_FORMAT, status->records);
  g_autofree char *waiting = g_strdup_printf ("%" G_GINT64_FORMAT, status->waiting);
  g_autofree char *refused = g_strdup_printf ("%" G_GINT64_FORMAT, status->refused);
  g_autofree char *held = g_strdup_printf ("%" G_GINT64_FORMAT, status->held);
  g_autofree char *conflicts = g_strdup_printf ("%" G_GINT64_FORMAT, status->conflicts);

  cli_table_add (table, status->entity->name, status->entity->table, status->entity->strategy,
                 status->entity->enabled ? _("on") : _("off"), records, waiting, refused, held,
                 conflicts);
}

/**
 * cli_show_other_tables:
 * @cli: the context
 * @error: where to put an error
 *
 * Tells which tables of the file are not synchronised.
 *
 * Returns: %FALSE with @error set
 */
gboolean
cli_show_other_tables (CliContext *cli, GError **error)
{
  SyncEntities *entities = sync_profile_get_entities (cli->profile);
  g_autoptr (GPtrArray) others = NULL;

  sync_entities_list_others_async (entities, cli->cancellable, cli_ready, cli);
  others = sync_entities_list_others_finish (entities, cli_await (cli), error);
  if (others == NULL)
    return FALSE;
  cli_json_begin_array (cli->answer, "other_tables");
  for (guint i = 0; i < others->len; i++)
    {
      g_autofree char *name = cli_escape (others->pdata[i]);

      cli_json_string (cli->answer, NULL, others->pdata[i]);
      cli_say (cli, _("Not synchronised: the table %s"), name);
      cli_say (cli, "\n");
    }
  cli_json_end_array (cli->answer);
  return TRUE;
}

static gboolean
run_list (CliContext *cli, const char *const *arguments, GError **error)
{
  SyncEntities *entities = sync_profile_get_entities (cli->profile);
  g_autoptr (CliTable) table = NULL;
  g_autoptr (GPtrArray) list = NULL;

  sync_entities_list_async (entities, cli->cancellable, cli_ready, cli);
  list = sync_entities_list_finish (entities, cli_await (cli), error);
  if (list == NULL)
    return FALSE;

  table = cli_table_new (_("ENTITY"), _("TABLE"), _("STRATEGY"), _("SYNC"), _("ROWS"),
                         _("WAITING"), _("REFUSED"), _("HELD"), _("CONFLICTS"), NULL);
  for (guint column = 4; column <= 8; column++)
    cli_table_align_right (table, column);
  cli_json_begin_array (cli->answer, "entities");
  for (guint i = 0; i < list->len; i++)
    {
      cli_json_entity (cli->answer, NULL, g_ptr_array_index (list, i));
      add_entity (table, g_ptr_array_index (list, i));
    }
  cli_json_end_array (cli->answer);
  if (list->len > 0)
    cli_print_table (cli, table);
  else
    cli_say_hint (cli, "%s",
                  _("No table is synchronised yet. Name one: psync entities enable TABLE"));
  return cli_show_other_tables (cli, error);
}

/**
 * cli_check_entities:
 * @cli: the context
 * @names: (nullable) (array zero-terminated=1): what --entity gave
 * @error: where to put an error
 *
 * Finds out before anything begins whether all of them take part, so that no slip of the pen goes down
 * in the history as a run.
 *
 * Returns: %FALSE with @error set: SYNC_ERROR_NOT_FOUND: there is no such one, or it is disabled
 */
gboolean
cli_check_entities (CliContext *cli, char **names, GError **error)
{
  SyncEntities *entities = sync_profile_get_entities (cli->profile);
  g_autoptr (GPtrArray) list = NULL;

  if (names == NULL)
    return TRUE;
  sync_entities_list_async (entities, cli->cancellable, cli_ready, cli);
  list = sync_entities_list_finish (entities, cli_await (cli), error);
  for (guint i = 0; list != NULL && names[i] != NULL; i++)
    {
      const SyncEntity *named = NULL;

      for (guint k = 0; named == NULL && k < list->len; k++)
        {
          const SyncEntityStatus *status = g_ptr_array_index (list, k);

          if (g_str_equal (status->entity->name, names[i]))
            named = status->entity;
        }
      if (named != NULL && named->enabled)
        continue;
      sync_error_set_absent (error, named != NULL ? "disabled-entity" : "entity", names[i]);
      return FALSE;
    }
  return list != NULL;
}

/* --- enable, disable, strategy -------------------------------------------------------------- */

static gboolean
configure (CliContext *cli,
           const char *name,
           int enabled,
           const char *strategy,
           const char *json_rules,
           GError **error)
{
  SyncEntities *entities = sync_profile_get_entities (cli->profile);

  sync_entities_configure_async (entities, name, enabled, strategy, json_rules, cli->cancellable,
                                 cli_ready, cli);
  if (!sync_entities_configure_finish (entities, cli_await (cli), error))
    return FALSE;
  cli_json_string (cli->answer, "entity", name);
  return TRUE;
}

static gboolean
run_enable (CliContext *cli, const char *const *arguments, GError **error)
{
  if (!configure (cli, arguments[0], TRUE, NULL, NULL, error))
    return FALSE;
  cli_say (cli, _("%s is synchronised from now on."), arguments[0]);
  cli_say (cli, "\n");
  return TRUE;
}

static gboolean
run_disable (CliContext *cli, const char *const *arguments, GError **error)
{
  if (!configure (cli, arguments[0], FALSE, NULL, NULL, error))
    return FALSE;
  cli_say (cli, _("%s is left out from now on; its changes go on being noted."), arguments[0]);
  cli_say (cli, "\n");
  return TRUE;
}

/* COL=RULE…, as the JSON object that the engine keeps. Whoever gives one column two rules has made a mistake in one
 * of them. */
static char *
rules_to_json (GError **error)
{
  g_autoptr (CliJson) json = cli_json_new ();
  g_autoptr (GHashTable) columns = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  cli_json_begin_object (json, NULL);
  for (guint i = 0; options.rules[i] != NULL; i++)
    {
      const char *equals = strrchr (options.rules[i], '=');
      g_autofree char *column = NULL;

      if (equals == NULL || equals == options.rules[i])
        {
          cli_set_usage_error (error, _("--rule is “%s”, and must be COL=RULE."),
                               options.rules[i]);
          return NULL;
        }
      if (!cli_check_word (_("What follows = in --rule"), equals + 1, rules, error))
        return NULL;
      column = g_strndup (options.rules[i], equals - options.rules[i]);
      cli_json_string (json, column, equals + 1);
      if (g_hash_table_add (columns, g_strdup (column)))
        continue;
      cli_set_usage_error (error, _("--rule is given twice for the column “%s”."), column);
      return NULL;
    }
  cli_json_end_object (json);
  return g_strdup (json->text->str);
}

static gboolean
run_strategy (CliContext *cli, const char *const *arguments, GError **error)
{
  const char *strategy = arguments[1];
  gboolean by_rules = g_str_equal (strategy, "rules");
  g_autofree char *json_rules = NULL;

  if (!cli_check_word (_("The strategy"), strategy, cli_strategies, error))
    return FALSE;
  if (options.rules != NULL && !by_rules)
    {
      cli_set_usage_error (error, _("--rule goes with the strategy “rules” only."));
      return FALSE;
    }
  if (options.rules != NULL && (json_rules = rules_to_json (error)) == NULL)
    return FALSE;
  if (!configure (cli, arguments[0], -1, strategy, json_rules, error))
    return FALSE;
  cli_json_string (cli->answer, "strategy", strategy);
  cli_json_raw (cli->answer, "rules", json_rules);
  cli_say (cli, _("Conflicts of %s: %s."), arguments[0], strategy);
  cli_say (cli, "\n");
  return TRUE;
}

/* clang-format off */
const CliCommand cli_entities_commands[] = {
  {
    .name = "entities list",
    .summary = N_("List what is synchronised, and how it stands"),
    .arguments = "",
    .examples = "psync entities list\n"
                "psync entities list --json",
    .run = run_list,
  },
  {
    .name = "entities enable",
    .summary = N_("Synchronise an entity, or a table that is none yet"),
    .arguments = "NAME",
    .least = 1,
    .most = 1,
    .examples = "psync entities enable notes",
    .run = run_enable,
  },
  {
    .name = "entities disable",
    .summary = N_("Leave an entity out of all runs"),
    .arguments = "NAME",
    .least = 1,
    .most = 1,
    .examples = "psync entities disable notes",
    .run = run_disable,
  },
  {
    .name = "entities strategy",
    .summary = N_("Choose what decides an entity's conflicts"),
    .arguments = "NAME STRATEGY",
    .least = 2,
    .most = 2,
    .notes = N_("A strategy decides only the columns that were changed on both sides:\n"
                "  newest         the later edit\n"
                "  local          this device\n"
                "  remote         the other side\n"
                "  manual         you, with psync conflicts\n"
                "  rules          what --rule says for each column, else the later edit\n"
                "  notifications, projects, user-settings: as built in for these three"),
    .examples = "psync entities strategy projects manual\n"
                "psync entities strategy notes rules --rule title=local --rule visits=max",
    .options = strategy_options,
    .run = run_strategy,
  },
  { NULL },
};
/* clang-format on */
