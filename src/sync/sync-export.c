/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-export.h"

#include <string.h>

#include <glib/gstdio.h>

#include "sync-export-store.h"
#include "sync-json.h"
#include "sync-manager-private.h"
#include "sync-queue-store.h"
#include "sync-stats-store.h"
#include "sync-time.h"
#include "sync-verb.h"

/* Rows in one piece: some milliseconds of the worker's thread. */
#define PIECE_ROWS 500

/**
 * Export:
 * @path: (owned): the file
 * @fresh: whether there was none of that name
 * @stream: (owned) (nullable): it, while it is written
 * @everything: all rows, else what waits to be sent
 * @state: (owned) (nullable): of the rows that wait, only these
 * @told: (nullable): hears how far it is
 * @names: (owned) (nullable) (element-type utf8): the entities to come
 * @next: which of them
 * @after: (owned) (nullable): the last row's id in it
 * @rows: how many rows are written …
 * @total: … of about so many
 *
 * An export under way. The worker's thread has it while it reads, the caller's while it writes.
 */
typedef struct
{
  SyncStore *store;
  char *path;
  gboolean fresh;
  GOutputStream *stream;
  gboolean everything;
  char *state;
  SyncExportFunc told;
  gpointer told_data;
  GPtrArray *names;
  guint next;
  char *after;
  guint64 rows;
  guint64 total;
  gboolean started;
  gboolean done;
  GBytes *piece;
} Export;

static void
export_free (gpointer data)
{
  Export *export = data;

  g_object_unref (export->store);
  g_free (export->path);
  g_clear_object (&export->stream);
  g_free (export->state);
  g_clear_pointer (&export->names, g_ptr_array_unref);
  g_free (export->after);
  g_clear_pointer (&export->piece, g_bytes_unref);
  g_free (export);
}

/* --- On the worker's thread ------------------------------------------------------------------- */

static void
begin_document (const Export *export, GString *json)
{
  char now[SYNC_TIME_SIZE];

  sync_time_format (sync_clock_now (sync_store_get_clock (export->store)), now);
  g_string_append_printf (json,
                          "{\"format\": \"progressive-sync-%s\", \"version\": 1, "
                          "\"exported_at\": \"%s\", ",
                          export->everything ? "export" : "unsent", now);
  g_string_append (json, export->everything ? "\"entities\": {" : "\"rows\": [\n");
}

static gboolean
list_everything (Export *export, GError **error)
{
  g_autoptr (GPtrArray) list = sync_store_list_entity_status (export->store, error);

  if (list == NULL)
    return FALSE;
  export->names = g_ptr_array_new_with_free_func (g_free);
  for (guint i = 0; i < list->len; i++)
    {
      const SyncEntityStatus *status = g_ptr_array_index (list, i);

      g_ptr_array_add (export->names, g_strdup (status->entity->name));
      export->total += (guint64) MAX (status->records, 0);
    }
  return TRUE;
}

static gboolean
count_unsent (Export *export, GError **error)
{
  g_autoptr (GArray) keys = sync_store_list_change_keys (export->store, export->state, error);

  if (keys != NULL)
    export->total = keys->len;
  return keys != NULL;
}

/* A table that its owner dropped meanwhile has no rows. */
static gboolean
add_rows (Export *export, GString *json, GError **error)
{
  const char *name = g_ptr_array_index (export->names, export->next);
  const SyncEntity *entity = sync_store_find_entity (export->store, name);
  gboolean begins = export->after == NULL;
  guint n = 0;

  if (begins)
    {
      g_string_append (json, export->next > 0 ? ",\n" : "\n");
      sync_json_append_string (json, name, strlen (name));
      g_string_append (json, ": [\n");
    }
  else
    g_string_append (json, ",\n");
  if (entity != NULL
      && !sync_store_append_rows (export->store, entity, PIECE_ROWS, &export->after, json, &n,
                                  error))
    return FALSE;
  /* The comma for a page that turned out to be empty. */
  if (n == 0 && !begins)
    g_string_truncate (json, json->len - strlen (",\n"));
  export->rows += n;
  if (export->after == NULL)
    {
      g_string_append (json, "\n]");
      export->next++;
    }
  return TRUE;
}

static gboolean
add_unsent (Export *export, GString *json, GError **error)
{
  gsize before = json->len;
  guint n;

  g_string_append (json, export->rows > 0 ? ",\n" : "");
  if (!sync_store_append_changes (export->store, export->state, (guint) export->rows, PIECE_ROWS,
                                  json, &n, error))
    return FALSE;
  if (n == 0)
    g_string_truncate (json, before);
  export->rows += n;
  export->done = n < PIECE_ROWS;
  return TRUE;
}

static gboolean
compose (Export *export, GString *json, GError **error)
{
  if (!export->started)
    {
      export->started = TRUE;
      begin_document (export, json);
      if (!(export->everything ? list_everything (export, error) : count_unsent (export, error)))
        return FALSE;
    }
  if (!export->everything)
    return add_unsent (export, json, error);
  if (export->next < export->names->len && !add_rows (export, json, error))
    return FALSE;
  export->done = export->next >= export->names->len;
  return TRUE;
}

static gboolean
read_piece (SyncStore *store, gpointer data, gpointer *answer, GError **error)
{
  Export *export = data;
  GString *json = g_string_new (NULL);
  gboolean good = compose (export, json, error);

  if (export->done)
    g_string_append (json, export->everything ? "\n}}\n" : "\n]}\n");
  export->piece = g_string_free_to_bytes (json);
  return good;
}

static gboolean
check_place (SyncStore *store, gpointer data, gpointer *answer, GError **error)
{
  return sync_store_check_export_place (((const Export *) data)->path, error);
}

/* The task owns the argument. */
static const SyncVerb read_verb = { .func = read_piece };
static const SyncVerb check_verb = { .func = check_place };

/* --- On the caller's -------------------------------------------------------------------------- */

static void read_next (GTask *task);

static GError *
make_error (const Export *export, const GError *problem)
{
  SyncError code = SYNC_ERROR_READ_ONLY;

  if (g_error_matches (problem, G_IO_ERROR, G_IO_ERROR_CANCELLED)
      || problem->domain == SYNC_ERROR)
    return g_error_copy (problem);
  if (g_error_matches (problem, G_IO_ERROR, G_IO_ERROR_NO_SPACE))
    code = SYNC_ERROR_DISK_FULL;
  return sync_error_new (code, export->path, "The file cannot be written: %s", problem->message);
}

/* Half an export would be taken for a whole one. */
static void
forget_file (const Export *export)
{
  if (export->fresh)
    g_unlink (export->path);
}

static void
abandoned (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GError *error = g_object_steal_data (G_OBJECT (task), "sync-export-error");

  g_output_stream_close_finish (G_OUTPUT_STREAM (object), result, NULL);
  forget_file (g_task_get_task_data (task));
  g_task_return_error (task, error);
}

/* Closed under a cancelled cancellable, the file that was there stays. (task transfer full) */
static void
fail (GTask *task, const GError *problem)
{
  const Export *export = g_task_get_task_data (task);
  g_autoptr (GCancellable) never = g_cancellable_new ();
  GError *error = make_error (export, problem);

  if (export->stream == NULL)
    {
      g_task_return_error (task, error);
      g_object_unref (task);
      return;
    }
  g_object_set_data (G_OBJECT (task), "sync-export-error", error);
  g_cancellable_cancel (never);
  g_output_stream_close_async (export->stream, G_PRIORITY_DEFAULT, never, abandoned, task);
}

static void
closed (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  const Export *export = g_task_get_task_data (task);
  g_autoptr (GError) problem = NULL;

  if (g_output_stream_close_finish (G_OUTPUT_STREAM (object), result, &problem))
    g_task_return_int (task, (gssize) export->rows);
  else
    {
      forget_file (export);
      g_task_return_error (task, make_error (export, problem));
    }
}

static void
written (GObject *object, GAsyncResult *result, gpointer user_data)
{
  GTask *task = user_data;
  Export *export = g_task_get_task_data (task);
  g_autoptr (GError) problem = NULL;

  if (!g_output_stream_write_all_finish (G_OUTPUT_STREAM (object), result, NULL, &problem))
    {
      fail (task, problem);
      return;
    }
  g_clear_pointer (&export->piece, g_bytes_unref);
  if (export->told != NULL)
    export->told (export->rows, MAX (export->rows, export->total), export->told_data);
  if (export->done)
    g_output_stream_close_async (export->stream, G_PRIORITY_DEFAULT,
                                 g_task_get_cancellable (task), closed, task);
  else
    read_next (task);
}

static void
piece_read (GObject *object, GAsyncResult *result, gpointer user_data)
{
  GTask *task = user_data;
  const Export *export = g_task_get_task_data (task);
  g_autoptr (GError) problem = NULL;

  if (!sync_verb_finish (&read_verb, object, result, NULL, &problem))
    fail (task, problem);
  else
    g_output_stream_write_all_async (export->stream, g_bytes_get_data (export->piece, NULL),
                                     g_bytes_get_size (export->piece), G_PRIORITY_DEFAULT,
                                     g_task_get_cancellable (task), written, task);
}

/* (task transfer full) */
static void
read_next (GTask *task)
{
  Export *export = g_task_get_task_data (task);

  sync_verb_start (&read_verb, g_task_get_source_object (task), export->store, export,
                   g_task_get_cancellable (task), piece_read, task);
}

static void
opened (GObject *object, GAsyncResult *result, gpointer user_data)
{
  GTask *task = user_data;
  Export *export = g_task_get_task_data (task);
  g_autoptr (GError) problem = NULL;
  GFileOutputStream *stream = g_file_replace_finish (G_FILE (object), result, &problem);

  if (stream == NULL)
    {
      fail (task, problem);
      return;
    }
  export->stream = G_OUTPUT_STREAM (stream);
  read_next (task);
}

static void
checked (GObject *object, GAsyncResult *result, gpointer user_data)
{
  GTask *task = user_data;
  const Export *export = g_task_get_task_data (task);
  g_autoptr (GFile) file = g_file_new_for_path (export->path);
  g_autoptr (GError) problem = NULL;

  if (!sync_verb_finish (&check_verb, object, result, NULL, &problem))
    {
      fail (task, problem);
      return;
    }
  /* Another program that has the file open, or a link to it, keeps what it has. */
  g_file_replace_async (file, NULL, FALSE,
                        G_FILE_CREATE_PRIVATE | G_FILE_CREATE_REPLACE_DESTINATION,
                        G_PRIORITY_DEFAULT, g_task_get_cancellable (task), opened, task);
}

static void
start (SyncManager *manager, gboolean everything, const char *state, const char *path,
       SyncExportFunc told, gpointer told_data, GCancellable *cancellable,
       GAsyncReadyCallback callback, gpointer user_data)
{
  GTask *task = g_task_new (manager, cancellable, callback, user_data);
  Export *export = g_new0 (Export, 1);

  g_task_set_source_tag (task, sync_export_finish);
  g_task_set_check_cancellable (task, FALSE);
  export->store = g_object_ref (sync_manager_get_store (manager));
  export->path = g_canonicalize_filename (path, NULL);
  export->fresh = !g_file_test (path, G_FILE_TEST_EXISTS);
  export->everything = everything;
  export->state = g_strdup (state);
  export->told = told;
  export->told_data = told_data;
  g_task_set_task_data (task, export, export_free);
  sync_verb_start (&check_verb, manager, export->store, export, cancellable, checked, task);
}

/**
 * sync_export_everything_async:
 * @manager: whose database
 * @path: the file
 * @told: (nullable): called as it goes on
 * @told_data: for @told
 * @cancellable: (nullable): cancels it; a file that was there stays
 * @callback: called when it is done
 * @user_data: for @callback
 *
 * Writes every row of every entity, also of those that take no part, as one JSON document:
 * `entities`, and in it each one's rows, in the form in which they travel. What is written while it
 * goes on may be in it or not.
 */
void
sync_export_everything_async (SyncManager *manager, const char *path, SyncExportFunc told,
                              gpointer told_data, GCancellable *cancellable,
                              GAsyncReadyCallback callback, gpointer user_data)
{
  g_return_if_fail (SYNC_IS_MANAGER (manager));
  g_return_if_fail (path != NULL);

  start (manager, TRUE, NULL, path, told, told_data, cancellable, callback, user_data);
}

/**
 * sync_export_unsent_async:
 * @manager: whose database
 * @state: (nullable): only rows in such a state, or in several between commas
 * @path: the file
 * @told: (nullable): called as it goes on
 * @told_data: for @told
 * @cancellable: (nullable): cancels it; a file that was there stays
 * @callback: called when it is done
 * @user_data: for @callback
 *
 * Writes the rows that wait to be sent, with the reason why they still do.
 */
void
sync_export_unsent_async (SyncManager *manager, const char *state, const char *path,
                          SyncExportFunc told, gpointer told_data, GCancellable *cancellable,
                          GAsyncReadyCallback callback, gpointer user_data)
{
  g_return_if_fail (SYNC_IS_MANAGER (manager));
  g_return_if_fail (path != NULL);

  start (manager, FALSE, state, path, told, told_data, cancellable, callback, user_data);
}

/**
 * sync_export_finish:
 * @manager: whose database
 * @result: what the callback was given
 * @error: where to put an error
 *
 * Returns: how many rows were written; -1 with @error set: SYNC_ERROR_READ_ONLY, _DISK_FULL: the
 *   file cannot be written; _INVALID: it is a database, or no file; _NOT_FOUND: there is no such folder
 */
gssize
sync_export_finish (SyncManager *manager, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, manager), -1);
  g_return_val_if_fail (g_async_result_is_tagged (result, sync_export_finish), -1);

  return g_task_propagate_int (G_TASK (result), error);
}
