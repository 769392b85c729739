/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>

#include "sync-application.h"
#include "ui-fixture.h"

/* The program's own colours: what is less important can still be read. */

/* The colour in the middle is then that of the text. */
#define INK "██████"
/* WCAG 2.1, 1.4.3: text of less than 18 points */
#define LEAST_CONTRAST 4.5

static double
get_light (const guchar *pixel)
{
  static const double weights[] = { 0.0722, 0.7152, 0.2126 }; /* of blue, green and red */
  double light = 0;

  for (guint i = 0; i < G_N_ELEMENTS (weights); i++)
    {
      double value = pixel[i] / 255.0;

      light += weights[i] * (value <= 0.04045 ? value / 12.92 : pow ((value + 0.055) / 1.055, 2.4));
    }
  return light;
}

/* Between the middle of a label and what is a little to the right of it. */
static double
measure_contrast (GtkWidget *window, GtkWidget *label)
{
  int width = gtk_widget_get_width (window), height = gtk_widget_get_height (window);
  g_autoptr (GdkPaintable) paintable = gtk_widget_paintable_new (window);
  g_autoptr (GskRenderNode) node = NULL;
  g_autoptr (GdkTexture) texture = NULL;
  g_autofree guchar *pixels = g_malloc0_n ((gsize) width * (gsize) height, 4);
  GtkSnapshot *snapshot = gtk_snapshot_new ();
  PangoRectangle ink;
  graphene_rect_t place;
  const guchar *line;
  double text, around;
  int x, y;

  gdk_paintable_snapshot (paintable, snapshot, width, height);
  node = gtk_snapshot_free_to_node (snapshot);
  texture = gsk_renderer_render_texture (gtk_native_get_renderer (GTK_NATIVE (window)), node,
                                         &GRAPHENE_RECT_INIT (0, 0, (float) width, (float) height));
  gdk_texture_download (texture, pixels, (gsize) width * 4);
  g_assert_true (gtk_widget_compute_bounds (label, window, &place));
  pango_layout_get_pixel_extents (gtk_label_get_layout (GTK_LABEL (label)), &ink, NULL);
  gtk_label_get_layout_offsets (GTK_LABEL (label), &x, &y);
  x += (int) place.origin.x + ink.x;
  y += (int) place.origin.y + ink.y + ink.height / 2;
  line = pixels + (gsize) y * (gsize) width * 4;
  text = get_light (line + (x + ink.width / 2) * 4);
  around = get_light (line + (x + ink.width + 12) * 4);
  return (MAX (text, around) + 0.05) / (MIN (text, around) + 0.05);
}

static GtkWidget *
show_dim_texts (GtkWidget **dim, GtkWidget **subtitle)
{
  GtkWidget *window = adw_window_new ();
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 12);
  GtkWidget *group = adw_preferences_group_new ();
  GtkWidget *row = adw_action_row_new ();

  *dim = gtk_label_new (INK);
  gtk_widget_add_css_class (*dim, "dim-label");
  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (row), "title");
  adw_action_row_set_subtitle (ADW_ACTION_ROW (row), INK);
  adw_preferences_group_add (ADW_PREFERENCES_GROUP (group), row);
  gtk_box_append (GTK_BOX (box), *dim);
  gtk_box_append (GTK_BOX (box), group);
  adw_window_set_content (ADW_WINDOW (window), box);
  gtk_window_set_default_size (GTK_WINDOW (window), 400, 300);
  gtk_window_present (GTK_WINDOW (window));
  *subtitle = ui_find (row, GTK_TYPE_LABEL, INK);
  ui_wait_for (gtk_widget_get_mapped (window));
  return window;
}

static void
test_dim_text_can_be_read (gconstpointer data)
{
  AdwStyleManager *manager = adw_style_manager_get_default ();
  GtkWidget *dim, *subtitle, *window;
  double contrasts[2];

  adw_style_manager_set_color_scheme (manager, (AdwColorScheme) GPOINTER_TO_INT (data));
  window = show_dim_texts (&dim, &subtitle);
  for (guint i = 0; i < 20; i++)
    ui_wait_a_little (0);
  contrasts[0] = measure_contrast (window, dim);
  contrasts[1] = measure_contrast (window, subtitle);
  g_test_message ("%.2f, in a row %.2f", contrasts[0], contrasts[1]);
  for (guint i = 0; i < G_N_ELEMENTS (contrasts); i++)
    g_assert_cmpfloat (contrasts[i], >=, LEAST_CONTRAST);
  gtk_window_destroy (GTK_WINDOW (window));
}

int
main (int argc, char **argv)
{
  g_autoptr (SyncApplication) application = NULL;

  ui_init (&argc, &argv);
  g_log_set_always_fatal (G_LOG_FATAL_MASK | G_LOG_LEVEL_CRITICAL);
  application = sync_application_new ();
  g_application_set_flags (G_APPLICATION (application), G_APPLICATION_NON_UNIQUE);
  g_assert_true (g_application_register (G_APPLICATION (application), NULL, NULL));
  g_test_add_data_func ("/style/dim-text-can-be-read/light", GINT_TO_POINTER (ADW_COLOR_SCHEME_FORCE_LIGHT),
                        test_dim_text_can_be_read);
  g_test_add_data_func ("/style/dim-text-can-be-read/dark", GINT_TO_POINTER (ADW_COLOR_SCHEME_FORCE_DARK),
                        test_dim_text_can_be_read);
  return g_test_run ();
}
