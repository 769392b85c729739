/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-ticker.h"

typedef struct
{
  GtkWidget *widget; /* (unowned): owns this */
  SyncTickFunc func;
  guint timer;
} Ticker;

static gboolean
tick (gpointer user_data)
{
  Ticker *ticker = user_data;

  ticker->func (ticker->widget);
  return G_SOURCE_CONTINUE;
}

static void
start (Ticker *ticker)
{
  g_clear_handle_id (&ticker->timer, g_source_remove);
  ticker->timer = g_timeout_add_seconds (1, tick, ticker);
  ticker->func (ticker->widget);
}

static void
stop (Ticker *ticker)
{
  g_clear_handle_id (&ticker->timer, g_source_remove);
}

static void
ticker_free (gpointer data)
{
  stop (data);
  g_free (data);
}

/**
 * sync_ticker_add:
 * @widget: a widget
 * @func: what to do each second
 *
 * Keeps what depends on the time as it should be. One for each widget.
 */
void
sync_ticker_add (GtkWidget *widget, SyncTickFunc func)
{
  Ticker *ticker;

  g_return_if_fail (GTK_IS_WIDGET (widget));
  g_return_if_fail (func != NULL);

  ticker = g_new0 (Ticker, 1);
  ticker->widget = widget;
  ticker->func = func;
  g_object_set_data_full (G_OBJECT (widget), "sync-ticker", ticker, ticker_free);
  g_signal_connect_swapped (widget, "map", G_CALLBACK (start), ticker);
  g_signal_connect_swapped (widget, "unmap", G_CALLBACK (stop), ticker);
  if (gtk_widget_get_mapped (widget))
    start (ticker);
}
