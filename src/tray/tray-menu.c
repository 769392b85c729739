/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tray-menu.h"

#include <string.h>

#define ACTION_PREFIX "app."

/**
 * TrayMenu:
 *
 * A menu of plain items: gtk_menu_new_from_model() makes check items of all of them, which panels
 * show with a box beside every entry.
 */
struct _TrayMenu
{
  GObject parent_instance;

  GMenuModel *model;     /* (owned) */
  GActionGroup *actions; /* (owned) */
  GtkMenu *widget;       /* (owned) */
  GPtrArray *items;      /* (element-type Item): those with an action */
  GPtrArray *followed;   /* (element-type GMenuModel): sections and submenus, which tell of changes
                            only while somebody looks */
  guint rebuild_id;
};

G_DEFINE_FINAL_TYPE (TrayMenu, tray_menu, G_TYPE_OBJECT)

/**
 * Item:
 * @action: (owned): its name, without prefix
 * @target: (owned) (nullable): what it is activated with
 * @label: (owned): what it shows unless its action's state is a text
 * @hidden_when_disabled: whether it is not shown while its action is disabled
 *
 * An item with an action.
 */
typedef struct
{
  TrayMenu *menu;
  GtkWidget *widget;
  char *action;
  GVariant *target;
  char *label;
  gboolean hidden_when_disabled;
  gulong handler;
} Item;

static void schedule_rebuild (TrayMenu *self);

static void
item_free (gpointer data)
{
  Item *item = data;

  g_free (item->action);
  g_clear_pointer (&item->target, g_variant_unref);
  g_free (item->label);
  g_object_unref (item->widget);
  g_free (item);
}

/* --- Actions ---------------------------------------------------------------------------------- */

static void
item_activated (GtkMenuItem *widget, gpointer data)
{
  Item *item = data;

  g_action_group_activate_action (item->menu->actions, item->action, item->target);
}

static void
show_state (Item *item, GVariant *state)
{
  if (state == NULL)
    return;
  if (g_variant_is_of_type (state, G_VARIANT_TYPE_BOOLEAN) && GTK_IS_CHECK_MENU_ITEM (item->widget))
    gtk_check_menu_item_set_active (GTK_CHECK_MENU_ITEM (item->widget),
                                    g_variant_get_boolean (state));
  else if (g_variant_is_of_type (state, G_VARIANT_TYPE_STRING) && item->target == NULL)
    gtk_menu_item_set_label (GTK_MENU_ITEM (item->widget), g_variant_get_string (state, NULL));
}

static void
update_item (Item *item)
{
  GActionGroup *actions = item->menu->actions;
  gboolean enabled = g_action_group_get_action_enabled (actions, item->action);
  g_autoptr (GVariant) state = g_action_group_get_action_state (actions, item->action);

  /* What the application tells is not what somebody clicks. */
  if (item->handler != 0)
    g_signal_handler_block (item->widget, item->handler);
  show_state (item, state);
  gtk_widget_set_sensitive (item->widget, enabled);
  gtk_widget_set_visible (item->widget, enabled || !item->hidden_when_disabled);
  if (item->handler != 0)
    g_signal_handler_unblock (item->widget, item->handler);
}

static void
action_changed (TrayMenu *self, const char *name)
{
  for (guint i = 0; i < self->items->len; i++)
    {
      Item *item = g_ptr_array_index (self->items, i);

      if (g_str_equal (item->action, name))
        update_item (item);
    }
}

/* Only now is it known whether the item is a check item. */
static void
action_added (TrayMenu *self, const char *name)
{
  for (guint i = 0; i < self->items->len; i++)
    if (g_str_equal (((Item *)g_ptr_array_index (self->items, i))->action, name))
      {
        schedule_rebuild (self);
        return;
      }
}

/* --- Items ------------------------------------------------------------------------------------ */

static GtkWidget *
new_widget (TrayMenu *self, const char *label, const char *action, gboolean has_target)
{
  const GVariantType *type
      = action != NULL ? g_action_group_get_action_state_type (self->actions, action) : NULL;

  if (type != NULL && g_variant_type_equal (type, G_VARIANT_TYPE_BOOLEAN) && !has_target)
    return gtk_check_menu_item_new_with_mnemonic (label);
  return gtk_menu_item_new_with_mnemonic (label);
}

static void
append (GtkMenuShell *shell, GtkWidget *widget)
{
  gtk_widget_show (widget);
  gtk_menu_shell_append (shell, widget);
}

static GtkWidget *add_model (TrayMenu *self, GtkMenuShell *shell, GMenuModel *model);

static void
add_item (TrayMenu *self, GtkMenuShell *shell, GMenuModel *model, int position)
{
  g_autofree char *label = NULL, *action = NULL, *hidden_when = NULL;
  g_autoptr (GVariant) target
      = g_menu_model_get_item_attribute_value (model, position, G_MENU_ATTRIBUTE_TARGET, NULL);
  g_autoptr (GMenuModel) submenu
      = g_menu_model_get_item_link (model, position, G_MENU_LINK_SUBMENU);
  GtkWidget *widget;
  Item *item;

  g_menu_model_get_item_attribute (model, position, G_MENU_ATTRIBUTE_LABEL, "s", &label);
  g_menu_model_get_item_attribute (model, position, G_MENU_ATTRIBUTE_ACTION, "s", &action);
  g_menu_model_get_item_attribute (model, position, "hidden-when", "s", &hidden_when);
  if (action != NULL && g_str_has_prefix (action, ACTION_PREFIX))
    memmove (action, action + strlen (ACTION_PREFIX), strlen (action + strlen (ACTION_PREFIX)) + 1);
  widget = new_widget (self, label != NULL ? label : "", action, target != NULL);
  append (shell, widget);
  if (submenu != NULL)
    gtk_menu_item_set_submenu (GTK_MENU_ITEM (widget),
                               add_model (self, GTK_MENU_SHELL (gtk_menu_new ()), submenu));
  if (action == NULL)
    return;

  item = g_new0 (Item, 1);
  item->menu = self;
  item->widget = g_object_ref (widget);
  item->action = g_steal_pointer (&action);
  item->target = g_steal_pointer (&target);
  item->label = g_steal_pointer (&label);
  item->hidden_when_disabled = g_strcmp0 (hidden_when, "action-disabled") == 0;
  if (submenu == NULL)
    item->handler = g_signal_connect (widget, "activate", G_CALLBACK (item_activated), item);
  g_ptr_array_add (self->items, item);
  update_item (item);
}

static void
follow (TrayMenu *self, GMenuModel *model)
{
  g_signal_connect_object (model, "items-changed", G_CALLBACK (schedule_rebuild), self,
                           G_CONNECT_SWAPPED);
  g_ptr_array_add (self->followed, g_object_ref (model));
}

/* Sections are flattened, with a separator before each but the first. */
static GtkWidget *
add_model (TrayMenu *self, GtkMenuShell *shell, GMenuModel *model)
{
  int n = g_menu_model_get_n_items (model);

  follow (self, model);
  for (int i = 0; i < n; i++)
    {
      g_autoptr (GMenuModel) section = g_menu_model_get_item_link (model, i, G_MENU_LINK_SECTION);

      if (section == NULL)
        add_item (self, shell, model, i);
      else
        {
          if (i > 0)
            append (shell, gtk_separator_menu_item_new ());
          add_model (self, shell, section);
        }
    }
  return GTK_WIDGET (shell);
}

static void
forget (TrayMenu *self)
{
  for (guint i = 0; i < self->followed->len; i++)
    g_signal_handlers_disconnect_by_data (g_ptr_array_index (self->followed, i), self);
  g_ptr_array_unref (self->followed);
  self->followed = g_ptr_array_new_with_free_func (g_object_unref);
  g_ptr_array_set_size (self->items, 0);
}

static void
destroy (GtkWidget *widget, gpointer data)
{
  gtk_widget_destroy (widget);
}

static gboolean
rebuild (gpointer data)
{
  TrayMenu *self = data;
  g_autoptr (GPtrArray) before = g_ptr_array_ref (self->followed);

  self->rebuild_id = 0;
  /* A model that nobody holds forgets what it is, and would begin all anew. */
  forget (self);
  gtk_container_foreach (GTK_CONTAINER (self->widget), destroy, NULL);
  add_model (self, GTK_MENU_SHELL (self->widget), self->model);
  return G_SOURCE_REMOVE;
}

/* What arrives together makes one new menu. */
static void
schedule_rebuild (TrayMenu *self)
{
  if (self->rebuild_id == 0)
    self->rebuild_id = g_idle_add (rebuild, self);
}

/* --- The object ------------------------------------------------------------------------------- */

static void
tray_menu_dispose (GObject *object)
{
  TrayMenu *self = TRAY_MENU (object);

  g_clear_handle_id (&self->rebuild_id, g_source_remove);
  forget (self);
  g_clear_object (&self->widget);
  g_clear_object (&self->model);
  g_clear_object (&self->actions);

  G_OBJECT_CLASS (tray_menu_parent_class)->dispose (object);
}

static void
tray_menu_finalize (GObject *object)
{
  TrayMenu *self = TRAY_MENU (object);

  g_ptr_array_unref (self->items);
  g_ptr_array_unref (self->followed);

  G_OBJECT_CLASS (tray_menu_parent_class)->finalize (object);
}

static void
tray_menu_class_init (TrayMenuClass *class)
{
  G_OBJECT_CLASS (class)->dispose = tray_menu_dispose;
  G_OBJECT_CLASS (class)->finalize = tray_menu_finalize;
}

static void
tray_menu_init (TrayMenu *self)
{
  self->items = g_ptr_array_new_with_free_func (item_free);
  self->followed = g_ptr_array_new_with_free_func (g_object_unref);
  self->widget = g_object_ref_sink (GTK_MENU (gtk_menu_new ()));
}

TrayMenu *
tray_menu_new (GMenuModel *model, GActionGroup *actions)
{
  TrayMenu *self = g_object_new (TRAY_TYPE_MENU, NULL);

  self->model = g_object_ref (model);
  self->actions = g_object_ref (actions);
  g_signal_connect_object (actions, "action-added", G_CALLBACK (action_added), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (actions, "action-state-changed", G_CALLBACK (action_changed), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (actions, "action-enabled-changed", G_CALLBACK (action_changed), self,
                           G_CONNECT_SWAPPED);
  rebuild (self);
  return self;
}

GtkMenu *
tray_menu_get_widget (TrayMenu *menu)
{
  return menu->widget;
}
