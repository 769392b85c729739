/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-accessible.h"

#include <glib/gi18n.h>

/* What the toolkits leave to be wished for is put right for every widget of the program when it is shown. */

/* --- What is not shown ------------------------------------------------------------------------ */

static void
update_pages (GtkSelectionModel *pages)
{
  guint n = g_list_model_get_n_items (G_LIST_MODEL (pages));

  for (guint i = 0; i < n; i++)
    {
      g_autoptr (GObject) page = g_list_model_get_item (G_LIST_MODEL (pages), i);
      g_autoptr (GtkWidget) child = NULL;

      g_object_get (page, "child", &child, NULL);
      gtk_accessible_update_state (GTK_ACCESSIBLE (child), GTK_ACCESSIBLE_STATE_HIDDEN,
                                   !gtk_selection_model_is_selected (pages, i), -1);
    }
}

/* The model lives as long as somebody has it: here, the stack. */
static void
follow_pages (GtkWidget *stack)
{
  GtkSelectionModel *pages;

  if (g_object_get_data (G_OBJECT (stack), "sync-accessible-pages") != NULL)
    return;
  pages = ADW_IS_VIEW_STACK (stack) ? adw_view_stack_get_pages (ADW_VIEW_STACK (stack))
                                    : gtk_stack_get_pages (GTK_STACK (stack));
  g_signal_connect_object (stack, "notify::visible-child", G_CALLBACK (update_pages), pages,
                           G_CONNECT_SWAPPED);
  g_signal_connect (pages, "items-changed", G_CALLBACK (update_pages), NULL);
  g_object_set_data_full (G_OBJECT (stack), "sync-accessible-pages", pages, g_object_unref);
  update_pages (pages);
}

static void
update_revealer (GtkWidget *revealer)
{
  GtkWidget *child = gtk_revealer_get_child (GTK_REVEALER (revealer));

  if (child != NULL)
    gtk_accessible_update_state (GTK_ACCESSIBLE (child), GTK_ACCESSIBLE_STATE_HIDDEN,
                                 !gtk_revealer_get_reveal_child (GTK_REVEALER (revealer)), -1);
}

/* --- What has no name ------------------------------------------------------------------------- */

static void
set_name (GtkWidget *widget, const char *name)
{
  if (widget != NULL && name != NULL && *name != '\0')
    gtk_accessible_update_property (GTK_ACCESSIBLE (widget), GTK_ACCESSIBLE_PROPERTY_LABEL, name,
                                    -1);
}

static GtkWidget *
find_below (GtkWidget *widget, GType type)
{
  GtkWidget *found = G_TYPE_CHECK_INSTANCE_TYPE (widget, type) ? widget : NULL;

  for (GtkWidget *child = gtk_widget_get_first_child (widget); found == NULL && child != NULL;
       child = gtk_widget_get_next_sibling (child))
    found = find_below (child, type);
  return found;
}

/* Toasts have a button to close them that says nothing else. */
static void
name_button (GtkWidget *button)
{
  const char *icon = gtk_button_get_icon_name (GTK_BUTTON (button));
  const char *tooltip = gtk_widget_get_tooltip_text (button);

  if (gtk_button_get_label (GTK_BUTTON (button)) != NULL)
    return;
  if (tooltip == NULL && g_strcmp0 (icon, "window-close-symbolic") == 0)
    tooltip = _("Close");
  set_name (button, tooltip);
}

/* The button inside is what is pressed. */
static void
name_menu_button (GtkWidget *button)
{
  const char *label = gtk_menu_button_get_label (GTK_MENU_BUTTON (button));

  set_name (gtk_widget_get_first_child (button),
            label != NULL ? label : gtk_widget_get_tooltip_text (button));
}

static void
name_drop_down (GtkWidget *drop_down)
{
  const char *name = gtk_widget_get_tooltip_text (drop_down);

  set_name (gtk_widget_get_first_child (drop_down), name);
  set_name (find_below (drop_down, GTK_TYPE_LIST_VIEW), name);
}

static void
name_combo_row (GtkWidget *row)
{
  set_name (find_below (row, GTK_TYPE_LIST_VIEW),
            adw_preferences_row_get_title (ADW_PREFERENCES_ROW (row)));
}

static void
name_expander (GtkWidget *expander)
{
  set_name (expander, gtk_expander_get_label (GTK_EXPANDER (expander)));
}

/* Of these rows the title is in a row within. */
static void
name_expander_row (GtkWidget *row)
{
  const char *title = adw_preferences_row_get_title (ADW_PREFERENCES_ROW (row));

  set_name (row, title);
  set_name (find_below (row, ADW_TYPE_ACTION_ROW), title);
  set_name (find_below (row, GTK_TYPE_SWITCH), title);
}

static const char *
get_title (GtkWidget *widget)
{
  if (ADW_IS_PREFERENCES_ROW (widget))
    return adw_preferences_row_get_title (ADW_PREFERENCES_ROW (widget));
  if (ADW_IS_PREFERENCES_GROUP (widget))
    return adw_preferences_group_get_title (ADW_PREFERENCES_GROUP (widget));
  if (ADW_IS_PREFERENCES_PAGE (widget))
    return adw_preferences_page_get_title (ADW_PREFERENCES_PAGE (widget));
  if (ADW_IS_STATUS_PAGE (widget))
    return adw_status_page_get_title (ADW_STATUS_PAGE (widget));
  return GTK_IS_WINDOW (widget) ? gtk_window_get_title (GTK_WINDOW (widget)) : NULL;
}

/* A group gives its title to its list; one without goes by the nearest title above it. */
static void
name_list (GtkWidget *list)
{
  GtkWidget *group = gtk_widget_get_ancestor (list, ADW_TYPE_PREFERENCES_GROUP);
  const char *title = NULL;

  if (group == NULL)
    return;
  for (GtkWidget *widget = list; widget != NULL && (title == NULL || *title == '\0');
       widget = gtk_widget_get_parent (widget))
    {
      title = get_title (widget);
      if (widget == group && title != NULL && *title != '\0')
        return;
    }
  set_name (list, title);
}

/* An item of a view says what its first label says; our own rows know better. */
static void
name_label_item (GtkWidget *label)
{
  GtkWidget *item = gtk_widget_get_ancestor (label, GTK_TYPE_WIDGET);

  while (item != NULL && !g_str_equal (G_OBJECT_TYPE_NAME (item), "GtkListItemWidget"))
    item = gtk_widget_get_parent (item);
  if (item != NULL && gtk_widget_get_ancestor (item, GTK_TYPE_POPOVER) != NULL
      && find_below (item, GTK_TYPE_LABEL) == label)
    set_name (item, gtk_label_get_text (GTK_LABEL (label)));
}

/* --- All widgets ------------------------------------------------------------------------------ */

/**
 * Rule:
 * @get_type: for what kind of widgets
 * @apply: what is done with one that is shown
 * @again: (nullable): the signal after which it is done again
 */
typedef struct
{
  GType (*get_type) (void);
  void (*apply) (GtkWidget *widget);
  const char *again;
} Rule;

static const Rule rules[] = {
  { gtk_stack_get_type, follow_pages, NULL },
  { adw_view_stack_get_type, follow_pages, NULL },
  { gtk_revealer_get_type, update_revealer, "notify::reveal-child" },
  { gtk_button_get_type, name_button, "notify::tooltip-text" },
  { gtk_menu_button_get_type, name_menu_button, "notify::tooltip-text" },
  { gtk_drop_down_get_type, name_drop_down, NULL },
  { gtk_expander_get_type, name_expander, "notify::label" },
  { gtk_list_box_get_type, name_list, NULL },
  { gtk_label_get_type, name_label_item, "notify::label" },
  { adw_combo_row_get_type, name_combo_row, NULL },
  { adw_expander_row_get_type, name_expander_row, "notify::title" },
};

static gboolean
mapped (GSignalInvocationHint *hint, guint n_values, const GValue *values, gpointer data)
{
  GtkWidget *widget = g_value_get_object (values);

  for (guint i = 0; i < G_N_ELEMENTS (rules); i++)
    {
      if (!G_TYPE_CHECK_INSTANCE_TYPE (widget, rules[i].get_type ()))
        continue;
      rules[i].apply (widget);
      if (rules[i].again == NULL)
        continue;
      g_signal_handlers_disconnect_by_func (widget, rules[i].apply, NULL);
      g_signal_connect (widget, rules[i].again, G_CALLBACK (rules[i].apply), NULL);
    }
  return TRUE;
}

/**
 * sync_accessible_start:
 *
 * From now on, whatever is shown has a name, and what is not shown is hidden from assistive technology
 * too.
 */
void
sync_accessible_start (void)
{
  static gulong hook = 0;
  /* Its signals are made with it. */
  g_autoptr (GTypeClass) class = g_type_class_ref (GTK_TYPE_WIDGET);

  if (hook == 0)
    hook = g_signal_add_emission_hook (g_signal_lookup ("map", GTK_TYPE_WIDGET), 0, mapped, NULL,
                                       NULL);
}
