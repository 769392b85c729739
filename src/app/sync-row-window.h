/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <adwaita.h>

G_BEGIN_DECLS

/* A window that shows JSON, laid out for reading, to be copied. */
GtkWindow *sync_row_window_new (GtkWindow *parent, const char *title, const char *json);
/* JSON with a line for each member; numbers stay as they are written. */
char *sync_row_window_lay_out (const char *json);

G_END_DECLS
