/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test-backends.h"

#include "sync-cloud-schema.h"
#include "sync-memory-secrets.h"
#include "test-cloud.h"

typedef struct
{
  TestCloud *server;        /* (owned) */
  SyncSecretStore *secrets; /* (owned): somebody is signed in there */
} Cloud;

static gpointer
open_cloud (const char *variable)
{
  TestCloud *server = test_cloud_open (variable);
  g_autoptr (SyncProvider) provider = NULL;
  g_autofree char *email = NULL;
  Cloud *cloud;

  if (server == NULL)
    return NULL;
  cloud = g_new0 (Cloud, 1);
  cloud->server = server;
  cloud->secrets = sync_memory_secrets_new ();
  provider = test_cloud_new_provider_for (server, cloud->secrets);
  email = test_cloud_sign_up (provider);
  return cloud;
}

static gpointer
open_pglite (const char *folder, SyncClock *clock)
{
  return open_cloud ("PSYNC_TEST_CLOUD_PGLITE");
}

static gpointer
open_postgres (const char *folder, SyncClock *clock)
{
  return open_cloud ("PSYNC_TEST_CLOUD_POSTGRES");
}

/* Each script adds its tables to those that other tests made. */
static void
prepare_cloud (gpointer data, GPtrArray *entities)
{
  Cloud *cloud = data;
  g_autoptr (GError) error = NULL;
  g_autofree char *script = sync_cloud_schema_generate (entities, &error);

  g_assert_no_error (error);
  g_free (test_cloud_sql (cloud->server, script));
}

static SyncProvider *
connect_cloud (gpointer data)
{
  Cloud *cloud = data;

  return test_cloud_new_provider_for (cloud->server, cloud->secrets);
}

static void
close_cloud (gpointer data)
{
  Cloud *cloud = data;

  g_object_unref (cloud->secrets);
  test_cloud_free (cloud->server);
  g_free (cloud);
}

const TestBackend test_cloud_backends[2] = {
  { "pglite", open_pglite, prepare_cloud, connect_cloud, close_cloud },
  { "postgres", open_postgres, prepare_cloud, connect_cloud, close_cloud },
};
