/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-application.h"
#include "sync-device-name.h"
#include "sync-setup-supabase.h"
#include "sync-setup-vault.h"
#include "sync-setup.h"
#include "sync-window.h"
#include "ui-fixture.h"

#define ANON "eyJhbGciOiJub25lIn0.eyJyb2xlIjoiYW5vbiJ9.eA"
#define SERVICE "eyJhbGciOiJub25lIn0.eyJyb2xlIjoic2VydmljZV9yb2xlIn0.eA"

/* --- The form for a project ------------------------------------------------------------------- */

typedef struct
{
  GtkWidget *window;
  GtkWidget *page;
  GtkEditable *url;
  GtkEditable *key;
  GtkWidget *go_on;
  char *given_url;
  char *given_key;
} Form;

static void
take_submitted (Form *form, const char *url, const char *key)
{
  g_free (form->given_url);
  g_free (form->given_key);
  form->given_url = g_strdup (url);
  form->given_key = g_strdup (key);
}

static void
form_set_up (Form *form, gconstpointer data)
{
  form->window = gtk_window_new ();
  form->page = g_object_new (SYNC_TYPE_SETUP_SUPABASE, NULL);
  gtk_window_set_child (GTK_WINDOW (form->window), form->page);
  form->url = GTK_EDITABLE (ui_find (form->page, ADW_TYPE_ENTRY_ROW, "Project address"));
  form->key = GTK_EDITABLE (ui_find (form->page, ADW_TYPE_ENTRY_ROW, "anon key"));
  form->go_on = ui_find (form->page, GTK_TYPE_BUTTON, "_Continue");
  g_signal_connect_swapped (form->page, "submitted", G_CALLBACK (take_submitted), form);
  gtk_window_present (GTK_WINDOW (form->window));
}

static void
form_tear_down (Form *form, gconstpointer data)
{
  gtk_window_destroy (GTK_WINDOW (form->window));
  g_free (form->given_url);
  g_free (form->given_key);
}

static void
test_form_waits_for_both (Form *form, gconstpointer data)
{
  g_assert_false (gtk_widget_get_sensitive (form->go_on));
  gtk_editable_set_text (form->url, "https://abc.supabase.co");
  g_assert_false (gtk_widget_get_sensitive (form->go_on));
  gtk_editable_set_text (form->key, "sb_publishable_x1");
  g_assert_true (gtk_widget_get_sensitive (form->go_on));
  g_signal_emit_by_name (form->go_on, "clicked");
  g_assert_cmpstr (form->given_url, ==, "https://abc.supabase.co");
  g_assert_cmpstr (form->given_key, ==, "sb_publishable_x1");
}

static void
test_form_takes_a_snippet (Form *form, gconstpointer data)
{
  gtk_editable_set_text (form->url, "SUPABASE_URL=https://abc.supabase.co\nSUPABASE_ANON_KEY=" ANON);
  g_assert_cmpstr (gtk_editable_get_text (form->url), ==, "https://abc.supabase.co");
  g_assert_cmpstr (gtk_editable_get_text (form->key), ==, ANON);
  g_assert_true (gtk_widget_get_sensitive (form->go_on));
}

static void
test_form_refuses_a_secret (Form *form, gconstpointer data)
{
  gtk_editable_set_text (form->url, "https://abc.supabase.co");
  gtk_editable_set_text (form->key, SERVICE);
  g_assert_false (gtk_widget_get_sensitive (form->go_on));
  g_assert_true (ui_shows (form->page, "must not be used here"));
  /* In a snippet it goes away at once. */
  gtk_editable_set_text (form->key, "KEY=" SERVICE);
  g_assert_cmpstr (gtk_editable_get_text (form->key), ==, "");
  g_assert_true (ui_shows (form->page, "must not be used here"));
}

/* --- The whole way ---------------------------------------------------------------------------- */

static SyncApplication *application;

static SyncWindow *
present (const char *path)
{
  sync_application_present (application, path);
  return SYNC_WINDOW (gtk_application_get_active_window (GTK_APPLICATION (application)));
}

static void
close_all (void)
{
  sync_application_quit (application);
  for (guint i = 0; i < 50; i++)
    ui_wait_a_little (0);
}

static void
activate_row (GtkWidget *below, const char *title)
{
  GtkWidget *row = ui_find (below, ADW_TYPE_ACTION_ROW, title);

  g_assert_nonnull (row);
  g_signal_emit_by_name (row, "activated");
}

static guint
count_profiles (void)
{
  return g_list_model_get_n_items (sync_application_get_profiles (application));
}

static void
test_stay_local (UiFixture *fixture, gconstpointer data)
{
  g_autofree char *path = g_build_filename (fixture->folder, "new.db", NULL);
  SyncWindow *window = present (path);

  ui_wait_for (ui_find (GTK_WIDGET (window), SYNC_TYPE_SETUP, NULL) != NULL);
  ui_take_picture (GTK_WIDGET (window), "first-run");
  activate_row (GTK_WIDGET (window), "Stay on This Computer");
  ui_wait_for (sync_window_get_profile (window) != NULL
               && ui_find (GTK_WIDGET (window), SYNC_TYPE_SETUP, NULL) == NULL);
  g_assert_true (ui_shows (GTK_WIDGET (window), "Local only"));
  ui_wait_for (ui_shows (GTK_WIDGET (window), "projects"));
  close_all ();
  g_assert_cmpuint (count_profiles (), ==, 0);
}

/* The vault that the fixture's devices filled: what is there is restored, unless one says
 * otherwise, and shown before anything happens. */
static void
test_restore_from_vault (UiFixture *fixture, gconstpointer data)
{
  g_autofree char *path = g_build_filename (fixture->folder, "new.db", NULL);
  g_autofree char *vault = g_build_filename (fixture->folder, "vault", NULL);
  SyncWindow *window;
  GtkWidget *page, *begin;

  ui_sql (fixture->path, "INSERT INTO projects (id, name) VALUES ('a', 'A'), ('b', 'B')");
  ui_sync (fixture, fixture->profile);

  window = present (path);
  ui_wait_for (ui_find (GTK_WIDGET (window), SYNC_TYPE_SETUP, NULL) != NULL);
  activate_row (GTK_WIDGET (window), "Use a Vault File");
  ui_wait_for (sync_window_get_profile (window) != NULL);
  page = ui_find (GTK_WIDGET (window), SYNC_TYPE_SETUP_VAULT, NULL);
  sync_setup_vault_connect (SYNC_SETUP_VAULT (page), vault, FALSE);
  begin = ui_find (GTK_WIDGET (window), GTK_TYPE_BUTTON, "_Begin");
  ui_wait_for (gtk_widget_get_sensitive (begin));
  ui_take_picture (GTK_WIDGET (window), "first-run-direction");
  g_assert_true (ui_shows (GTK_WIDGET (window), "0 rows"));
  g_assert_true (ui_shows (GTK_WIDGET (window), "2 rows"));
  page = ui_find (GTK_WIDGET (window), ADW_TYPE_ACTION_ROW, "Restore What Is There");
  g_assert_true (gtk_check_button_get_active (
      GTK_CHECK_BUTTON (adw_action_row_get_activatable_widget (ADW_ACTION_ROW (page)))));

  g_signal_emit_by_name (begin, "clicked");
  ui_wait_for (ui_find (GTK_WIDGET (window), SYNC_TYPE_SETUP, NULL) == NULL);
  ui_wait_for (ui_shows (GTK_WIDGET (window), "Up to date"));
  ui_expect (path, "SELECT count(*) FROM projects", "2\n");
  ui_take_picture (GTK_WIDGET (window), "overview");
  close_all ();
}

/* As people type or paste it: the file that is meant, and none by a name of blanks. */
static void
test_typed_vault (UiFixture *fixture, gconstpointer data)
{
  g_autofree char *path = g_build_filename (fixture->folder, "new.db", NULL);
  g_autofree char *uri = g_strconcat ("file://", fixture->folder, "/0.vault", NULL);
  g_autofree char *blanks = g_strconcat (" ", fixture->folder, "/1.vault ", NULL);
  g_autofree char *home = g_strconcat ("~/../../../../../../../../../../../../../../../..", fixture->folder, "/2.vault", NULL);
  const char *typed[] = { uri, blanks, home };
  SyncWindow *window = present (path);
  GtkWidget *entry, *begin;

  ui_wait_for (ui_find (GTK_WIDGET (window), SYNC_TYPE_SETUP, NULL) != NULL);
  activate_row (GTK_WIDGET (window), "Use a Vault File");
  ui_wait_for (sync_window_get_profile (window) != NULL);
  entry = ui_find (GTK_WIDGET (window), ADW_TYPE_ENTRY_ROW, "Or type where it is");
  begin = ui_find (GTK_WIDGET (window), GTK_TYPE_BUTTON, "_Begin");
  gtk_editable_set_text (GTK_EDITABLE (entry), "  ");
  g_signal_emit_by_name (entry, "apply");
  for (guint i = 0; i < G_N_ELEMENTS (typed); i++)
    {
      g_autofree char *name = g_strdup_printf ("%u.vault", i);
      g_autofree char *vault = g_build_filename (fixture->folder, name, NULL);

      gtk_editable_set_text (GTK_EDITABLE (entry), typed[i]);
      g_signal_emit_by_name (entry, "apply");
      ui_wait_for (gtk_widget_get_mapped (begin) && ui_shows (GTK_WIDGET (window), name));
      g_assert_true (g_file_test (vault, G_FILE_TEST_IS_REGULAR));
      gtk_widget_activate_action (begin, "setup.back", NULL);
      ui_wait_for (gtk_widget_get_mapped (entry));
    }
  close_all ();
}

/* A database is one window, however it is asked for, and goes with the window unless it is to go on without one. */
static void
test_one_window_each (UiFixture *fixture, gconstpointer data)
{
  g_autofree char *path = g_build_filename (fixture->folder, "new.db", NULL);
  SyncWindow *window, *other;

  window = present (path);
  ui_wait_for (ui_find (GTK_WIDGET (window), SYNC_TYPE_SETUP, NULL) != NULL);
  activate_row (GTK_WIDGET (window), "Stay on This Computer");
  ui_wait_for (count_profiles () == 1 && sync_window_get_profile (window) != NULL);
  g_assert_true (present (path) == window);
  other = present (fixture->other_path);
  ui_wait_for (count_profiles () == 2);
  ui_wait_for (sync_window_get_profile (other) != NULL);
  gtk_window_destroy (GTK_WINDOW (other));
  ui_wait_for (count_profiles () == 1);
  close_all ();
}

/* --- Names ------------------------------------------------------------------------------------ */

static void
test_unique_name (void)
{
  g_autoptr (GPtrArray) devices
      = g_ptr_array_new_with_free_func ((GDestroyNotify)sync_device_free);
  g_autofree char *alone = sync_device_name_make_unique ("Laptop", devices);
  g_autofree char *third = NULL;

  g_assert_cmpstr (alone, ==, "Laptop");
  g_ptr_array_add (devices, sync_device_new ("1", "laptop"));
  g_ptr_array_add (devices, sync_device_new ("2", "Laptop 2"));
  third = sync_device_name_make_unique ("Laptop", devices);
  g_assert_cmpstr (third, ==, "Laptop 3");
}

#define ADD_FORM(name, func) \
  g_test_add ("/first-run/" name, Form, NULL, form_set_up, func, form_tear_down)
#define ADD(name, func) \
  g_test_add ("/first-run/" name, UiFixture, NULL, ui_fixture_set_up, func, ui_fixture_tear_down)

int
main (int argc, char **argv)
{
  int status;

  ui_init (&argc, &argv);
  /* Where nobody shows notifications, GIO warns; that is no fault of ours. */
  g_log_set_always_fatal (G_LOG_FATAL_MASK | G_LOG_LEVEL_CRITICAL);
  application = sync_application_new ();
  g_application_set_flags (G_APPLICATION (application), G_APPLICATION_NON_UNIQUE);
  g_assert_true (g_application_register (G_APPLICATION (application), NULL, NULL));
  g_application_hold (G_APPLICATION (application));
  ADD_FORM ("form-waits-for-both", test_form_waits_for_both);
  ADD_FORM ("form-takes-a-snippet", test_form_takes_a_snippet);
  ADD_FORM ("form-refuses-a-secret", test_form_refuses_a_secret);
  g_test_add_func ("/first-run/name-is-unique", test_unique_name);
  ADD ("stay-local", test_stay_local);
  ADD ("restore-from-vault", test_restore_from_vault);
  ADD ("a-typed-vault", test_typed_vault);
  ADD ("one-window-each", test_one_window_each);
  status = test_run_with_own_folders ();
  g_clear_object (&application);
  return status;
}
