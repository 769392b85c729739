/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui-fixture.h"

#include <string.h>

#include "sync-app-resources.h"

#define TICK (20 * G_TIME_SPAN_MILLISECOND)
#define MAX_TICKS 1500

void
ui_init (int *argc, char ***argv)
{
  g_setenv ("GDK_DEBUG", "gl-disable", FALSE);
  g_setenv ("GSK_RENDERER", "cairo", FALSE);
  gtk_test_init (argc, argv, NULL);
  adw_init ();
  g_resources_register (sync_app_get_resource ());
  g_object_set (gtk_settings_get_default (), "gtk-enable-animations", FALSE, NULL);
}

/* --- Devices ---------------------------------------------------------------------------------- */

static GAsyncResult **
place (UiFixture *fixture)
{
  g_clear_object (&fixture->result);
  return &fixture->result;
}

static GAsyncResult *
answer (UiFixture *fixture)
{
  test_store_wait (&fixture->result);
  return fixture->result;
}

static SyncProfile *
open_device (UiFixture *fixture, const char *path)
{
  g_autofree char *vault = g_build_filename (fixture->folder, "vault", NULL);
  g_autoptr (GError) error = NULL;
  SyncProfile *profile;

  sync_profile_open_async (path, SYNC_PROFILE_CREATE, NULL, NULL, NULL, test_got_result, place (fixture));
  profile = sync_profile_open_finish (answer (fixture), &error);
  g_assert_no_error (error);
  sync_profile_connect_vault_async (profile, vault, FALSE, NULL, test_got_result, place (fixture));
  g_assert_true (sync_profile_connect_finish (profile, answer (fixture), &error));
  g_assert_no_error (error);
  return profile;
}

static void
close_device (UiFixture *fixture, SyncProfile **profile)
{
  g_autoptr (GError) error = NULL;

  sync_profile_close_async (*profile, test_got_result, place (fixture));
  g_assert_true (sync_profile_close_finish (*profile, answer (fixture), &error));
  g_assert_no_error (error);
  g_clear_object (&fixture->result);
  g_clear_object (profile);
}

void
ui_fixture_set_up (UiFixture *fixture, gconstpointer data)
{
  fixture->folder = test_folder_new ();
  fixture->path = g_build_filename (fixture->folder, "this.db", NULL);
  fixture->other_path = g_build_filename (fixture->folder, "other.db", NULL);
  fixture->profile = open_device (fixture, fixture->path);
  fixture->other = open_device (fixture, fixture->other_path);
}

void
ui_fixture_tear_down (UiFixture *fixture, gconstpointer data)
{
  close_device (fixture, &fixture->profile);
  close_device (fixture, &fixture->other);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  test_folder_remove (fixture->folder);
  g_free (fixture->folder);
  g_free (fixture->path);
  g_free (fixture->other_path);
}

void
ui_sql (const char *path, const char *sql)
{
  g_assert_true (test_shell (path, sql, NULL));
}

void
ui_expect (const char *path, const char *sql, const char *expected)
{
  g_autofree char *output = NULL;

  g_assert_true (test_shell (path, sql, &output));
  g_assert_cmpstr (output, ==, expected);
}

SyncResult *
ui_run (UiFixture *fixture, SyncProfile *profile)
{
  SyncManager *manager = sync_profile_get_manager (profile);
  g_autoptr (GError) error = NULL;
  SyncResult *result;

  sync_manager_run_async (manager, SYNC_RUN_SYNC, NULL, NULL, test_got_result, place (fixture));
  result = sync_manager_run_finish (manager, answer (fixture), &error);
  g_assert_no_error (error);
  return result;
}

void
ui_sync (UiFixture *fixture, SyncProfile *profile)
{
  g_autoptr (SyncResult) result = ui_run (fixture, profile);

  g_assert_no_error (result->error);
}

void
ui_set_strategy (UiFixture *fixture, const char *entity, const char *strategy)
{
  SyncEntities *entities = sync_profile_get_entities (fixture->profile);
  g_autoptr (GError) error = NULL;

  sync_entities_configure_async (entities, entity, -1, strategy, NULL, NULL, test_got_result, place (fixture));
  g_assert_true (sync_entities_configure_finish (entities, answer (fixture), &error));
  g_assert_no_error (error);
}

/* --- Widgets ---------------------------------------------------------------------------------- */

gboolean
ui_wait_a_little (guint rounds)
{
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_usleep (TICK);
  return rounds < MAX_TICKS;
}

static const char *
text_of (GtkWidget *widget)
{
  if (GTK_IS_LABEL (widget))
    return gtk_label_get_text (GTK_LABEL (widget));
  if (GTK_IS_BUTTON (widget))
    return gtk_button_get_label (GTK_BUTTON (widget));
  if (GTK_IS_CHECK_BUTTON (widget))
    return gtk_check_button_get_label (GTK_CHECK_BUTTON (widget));
  if (ADW_IS_PREFERENCES_ROW (widget))
    return adw_preferences_row_get_title (ADW_PREFERENCES_ROW (widget));
  return NULL;
}

GtkWidget *
ui_find (GtkWidget *below, GType type, const char *text)
{
  const char *shown = text_of (below);

  if (G_TYPE_CHECK_INSTANCE_TYPE (below, type)
      && (text == NULL || (shown != NULL && strstr (shown, text) != NULL)))
    return below;
  for (GtkWidget *child = gtk_widget_get_first_child (below); child != NULL;
       child = gtk_widget_get_next_sibling (child))
    {
      GtkWidget *found = ui_find (child, type, text);

      if (found != NULL)
        return found;
    }
  return NULL;
}

guint
ui_count (GtkWidget *below, GType type)
{
  guint count = G_TYPE_CHECK_INSTANCE_TYPE (below, type);

  for (GtkWidget *child = gtk_widget_get_first_child (below); child != NULL;
       child = gtk_widget_get_next_sibling (child))
    count += ui_count (child, type);
  return count;
}

gboolean
ui_shows (GtkWidget *below, const char *text)
{
  return ui_find (below, GTK_TYPE_LABEL, text) != NULL;
}

GtkWidget *
ui_find_window (GType type)
{
  GListModel *windows = gtk_window_get_toplevels ();

  for (guint i = 0; i < g_list_model_get_n_items (windows); i++)
    {
      g_autoptr (GtkWidget) window = g_list_model_get_item (windows, i);

      if (G_TYPE_CHECK_INSTANCE_TYPE (window, type))
        return window;
    }
  return NULL;
}

void
ui_take_picture (GtkWidget *window, const char *name)
{
  const char *folder = g_getenv ("PSYNC_TEST_PICTURES");
  g_autofree char *path = NULL;
  g_autoptr (GdkPaintable) paintable = NULL;
  g_autoptr (GskRenderNode) node = NULL;
  g_autoptr (GdkTexture) texture = NULL;
  GtkSnapshot *snapshot;

  if (folder == NULL)
    return;
  for (guint i = 0; i < 20; i++)
    ui_wait_a_little (0);
  path = g_strdup_printf ("%s/%s.png", folder, name);
  paintable = gtk_widget_paintable_new (window);
  snapshot = gtk_snapshot_new ();
  gdk_paintable_snapshot (paintable, snapshot, gtk_widget_get_width (window), gtk_widget_get_height (window));
  node = gtk_snapshot_free_to_node (snapshot);
  texture = gsk_renderer_render_texture (gtk_native_get_renderer (GTK_NATIVE (window)), node, NULL);
  g_assert_true (gdk_texture_save_to_png (texture, path));
}
