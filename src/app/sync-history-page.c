/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-history-page.h"

/**
 * SyncHistoryPage:
 *
 * A database's page: the runs of the past.
 */
struct _SyncHistoryPage
{
  AdwBin parent_instance;

  SyncProfile *profile; /* (owned) */
};

G_DEFINE_FINAL_TYPE (SyncHistoryPage, sync_history_page, ADW_TYPE_BIN)

static void
sync_history_page_dispose (GObject *object)
{
  SyncHistoryPage *self = SYNC_HISTORY_PAGE (object);

  g_clear_object (&self->profile);

  G_OBJECT_CLASS (sync_history_page_parent_class)->dispose (object);
}

static void
sync_history_page_class_init (SyncHistoryPageClass *class)
{
  G_OBJECT_CLASS (class)->dispose = sync_history_page_dispose;

  gtk_widget_class_set_template_from_resource (
      GTK_WIDGET_CLASS (class),
      "/io/github/progressive_sync/ProgressiveSync/sync-history-page.ui");
}

static void
sync_history_page_init (SyncHistoryPage *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}

/**
 * sync_history_page_new: (constructor)
 * @profile: the database
 *
 * Returns: (transfer floating): its page
 */
SyncHistoryPage *
sync_history_page_new (SyncProfile *profile)
{
  SyncHistoryPage *self;

  g_return_val_if_fail (SYNC_IS_PROFILE (profile), NULL);

  self = g_object_new (SYNC_TYPE_HISTORY_PAGE, NULL);
  self->profile = g_object_ref (profile);
  return self;
}
