/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <adwaita.h>

#include "sync-settings.h"

G_BEGIN_DECLS

#define SYNC_TYPE_SETTING_ROW (sync_setting_row_get_type ())
G_DECLARE_FINAL_TYPE (SyncSettingRow, sync_setting_row, SYNC, SETTING_ROW, AdwActionRow)

/* A row of a list by which one setting of a database is seen and changed. One that is given from
 * outside says so and cannot be changed. */
GtkWidget *sync_setting_row_new_switch (SyncSettings *settings, const char *name, const char *title,
                                        const char *subtitle);
GtkWidget *sync_setting_row_new_number (SyncSettings *settings, const char *name, const char *title,
                                        const char *subtitle, guint least, guint most);

G_END_DECLS
