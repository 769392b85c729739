/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-conflicts-page.h"

/**
 * SyncConflictsPage:
 *
 * A database's page: what waits for a decision.
 */
struct _SyncConflictsPage
{
  AdwBin parent_instance;

  SyncProfile *profile; /* (owned) */
};

G_DEFINE_FINAL_TYPE (SyncConflictsPage, sync_conflicts_page, ADW_TYPE_BIN)

static void
sync_conflicts_page_dispose (GObject *object)
{
  SyncConflictsPage *self = SYNC_CONFLICTS_PAGE (object);

  g_clear_object (&self->profile);

  G_OBJECT_CLASS (sync_conflicts_page_parent_class)->dispose (object);
}

static void
sync_conflicts_page_class_init (SyncConflictsPageClass *class)
{
  G_OBJECT_CLASS (class)->dispose = sync_conflicts_page_dispose;

  gtk_widget_class_set_template_from_resource (
      GTK_WIDGET_CLASS (class),
      "/io/github/progressive_sync/ProgressiveSync/sync-conflicts-page.ui");
}

static void
sync_conflicts_page_init (SyncConflictsPage *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}

/**
 * sync_conflicts_page_new: (constructor)
 * @profile: the database
 *
 * Returns: (transfer floating): its page
 */
SyncConflictsPage *
sync_conflicts_page_new (SyncProfile *profile)
{
  SyncConflictsPage *self;

  g_return_val_if_fail (SYNC_IS_PROFILE (profile), NULL);

  self = g_object_new (SYNC_TYPE_CONFLICTS_PAGE, NULL);
  self->profile = g_object_ref (profile);
  return self;
}
