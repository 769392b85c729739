/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <glib/gi18n.h>

#include "cli-command.h"
#include "cli-options.h"
#include "cli-terminal.h"
#include "cli-values.h"

static struct
{
  char **tables;
  gboolean all_tables;
  char *anon_key;
  gboolean replace;
  char *email;
} options;

static const GOptionEntry init_options[] = {
  { "table", 't', 0, G_OPTION_ARG_FILENAME_ARRAY, &options.tables,
    N_("Synchronise only this table; may be given several times"), N_("NAME") },
  { "all-tables", 'a', 0, G_OPTION_ARG_NONE, &options.all_tables,
    N_("Synchronise every table that has a usable key, as when none is named"), NULL },
  { NULL },
};

static const GOptionEntry supabase_options[] = {
  { "anon-key", 0, 0, G_OPTION_ARG_FILENAME, &options.anon_key,
    N_("The project's anon or publishable key, which is public by design"), N_("KEY") },
  { "replace", 0, 0, G_OPTION_ARG_NONE, &options.replace,
    N_("Leave the cloud that this database was synchronised with, and queue every row anew"),
    NULL },
  { NULL },
};

static const GOptionEntry vault_options[] = {
  { "replace", 0, 0, G_OPTION_ARG_NONE, &options.replace,
    N_("Leave the cloud that this database was synchronised with, and queue every row anew"),
    NULL },
  { NULL },
};

static const GOptionEntry session_options[] = {
  { "email", 'e', 0, G_OPTION_ARG_FILENAME, &options.email, N_("The account's address"),
    N_("ADDRESS") },
  { NULL },
};

/* --- init ----------------------------------------------------------------------------------- */

static GPtrArray *
list_entities (CliContext *cli, GError **error)
{
  SyncEntities *entities = sync_profile_get_entities (cli->profile);

  sync_entities_list_async (entities, cli->cancellable, cli_ready, cli);
  return sync_entities_list_finish (entities, cli_await (cli), error);
}

/* Tables that are asked for by name in a database that is ours already. */
static gboolean
attach_more (CliContext *cli, GError **error)
{
  SyncEntities *entities = sync_profile_get_entities (cli->profile);

  for (guint i = 0; options.tables != NULL && options.tables[i] != NULL; i++)
    {
      sync_entities_configure_async (entities, options.tables[i], TRUE, NULL, NULL,
                                     cli->cancellable, cli_ready, cli);
      if (!sync_entities_configure_finish (entities, cli_await (cli), error))
        return FALSE;
    }
  return TRUE;
}

static void
show_entities (CliContext *cli, GPtrArray *entities)
{
  g_autoptr (CliTable) table = cli_table_new (_("ENTITY"), _("TABLE"), _("ROWS"), NULL);

  cli_table_align_right (table, 2);
  cli_json_begin_array (cli->answer, "entities");
  for (guint i = 0; i < entities->len; i++)
    {
      SyncEntityStatus *status = g_ptr_array_index (entities, i);
      g_autofree char *rows = g_strdup_printf ("%" G_GINT64_FORMAT, status->records);

      cli_json_entity (cli->answer, NULL, status);
      cli_table_add (table, status->entity->name, status->entity->table, rows);
    }
  cli_json_end_array (cli->answer);
  if (cli->quiet)
    return;
  if (entities->len > 0)
    cli_print_table (cli, table);
  else
    cli_say_hint (cli, "%s", _("No table is synchronised yet. Name one: psync init --table NAME"));
}

static void
say_what_was_done (CliContext *cli, const char *state)
{
  g_autofree char *path = cli_escape (sync_profile_get_path (cli->profile));

  if (g_str_equal (state, "created"))
    cli_say (cli, _("Created %s."), path);
  else if (g_str_equal (state, "attached"))
    cli_say (cli, _("Attached to %s; its tables stay as they are."), path);
  else
    cli_say (cli, _("%s is ready already."), path);
  cli_say (cli, "\n");
}

/* Whether it is ours already is found out by opening it as every other command does. */
static gboolean
open_for_init (CliContext *cli, const char **state, GError **error)
{
  g_autoptr (GError) local_error = NULL;
  g_autofree char *path = g_strdup (cli->database);
  SyncProfileFlags flags = SYNC_PROFILE_CREATE;

  *state = "unchanged";
  if (cli_open (cli, SYNC_PROFILE_NONE, NULL, NULL, &local_error))
    return attach_more (cli, error);
  if (!g_error_matches (local_error, SYNC_ERROR, SYNC_ERROR_NOT_FOUND))
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return FALSE;
    }
  if (path == NULL)
    path = sync_profile_dup_default_path ();
  *state = g_file_test (path, G_FILE_TEST_EXISTS) ? "attached" : "created";
  if (options.all_tables)
    flags |= SYNC_PROFILE_ALL_TABLES;
  return cli_open (cli, flags, (const char *const *) options.tables, NULL, error);
}

static gboolean
run_init (CliContext *cli, const char *const *arguments, GError **error)
{
  g_autoptr (GPtrArray) entities = NULL;
  const char *state;

  if (!open_for_init (cli, &state, error))
    return FALSE;
  entities = list_entities (cli, error);
  if (entities == NULL)
    return FALSE;

  cli_json_string (cli->answer, "database", sync_profile_get_path (cli->profile));
  cli_json_string (cli->answer, "result", state);
  say_what_was_done (cli, state);
  show_entities (cli, entities);
  return cli_show_other_tables (cli, error);
}

/* --- connect -------------------------------------------------------------------------------- */

/* The cloud is kept also if it cannot be asked now, as without a network: a warning tells that it was not. */
static gboolean
show_connection (CliContext *cli, GError **error)
{
  SyncManager *manager = sync_profile_get_manager (cli->profile);
  SyncProvider *provider = sync_manager_get_provider (manager);
  gboolean unsigned_yet = sync_manager_get_state (manager) == SYNC_STATE_SIGN_IN_NEEDED;
  g_autoptr (GError) obstacle = unsigned_yet ? cli_find_obstacle (cli) : NULL;

  if (sync_error_is_cancelled (obstacle))
    {
      g_propagate_error (error, g_steal_pointer (&obstacle));
      return FALSE;
    }
  cli_json_cloud (cli->answer, cli);
  cli_json_string (cli->answer, "state", cli_state_name (manager));
  cli_report_warnings (cli, obstacle);
  if (provider != NULL)
    {
      g_autofree char *location = cli_escape (sync_provider_get_location (provider));

      cli_say (cli, obstacle == NULL ? _("Connected to %s.") : _("Set to synchronise with %s."), location);
      cli_say (cli, "\n");
    }
  if (unsigned_yet)
    cli_say_hint (cli, "%s",
                  _("Now sign in: psync login --email ADDRESS, or psync signup --email ADDRESS"));
  else
    cli_say_hint (cli, "%s", _("Now synchronise: psync sync"));
  return TRUE;
}

static gboolean
run_connect_supabase (CliContext *cli, const char *const *arguments, GError **error)
{
  SyncSettings *settings = sync_profile_get_settings (cli->profile);
  g_autofree char *url = g_strdup (arguments[0]);
  g_autofree char *key = g_strdup (options.anon_key);

  if (url == NULL)
    url = sync_settings_dup (settings, "supabase-url");
  if (key == NULL)
    key = sync_settings_dup (settings, "supabase-anon-key");
  if (url == NULL || *url == '\0')
    {
      cli_set_usage_error (
          error, _("The project's URL is missing, for example https://abc.supabase.co."));
      return FALSE;
    }
  if (key == NULL || *key == '\0')
    {
      cli_set_usage_error (error,
                           _("The project's anon or publishable key is missing: --anon-key KEY."));
      return FALSE;
    }
  sync_profile_connect_supabase_async (cli->profile, url, key, options.replace, cli->cancellable,
                                       cli_ready, cli);
  if (!sync_profile_connect_finish (cli->profile, cli_await (cli), error))
    return FALSE;
  return show_connection (cli, error);
}

static gboolean
run_connect_vault (CliContext *cli, const char *const *arguments, GError **error)
{
  sync_profile_connect_vault_async (cli->profile, arguments[0], options.replace, cli->cancellable,
                                    cli_ready, cli);
  if (!sync_profile_connect_finish (cli->profile, cli_await (cli), error))
    return FALSE;
  return show_connection (cli, error);
}

/* --- signup, login, logout ------------------------------------------------------------------ */

/* Nobody should type a password that cannot be used. */
static gboolean
check_before_password (CliContext *cli, GError **error)
{
  SyncProvider *provider = sync_manager_get_provider (sync_profile_get_manager (cli->profile));
  g_autoptr (GError) local_error = NULL;

  if (options.email == NULL || *options.email == '\0')
    {
      cli_set_usage_error (error, _("The account's address is missing: --email ADDRESS."));
      return FALSE;
    }
  if (provider != NULL && g_str_equal (sync_provider_get_name (provider), "supabase"))
    return TRUE;
  local_error = sync_error_new (SYNC_ERROR_NOT_CONNECTED, NULL, "no cloud with accounts");
  if (provider != NULL)
    sync_error_set_reason (local_error, "no-accounts", 0);
  g_propagate_error (error, g_steal_pointer (&local_error));
  return FALSE;
}

static void
show_session (CliContext *cli)
{
  const char *email = sync_profile_get_email (cli->profile);

  cli_json_cloud (cli->answer, cli);
  if (email != NULL)
    {
      g_autofree char *shown = cli_escape (email);

      cli_say (cli, _("Signed in as %s."), shown);
      cli_say (cli, "\n");
    }
}

static gboolean
run_signup (CliContext *cli, const char *const *arguments, GError **error)
{
  char *password;

  if (!check_before_password (cli, error))
    return FALSE;
  password = cli_read_password (cli, TRUE, error);
  if (password == NULL)
    return FALSE;
  sync_profile_sign_up_async (cli->profile, options.email, password, cli->cancellable, cli_ready,
                              cli);
  cli_free_password (password);
  if (!sync_profile_session_finish (cli->profile, cli_await (cli), error))
    return FALSE;
  show_session (cli);
  return TRUE;
}

static gboolean
run_login (CliContext *cli, const char *const *arguments, GError **error)
{
  char *password;

  if (!check_before_password (cli, error))
    return FALSE;
  password = cli_read_password (cli, FALSE, error);
  if (password == NULL)
    return FALSE;
  sync_profile_sign_in_async (cli->profile, options.email, password, cli->cancellable, cli_ready,
                              cli);
  cli_free_password (password);
  if (!sync_profile_session_finish (cli->profile, cli_await (cli), error))
    return FALSE;
  show_session (cli);
  return TRUE;
}

static gboolean
run_logout (CliContext *cli, const char *const *arguments, GError **error)
{
  sync_profile_sign_out_async (cli->profile, cli->cancellable, cli_ready, cli);
  if (!sync_profile_session_finish (cli->profile, cli_await (cli), error))
    return FALSE;
  cli_json_cloud (cli->answer, cli);
  cli_say (cli, "%s\n", _("Signed out. Every row stays in the local database."));
  return TRUE;
}

/* clang-format off */
const CliCommand cli_connect_commands[] = {
  {
    .name = "init",
    .summary = N_("Create the local database, or attach to one that exists"),
    .arguments = "",
    .notes = N_("A new database gets the tables notifications, projects and user_settings. Of a\n"
                "database that exists, the tables that are named are synchronised, or all that\n"
                "have a primary key or a UNIQUE index over columns that are NOT NULL. Its own\n"
                "tables stay as they are; tables and triggers of ours, named psync_…, are\n"
                "added. Doing it again is harmless, and attaches the tables that are named."),
    .examples = "psync init\n"
                "psync --database ~/app.db init\n"
                "psync --database ~/app.db init --table notes --table tags",
    .options = init_options,
    .without_profile = TRUE,
    .run = run_init,
  },
  {
    .name = "connect supabase",
    .summary = N_("Use a Supabase project as the cloud"),
    .arguments = "[URL]",
    .most = 1,
    .notes = N_("The project needs the tables that psync schema print writes, once, in its SQL\n"
                "editor. Without URL and --anon-key those of SUPABASE_URL and SUPABASE_ANON_KEY\n"
                "are taken. A service-role or secret key is refused: it would open every user's\n"
                "rows."),
    .examples = "psync connect supabase https://abc.supabase.co --anon-key sb_publishable_…\n"
                "psync schema print > schema.sql",
    .options = supabase_options,
    .run = run_connect_supabase,
  },
  {
    .name = "connect vault",
    .summary = N_("Use a vault, which is one file, as the cloud"),
    .arguments = "FILE",
    .least = 1,
    .most = 1,
    .notes = N_("The file is made if there is none. Afterwards a missing file means that its\n"
                "disk is not there, and counts as offline."),
    .examples = "psync connect vault /media/stick/vault.db",
    .options = vault_options,
    .run = run_connect_vault,
  },
  {
    .name = "signup",
    .summary = N_("Make an account in the cloud and sign in"),
    .arguments = "",
    .notes = N_("The password is read from the terminal without echo, or as one line from\n"
                "standard input."),
    .examples = "psync signup --email me@example.org\n"
                "psync signup --email me@example.org < password.txt",
    .options = session_options,
    .asks_password = TRUE,
    .run = run_signup,
  },
  {
    .name = "login",
    .summary = N_("Sign in to the cloud"),
    .arguments = "",
    .notes = N_("The password is read from the terminal without echo, or as one line from\n"
                "standard input. A ready-made token in SUPABASE_AUTH_TOKEN takes the place of\n"
                "signing in."),
    .examples = "psync login --email me@example.org\n"
                "pass show supabase | psync login --email me@example.org",
    .options = session_options,
    .asks_password = TRUE,
    .run = run_login,
  },
  {
    .name = "logout",
    .summary = N_("Sign out on this device"),
    .arguments = "",
    .examples = "psync logout",
    .run = run_logout,
  },
  { NULL },
};
/* clang-format on */
