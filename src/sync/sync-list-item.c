/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-list-item-private.h"

/**
 * SyncListItem:
 *
 * One row of a list: first a placeholder, and with its value as soon as that was read. The same row
 * stays the same object as long as anybody holds it.
 */
struct _SyncListItem
{
  GObject parent_instance;

  gint64 key;
  GType value_type;
  gpointer value; /* (owned) (nullable): of that type */
  gpointer page;
};

G_DEFINE_FINAL_TYPE (SyncListItem, sync_list_item, G_TYPE_OBJECT)

enum
{
  PROP_READY = 1,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];
static guint changed_signal;

static void
sync_list_item_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  SyncListItem *self = SYNC_LIST_ITEM (object);

  switch (id)
    {
    case PROP_READY:
      g_value_set_boolean (value, self->value != NULL);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
sync_list_item_finalize (GObject *object)
{
  SyncListItem *self = SYNC_LIST_ITEM (object);

  if (self->value != NULL)
    g_boxed_free (self->value_type, self->value);

  G_OBJECT_CLASS (sync_list_item_parent_class)->finalize (object);
}

static void
sync_list_item_class_init (SyncListItemClass *class)
{
  GObjectClass *object_class = G_OBJECT_CLASS (class);

  object_class->get_property = sync_list_item_get_property;
  object_class->finalize = sync_list_item_finalize;

  properties[PROP_READY]
      = g_param_spec_boolean ("ready", NULL, NULL, FALSE,
                              G_PARAM_READABLE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY);
  g_object_class_install_properties (object_class, N_PROPS, properties);
  changed_signal = g_signal_new ("changed", SYNC_TYPE_LIST_ITEM, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                 NULL, G_TYPE_NONE, 0);
}

static void
sync_list_item_init (SyncListItem *self)
{
}

SyncListItem *
sync_list_item_new (gint64 key, GType value_type)
{
  SyncListItem *self = g_object_new (SYNC_TYPE_LIST_ITEM, NULL);

  self->key = key;
  self->value_type = value_type;
  return self;
}

void
sync_list_item_take_value (SyncListItem *item, gpointer value)
{
  gboolean was_ready = item->value != NULL;

  if (was_ready)
    g_boxed_free (item->value_type, item->value);
  item->value = value;
  if (!was_ready)
    g_object_notify_by_pspec (G_OBJECT (item), properties[PROP_READY]);
  g_signal_emit (item, changed_signal, 0);
}

void
sync_list_item_set_page (SyncListItem *item, gpointer page)
{
  item->page = page;
}

gpointer
sync_list_item_get_page (SyncListItem *item)
{
  return item->page;
}

/**
 * sync_list_item_is_ready:
 * @item: a row
 *
 * Returns: whether its value is there
 */
gboolean
sync_list_item_is_ready (SyncListItem *item)
{
  g_return_val_if_fail (SYNC_IS_LIST_ITEM (item), FALSE);

  return item->value != NULL;
}

/**
 * sync_list_item_get_value:
 * @item: a row
 *
 * Returns: (transfer none) (nullable): a boxed value of the list's type, valid until the item says
 *   `changed`; %NULL: not read yet
 */
gconstpointer
sync_list_item_get_value (SyncListItem *item)
{
  g_return_val_if_fail (SYNC_IS_LIST_ITEM (item), NULL);

  return item->value;
}

/**
 * sync_list_item_get_key:
 * @item: a row
 *
 * Returns: what names the row in its list: a run's or conflict's number, else the sum of its entity
 *   and id
 */
gint64
sync_list_item_get_key (SyncListItem *item)
{
  g_return_val_if_fail (SYNC_IS_LIST_ITEM (item), 0);

  return item->key;
}
