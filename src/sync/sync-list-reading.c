/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-list-reading.h"

/* What is read for a list, on the worker's thread. */

void
sync_list_filter_clear (SyncListFilter *filter)
{
  g_clear_pointer (&filter->state, g_free);
  g_clear_pointer (&filter->kind, g_free);
  g_clear_pointer (&filter->outcome, g_free);
  g_clear_pointer (&filter->direction, g_free);
}

void
sync_list_filter_copy (SyncListFilter *filter, const SyncListFilter *from)
{
  filter->state = g_strdup (from->state);
  filter->kind = g_strdup (from->kind);
  filter->outcome = g_strdup (from->outcome);
  filter->run = from->run;
  filter->direction = g_strdup (from->direction);
}

static void
reading_free (gpointer data)
{
  SyncListReading *reading = data;

  sync_list_filter_clear (&reading->filter);
  g_clear_pointer (&reading->held, g_hash_table_unref);
  g_free (reading);
}

void
sync_list_reply_free (gpointer data)
{
  SyncListReply *reply = data;

  g_clear_pointer (&reply->keys, g_array_unref);
  g_clear_pointer (&reply->values, g_ptr_array_unref);
  g_free (reply);
}

static gboolean
read_page (SyncStore *store, gpointer data, gpointer *answer, GError **error)
{
  const SyncListReading *reading = data;
  SyncListReply *reply = g_new0 (SyncListReply, 1);

  *answer = reply;
  reply->values = reading->source->list_values (
      store, &reading->filter, reading->page * SYNC_LIST_PAGE_ROWS, SYNC_LIST_PAGE_ROWS, error);
  return reply->values != NULL;
}

static gboolean
page_is_held (const SyncListReading *reading, GArray *keys, guint page)
{
  for (guint i = page * SYNC_LIST_PAGE_ROWS; i < MIN ((page + 1) * SYNC_LIST_PAGE_ROWS, keys->len);
       i++)
    if (g_hash_table_contains (reading->held, &g_array_index (keys, gint64, i)))
      return TRUE;
  return FALSE;
}

static gboolean
read_again (SyncStore *store, gpointer data, gpointer *answer, GError **error)
{
  const SyncListReading *reading = data;
  SyncListReply *reply = g_new0 (SyncListReply, 1);

  *answer = reply;
  reply->keys = reading->source->list_keys (store, &reading->filter, error);
  reply->values = g_ptr_array_new_with_free_func ((GDestroyNotify)g_ptr_array_unref);
  for (guint page = 0; reply->keys != NULL && page * SYNC_LIST_PAGE_ROWS < reply->keys->len; page++)
    {
      GPtrArray *values;

      if (!page_is_held (reading, reply->keys, page))
        continue;
      values = reading->source->list_values (store, &reading->filter, page * SYNC_LIST_PAGE_ROWS,
                                             SYNC_LIST_PAGE_ROWS, error);
      if (values == NULL)
        return FALSE;
      g_ptr_array_add (reply->values, values);
    }
  return reply->keys != NULL;
}

const SyncVerb sync_list_page_verb = {
  .func = read_page,
  .free_arguments = reading_free,
  .free_answer = sync_list_reply_free,
};
const SyncVerb sync_list_refresh_verb = {
  .func = read_again,
  .free_arguments = reading_free,
  .free_answer = sync_list_reply_free,
};

SyncListReading *
sync_list_reading_new (const SyncListSource *source, const SyncListFilter *filter)
{
  SyncListReading *reading = g_new0 (SyncListReading, 1);

  reading->source = source;
  sync_list_filter_copy (&reading->filter, filter);
  return reading;
}
