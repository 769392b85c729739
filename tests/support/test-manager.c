/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test-manager.h"

#include "sync-vault-provider.h"

static const char *const no_environment[] = { NULL };

void
test_manager_set_up (TestManager *fixture, const char *vault_folder)
{
  g_autoptr (SyncProvider) vault = NULL;
  g_autofree char *path = NULL;

  fixture->folder = test_folder_new ();
  fixture->clock = test_clock_new (TEST_NOW);
  fixture->store = test_store_open (fixture->folder, fixture->clock);
  fixture->settings = sync_settings_new (fixture->store, NULL, no_environment);
  fixture->manager = sync_manager_new (fixture->store, fixture->settings, fixture->clock);
  path = g_build_filename (vault_folder != NULL ? vault_folder : fixture->folder, "vault.db", NULL);
  vault = sync_vault_provider_new (path, fixture->clock);
  sync_vault_provider_set_create (SYNC_VAULT_PROVIDER (vault), TRUE);
  fixture->cloud = test_proxy_new (vault);
  sync_manager_set_provider (fixture->manager, fixture->cloud);
}

/* What it told last may be on its way and holds it: it goes, or the test never ends. */
static void
wait_for_end (SyncManager *manager)
{
  gpointer pointer = manager;

  g_object_add_weak_pointer (G_OBJECT (manager), &pointer);
  g_object_unref (manager);
  while (pointer != NULL)
    g_main_context_iteration (NULL, TRUE);
}

void
test_manager_tear_down (TestManager *fixture)
{
  test_manager_settle (fixture);
  sync_store_close (fixture->store);
  wait_for_end (fixture->manager);
  g_object_unref (fixture->cloud);
  g_object_unref (fixture->settings);
  g_assert_finalize_object (fixture->store);
  g_object_unref (fixture->clock);
  test_folder_remove (fixture->folder);
  g_free (fixture->folder);
}

SyncResult *
test_manager_sync (TestManager *fixture)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  SyncResult *run;

  sync_manager_run_async (fixture->manager, SYNC_RUN_SYNC, NULL, NULL, test_got_result, &result);
  test_store_wait (&result);
  run = sync_manager_run_finish (fixture->manager, result, &error);
  g_assert_no_error (error);
  return run;
}

void
test_manager_set (TestManager *fixture, const char *setting, const char *value)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  sync_settings_set_async (fixture->settings, setting, value, NULL, test_got_result, &result);
  test_store_wait (&result);
  sync_settings_set_finish (fixture->settings, result, &error);
  g_assert_no_error (error);
}

static void
nothing (SyncStore *store)
{
}

void
test_manager_settle (TestManager *fixture)
{
  /* What ends begins something else at most so often in a row. */
  for (guint i = 0; i < 4; i++)
    {
      while (sync_manager_get_state (fixture->manager) == SYNC_STATE_SYNCING)
        g_main_context_iteration (NULL, TRUE);
      test_store_run (fixture->store, nothing);
      while (g_main_context_iteration (NULL, FALSE))
        ;
    }
}
