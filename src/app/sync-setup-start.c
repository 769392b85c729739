/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-setup-start.h"

#include <glib/gi18n.h>

#include "sync-display-path.h"
#include "sync-error-row.h"

/**
 * SyncSetupStart:
 *
 * The first page of setting up.
 */
struct _SyncSetupStart
{
  AdwBin parent_instance;

  GtkWidget *problems;
  SyncErrorRow *error_row;
  GtkWidget *database;
  AdwActionRow *path_row;
};

enum
{
  SIGNAL_CHOSEN,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (SyncSetupStart, sync_setup_start, ADW_TYPE_BIN)

static void
choose_supabase (SyncSetupStart *self)
{
  g_signal_emit (self, signals[SIGNAL_CHOSEN], 0, "supabase");
}

static void
choose_vault (SyncSetupStart *self)
{
  g_signal_emit (self, signals[SIGNAL_CHOSEN], 0, "vault");
}

static void
choose_local (SyncSetupStart *self)
{
  g_signal_emit (self, signals[SIGNAL_CHOSEN], 0, "local");
}

/**
 * sync_setup_start_set_path:
 * @page: the page
 * @path: (nullable): the file that the database will be; %NULL: it is open already
 *
 * Tells which database is set up.
 */
void
sync_setup_start_set_path (SyncSetupStart *page, const char *path)
{
  g_autofree char *name = NULL, *text = NULL, *markup = NULL;

  g_return_if_fail (SYNC_IS_SETUP_START (page));

  gtk_widget_set_visible (page->database, path != NULL);
  if (path == NULL)
    return;
  name = sync_display_path (path);
  if (g_file_test (path, G_FILE_TEST_EXISTS))
    /* Translators: the name of a file */
    text = g_strdup_printf (_("%s\nIts tables take part, and stay as they are."), name);
  else
    text = g_strdup_printf (_("%s\nIt will be created."), name);
  markup = g_markup_escape_text (text, -1);
  adw_action_row_set_subtitle (page->path_row, markup);
}

/**
 * sync_setup_start_set_error:
 * @page: the page
 * @error: (nullable): why it did not go on
 *
 * Tells what is wrong with the database.
 */
void
sync_setup_start_set_error (SyncSetupStart *page, const GError *error)
{
  g_return_if_fail (SYNC_IS_SETUP_START (page));

  sync_error_row_set_error (page->error_row, error);
  gtk_widget_set_visible (page->problems, error != NULL);
}

static void
sync_setup_start_class_init (SyncSetupStartClass *class)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (class);

  signals[SIGNAL_CHOSEN] = g_signal_new ("chosen", SYNC_TYPE_SETUP_START, G_SIGNAL_RUN_LAST, 0, NULL,
                                         NULL, NULL, G_TYPE_NONE, 1, G_TYPE_STRING);

  g_type_ensure (SYNC_TYPE_ERROR_ROW);
  gtk_widget_class_set_template_from_resource (
      widget_class, "/io/github/progressive_sync/ProgressiveSync/sync-setup-start.ui");
  gtk_widget_class_bind_template_child (widget_class, SyncSetupStart, problems);
  gtk_widget_class_bind_template_child (widget_class, SyncSetupStart, error_row);
  gtk_widget_class_bind_template_child (widget_class, SyncSetupStart, database);
  gtk_widget_class_bind_template_child (widget_class, SyncSetupStart, path_row);
  gtk_widget_class_bind_template_callback (widget_class, choose_supabase);
  gtk_widget_class_bind_template_callback (widget_class, choose_vault);
  gtk_widget_class_bind_template_callback (widget_class, choose_local);
}

static void
sync_setup_start_init (SyncSetupStart *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}
