/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-list-model.h"

#include "sync-list-diff.h"
#include "sync-list-item-private.h"
#include "sync-list-reading.h"
#include "sync-manager-private.h"

/* How many pages are kept although nobody holds their rows. */
#define PAGES_KEPT 10

/**
 * SyncListModel:
 *
 * A list of the database, however long. It knows the key of every row, 8 bytes each: so it can tell
 * exactly which rows came and went, whatever happened, and a row stays the same object wherever it
 * moves, which keeps selections. Values are read in pages when a row is asked for, the page asked
 * for last first, and only if somebody still holds one of its rows by then.
 */
struct _SyncListModel
{
  GObject parent_instance;

  SyncManager *manager; /* (owned) */
  const SyncListSource *source;
  SyncListFilter filter; /* (owned) */
  GArray *keys;          /* (owned) (element-type gint64) */
  GHashTable *items;     /* (owned) (element-type gint64 Watch): whoever lives */
  GQueue pages;          /* (owned) (element-type GPtrArray): used last first, hold their items */
  GArray *wanted;        /* (owned) (element-type guint): pages, wanted last at the end */
  GCancellable *cancellable; /* (owned) */
  GError *error;             /* (owned) (nullable) */
  guint generation;          /* of the filter */
  gboolean loaded;
  gboolean reading;
  gboolean refreshing;
  gboolean refresh_again;
  gboolean patient; /* what does not fit is only looked at again after the next change */
};

enum
{
  PROP_N_ITEMS = 1,
  PROP_LOADED,
  PROP_ERROR,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

static void sync_list_model_iface_init (GListModelInterface *iface);
static void read_next_page (SyncListModel *self);
static void start_refresh (SyncListModel *self);

G_DEFINE_FINAL_TYPE_WITH_CODE (SyncListModel,
                               sync_list_model,
                               G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (G_TYPE_LIST_MODEL,
                                                      sync_list_model_iface_init))

/**
 * Watch:
 * @list: the list
 * @key: the item's key
 * @item: (unowned): an item that somebody holds
 *
 * What the list knows of an item without holding it.
 */
typedef struct
{
  SyncListModel *list;
  gint64 key;
  SyncListItem *item;
} Watch;

/* --- Items ------------------------------------------------------------------------------------ */

static void
item_gone (gpointer data, GObject *where_it_was)
{
  Watch *watch = data;

  g_hash_table_remove (watch->list->items, &watch->key);
}

static SyncListItem *
find_item (SyncListModel *self, gint64 key)
{
  const Watch *watch = g_hash_table_lookup (self->items, &key);

  return watch != NULL ? watch->item : NULL;
}

/* (transfer full) */
static SyncListItem *
ref_item (SyncListModel *self, gint64 key)
{
  SyncListItem *item = find_item (self, key);
  Watch *watch;

  if (item != NULL)
    return g_object_ref (item);
  watch = g_new (Watch, 1);
  watch->list = self;
  watch->key = key;
  watch->item = sync_list_item_new (key, self->source->value_type ());
  g_hash_table_insert (self->items, &watch->key, watch);
  g_object_weak_ref (G_OBJECT (watch->item), item_gone, watch);
  return watch->item;
}

/* Its rows live on where others hold them. A row that was read again is in another page by now. */
static void
drop_page (GQueue *pages, GList *link)
{
  g_autoptr (GPtrArray) page = link->data;

  for (guint i = 0; i < page->len; i++)
    {
      SyncListItem *item = g_ptr_array_index (page, i);

      if (sync_list_item_get_page (item) == link)
        sync_list_item_set_page (item, NULL);
    }
  g_queue_delete_link (pages, link);
}

static void
keep_page (SyncListModel *self, GPtrArray *page)
{
  g_queue_push_head (&self->pages, page);
  for (guint i = 0; i < page->len; i++)
    sync_list_item_set_page (g_ptr_array_index (page, i), self->pages.head);
  while (self->pages.length > PAGES_KEPT)
    drop_page (&self->pages, self->pages.tail);
}

static void
touch_page (SyncListModel *self, SyncListItem *item)
{
  GList *link = sync_list_item_get_page (item);

  if (link == NULL || link == self->pages.head)
    return;
  g_queue_unlink (&self->pages, link);
  g_queue_push_head_link (&self->pages, link);
}

/* --- Reading ---------------------------------------------------------------------------------- */

static void
set_error (SyncListModel *self, GError *error)
{
  if (error == NULL && self->error == NULL)
    return;
  g_clear_error (&self->error);
  self->error = error;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_ERROR]);
}

static void
take_values (SyncListModel *self, GPtrArray *values)
{
  GPtrArray *page = g_ptr_array_new_full (values->len, g_object_unref);
  GType type = self->source->value_type ();

  for (guint i = 0; i < values->len; i++)
    g_ptr_array_add (page, ref_item (self, self->source->get_key (g_ptr_array_index (values, i))));
  keep_page (self, page);
  g_ptr_array_ref (page);
  for (guint i = 0; i < values->len; i++)
    sync_list_item_take_value (g_ptr_array_index (page, i),
                               g_boxed_copy (type, g_ptr_array_index (values, i)));
  g_ptr_array_unref (page);
}

/* Whether somebody waits for a row of it. */
static gboolean
page_is_wanted (SyncListModel *self, guint page)
{
  for (guint i = page * SYNC_LIST_PAGE_ROWS;
       i < MIN ((page + 1) * SYNC_LIST_PAGE_ROWS, self->keys->len); i++)
    {
      SyncListItem *item = find_item (self, g_array_index (self->keys, gint64, i));

      if (item != NULL && !sync_list_item_is_ready (item))
        return TRUE;
    }
  return FALSE;
}

/* What is waited for and was not there is found again wherever it is now; once only, should the
 * list of the keys and that of the values not agree. */
static void
look_again (SyncListModel *self)
{
  if (self->patient)
    return;
  self->patient = TRUE;
  start_refresh (self);
}

static void
page_read (GObject *object, GAsyncResult *result, gpointer user_data)
{
  SyncListModel *self = SYNC_LIST_MODEL (object);
  guint page = GPOINTER_TO_UINT (user_data);
  gpointer answer = NULL;
  GError *error = NULL;

  self->reading = FALSE;
  if (sync_verb_finish (&sync_list_page_verb, self, result, &answer, &error))
    {
      take_values (self, ((SyncListReply *)answer)->values);
      sync_list_reply_free (answer);
      if (page_is_wanted (self, page))
        look_again (self);
    }
  else if (sync_error_is_cancelled (error))
    g_clear_error (&error);
  else
    set_error (self, error);
  read_next_page (self);
}

static void
read_next_page (SyncListModel *self)
{
  while (!self->reading && self->wanted->len > 0 && !g_cancellable_is_cancelled (self->cancellable))
    {
      guint page = g_array_index (self->wanted, guint, self->wanted->len - 1);
      SyncListReading *reading;

      g_array_set_size (self->wanted, self->wanted->len - 1);
      if (!page_is_wanted (self, page))
        continue;
      self->reading = TRUE;
      reading = sync_list_reading_new (self->source, &self->filter);
      reading->page = page;
      sync_verb_start (&sync_list_page_verb, self, sync_manager_get_store (self->manager), reading,
                       self->cancellable, page_read, GUINT_TO_POINTER (page));
    }
}

static void
want_page (SyncListModel *self, guint page)
{
  for (guint i = self->wanted->len; i > 0; i--)
    if (g_array_index (self->wanted, guint, i - 1) == page)
      {
        g_array_remove_index (self->wanted, i - 1);
        break;
      }
  g_array_append_val (self->wanted, page);
  read_next_page (self);
}

/* A handler may look at the list: it is as it is told to be at each step. */
static void
take_keys (SyncListModel *self, GArray *keys)
{
  g_autoptr (GArray) changes = sync_list_diff (self->keys, keys);
  guint before = self->keys->len;

  for (guint i = changes->len; i > 0; i--)
    {
      const SyncListChange *change = &g_array_index (changes, SyncListChange, i - 1);

      if (change->removed > 0)
        g_array_remove_range (self->keys, change->position, change->removed);
      if (change->added > 0)
        g_array_insert_vals (self->keys, change->position,
                             &g_array_index (keys, gint64, change->source), change->added);
      if (change->removed > 0 || change->added > 0)
        g_list_model_items_changed (G_LIST_MODEL (self), change->position, change->removed,
                                    change->added);
    }
  if (self->keys->len != before)
    g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_N_ITEMS]);
}

static void
take_everything (SyncListModel *self, const SyncListReply *reply)
{
  g_autoptr (GPtrArray) before = g_ptr_array_new_with_free_func ((GDestroyNotify)g_ptr_array_unref);

  take_keys (self, reply->keys);
  while (self->pages.head != NULL)
    {
      g_ptr_array_add (before, g_ptr_array_ref (self->pages.head->data));
      drop_page (&self->pages, self->pages.head);
    }
  for (guint i = 0; i < reply->values->len; i++)
    take_values (self, g_ptr_array_index (reply->values, i));
  set_error (self, NULL);
  if (self->loaded)
    return;
  self->loaded = TRUE;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_LOADED]);
}

static void
refreshed (GObject *object, GAsyncResult *result, gpointer user_data)
{
  SyncListModel *self = SYNC_LIST_MODEL (object);
  gboolean current = GPOINTER_TO_UINT (user_data) == self->generation;
  gpointer answer = NULL;
  GError *error = NULL;

  self->refreshing = FALSE;
  if (sync_verb_finish (&sync_list_refresh_verb, self, result, &answer, &error))
    {
      if (current)
        take_everything (self, answer);
      sync_list_reply_free (answer);
    }
  else if (sync_error_is_cancelled (error))
    g_clear_error (&error);
  else
    set_error (self, error);
  if (self->refresh_again)
    start_refresh (self);
  read_next_page (self);
}

static GHashTable *
list_held_keys (SyncListModel *self)
{
  GHashTable *held = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);
  GHashTableIter iter;
  gpointer key;

  g_hash_table_iter_init (&iter, self->items);
  while (g_hash_table_iter_next (&iter, &key, NULL))
    g_hash_table_add (held, g_memdup2 (key, sizeof (gint64)));
  return held;
}

static void
start_refresh (SyncListModel *self)
{
  SyncListReading *reading;

  self->refresh_again = self->refreshing;
  if (self->refreshing || g_cancellable_is_cancelled (self->cancellable))
    return;
  self->refreshing = TRUE;
  reading = sync_list_reading_new (self->source, &self->filter);
  reading->held = list_held_keys (self);
  sync_verb_start (&sync_list_refresh_verb, self, sync_manager_get_store (self->manager), reading,
                   self->cancellable, refreshed, GUINT_TO_POINTER (self->generation));
}

/* --- The object ------------------------------------------------------------------------------- */

static GType
get_item_type (GListModel *model)
{
  return SYNC_TYPE_LIST_ITEM;
}

static guint
get_n_items (GListModel *model)
{
  return SYNC_LIST_MODEL (model)->keys->len;
}

static gpointer
get_item (GListModel *model, guint position)
{
  SyncListModel *self = SYNC_LIST_MODEL (model);
  SyncListItem *item;

  if (position >= self->keys->len)
    return NULL;
  item = ref_item (self, g_array_index (self->keys, gint64, position));
  if (sync_list_item_is_ready (item))
    touch_page (self, item);
  else
    want_page (self, position / SYNC_LIST_PAGE_ROWS);
  return item;
}

static void
sync_list_model_iface_init (GListModelInterface *iface)
{
  iface->get_item_type = get_item_type;
  iface->get_n_items = get_n_items;
  iface->get_item = get_item;
}

static void
sync_list_model_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  SyncListModel *self = SYNC_LIST_MODEL (object);

  switch (id)
    {
    case PROP_N_ITEMS:
      g_value_set_uint (value, self->keys->len);
      break;
    case PROP_LOADED:
      g_value_set_boolean (value, self->loaded);
      break;
    case PROP_ERROR:
      g_value_set_boxed (value, self->error);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
sync_list_model_dispose (GObject *object)
{
  SyncListModel *self = SYNC_LIST_MODEL (object);

  g_cancellable_cancel (self->cancellable);

  G_OBJECT_CLASS (sync_list_model_parent_class)->dispose (object);
}

static void
sync_list_model_finalize (GObject *object)
{
  SyncListModel *self = SYNC_LIST_MODEL (object);
  GHashTableIter iter;
  gpointer watch;

  while (self->pages.head != NULL)
    drop_page (&self->pages, self->pages.head);
  g_hash_table_iter_init (&iter, self->items);
  while (g_hash_table_iter_next (&iter, NULL, &watch))
    g_object_weak_unref (G_OBJECT (((Watch *)watch)->item), item_gone, watch);
  g_hash_table_unref (self->items);
  g_array_unref (self->keys);
  g_array_unref (self->wanted);
  g_clear_object (&self->cancellable);
  g_clear_object (&self->manager);
  g_clear_error (&self->error);
  sync_list_filter_clear (&self->filter);

  G_OBJECT_CLASS (sync_list_model_parent_class)->finalize (object);
}

static void
sync_list_model_class_init (SyncListModelClass *class)
{
  GObjectClass *object_class = G_OBJECT_CLASS (class);
  GParamFlags flags = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY;

  object_class->get_property = sync_list_model_get_property;
  object_class->dispose = sync_list_model_dispose;
  object_class->finalize = sync_list_model_finalize;

  properties[PROP_N_ITEMS] = g_param_spec_uint ("n-items", NULL, NULL, 0, G_MAXUINT, 0, flags);
  properties[PROP_LOADED] = g_param_spec_boolean ("loaded", NULL, NULL, FALSE, flags);
  properties[PROP_ERROR] = g_param_spec_boxed ("error", NULL, NULL, G_TYPE_ERROR, flags);
  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
sync_list_model_init (SyncListModel *self)
{
  self->keys = g_array_new (FALSE, FALSE, sizeof (gint64));
  self->wanted = g_array_new (FALSE, FALSE, sizeof (guint));
  self->items = g_hash_table_new_full (g_int64_hash, g_int64_equal, NULL, g_free);
  self->cancellable = g_cancellable_new ();
  g_queue_init (&self->pages);
}

/**
 * sync_list_model_new: (constructor)
 * @manager: whose database
 * @source: what the list shows
 *
 * Returns: (transfer full): the list, empty until it is `loaded`
 */
SyncListModel *
sync_list_model_new (SyncManager *manager, const SyncListSource *source)
{
  SyncListModel *self;

  g_return_val_if_fail (SYNC_IS_MANAGER (manager), NULL);
  g_return_val_if_fail (source != NULL, NULL);

  self = g_object_new (SYNC_TYPE_LIST_MODEL, NULL);
  self->manager = g_object_ref (manager);
  self->source = source;
  g_signal_connect_object (manager, "data-changed", G_CALLBACK (sync_list_model_refresh), self,
                           G_CONNECT_SWAPPED);
  sync_list_model_refresh (self);
  return self;
}

/**
 * sync_list_model_set_filter:
 * @model: a list
 * @filter: (nullable): which rows are wanted; %NULL: all
 *
 * Shows other rows. Those that both filters let through stay.
 */
void
sync_list_model_set_filter (SyncListModel *model, const SyncListFilter *filter)
{
  static const SyncListFilter everything = { NULL };

  g_return_if_fail (SYNC_IS_LIST_MODEL (model));

  sync_list_filter_clear (&model->filter);
  sync_list_filter_copy (&model->filter, filter != NULL ? filter : &everything);
  model->generation++;
  sync_list_model_refresh (model);
}

/**
 * sync_list_model_refresh:
 * @model: a list
 *
 * Reads again which rows there are, and those that somebody holds.
 */
void
sync_list_model_refresh (SyncListModel *model)
{
  g_return_if_fail (SYNC_IS_LIST_MODEL (model));

  model->patient = FALSE;
  start_refresh (model);
}

/**
 * sync_list_model_get_loaded:
 * @model: a list
 *
 * Returns: whether its rows were counted
 */
gboolean
sync_list_model_get_loaded (SyncListModel *model)
{
  g_return_val_if_fail (SYNC_IS_LIST_MODEL (model), FALSE);

  return model->loaded;
}

/**
 * sync_list_model_get_error:
 * @model: a list
 *
 * Returns: (transfer none) (nullable): why the last reading failed
 */
const GError *
sync_list_model_get_error (SyncListModel *model)
{
  g_return_val_if_fail (SYNC_IS_LIST_MODEL (model), NULL);

  return model->error;
}

/**
 * sync_list_model_count_kept:
 * @model: a list
 *
 * Returns: how many rows are in memory: those that somebody holds, and the pages used last
 */
guint
sync_list_model_count_kept (SyncListModel *model)
{
  g_return_val_if_fail (SYNC_IS_LIST_MODEL (model), 0);

  return g_hash_table_size (model->items);
}
