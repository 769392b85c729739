/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-devices-page.h"

/**
 * SyncDevicesPage:
 *
 * A database's page: the devices that share the cloud.
 */
struct _SyncDevicesPage
{
  AdwBin parent_instance;

  SyncProfile *profile; /* (owned) */
};

G_DEFINE_FINAL_TYPE (SyncDevicesPage, sync_devices_page, ADW_TYPE_BIN)

static void
sync_devices_page_dispose (GObject *object)
{
  SyncDevicesPage *self = SYNC_DEVICES_PAGE (object);

  g_clear_object (&self->profile);

  G_OBJECT_CLASS (sync_devices_page_parent_class)->dispose (object);
}

static void
sync_devices_page_class_init (SyncDevicesPageClass *class)
{
  G_OBJECT_CLASS (class)->dispose = sync_devices_page_dispose;

  gtk_widget_class_set_template_from_resource (
      GTK_WIDGET_CLASS (class),
      "/io/github/progressive_sync/ProgressiveSync/sync-devices-page.ui");
}

static void
sync_devices_page_init (SyncDevicesPage *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}

/**
 * sync_devices_page_new: (constructor)
 * @profile: the database
 *
 * Returns: (transfer floating): its page
 */
SyncDevicesPage *
sync_devices_page_new (SyncProfile *profile)
{
  SyncDevicesPage *self;

  g_return_val_if_fail (SYNC_IS_PROFILE (profile), NULL);

  self = g_object_new (SYNC_TYPE_DEVICES_PAGE, NULL);
  self->profile = g_object_ref (profile);
  return self;
}
