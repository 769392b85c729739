/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <adwaita.h>

G_BEGIN_DECLS

/* A window over another one with a header bar and one thing in it; Escape closes it. start (nullable): a button
 * in the header bar. (transfer none) */
GtkWindow *sync_plain_window_new (GtkWindow *parent, const char *title, GtkWidget *start,
                                  GtkWidget *content, int height);

/* Above a window, until it is closed. */
void sync_plain_window_keep_over (GtkWindow *window, GtkWindow *parent);

/* Shows what is over a window already. */
gboolean sync_plain_window_present_over (GtkWindow *parent, GType type);

/* Closes it. */
void sync_plain_window_close_over (GtkWindow *parent, GType type);

G_END_DECLS
