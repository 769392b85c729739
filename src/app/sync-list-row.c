/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-list-row.h"

#include <glib/gi18n.h>

#include "sync-list-item.h"

/**
 * SyncListRow:
 *
 * A title and a subtitle, for lists of any length.
 */
struct _SyncListRow
{
  GtkBox parent_instance;

  GtkLabel *heading;      /* (unowned) */
  GtkImage *icon;         /* (unowned) */
  GtkLabel *title;        /* (unowned) */
  GtkLabel *subtitle;     /* (unowned) */
  GtkMenuButton *button;  /* (unowned) */
  GtkListItem *list_item; /* (unowned) */
};

G_DEFINE_FINAL_TYPE (SyncListRow, sync_list_row, GTK_TYPE_BOX)

typedef struct
{
  SyncListRowFunc show;
  gpointer user_data;
} Factory;

static GtkLabel *
add_label (GtkWidget *box, const char *style)
{
  GtkWidget *label = gtk_label_new (NULL);

  gtk_label_set_xalign (GTK_LABEL (label), 0);
  gtk_label_set_ellipsize (GTK_LABEL (label), PANGO_ELLIPSIZE_END);
  if (style != NULL)
    gtk_widget_add_css_class (label, style);
  gtk_box_append (GTK_BOX (box), label);
  return GTK_LABEL (label);
}

static void
sync_list_row_class_init (SyncListRowClass *class)
{
}

static void
add_texts (SyncListRow *self, GtkWidget *line)
{
  GtkWidget *texts = gtk_box_new (GTK_ORIENTATION_VERTICAL, 3);

  gtk_widget_set_hexpand (texts, TRUE);
  gtk_widget_set_valign (texts, GTK_ALIGN_CENTER);
  self->title = add_label (texts, NULL);
  self->subtitle = add_label (texts, "caption");
  gtk_widget_add_css_class (GTK_WIDGET (self->subtitle), "dim-label");
  gtk_label_set_wrap (self->subtitle, TRUE);
  gtk_label_set_wrap_mode (self->subtitle, PANGO_WRAP_WORD_CHAR);
  gtk_label_set_lines (self->subtitle, 3);
  gtk_box_append (GTK_BOX (line), texts);
}

static void
sync_list_row_init (SyncListRow *self)
{
  GtkWidget *line = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 12);

  gtk_orientable_set_orientation (GTK_ORIENTABLE (self), GTK_ORIENTATION_VERTICAL);
  self->heading = add_label (GTK_WIDGET (self), "heading");
  gtk_widget_set_margin_top (GTK_WIDGET (self->heading), 12);
  gtk_widget_set_margin_start (GTK_WIDGET (self->heading), 6);
  gtk_widget_set_visible (GTK_WIDGET (self->heading), FALSE);
  gtk_widget_set_margin_top (line, 9);
  gtk_widget_set_margin_bottom (line, 9);
  gtk_widget_set_margin_start (line, 6);
  gtk_widget_set_margin_end (line, 6);
  gtk_box_append (GTK_BOX (self), line);
  self->icon = g_object_new (GTK_TYPE_IMAGE, "visible", FALSE, "accessible-role",
                             GTK_ACCESSIBLE_ROLE_PRESENTATION, NULL);
  gtk_box_append (GTK_BOX (line), GTK_WIDGET (self->icon));
  add_texts (self, line);
  self->button = g_object_new (GTK_TYPE_MENU_BUTTON, "visible", FALSE, "icon-name",
                               "view-more-symbolic", "valign", GTK_ALIGN_CENTER, NULL);
  gtk_widget_add_css_class (GTK_WIDGET (self->button), "flat");
  gtk_box_append (GTK_BOX (line), GTK_WIDGET (self->button));
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
  GtkWidget *around;

  g_return_if_fail (SYNC_IS_LIST_ROW (row));

  gtk_label_set_text (row->title, title);
  gtk_label_set_text (row->subtitle, subtitle);
  gtk_widget_set_tooltip_text (GTK_WIDGET (row), title);
  /* What is one item to assistive technology. */
  around = gtk_widget_get_parent (GTK_WIDGET (row));
  if (around != NULL)
    gtk_accessible_update_property (GTK_ACCESSIBLE (around), GTK_ACCESSIBLE_PROPERTY_LABEL, title,
                                    GTK_ACCESSIBLE_PROPERTY_DESCRIPTION, subtitle, -1);
}

/**
 * sync_list_row_set_heading:
 * @row: a row
 * @heading: (nullable): what it and the rows after it have in common
 *
 * Says it above the row.
 */
void
sync_list_row_set_heading (SyncListRow *row, const char *heading)
{
  g_return_if_fail (SYNC_IS_LIST_ROW (row));

  gtk_label_set_text (row->heading, heading != NULL ? heading : "");
  gtk_widget_set_visible (GTK_WIDGET (row->heading), heading != NULL);
}

/**
 * sync_list_row_set_icon:
 * @row: a row
 * @icon_name: (nullable): a symbolic icon
 *
 * Shows it before the texts.
 */
void
sync_list_row_set_icon (SyncListRow *row, const char *icon_name)
{
  g_return_if_fail (SYNC_IS_LIST_ROW (row));

  gtk_image_set_from_icon_name (row->icon, icon_name);
  gtk_widget_set_visible (GTK_WIDGET (row->icon), icon_name != NULL);
}

static gboolean
items_are_equal (GMenuModel *one, GMenuModel *other, int i)
{
  static const char *const names[]
      = { G_MENU_ATTRIBUTE_LABEL, G_MENU_ATTRIBUTE_ACTION, G_MENU_ATTRIBUTE_TARGET };

  for (guint n = 0; n < G_N_ELEMENTS (names); n++)
    {
      g_autoptr (GVariant) here = g_menu_model_get_item_attribute_value (one, i, names[n], NULL);
      g_autoptr (GVariant) there = g_menu_model_get_item_attribute_value (other, i, names[n], NULL);

      if (here == NULL || there == NULL ? here != there : !g_variant_equal (here, there))
        return FALSE;
    }
  return TRUE;
}

static gboolean
menus_are_equal (GMenuModel *one, GMenuModel *other)
{
  int n;

  if (one == NULL || other == NULL)
    return one == other;
  n = g_menu_model_get_n_items (one);
  if (n != g_menu_model_get_n_items (other))
    return FALSE;
  for (int i = 0; i < n; i++)
    if (!items_are_equal (one, other, i))
      return FALSE;
  return TRUE;
}

/**
 * sync_list_row_set_menu:
 * @row: a row
 * @menu: (nullable): what can be done with it, a menu without sections
 *
 * Shows a button with the menu behind the texts. One that is open stays so where it is the same menu.
 */
void
sync_list_row_set_menu (SyncListRow *row, GMenuModel *menu)
{
  g_autofree char *name = NULL;

  g_return_if_fail (SYNC_IS_LIST_ROW (row));

  if (!menus_are_equal (gtk_menu_button_get_menu_model (row->button), menu))
    gtk_menu_button_set_menu_model (row->button, menu);
  gtk_widget_set_visible (GTK_WIDGET (row->button), menu != NULL);
  if (menu == NULL)
    return;
  /* Translators: the name of a button, with that of what its menu is about */
  name = g_strdup_printf (_("Actions for %s"), gtk_label_get_text (row->title));
  gtk_widget_set_tooltip_text (GTK_WIDGET (row->button), name);
  gtk_accessible_update_property (GTK_ACCESSIBLE (row->button), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                  name, -1);
}

/**
 * sync_list_row_get_position:
 * @row: a row
 *
 * Returns: where in the list it is now
 */
guint
sync_list_row_get_position (SyncListRow *row)
{
  g_return_val_if_fail (SYNC_IS_LIST_ROW (row), 0);

  return gtk_list_item_get_position (row->list_item);
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
    {
      sync_list_row_set_texts (row, "…", "");
      sync_list_row_set_heading (row, NULL);
      sync_list_row_set_icon (row, NULL);
      sync_list_row_set_menu (row, NULL);
    }
}

static void
show_again (SyncListRow *row)
{
  SyncListItem *item = gtk_list_item_get_item (row->list_item);

  if (item != NULL)
    show_item (item, row->list_item);
}

/**
 * sync_list_row_wait_for:
 * @row: a row
 * @item: another one's item, without a value yet
 *
 * For what depends on the rows around it: fills @row in once more when the other value is there.
 */
void
sync_list_row_wait_for (SyncListRow *row, SyncListItem *item)
{
  g_return_if_fail (SYNC_IS_LIST_ROW (row));

  /* A value is only read for who holds the item. */
  g_object_set_data_full (G_OBJECT (row), "sync-other-item", g_object_ref (item), g_object_unref);
  g_signal_connect_object (item, "notify::ready", G_CALLBACK (show_again), row,
                           G_CONNECT_SWAPPED);
}

static void
setup (GtkSignalListItemFactory *self, GtkListItem *list_item, Factory *factory)
{
  SyncListRow *row = g_object_new (SYNC_TYPE_LIST_ROW, NULL);

  row->list_item = list_item;
  g_object_set_data (G_OBJECT (list_item), "sync-factory", factory);
  gtk_list_item_set_child (list_item, GTK_WIDGET (row));
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
