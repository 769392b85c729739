/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-supabase-check.h"

#include "sync-json.h"
#include "sync-supabase-answer.h"
#include "sync-supabase-error.h"
#include "sync-supabase-provider-private.h"
#include "sync-supabase-session-private.h"

/* Clocks that differ by less are as good as equal: edits are compared with the difference taken
 * off, and it is only known so well. */
#define CLOCK_TOLERANCE (2 * G_TIME_SPAN_MINUTE)

/* The devices' table is guarded like the others. */
#define DEVICES_TABLE "sync_devices"

/**
 * Check:
 * @clock: (owned): this computer's time
 * @tables: (owned): whose rows must be guarded
 * @told: (nullable): hears of each step
 * @checks: (owned) (element-type SyncCheck): what is done
 * @token: (owned) (nullable): who is signed in
 * @no_token: (owned) (nullable): why nobody is
 * @clock_fault: (owned) (nullable): what is wrong with the clocks
 * @again: the token had expired, and was replaced
 * @next: the table whose guard is tried
 *
 * A test of the connection under way.
 */
typedef struct
{
  SyncClock *clock;
  GStrv tables;
  SyncCheckFunc told;
  gpointer told_data;
  GPtrArray *checks;
  char *token;
  GError *no_token;
  GError *clock_fault;
  gboolean again;
  guint next;
} Check;

static void
check_free (gpointer data)
{
  Check *check = data;

  g_object_unref (check->clock);
  g_strfreev (check->tables);
  g_ptr_array_unref (check->checks);
  sync_secret_free (check->token);
  g_clear_error (&check->no_token);
  g_clear_error (&check->clock_fault);
  g_free (check);
}

/* Whoever cancelled does not look any more. */
static void
tell (GTask *task, SyncCheckStep step, SyncCheckResult result, const GError *error)
{
  Check *check = g_task_get_task_data (task);
  SyncCheck *done = sync_check_new (step, result, error);

  g_ptr_array_add (check->checks, done);
  if (check->told != NULL && !g_cancellable_is_cancelled (g_task_get_cancellable (task)))
    check->told (done, check->told_data);
}

static void
end (GTask *task)
{
  Check *check = g_task_get_task_data (task);

  for (guint step = check->checks->len; step <= SYNC_CHECK_CLOCK; step++)
    tell (task, step, SYNC_CHECK_SKIPPED, NULL);
  g_task_return_pointer (task, g_ptr_array_ref (check->checks),
                         (GDestroyNotify) g_ptr_array_unref);
}

/* Takes a reference of @task along. token NULL: as somebody who is not signed in. */
static void
get (GTask *task, const char *path, const char *token, GAsyncReadyCallback callback)
{
  SyncSupabaseProvider *provider = g_task_get_source_object (task);
  SyncSupabaseSession *session = sync_supabase_provider_get_session (provider);
  g_autofree char *url = g_strconcat (session->url, path, NULL);
  char *bearer = token != NULL ? g_strconcat ("Bearer ", token, NULL) : NULL;
  const char *const headers[] = { "apikey",
                                  session->key,
                                  "Accept",
                                  "application/json",
                                  bearer != NULL ? "Authorization" : NULL,
                                  bearer,
                                  NULL };

  sync_http_send_async (session->http, "GET", url, headers, NULL, g_task_get_cancellable (task),
                        callback, g_object_ref (task));
  sync_secret_free (bearer);
}

/* Returns: (transfer full) (nullable): the answer if it is a success; else why it is none */
static SyncHttpReply *
take_reply (GTask *task, GObject *http, GAsyncResult *result, const char *resource, GError **error)
{
  SyncSupabaseProvider *provider = g_task_get_source_object (task);
  SyncSupabaseSession *session = sync_supabase_provider_get_session (provider);
  g_autoptr (SyncHttpReply) reply = sync_http_send_finish (SYNC_HTTP (http), result, error);

  if (reply == NULL)
    return NULL;
  if (reply->status >= 200 && reply->status < 300 && sync_http_reply_is_json (reply))
    return g_steal_pointer (&reply);
  g_propagate_error (error, reply->status >= 200 && reply->status < 300
                                ? sync_supabase_error_not_json (reply, session->host)
                                : sync_supabase_error_from_rest (reply, session->host, resource,
                                                                 NULL,
                                                                 sync_clock_now (session->clock)));
  return NULL;
}

static gboolean
end_if_cancelled (GTask *task, const GError *error)
{
  if (!sync_error_is_cancelled (error))
    return FALSE;
  g_task_return_error (task, g_error_copy (error));
  return TRUE;
}

/* --- The guard of rows ------------------------------------------------------------------------ */

static void try_guard (GTask *task);

static gboolean
is_empty (const SyncHttpReply *reply)
{
  SyncJsonReader reader;

  sync_json_reader_init (&reader, g_bytes_get_data (reply->body, NULL),
                         g_bytes_get_size (reply->body));
  return sync_json_enter_array (&reader) && !sync_json_next_element (&reader)
         && reader.fault == NULL;
}

static void
end_with_clock (GTask *task)
{
  const Check *check = g_task_get_task_data (task);

  tell (task, SYNC_CHECK_CLOCK,
        check->clock_fault != NULL ? SYNC_CHECK_WARNED : SYNC_CHECK_PASSED, check->clock_fault);
  end (task);
}

static void
guard_failed (GTask *task, const char *table)
{
  g_autoptr (GError) error
      = sync_error_new (SYNC_ERROR_SCHEMA, table, "Rows of others can be read");

  sync_error_set_reason (error, "row-security", 0);
  tell (task, SYNC_CHECK_ROW_SECURITY, SYNC_CHECK_FAILED, error);
  end_with_clock (task);
}

/* Refused, or nothing to be seen: either is as it should be. A table that is not there yet has no
 * rows to guard. */
static void
guard_tried (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Check *check = g_task_get_task_data (task);
  const char *table = check->tables[check->next / 2];
  g_autoptr (GError) error = NULL;
  g_autoptr (SyncHttpReply) reply = take_reply (task, object, result, table, &error);

  if (end_if_cancelled (task, error))
    return;
  if (reply != NULL && !is_empty (reply))
    guard_failed (task, table);
  else if (error != NULL && sync_error_is_transient (error))
    {
      tell (task, SYNC_CHECK_ROW_SECURITY, SYNC_CHECK_SKIPPED, error);
      end_with_clock (task);
    }
  else
    {
      check->next++;
      try_guard (task);
    }
}

/* Each table twice: without being signed in, then for rows of others. */
static void
try_guard (GTask *task)
{
  Check *check = g_task_get_task_data (task);
  SyncSupabaseProvider *provider = g_task_get_source_object (task);
  const char *table = check->tables[check->next / 2];
  const char *user = sync_supabase_provider_get_user (provider);
  gboolean as_user = check->next % 2 == 1;
  g_autofree char *name = NULL, *path = NULL;

  if (table == NULL)
    {
      tell (task, SYNC_CHECK_ROW_SECURITY,
            check->token != NULL ? SYNC_CHECK_PASSED : SYNC_CHECK_SKIPPED, check->no_token);
      end_with_clock (task);
      return;
    }
  if (as_user && (check->token == NULL || user == NULL))
    {
      check->next++;
      try_guard (task);
      return;
    }
  name = g_uri_escape_string (table, NULL, FALSE);
  path = as_user ? g_strdup_printf ("/rest/v1/%s?select=user_id&user_id=neq.%s&limit=1", name, user)
                 : g_strdup_printf ("/rest/v1/%s?select=user_id&limit=1", name);
  get (task, path, as_user ? check->token : NULL, guard_tried);
}

/* --- Schema, signing in ----------------------------------------------------------------------- */

static void
tell_sign_in (GTask *task)
{
  const Check *check = g_task_get_task_data (task);

  tell (task, SYNC_CHECK_SIGN_IN, check->token != NULL ? SYNC_CHECK_PASSED : SYNC_CHECK_FAILED,
        check->no_token);
}

/* Who is not signed in may not read it: that it is forbidden shows that it is there. */
static gboolean
is_hidden (const Check *check, const GError *error)
{
  const SyncErrorDetail *detail = sync_error_get_detail (error);

  return check->token == NULL && detail != NULL && g_strcmp0 (detail->reason, "42501") == 0;
}

static gboolean
check_state (GTask *task, const SyncHttpReply *reply, GError **error)
{
  const Check *check = g_task_get_task_data (task);
  g_autoptr (SyncCloudState) state = NULL;

  /* Nobody's state is empty. */
  if (check->token == NULL)
    return TRUE;
  state = sync_supabase_state_parse (reply->body);
  if (state == NULL)
    {
      sync_error_set (error, SYNC_ERROR_PROTOCOL, "sync_state", "The state cannot be understood");
      return FALSE;
    }
  if (!sync_provider_check_schema (g_task_get_source_object (task), state, error))
    return FALSE;
  for (guint i = 0; check->tables[i] != NULL; i++)
    if (!g_str_equal (check->tables[i], DEVICES_TABLE)
        && !sync_cloud_state_has_table (state, check->tables[i]))
      {
        sync_error_set (error, SYNC_ERROR_SCHEMA_MISSING, check->tables[i],
                        "The cloud does not have the table");
        return FALSE;
      }
  return TRUE;
}

static void token_got (GObject *object, GAsyncResult *result, gpointer user_data);

/* A computer that slept takes a token for fresh that is not. */
static void
replace_token (GTask *task)
{
  SyncSupabaseProvider *provider = g_task_get_source_object (task);
  Check *check = g_task_get_task_data (task);

  check->again = TRUE;
  sync_supabase_session_get_token_async (sync_supabase_provider_get_session (provider), check->token,
                                         g_task_get_cancellable (task), token_got, g_object_ref (task));
}

static void
state_read (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  const Check *check = g_task_get_task_data (task);
  g_autoptr (GError) error = NULL;
  g_autoptr (SyncHttpReply) reply = take_reply (task, object, result, "sync_state", &error);

  if (end_if_cancelled (task, error))
    return;
  if (sync_supabase_error_is_expired_token (error) && check->token != NULL && !check->again)
    {
      replace_token (task);
      return;
    }
  if ((reply != NULL && check_state (task, reply, &error)) || is_hidden (check, error))
    {
      tell (task, SYNC_CHECK_SCHEMA, SYNC_CHECK_PASSED, NULL);
      tell_sign_in (task);
      try_guard (task);
      return;
    }
  tell (task, SYNC_CHECK_SCHEMA, SYNC_CHECK_FAILED, error);
  tell_sign_in (task);
  tell (task, SYNC_CHECK_ROW_SECURITY, SYNC_CHECK_SKIPPED, NULL);
  end_with_clock (task);
}

static void
token_got (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Check *check = g_task_get_task_data (task);

  sync_secret_free (check->token);
  check->token = sync_supabase_session_get_token_finish (SYNC_SUPABASE_SESSION (object), result,
                                                         &check->no_token);
  if (!end_if_cancelled (task, check->no_token))
    get (task, "/rest/v1/sync_state?select=*", check->token, state_read);
}

/* --- Reaching it ------------------------------------------------------------------------------ */

static void
compare_clocks (Check *check, const SyncHttpReply *reply)
{
  const char *text = sync_http_reply_get_header (reply, "Date");
  g_autoptr (GDateTime) time = text != NULL ? soup_date_time_new_from_http_string (text) : NULL;
  gint64 offset;

  if (time == NULL)
    return;
  offset = g_date_time_to_unix (time) * G_USEC_PER_SEC - sync_clock_now (check->clock);
  if (ABS (offset) <= CLOCK_TOLERANCE)
    return;
  check->clock_fault = sync_error_new (SYNC_ERROR_CLOCK, NULL,
                                       "The clocks differ by %" G_GINT64_FORMAT " s",
                                       offset / G_USEC_PER_SEC);
  sync_error_set_reason (check->clock_fault, "offset", 0);
}

/* Whoever was asked knows the key, so the server itself was reached. */
static gboolean
is_about_key (const GError *error)
{
  return g_error_matches (error, SYNC_ERROR, SYNC_ERROR_WRONG_KEY);
}

static void
settings_read (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  SyncSupabaseProvider *provider = g_task_get_source_object (task);
  g_autoptr (GError) error = NULL;
  g_autoptr (SyncHttpReply) reply = take_reply (task, object, result, NULL, &error);

  if (end_if_cancelled (task, error))
    return;
  if (reply == NULL && !is_about_key (error))
    {
      tell (task, SYNC_CHECK_REACH, SYNC_CHECK_FAILED, error);
      end (task);
      return;
    }
  tell (task, SYNC_CHECK_REACH, SYNC_CHECK_PASSED, NULL);
  if (reply == NULL)
    {
      tell (task, SYNC_CHECK_KEY, SYNC_CHECK_FAILED, error);
      end (task);
      return;
    }
  tell (task, SYNC_CHECK_KEY, SYNC_CHECK_PASSED, NULL);
  compare_clocks (g_task_get_task_data (task), reply);
  sync_supabase_session_get_token_async (sync_supabase_provider_get_session (provider), NULL,
                                         g_task_get_cancellable (task), token_got,
                                         g_object_ref (task));
}

/**
 * sync_supabase_check_async:
 * @provider: the cloud
 * @cloud_tables: (array zero-terminated=1): the tables that must be there
 * @clock: this computer's time
 * @told: (nullable): called for each step as soon as it is done, in order
 * @told_data: for @told
 * @cancellable: (nullable): cancels it
 * @callback: called when all is done
 * @user_data: for @callback
 *
 * Tests the connection. Nothing is written there, so that rows of others cannot be *read* is all
 * that is found out about row-level security; and of others' rows only if there are some.
 */
void
sync_supabase_check_async (SyncSupabaseProvider *provider, const char *const *cloud_tables,
                           SyncClock *clock, SyncCheckFunc told, gpointer told_data,
                           GCancellable *cancellable, GAsyncReadyCallback callback,
                           gpointer user_data)
{
  g_autoptr (GTask) task = NULL;
  g_autoptr (GStrvBuilder) tables = g_strv_builder_new ();
  Check *check;

  g_return_if_fail (SYNC_IS_SUPABASE_PROVIDER (provider));

  task = g_task_new (provider, cancellable, callback, user_data);
  g_task_set_source_tag (task, sync_supabase_check_async);
  check = g_new0 (Check, 1);
  check->clock = g_object_ref (clock);
  check->told = told;
  check->told_data = told_data;
  check->checks = g_ptr_array_new_with_free_func ((GDestroyNotify) sync_check_free);
  g_strv_builder_add (tables, DEVICES_TABLE);
  g_strv_builder_addv (tables, (const char **) cloud_tables);
  check->tables = g_strv_builder_end (tables);
  g_task_set_task_data (task, check, check_free);
  get (task, "/auth/v1/settings", NULL, settings_read);
}

/**
 * sync_supabase_check_finish:
 * @provider: the cloud
 * @result: what the callback was given
 * @error: where to put an error
 *
 * Returns: (transfer full) (element-type SyncCheck): how each step went; %NULL with @error set only
 *   if it was cancelled
 */
GPtrArray *
sync_supabase_check_finish (SyncSupabaseProvider *provider, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, provider), NULL);
  g_return_val_if_fail (g_async_result_is_tagged (result, sync_supabase_check_async), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}
