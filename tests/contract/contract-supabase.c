/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "contract.h"
#include "sync-cloud-schema.h"
#include "sync-memory-secrets.h"
#include "test-cloud.h"
#include "test-gateway.h"
#include "test-hosted.h"

#include <stdlib.h>

/* Built for each server, with CONTRACT_NAME and CONTRACT_VARIABLE: which server, and which environment
 * variable says where it is; CONTRACT_HOSTED: whether the stand-in for hosted Supabase is before it;
 * CONTRACT_GATEWAY: whether a gateway that speaks HTTP/2 is before that. An empty cloud is a new user in
 * it; a client is one more device of hers. */

static TestCloud *server;
static TestHosted *hosted;
static TestGateway *gateway;

static void
add_entity (GPtrArray *entities, const char *name, SyncCodec key, const char *second_key,
            const char *const *columns)
{
  SyncEntity *entity = sync_entity_new (name, NULL, NULL);

  sync_entity_add_column (entity, second_key != NULL ? "area" : "id", key, TRUE);
  if (second_key != NULL)
    sync_entity_add_column (entity, second_key, SYNC_CODEC_INTEGER, TRUE);
  for (guint i = 0; columns[i] != NULL; i += 2)
    {
      SyncCodec codec;

      g_assert_true (sync_codec_from_string (columns[i + 1], &codec));
      sync_entity_add_column (entity, columns[i], codec, FALSE);
    }
  g_ptr_array_add (entities, entity);
}

static void
talk_to (const char *url)
{
  g_free (server->url);
  server->url = g_strdup (url);
}

static void
begin (void)
{
  static const char *const notes[] = { "title", "text",    "amount", "integer",   "ratio",
                                       "real",  "payload", "blob",  "data",      "json",
                                       "done",  "boolean", "due",   "timestamp", NULL };
  static const char *const value[] = { "value", "text", NULL };
  g_autoptr (GPtrArray) entities
      = g_ptr_array_new_with_free_func ((GDestroyNotify) sync_entity_unref);
  g_autoptr (GError) error = NULL;
  g_autofree char *script = NULL;

  if (g_getenv (CONTRACT_VARIABLE) == NULL)
    {
      g_print ("1..0 # SKIP " CONTRACT_VARIABLE " names no test cloud\n");
      exit (EXIT_SUCCESS);
    }
  server = test_cloud_open (CONTRACT_VARIABLE);
  add_entity (entities, "contract_notes", SYNC_CODEC_TEXT, NULL, notes);
  add_entity (entities, "contract_pairs", SYNC_CODEC_TEXT, "place", value);
  add_entity (entities, "contract_numbers", SYNC_CODEC_INTEGER, NULL, value);
  add_entity (entities, "contract_blobs", SYNC_CODEC_BLOB, NULL, value);
  add_entity (entities, "contract_reals", SYNC_CODEC_REAL, NULL, value);
  add_entity (entities, "contract_times", SYNC_CODEC_TIMESTAMP, NULL, value);
  add_entity (entities, "contract_flags", SYNC_CODEC_BOOLEAN, NULL, value);
  script = sync_cloud_schema_generate (entities, &error);
  g_assert_no_error (error);
  g_free (test_cloud_sql (server, script));
  if (CONTRACT_HOSTED)
    {
      hosted = test_hosted_new (server->url);
      talk_to (test_hosted_get_url (hosted));
    }
  if (CONTRACT_GATEWAY)
    {
      gateway = test_gateway_new (server->url);
      talk_to (test_gateway_get_url (gateway));
    }
}

static gpointer
open_cloud (void)
{
  SyncSecretStore *secrets = sync_memory_secrets_new ();
  g_autoptr (SyncProvider) provider = test_cloud_new_provider_for (server, secrets);
  g_autofree char *email = test_cloud_sign_up (provider);

  return secrets;
}

static SyncProvider *
connect_client (gpointer cloud)
{
  return test_cloud_new_provider_for (server, cloud);
}

static void
close_cloud (gpointer cloud)
{
  g_object_unref (cloud);
}

static void
end (void)
{
  g_clear_pointer (&gateway, test_gateway_free);
  g_clear_pointer (&hosted, test_hosted_free);
  test_cloud_free (server);
}

const ContractBackend contract_backend = {
  .name = CONTRACT_NAME,
  .exact = TRUE,
  .begin = begin,
  .open = open_cloud,
  .connect = connect_client,
  .close = close_cloud,
  .end = end,
};
