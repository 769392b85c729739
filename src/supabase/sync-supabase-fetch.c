/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-supabase-provider-private.h"

#include "sync-supabase-answer.h"
#include "sync-supabase-query.h"

/* Rows by their keys, in as many requests as it takes. */

/* URL and headers together must stay under 16 KiB on hosted Supabase; the token takes its share. */
#define MAX_QUERY (5 * 1024)
/* Hosted Supabase gives 1000 rows at most, unless its owner wants it to give fewer. */
#define MAX_KEYS 500

/* Some of a fetch's keys. */
typedef struct
{
  char *text;    /* (owned): a query, or a body if the fetch is strong */
  guint seen;    /* how many of their rows came already */
  gint64 newest; /* the greatest version among those */
} Part;

/* A fetch whose keys, or rows, do not fit into one request. */
typedef struct
{
  SyncEntity *entity; /* (owned) */
  GBytes *keys;       /* (owned) */
  GQueue parts;       /* (element-type Part): those that are still to be asked for */
  GQueue short_parts; /* (element-type Part): those whose answers may have left rows out */
  Part *part;         /* (owned) (nullable): that is asked for */
  gboolean strong;
  gboolean again; /* the number of rows says nothing any more: some may have come twice */
  guint n_keys;
  guint max_keys; /* in one part */
  guint n_rows;
  GString *rows; /* (owned): an array without its end */
} Fetch;

static void
part_free (Part *part)
{
  g_free (part->text);
  g_free (part);
}

static void
fetch_free (Fetch *fetch)
{
  sync_entity_unref (fetch->entity);
  g_bytes_unref (fetch->keys);
  g_queue_clear_full (&fetch->parts, (GDestroyNotify) part_free);
  g_queue_clear_full (&fetch->short_parts, (GDestroyNotify) part_free);
  g_clear_pointer (&fetch->part, part_free);
  if (fetch->rows != NULL)
    g_string_free (fetch->rows, TRUE);
  g_free (fetch);
}

static void
fetch_take_texts (Fetch *fetch, GPtrArray *texts)
{
  for (guint i = 0; i < texts->len; i++)
    {
      Part *part = g_new0 (Part, 1);

      part->text = g_strdup (g_ptr_array_index (texts, i));
      g_queue_push_tail (&fetch->parts, part);
    }
}

static gboolean
fetch_begin (Fetch *fetch, GError **error)
{
  g_autoptr (GPtrArray) texts
      = fetch->strong ? sync_supabase_body_fetch (fetch->entity, fetch->keys, fetch->max_keys, error)
                      : sync_supabase_query_fetch (fetch->entity, fetch->keys, MAX_QUERY, fetch->max_keys, error);

  if (texts == NULL)
    return FALSE;
  g_queue_clear_full (&fetch->parts, (GDestroyNotify) part_free);
  g_queue_clear_full (&fetch->short_parts, (GDestroyNotify) part_free);
  g_clear_pointer (&fetch->part, part_free);
  g_string_assign (fetch->rows, "[");
  fetch->n_rows = 0;
  fetch->again = FALSE;
  fetch_take_texts (fetch, texts);
  return TRUE;
}

/* From the start, with fewer keys at a time, unless it is one row that is too large. */
static gboolean
fetch_ask_for_less (Fetch *fetch, const GError *error)
{
  if (!g_error_matches (error, SYNC_ERROR, SYNC_ERROR_TOO_LARGE) || fetch->max_keys <= 1)
    return FALSE;
  fetch->max_keys = MAX (fetch->max_keys / 4, 1);
  return fetch_begin (fetch, NULL);
}

/* Cuts off what an answer has more than the server gives at once: nobody says that there was more. So whoever got some
 * rows and misses others asks for those behind them, until there are none. */
static gboolean
fetch_take_rows (Fetch *fetch, GBytes *answer)
{
  Part *part = fetch->part;
  guint n_rows;
  gint64 newest;

  sync_supabase_rows_measure (answer, &n_rows, &newest);
  if (!sync_supabase_rows_append (fetch->rows, fetch->entity, answer, fetch->strong))
    return FALSE;
  if (n_rows == 0)
    {
      g_clear_pointer (&fetch->part, part_free);
      return TRUE;
    }
  /* A row that was written meanwhile comes twice; the same one again and again is no answer. */
  fetch->n_rows += n_rows;
  if (fetch->n_rows > 2 * fetch->n_keys || (part->seen > 0 && newest <= part->newest && !fetch->strong))
    return FALSE;
  part->seen += n_rows;
  part->newest = newest;
  g_queue_push_tail (&fetch->short_parts, g_steal_pointer (&fetch->part));
  return TRUE;
}

static void fetch_next (GTask *task);

static void
on_fetched (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Fetch *fetch = g_task_get_task_data (task);
  GError *error = NULL;
  g_autoptr (GBytes) answer
      = sync_supabase_provider_call_finish (g_task_get_source_object (task), result, &error);

  if (answer == NULL && fetch_ask_for_less (fetch, error))
    {
      g_clear_error (&error);
      fetch_next (g_steal_pointer (&task));
    }
  else if (answer == NULL)
    g_task_return_error (task, error);
  else if (!fetch_take_rows (fetch, answer))
    g_task_return_error (task, sync_error_new (SYNC_ERROR_PROTOCOL, fetch->entity->cloud_table,
                                               "The rows cannot be understood"));
  else
    fetch_next (g_steal_pointer (&task));
}

/* Versions are in order, so that a row which is written meanwhile is not stepped over. */
static SyncSupabaseCall *
new_fetch_call (const Fetch *fetch)
{
  const Part *part = fetch->part;
  g_autofree char *behind = NULL;
  SyncSupabaseCall *call;

  if (fetch->strong)
    {
      behind = part->seen > 0 ? g_strdup_printf ("offset=%u", part->seen) : NULL;
      call = sync_supabase_call_new ("POST", "rpc/sync_fetch_now", behind, fetch->entity);
      call->body = g_bytes_new (part->text, strlen (part->text));
      return call;
    }
  behind = part->seen > 0 ? g_strdup_printf ("&sync_version=gt.%" G_GINT64_FORMAT, part->newest) : g_strdup ("");
  {
    g_autofree char *query = g_strconcat (part->text, "&order=sync_version.asc", behind, NULL);

    return sync_supabase_call_new ("GET", fetch->entity->cloud_table, query, fetch->entity);
  }
}

/* Takes @task. */
static void
fetch_next (GTask *task)
{
  Fetch *fetch = g_task_get_task_data (task);

  if (g_queue_is_empty (&fetch->parts) && (fetch->again || fetch->n_rows < fetch->n_keys))
    {
      fetch->again = TRUE;
      fetch->parts = fetch->short_parts;
      g_queue_init (&fetch->short_parts);
    }
  fetch->part = g_queue_pop_head (&fetch->parts);
  if (fetch->part != NULL)
    {
      sync_supabase_provider_call_async (g_task_get_source_object (task), new_fetch_call (fetch),
                                         task, on_fetched);
      return;
    }
  g_string_append_c (fetch->rows, ']');
  g_task_return_pointer (task, g_string_free_to_bytes (g_steal_pointer (&fetch->rows)),
                         (GDestroyNotify) g_bytes_unref);
  g_object_unref (task);
}

void
sync_supabase_provider_fetch_async (SyncProvider *provider, const SyncEntity *entity, GBytes *keys,
                                    gboolean strong, GCancellable *cancellable,
                                    GAsyncReadyCallback callback, gpointer user_data)
{
  GTask *task = g_task_new (provider, cancellable, callback, user_data);
  Fetch *fetch = g_new0 (Fetch, 1);
  GError *error = NULL;
  gint64 ignored;

  g_task_set_source_tag (task, sync_provider_fetch_async);
  g_task_set_task_data (task, fetch, (GDestroyNotify) fetch_free);
  fetch->entity = sync_entity_ref ((SyncEntity *) entity);
  fetch->keys = g_bytes_ref (keys);
  fetch->strong = strong;
  fetch->rows = g_string_new (NULL);
  g_queue_init (&fetch->parts);
  g_queue_init (&fetch->short_parts);
  sync_supabase_rows_measure (keys, &fetch->n_keys, &ignored);
  fetch->max_keys = CLAMP (fetch->n_keys, 1, MAX_KEYS);
  if (fetch_begin (fetch, &error))
    {
      fetch_next (task);
      return;
    }
  g_task_return_error (task, error);
  g_object_unref (task);
}
