/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <locale.h>

#include <glib/gi18n.h>

#include "sync-application.h"
#include "sync-conflict-dialog.h"
#include "sync-preferences-window.h"
#include "sync-records-window.h"
#include "sync-setup.h"
#include "ui-fixture.h"

/* Every page in a language that does not exist, written from right to left (see in-pseudo): whatever is shown is
 * translated. In one that does: it fits on a telephone. */

#define MARK "⟦"
/* 360 px, and a twentieth for fonts that are wider than those with which that was measured. */
#define NARROWEST 378

static SyncApplication *application;

/* --- What is shown ---------------------------------------------------------------------------- */

/* Names that a person gave, or that the database has. */
static gboolean
is_data (const char *text)
{
  static const char *const data[] = { "this.db",  "~/",   "/",     "notifications", "projects", "user_settings",
                                      "Kite",     "Shed", "name",  "description",   "Dragon",   "Big kite",
                                      "settings", "id",   "vault", "this",          "other" };

  for (guint i = 0; i < G_N_ELEMENTS (data); i++)
    if (g_str_has_prefix (text, data[i]))
      return TRUE;
  /* The device's */
  return g_str_has_prefix (text, g_get_host_name ());
}

static gboolean
has_word (const char *text)
{
  for (; *text != '\0'; text++)
    if (g_ascii_isalpha (text[0]) && g_ascii_isalpha (text[1]))
      return TRUE;
  return FALSE;
}

static guint
count_untranslated (GtkWidget *below, guint *marked)
{
  guint count = 0;

  if (!gtk_widget_get_mapped (below))
    return 0;
  if (GTK_IS_LABEL (below))
    {
      const char *text = gtk_label_get_text (GTK_LABEL (below));

      if (strstr (text, MARK) != NULL)
        ++*marked;
      else if (has_word (text) && !is_data (text))
        {
          g_test_message ("Not translated: %s", text);
          count++;
        }
    }
  for (GtkWidget *child = gtk_widget_get_first_child (below); child != NULL;
       child = gtk_widget_get_next_sibling (child))
    count += count_untranslated (child, marked);
  return count;
}

static gboolean
is_pseudo (void)
{
  return g_strcmp0 (g_getenv ("LANGUAGE"), "xx") == 0;
}

static int
measure (GtkWidget *widget)
{
  int least;

  gtk_widget_measure (widget, GTK_ORIENTATION_HORIZONTAL, -1, &least, NULL, NULL, NULL);
  return least;
}

/* Also which part of it makes it so wide. */
static gboolean
is_narrow (GtkWidget *widget)
{
  if (!gtk_widget_get_visible (widget) || measure (widget) <= NARROWEST)
    return TRUE;
  g_test_message ("%s: %d", G_OBJECT_TYPE_NAME (widget), measure (widget));
  for (GtkWidget *child = gtk_widget_get_first_child (widget); child != NULL;
       child = gtk_widget_get_next_sibling (child))
    is_narrow (child);
  return FALSE;
}

static void
assert_good (GtkWidget *window, const char *picture)
{
  guint marked = 0;

  if (!is_pseudo ())
    {
      /* Without the border that windows have where nothing composes them */
      g_assert_true (is_narrow (gtk_widget_get_first_child (window)));
      return;
    }
  for (guint i = 0; i < 20; i++)
    ui_wait_a_little (0);
  ui_take_picture (window, picture);
  g_assert_cmpuint (count_untranslated (window, &marked), ==, 0);
  g_assert_cmpuint (marked, >, 0);
}

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

/* --- The tests -------------------------------------------------------------------------------- */

static GtkWidget *
find_shown (GtkWidget *below, GType type)
{
  GtkWidget *found = NULL;

  if (!gtk_widget_get_mapped (below))
    return NULL;
  if (G_TYPE_CHECK_INSTANCE_TYPE (below, type))
    return below;
  for (GtkWidget *child = gtk_widget_get_first_child (below); child != NULL && found == NULL;
       child = gtk_widget_get_next_sibling (child))
    found = find_shown (child, type);
  return found;
}

/* The button that comes first, that of the databases, is on the right. */
static void
assert_mirrored (GtkWidget *window)
{
  GtkWidget *first = find_shown (window, GTK_TYPE_MENU_BUTTON);
  graphene_rect_t place;

  g_assert_nonnull (first);
  g_assert_true (gtk_widget_compute_bounds (first, window, &place));
  g_assert_cmpfloat (place.origin.x, >, gtk_widget_get_width (window) / 2.0);
}

static void
test_first_run (UiFixture *fixture, gconstpointer data)
{
  g_autofree char *path = g_build_filename (fixture->folder, "this.db-new", NULL);
  SyncWindow *window = present (path);

  ui_wait_for (ui_find (GTK_WIDGET (window), SYNC_TYPE_SETUP, NULL) != NULL);
  assert_good (GTK_WIDGET (window), "foreign-first-run");
  close_all ();
}

static void
fill (UiFixture *fixture)
{
  ui_sql (fixture->path, "INSERT INTO projects (id, name) VALUES ('kite', 'Kite')");
  ui_sync (fixture, fixture->profile);
  ui_sync (fixture, fixture->other);
  ui_set_strategy (fixture, "projects", "manual");
  ui_sql (fixture->other_path, "UPDATE projects SET name = 'Dragon'");
  ui_sync (fixture, fixture->other);
  ui_sql (fixture->path, "UPDATE projects SET name = 'Big kite'");
  ui_sync (fixture, fixture->profile);
  ui_sql (fixture->path, "INSERT INTO projects (id, name) VALUES ('shed', 'Shed')");
}

static void
test_pages (UiFixture *fixture, gconstpointer data)
{
  static const char *const pages[] = { "overview", "devices", "history", "queue", "conflicts" };
  SyncWindow *window;

  fill (fixture);
  window = present (fixture->path);
  ui_wait_for (sync_window_get_profile (window) != NULL);
  for (guint i = 0; i < G_N_ELEMENTS (pages); i++)
    {
      g_autofree char *picture = g_strconcat ("foreign-", pages[i], NULL);

      sync_window_show_page (window, pages[i]);
      assert_good (GTK_WIDGET (window), picture);
    }
  if (is_pseudo ())
    assert_mirrored (GTK_WIDGET (window));
  close_all ();
}

static void
test_windows (UiFixture *fixture, gconstpointer data)
{
  SyncWindow *window;
  SyncProfile *profile;
  GtkWidget *preferences;
  GtkWindow *other;

  fill (fixture);
  window = present (fixture->path);
  ui_wait_for (sync_window_get_profile (window) != NULL);
  profile = sync_window_get_profile (window);
  preferences = sync_preferences_window_new (window);
  gtk_window_present (GTK_WINDOW (preferences));
  assert_good (preferences, "foreign-preferences");
  gtk_window_destroy (GTK_WINDOW (preferences));
  other = sync_records_window_new (profile, GTK_WINDOW (window));
  gtk_window_present (other);
  assert_good (GTK_WIDGET (other), "foreign-records");
  gtk_window_destroy (other);
  other = sync_conflict_dialog_new (profile, GTK_WINDOW (window), 1, 0);
  gtk_window_present (other);
  ui_wait_for (ui_shows (GTK_WIDGET (other), "Dragon"));
  assert_good (GTK_WIDGET (other), "foreign-conflict");
  gtk_window_destroy (other);
  close_all ();
}

#define ADD(name, func) \
  g_test_add ("/languages/" name, UiFixture, NULL, ui_fixture_set_up, func, ui_fixture_tear_down)

int
main (int argc, char **argv)
{
  int status;

  ui_init (&argc, &argv);
  setlocale (LC_ALL, "C.UTF-8");
  bindtextdomain (GETTEXT_PACKAGE, g_getenv ("PSYNC_TEST_LOCALES"));
  bind_textdomain_codeset (GETTEXT_PACKAGE, "UTF-8");
  textdomain (GETTEXT_PACKAGE);
  if (is_pseudo ())
    gtk_widget_set_default_direction (GTK_TEXT_DIR_RTL);
  g_log_set_always_fatal (G_LOG_FATAL_MASK | G_LOG_LEVEL_CRITICAL);
  application = sync_application_new ();
  g_application_set_flags (G_APPLICATION (application), G_APPLICATION_NON_UNIQUE);
  g_assert_true (g_application_register (G_APPLICATION (application), NULL, NULL));
  g_application_hold (G_APPLICATION (application));
  ADD ("first-run", test_first_run);
  ADD ("pages", test_pages);
  ADD ("windows", test_windows);
  status = test_run_with_own_folders ();
  g_clear_object (&application);
  return status;
}
