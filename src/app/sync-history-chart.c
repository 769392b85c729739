/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-history-chart.h"

#include <glib/gi18n.h>

#include "sync-types.h"

#define HEIGHT 72
#define GAP 2.0f
/* So that a day on which anything was moved shows, beside one with a hundred thousand rows. */
#define LEAST_BAR 3.0f

/**
 * SyncHistoryChart:
 *
 * How many rows were sent and received on each of some days: a bar a day, the received ones below.
 * For whoever does not see it, the same is told in words.
 */
struct _SyncHistoryChart
{
  GtkWidget parent_instance;

  GArray *days; /* (owned) (nullable) (element-type SyncDay) */
};

G_DEFINE_FINAL_TYPE (SyncHistoryChart, sync_history_chart, GTK_TYPE_WIDGET)

static const SyncDay *
get_day (SyncHistoryChart *self, guint i)
{
  return &g_array_index (self->days, SyncDay, i);
}

static guint64
find_most (SyncHistoryChart *self)
{
  guint64 most = 1;

  for (guint i = 0; i < self->days->len; i++)
    most = MAX (most, get_day (self, i)->pulled + get_day (self, i)->pushed);
  return most;
}

static float
bar_height (guint64 rows, guint64 most, float height)
{
  return rows > 0 ? MAX (LEAST_BAR, (float) ((double) rows / (double) most) * height) : 0;
}

static void
add_bar (GtkSnapshot *snapshot, const GdkRGBA *color, float x, float bottom, float width,
         float height)
{
  if (height > 0)
    gtk_snapshot_append_color (snapshot, color,
                               &GRAPHENE_RECT_INIT (x, bottom - height, width, height));
}

/* The text's colour is right in every style; the style's accent is for what was sent. */
static void
sync_history_chart_snapshot (GtkWidget *widget, GtkSnapshot *snapshot)
{
  SyncHistoryChart *self = SYNC_HISTORY_CHART (widget);
  GtkStyleContext *style = gtk_widget_get_style_context (widget);
  float width = (float) gtk_widget_get_width (widget), height = (float) gtk_widget_get_height (widget);
  GdkRGBA text, sent, received, ground;
  guint64 most;

  if (self->days == NULL || self->days->len == 0)
    return;
  gtk_style_context_get_color (style, &text);
  if (!gtk_style_context_lookup_color (style, "accent_color", &sent))
    sent = text;
  received = text;
  received.alpha = 0.45f;
  ground = text;
  ground.alpha = 0.15f;
  most = find_most (self);
  gtk_snapshot_append_color (snapshot, &ground, &GRAPHENE_RECT_INIT (0, height - 1, width, 1));
  for (guint i = 0; i < self->days->len; i++)
    {
      const SyncDay *day = get_day (self, i);
      float step = width / (float) self->days->len;
      float below = bar_height (day->pulled, most, height - 2 * LEAST_BAR);
      float x = gtk_widget_get_direction (widget) == GTK_TEXT_DIR_RTL
                    ? width - step * (float) (i + 1)
                    : step * (float) i;

      add_bar (snapshot, &received, x, height, MAX (1, step - GAP), below);
      add_bar (snapshot, &sent, x, height - below, MAX (1, step - GAP),
               bar_height (day->pushed, most, height - 2 * LEAST_BAR));
    }
}

static char *
describe_day (const SyncDay *day)
{
  g_autoptr (GDateTime) time = g_date_time_new_from_unix_local (day->start / G_USEC_PER_SEC);
  g_autofree char *date = g_date_time_format (time, "%x");

  /* Translators: a day, and how many rows */
  return g_strdup_printf (_("%s: %lu sent, %lu received"), date, (gulong) day->pushed,
                          (gulong) day->pulled);
}

static gboolean
query_tooltip (GtkWidget *widget, int x, int y, gboolean keyboard, GtkTooltip *tooltip)
{
  SyncHistoryChart *self = SYNC_HISTORY_CHART (widget);
  int width = gtk_widget_get_width (widget);
  g_autofree char *text = NULL;
  guint i;

  if (self->days == NULL || self->days->len == 0 || keyboard || width <= 0)
    return FALSE;
  if (gtk_widget_get_direction (widget) == GTK_TEXT_DIR_RTL)
    x = width - x;
  i = (guint) CLAMP (x * (int) self->days->len / width, 0, (int) self->days->len - 1);
  text = describe_day (get_day (self, i));
  gtk_tooltip_set_text (tooltip, text);
  return TRUE;
}

static void
sync_history_chart_measure (GtkWidget *widget, GtkOrientation orientation, int for_size,
                            int *minimum, int *natural, int *minimum_baseline,
                            int *natural_baseline)
{
  *minimum = *natural = orientation == GTK_ORIENTATION_VERTICAL ? HEIGHT : 120;
}

static void
sync_history_chart_finalize (GObject *object)
{
  g_clear_pointer (&SYNC_HISTORY_CHART (object)->days, g_array_unref);

  G_OBJECT_CLASS (sync_history_chart_parent_class)->finalize (object);
}

static void
sync_history_chart_class_init (SyncHistoryChartClass *class)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (class);

  G_OBJECT_CLASS (class)->finalize = sync_history_chart_finalize;
  widget_class->snapshot = sync_history_chart_snapshot;
  widget_class->measure = sync_history_chart_measure;
  widget_class->query_tooltip = query_tooltip;
  gtk_widget_class_set_accessible_role (widget_class, GTK_ACCESSIBLE_ROLE_IMG);
}

static void
sync_history_chart_init (SyncHistoryChart *self)
{
  gtk_widget_set_has_tooltip (GTK_WIDGET (self), TRUE);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                  _("Rows sent and received on each of the last 30 days"), -1);
}

/**
 * sync_history_chart_new: (constructor)
 *
 * Returns: (transfer floating): a chart of no days
 */
GtkWidget *
sync_history_chart_new (void)
{
  return g_object_new (SYNC_TYPE_HISTORY_CHART, NULL);
}

/**
 * sync_history_chart_set_days:
 * @chart: a chart
 * @days: (element-type SyncDay): its days, the oldest first
 *
 * Shows them.
 */
void
sync_history_chart_set_days (SyncHistoryChart *chart, GArray *days)
{
  g_autoptr (GString) words = g_string_new (NULL);

  g_return_if_fail (SYNC_IS_HISTORY_CHART (chart));

  g_clear_pointer (&chart->days, g_array_unref);
  chart->days = g_array_ref (days);
  for (guint i = days->len; i > 0; i--)
    {
      const SyncDay *day = get_day (chart, i - 1);
      g_autofree char *text = NULL;

      if (day->pulled == 0 && day->pushed == 0)
        continue;
      text = describe_day (day);
      g_string_append_printf (words, "%s%s", words->len > 0 ? "; " : "", text);
    }
  gtk_accessible_update_property (GTK_ACCESSIBLE (chart), GTK_ACCESSIBLE_PROPERTY_DESCRIPTION,
                                  words->len > 0 ? words->str : _("Nothing was moved"), -1);
  gtk_widget_queue_draw (GTK_WIDGET (chart));
}
