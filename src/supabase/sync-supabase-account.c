/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-supabase-provider-private.h"

/* Who uses the cloud: signing up, in and out. */

/**
 * sync_supabase_provider_get_signed_in:
 * @provider: a provider
 *
 * Returns: whether somebody is signed in, as far as is known since it was last connected
 */
gboolean
sync_supabase_provider_get_signed_in (SyncSupabaseProvider *provider)
{
  g_return_val_if_fail (SYNC_IS_SUPABASE_PROVIDER (provider), FALSE);

  return sync_supabase_session_get_signed_in (sync_supabase_provider_get_session (provider));
}

/**
 * sync_supabase_provider_get_user:
 * @provider: a provider
 *
 * Returns: (transfer none) (nullable): the id of the user who is signed in
 */
const char *
sync_supabase_provider_get_user (SyncSupabaseProvider *provider)
{
  g_return_val_if_fail (SYNC_IS_SUPABASE_PROVIDER (provider), NULL);

  return sync_supabase_session_get_user (sync_supabase_provider_get_session (provider));
}

/**
 * sync_supabase_provider_get_email:
 * @provider: a provider
 *
 * Returns: (transfer none) (nullable): the address of the user who is signed in
 */
const char *
sync_supabase_provider_get_email (SyncSupabaseProvider *provider)
{
  g_return_val_if_fail (SYNC_IS_SUPABASE_PROVIDER (provider), NULL);

  return sync_supabase_session_get_email (sync_supabase_provider_get_session (provider));
}

static void
on_session_changed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GError *error = NULL;

  if (g_task_propagate_boolean (G_TASK (result), &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

/**
 * sync_supabase_provider_sign_up_async:
 * @provider: a provider
 * @email: an address
 * @password: a password, 72 bytes at most
 * @cancellable: (nullable): cancels it
 * @callback: called when it is done
 * @user_data: for @callback
 *
 * Makes an account and signs in.
 */
void
sync_supabase_provider_sign_up_async (SyncSupabaseProvider *provider, const char *email,
                                      const char *password, GCancellable *cancellable,
                                      GAsyncReadyCallback callback, gpointer user_data)
{
  GTask *task;

  g_return_if_fail (SYNC_IS_SUPABASE_PROVIDER (provider));

  task = g_task_new (provider, cancellable, callback, user_data);
  g_task_set_source_tag (task, sync_supabase_provider_sign_up_async);
  sync_supabase_session_sign_up_async (sync_supabase_provider_get_session (provider), email,
                                       password, cancellable, on_session_changed, task);
}

/**
 * sync_supabase_provider_sign_in_async:
 * @provider: a provider
 * @email: an address
 * @password: the password
 * @cancellable: (nullable): cancels it
 * @callback: called when it is done
 * @user_data: for @callback
 *
 * Signs in; who was signed in before is not any more.
 */
void
sync_supabase_provider_sign_in_async (SyncSupabaseProvider *provider, const char *email,
                                      const char *password, GCancellable *cancellable,
                                      GAsyncReadyCallback callback, gpointer user_data)
{
  GTask *task;

  g_return_if_fail (SYNC_IS_SUPABASE_PROVIDER (provider));

  task = g_task_new (provider, cancellable, callback, user_data);
  g_task_set_source_tag (task, sync_supabase_provider_sign_in_async);
  sync_supabase_session_sign_in_async (sync_supabase_provider_get_session (provider), email,
                                       password, cancellable, on_session_changed, task);
}

/**
 * sync_supabase_provider_sign_out_async:
 * @provider: a provider
 * @cancellable: (nullable): cancels it before the secrets are gone
 * @callback: called when it is done
 * @user_data: for @callback
 *
 * Forgets the session, also offline. Other devices stay signed in.
 */
void
sync_supabase_provider_sign_out_async (SyncSupabaseProvider *provider, GCancellable *cancellable,
                                       GAsyncReadyCallback callback, gpointer user_data)
{
  GTask *task;

  g_return_if_fail (SYNC_IS_SUPABASE_PROVIDER (provider));

  task = g_task_new (provider, cancellable, callback, user_data);
  g_task_set_source_tag (task, sync_supabase_provider_sign_out_async);
  g_task_set_check_cancellable (task, FALSE);
  sync_supabase_session_sign_out_async (sync_supabase_provider_get_session (provider), cancellable,
                                        on_session_changed, task);
}

/**
 * sync_supabase_provider_session_finish:
 * @provider: a provider
 * @result: what the callback was given
 * @error: where to put an error: for signing up SYNC_ERROR_EXISTS, _CONFIRM_EMAIL, _WEAK_PASSWORD;
 *   for signing in SYNC_ERROR_CREDENTIALS, _CONFIRM_EMAIL; for all SYNC_ERROR_INVALID (`subject` is
 *   `email`, `password` or `SUPABASE_AUTH_TOKEN`), _SECRETS, and what any request may meet
 *
 * Finishes signing up, in or out.
 *
 * Returns: %FALSE with @error set if it failed
 */
gboolean
sync_supabase_provider_session_finish (SyncSupabaseProvider *provider, GAsyncResult *result,
                                       GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, provider), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}
