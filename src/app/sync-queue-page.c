/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-queue-page.h"

/**
 * SyncQueuePage:
 *
 * A database's page: what waits or was refused.
 */
struct _SyncQueuePage
{
  AdwBin parent_instance;

  SyncProfile *profile; /* (owned) */
};

G_DEFINE_FINAL_TYPE (SyncQueuePage, sync_queue_page, ADW_TYPE_BIN)

static void
sync_queue_page_dispose (GObject *object)
{
  SyncQueuePage *self = SYNC_QUEUE_PAGE (object);

  g_clear_object (&self->profile);

  G_OBJECT_CLASS (sync_queue_page_parent_class)->dispose (object);
}

static void
sync_queue_page_class_init (SyncQueuePageClass *class)
{
  G_OBJECT_CLASS (class)->dispose = sync_queue_page_dispose;

  gtk_widget_class_set_template_from_resource (
      GTK_WIDGET_CLASS (class),
      "/io/github/progressive_sync/ProgressiveSync/sync-queue-page.ui");
}

static void
sync_queue_page_init (SyncQueuePage *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}

/**
 * sync_queue_page_new: (constructor)
 * @profile: the database
 *
 * Returns: (transfer floating): its page
 */
SyncQueuePage *
sync_queue_page_new (SyncProfile *profile)
{
  SyncQueuePage *self;

  g_return_val_if_fail (SYNC_IS_PROFILE (profile), NULL);

  self = g_object_new (SYNC_TYPE_QUEUE_PAGE, NULL);
  self->profile = g_object_ref (profile);
  return self;
}
