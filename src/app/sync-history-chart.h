/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

#define SYNC_TYPE_HISTORY_CHART (sync_history_chart_get_type ())
G_DECLARE_FINAL_TYPE (SyncHistoryChart, sync_history_chart, SYNC, HISTORY_CHART, GtkWidget)

GtkWidget *sync_history_chart_new (void);
/* (element-type SyncDay), the oldest first; kept */
void sync_history_chart_set_days (SyncHistoryChart *chart, GArray *days);

G_END_DECLS
