/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

/* Called about once a second, and at once, while the widget is on the screen: what it shows depends
 * on the time. */
typedef void (*SyncTickFunc) (GtkWidget *widget);

void sync_ticker_add (GtkWidget *widget, SyncTickFunc func);

G_END_DECLS
