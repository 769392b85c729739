/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test-backends.h"

#include <libsoup/soup.h>

#include "sync-cloud-schema.h"
#include "sync-memory-secrets.h"
#include "test-cloud.h"

typedef struct
{
  TestCloud *server;
  TestHosted *hosted;       /* (nullable): what is before it */
  TestGateway *gateway;     /* (nullable): what is before that */
  SyncSecretStore *secrets; /* with the session that all devices share */
  char *email;
} Account;

static void
close_account (gpointer cloud)
{
  Account *account = cloud;

  g_clear_pointer (&account->gateway, test_gateway_free);
  g_clear_pointer (&account->hosted, test_hosted_free);
  test_cloud_free (account->server);
  g_object_unref (account->secrets);
  g_free (account->email);
  g_free (account);
}

typedef enum
{
  BARE,
  HOSTED,
  HOSTED_BEHIND_GATEWAY,
} Likeness;

static void
talk_to (TestCloud *server, const char *url)
{
  g_free (server->url);
  server->url = g_strdup (url);
}

static gpointer
open_account (const char *variable, Likeness likeness)
{
  TestCloud *server = test_cloud_open (variable);
  g_autoptr (SyncProvider) provider = NULL;
  Account *account;

  if (server == NULL)
    return NULL;
  account = g_new0 (Account, 1);
  account->server = server;
  if (likeness >= HOSTED)
    {
      account->hosted = test_hosted_new (server->url);
      talk_to (server, test_hosted_get_url (account->hosted));
    }
  if (likeness == HOSTED_BEHIND_GATEWAY)
    {
      account->gateway = test_gateway_new (server->url);
      talk_to (server, test_gateway_get_url (account->gateway));
    }
  account->secrets = sync_memory_secrets_new ();
  provider = test_cloud_new_provider_for (server, account->secrets);
  account->email = test_cloud_sign_up (provider);
  return account;
}

static gpointer
open_pglite (const char *folder, SyncClock *clock)
{
  return open_account ("PSYNC_TEST_CLOUD_PGLITE", BARE);
}

static gpointer
open_postgres (const char *folder, SyncClock *clock)
{
  return open_account ("PSYNC_TEST_CLOUD_POSTGRES", BARE);
}

static gpointer
open_hosted (const char *folder, SyncClock *clock)
{
  return open_account ("PSYNC_TEST_CLOUD_POSTGRES", HOSTED);
}

static gpointer
open_behind_gateway (const char *folder, SyncClock *clock)
{
  return open_account ("PSYNC_TEST_CLOUD_POSTGRES", HOSTED_BEHIND_GATEWAY);
}

static void
prepare_tables (gpointer cloud, GPtrArray *entities)
{
  Account *account = cloud;
  static GHashTable *prepared; /* (element-type utf8): what a server has it keeps */
  g_autoptr (GError) error = NULL;
  g_autofree char *script = sync_cloud_schema_generate (entities, &error);
  g_autofree char *what = g_strconcat (account->server->dir, script, NULL);

  g_assert_no_error (error);
  if (prepared == NULL)
    prepared = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  if (g_hash_table_contains (prepared, what))
    return;
  g_free (test_cloud_sql (account->server, script));
  g_hash_table_add (prepared, g_steal_pointer (&what));
}

static SyncProvider *
connect_account (gpointer cloud)
{
  Account *account = cloud;

  return test_cloud_new_provider_for (account->server, account->secrets);
}

const TestBackend test_cloud_backends[2] = {
  { "pglite", open_pglite, prepare_tables, connect_account, close_account },
  { "postgres", open_postgres, prepare_tables, connect_account, close_account },
};

const TestBackend test_hosted_backend
    = { "hosted", open_hosted, prepare_tables, connect_account, close_account };

const TestBackend test_gateway_backend
    = { "gateway", open_behind_gateway, prepare_tables, connect_account, close_account };

TestGateway *
test_rig_get_gateway (TestRig *rig)
{
  return ((Account *) rig->cloud)->gateway;
}

TestHosted *
test_rig_get_hosted (TestRig *rig)
{
  return ((Account *) rig->cloud)->hosted;
}

SyncProvider *
test_rig_connect_signed_out (TestRig *rig)
{
  g_autoptr (SyncSecretStore) secrets = sync_memory_secrets_new ();

  return test_cloud_new_provider_for (((Account *) rig->cloud)->server, secrets);
}

const char *
test_rig_get_email (TestRig *rig)
{
  return ((Account *) rig->cloud)->email;
}

static GBytes *
send_request (Account *account, const char *method, const char *path, const char *token,
              const char *preference, const char *body)
{
  g_autofree char *uri = g_strconcat (account->server->url, path, NULL);
  g_autoptr (SoupSession) session = soup_session_new ();
  g_autoptr (SoupMessage) message = soup_message_new (method, uri);
  SoupMessageHeaders *headers = soup_message_get_request_headers (message);
  g_autoptr (GError) error = NULL;
  GBytes *answer;

  soup_message_headers_append (headers, "apikey", account->server->key);
  if (token != NULL)
    {
      g_autofree char *bearer = g_strconcat ("Bearer ", token, NULL);

      soup_message_headers_append (headers, "Authorization", bearer);
    }
  if (preference != NULL)
    soup_message_headers_append (headers, "Prefer", preference);
  if (body != NULL)
    {
      g_autoptr (GBytes) bytes = g_bytes_new (body, strlen (body));

      soup_message_set_request_body_from_bytes (message, "application/json", bytes);
    }
  answer = soup_session_send_and_read (session, message, NULL, &error);
  g_assert_no_error (error);
  if (soup_message_get_status (message) / 100 != 2)
    g_error ("%s %s: status %u", method, path, soup_message_get_status (message));
  return answer;
}

static char *
sign_in (Account *account)
{
  g_autofree char *body = g_strdup_printf ("{\"email\":\"%s\",\"password\":\"%s\"}", account->email,
                                           TEST_CLOUD_PASSWORD);
  g_autoptr (GBytes) answer
      = send_request (account, "POST", "/auth/v1/token?grant_type=password", NULL, NULL, body);
  SyncSpan session = { g_bytes_get_data (answer, NULL), g_bytes_get_size (answer) };
  SyncSpan token;

  g_assert_true (sync_json_get_member (session, "access_token", &token));
  return sync_json_dup_string (token);
}

void
test_rig_rest (TestRig *rig, const char *method, const char *path, const char *preference, const char *body)
{
  Account *account = rig->cloud;
  g_autofree char *token = sign_in (account);
  g_autofree char *whole = g_strconcat ("/rest/v1/", path, NULL);

  g_bytes_unref (send_request (account, method, whole, token, preference, body));
}

void
test_rig_owner_sql (TestRig *rig, const char *sql)
{
  Account *account = rig->cloud;
  g_autofree char *user
      = g_strdup_printf ("(select id from auth.users where email = '%s')", account->email);
  g_auto (GStrv) parts = g_strsplit (sql, "@USER@", -1);
  g_autofree char *whole = g_strjoinv (user, parts);

  g_free (test_cloud_sql (account->server, whole));
}
