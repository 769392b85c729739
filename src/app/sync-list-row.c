/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-list-row.h"

#include "sync-list-item.h"

/**
 * SyncListRow:
 *
 * A title and a subtitle, for lists of any length.
 */
struct _SyncListRow
{
  GtkBox parent_instance;

  GtkLabel *title;    /* (unowned) */
  GtkLabel *subtitle; /* (unowned) */
};

G_DEFINE_FINAL_TYPE (SyncListRow, sync_list_row, GTK_TYPE_BOX)

typedef struct
{
  SyncListRowFunc show;
  gpointer user_data;
} Factory;

static GtkLabel *
add_label (SyncListRow *self)
{
  GtkWidget *label = gtk_label_new (NULL);

  gtk_label_set_xalign (GTK_LABEL (label), 0);
  gtk_label_set_ellipsize (GTK_LABEL (label), PANGO_ELLIPSIZE_END);
  gtk_box_append (GTK_BOX (self), label);
  return GTK_LABEL (label);
}

static void
sync_list_row_class_init (SyncListRowClass *class)
{
}

static void
sync_list_row_init (SyncListRow *self)
{
  GtkWidget *widget = GTK_WIDGET (self);

  gtk_orientable_set_orientation (GTK_ORIENTABLE (self), GTK_ORIENTATION_VERTICAL);
  gtk_box_set_spacing (GTK_BOX (self), 3);
  gtk_widget_set_margin_top (widget, 9);
  gtk_widget_set_margin_bottom (widget, 9);
  gtk_widget_set_margin_start (widget, 6);
  gtk_widget_set_margin_end (widget, 6);
  self->title = add_label (self);
  self->subtitle = add_label (self);
  gtk_widget_add_css_class (GTK_WIDGET (self->subtitle), "caption");
  gtk_widget_add_css_class (GTK_WIDGET (self->subtitle), "dim-label");
}

/**
 * sync_list_row_set_texts:
 * @row: a row
 * @title: its first line
 * @subtitle: its second line
 *
 * What the row shows, without markup.
 */
void
sync_list_row_set_texts (SyncListRow *row, const char *title, const char *subtitle)
{
  g_return_if_fail (SYNC_IS_LIST_ROW (row));

  gtk_label_set_text (row->title, title);
  gtk_label_set_text (row->subtitle, subtitle);
  gtk_widget_set_tooltip_text (GTK_WIDGET (row), title);
}

/* --- The factory ------------------------------------------------------------------------------ */

static void
show_item (SyncListItem *item, GtkListItem *list_item)
{
  const Factory *factory = g_object_get_data (G_OBJECT (list_item), "sync-factory");
  SyncListRow *row = SYNC_LIST_ROW (gtk_list_item_get_child (list_item));
  gconstpointer value = sync_list_item_get_value (item);

  if (value != NULL)
    factory->show (row, value, factory->user_data);
  else
    sync_list_row_set_texts (row, "…", "");
}

static void
setup (GtkSignalListItemFactory *self, GtkListItem *list_item, Factory *factory)
{
  g_object_set_data (G_OBJECT (list_item), "sync-factory", factory);
  gtk_list_item_set_child (list_item, g_object_new (SYNC_TYPE_LIST_ROW, NULL));
}

static void
bind (GtkSignalListItemFactory *self, GtkListItem *list_item, Factory *factory)
{
  SyncListItem *item = gtk_list_item_get_item (list_item);

  g_signal_connect_object (item, "changed", G_CALLBACK (show_item), list_item, 0);
  show_item (item, list_item);
}

static void
unbind (GtkSignalListItemFactory *self, GtkListItem *list_item, Factory *factory)
{
  g_signal_handlers_disconnect_by_func (gtk_list_item_get_item (list_item), show_item, list_item);
}

/**
 * sync_list_row_factory_new:
 * @show: fills a row in
 * @user_data: for @show
 *
 * Returns: (transfer full): a factory of rows
 */
GtkListItemFactory *
sync_list_row_factory_new (SyncListRowFunc show, gpointer user_data)
{
  GtkListItemFactory *self = gtk_signal_list_item_factory_new ();
  Factory *factory = g_new0 (Factory, 1);

  factory->show = show;
  factory->user_data = user_data;
  g_object_set_data_full (G_OBJECT (self), "sync-factory", factory, g_free);
  g_signal_connect (self, "setup", G_CALLBACK (setup), factory);
  g_signal_connect (self, "bind", G_CALLBACK (bind), factory);
  g_signal_connect (self, "unbind", G_CALLBACK (unbind), factory);
  return self;
}
