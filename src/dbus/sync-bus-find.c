/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-bus-find.h"

#include "sync-bus-names.h"
#include "sync-error.h"

/* A bus that does not answer by then is as good as none. */
#define PATIENCE_SECONDS 2

/**
 * Search:
 *
 * The way to the application: a connection of its own, so that a bus that ends does not end us,
 * then the object.
 */
typedef struct
{
  char *database;            /* (owned) */
  GCancellable *cancellable; /* (owned): cancelled when patience ends as well */
  GCancellable *outer;       /* (owned) (nullable) */
  gulong outer_handler;
  guint patience;
} Search;

static void
search_free (gpointer data)
{
  Search *search = data;

  g_clear_handle_id (&search->patience, g_source_remove);
  if (search->outer != NULL)
    g_cancellable_disconnect (search->outer, search->outer_handler);
  g_clear_object (&search->outer);
  g_object_unref (search->cancellable);
  g_free (search->database);
  g_free (search);
}

static gboolean
patience_over (gpointer data)
{
  Search *search = data;

  search->patience = 0;
  g_cancellable_cancel (search->cancellable);
  return G_SOURCE_REMOVE;
}

static void
outer_cancelled (GCancellable *outer, gpointer data)
{
  g_cancellable_cancel (data);
}

static void
proxy_ready (GObject *object, GAsyncResult *result, gpointer data)
{
  g_autoptr (GTask) task = data;
  Search *search = g_task_get_task_data (task);
  GError *error = NULL;
  g_autoptr (SyncBusSync1) proxy = sync_bus_sync1_proxy_new_finish (result, &error);
  const char *database;

  if (proxy == NULL)
    {
      g_task_return_error (task, error);
      return;
    }
  database = sync_bus_sync1_get_database (proxy);
  if (g_strcmp0 (database, search->database) != 0)
    {
      g_task_return_error (task, sync_error_new (SYNC_ERROR_NOT_FOUND, search->database,
                                                 "No application has it open"));
      return;
    }
  g_dbus_proxy_set_default_timeout (G_DBUS_PROXY (proxy), G_MAXINT);
  g_task_return_pointer (task, g_steal_pointer (&proxy), g_object_unref);
}

static void
connected (GObject *object, GAsyncResult *result, gpointer data)
{
  g_autoptr (GTask) task = data;
  Search *search = g_task_get_task_data (task);
  GError *error = NULL;
  g_autoptr (GDBusConnection) connection
      = g_dbus_connection_new_for_address_finish (result, &error);
  g_autofree char *path = sync_bus_dup_path (search->database);

  if (connection == NULL)
    {
      g_task_return_error (task, error);
      return;
    }
  sync_bus_sync1_proxy_new (connection, G_DBUS_PROXY_FLAGS_DO_NOT_AUTO_START, SYNC_BUS_NAME, path,
                            search->cancellable, proxy_ready, g_steal_pointer (&task));
}

/**
 * sync_bus_find_async:
 * @database: the canonical path of a database
 * @cancellable: (nullable): cancels it
 * @callback: called when it is done
 * @user_data: for @callback
 *
 * Looks for the application on the session bus. Neither is started.
 */
void
sync_bus_find_async (const char *database,
                     GCancellable *cancellable,
                     GAsyncReadyCallback callback,
                     gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, cancellable, callback, user_data);
  g_autofree char *address = sync_bus_dup_session_address ();
  Search *search;

  g_return_if_fail (database != NULL);

  g_task_set_source_tag (task, sync_bus_find_async);
  if (address == NULL)
    {
      g_task_return_error (task, sync_error_new (SYNC_ERROR_NOT_FOUND, NULL, "No session bus"));
      return;
    }
  sync_bus_register_errors ();
  search = g_new0 (Search, 1);
  search->database = g_strdup (database);
  search->cancellable = g_cancellable_new ();
  search->patience = g_timeout_add_seconds (PATIENCE_SECONDS, patience_over, search);
  if (cancellable != NULL)
    {
      search->outer = g_object_ref (cancellable);
      search->outer_handler = g_cancellable_connect (cancellable, G_CALLBACK (outer_cancelled),
                                                     g_object_ref (search->cancellable),
                                                     g_object_unref);
    }
  g_task_set_task_data (task, search, search_free);
  g_dbus_connection_new_for_address (address,
                                     G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT
                                         | G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION,
                                     NULL, search->cancellable, connected, g_steal_pointer (&task));
}

/**
 * sync_bus_find_finish:
 * @result: what the callback was given
 * @error: where to put an error
 *
 * Returns: (transfer full): the application's object for the database; %NULL with @error set:
 *   there is none, or it does not answer
 */
SyncBusSync1 *
sync_bus_find_finish (GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, NULL), NULL);
  g_return_val_if_fail (g_async_result_is_tagged (result, sync_bus_find_async), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}
