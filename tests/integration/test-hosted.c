/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "sync-http.h"
#include "sync-supabase-provider.h"
#include "test-backends.h"
#include "test-provider.h"

/* What hosted Supabase does that a simple server does not. */

#define NOTES "CREATE TABLE notes (id TEXT PRIMARY KEY NOT NULL, title TEXT, body TEXT, rank INTEGER);"
#define STRICT "CREATE TABLE strict_notes (id TEXT PRIMARY KEY NOT NULL, title TEXT, rank INTEGER);"
#define SECRET "S3CRET"

static const TestWireFault *
always (guint number, const char *method, const char *path, gpointer data)
{
  return data;
}

static const TestWireFault *
first_push (guint number, const char *method, const char *path, gpointer data)
{
  gpointer *fault = data;

  return g_str_equal (method, "POST") && strstr (path, "notes?") != NULL ? g_steal_pointer (fault) : NULL;
}

/* A larger limit is cut silently: the page that is not full is no end. */
static void
test_page_cap (TestRig *rig)
{
  TestHosted *hosted = test_rig_get_hosted (rig);
  TestDevice *a = test_rig_add (rig, "a");
  TestDevice *b = test_rig_add (rig, "b");
  SyncRunOptions options = { .batch_size = 5000 };

  test_device_sql (a, "WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 1100) "
                      "INSERT INTO notes SELECT 'n' || i, 'title', 'body', i FROM n");
  test_device_sync (a);
  test_hosted_set_faults (hosted, NULL, NULL);
  test_device_do (b, SYNC_RUN_SYNC, &options);
  test_device_expect (b, "SELECT count(*), sum(rank) FROM notes", "1100|605550\n");
  g_assert_cmpuint (test_hosted_count_of (hosted, "GET", "/rest/v1/notes"), ==, 2);
  test_device_assert_quiet (b);
}

/* The gateway sent the push twice, so the answer names nobody: what became of the rows is asked by key, in requests
 * whose addresses are not too long. */
static void
test_long_urls (TestRig *rig)
{
  TestHosted *hosted = test_rig_get_hosted (rig);
  TestDevice *a = test_rig_add (rig, "a");
  gpointer twice = (gpointer) test_wire_find ("twice");

  test_device_sql (a, "WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 300) "
                      "INSERT INTO notes (id) SELECT 'a key of some length, with \"quotes\" and (this), (that): '"
                      "|| i FROM n");
  test_hosted_set_faults (hosted, first_push, &twice);
  test_device_sync (a);
  g_assert_null (twice);
  g_assert_cmpuint (test_hosted_count_of (hosted, "GET", "/rest/v1/notes"), >, 5);
  test_rig_assert_converged (rig);
}

/* An owner may lower how many rows an answer has. What it leaves out is not gone: neither is a row refused, nor is
 * the cloud taken for one that went back. */
static void
test_few_rows (TestRig *rig)
{
  TestHosted *hosted = test_rig_get_hosted (rig);
  TestDevice *a = test_rig_add (rig, "a");
  gpointer twice = (gpointer) test_wire_find ("twice");

  test_hosted_set_max_rows (hosted, 7);
  for (guint round = 1; round <= 2; round++)
    {
      twice = (gpointer) test_wire_find ("twice");
      test_device_sqlf (a, "WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 60) "
                           "INSERT INTO notes (id, rank) SELECT i, %u FROM n WHERE true "
                           "ON CONFLICT DO UPDATE SET rank = excluded.rank", round);
      test_hosted_set_faults (hosted, first_push, &twice);
      test_device_sync (a);
      g_assert_null (twice);
      test_device_expect (a, "SELECT count(*) FROM psync_change", "0\n");
      test_device_expect (a, "SELECT DISTINCT refused FROM psync_history", "0\n");
    }
  test_device_expect (a, "SELECT id, kind FROM psync_conflict", "");
  test_rig_assert_converged (rig);
}

static const TestWireFault *
every_state (guint number, const char *method, const char *path, gpointer data)
{
  return strstr (path, "sync_state?") != NULL ? data : NULL;
}

/* A replica that is late tells of an epoch that is over: neither is it taken for another one, nor for the one that begins
 * now. */
static void
test_late_epoch (TestRig *rig)
{
  static const char epoch[] = "SELECT value FROM psync_meta WHERE key = 'epoch'";
  TestHosted *hosted = test_rig_get_hosted (rig);
  TestDevice *a = test_rig_add (rig, "a");
  g_autofree char *before = NULL, *after = NULL;

  test_device_sql (a, "INSERT INTO notes VALUES ('a', 'one', 'body', 1)");
  test_device_sync (a);
  before = test_device_query (a, epoch);
  test_rig_owner_sql (rig, "select public.sync_new_epoch ()");
  test_hosted_set_faults (hosted, every_state, (gpointer) test_wire_find ("replica-behind"));
  test_device_sync (a);
  after = test_device_query (a, epoch);
  g_assert_cmpstr (before, !=, after);
  test_device_sql (a, "UPDATE notes SET rank = 2");
  test_device_sync (a);
  test_device_expect (a, epoch, after);
  test_device_expect (a, "SELECT count (*) FROM psync_change WHERE maybe_sent <> 0", "0\n");
  test_hosted_heal (hosted);
  test_rig_assert_converged (rig);
}

static const TestWireFault *
twice_and_late (guint number, const char *method, const char *path, gpointer data)
{
  if (g_str_equal (method, "POST") && strstr (path, "ignored_notes?") != NULL)
    return test_wire_find ("twice");
  return strstr (path, "id=in.") != NULL ? test_wire_find ("replica-behind") : NULL;
}

/* An answer that names nobody, and a replica that does not have the row yet: it was not ignored for that. */
static void
test_late_row (TestRig *rig)
{
  static const char changes[] = "SELECT id, state, error ->> '$.reason' FROM psync_change";
  TestHosted *hosted = test_rig_get_hosted (rig);
  TestDevice *a = test_rig_add (rig, "a");

  test_rig_owner_sql (rig, "create or replace function public.ignore () returns trigger language plpgsql "
                           "set search_path = '' as $$ begin "
                           "if new.title = 'ignored' then return null; end if; return new; end $$;"
                           "create or replace trigger ignore before insert or update on public.ignored_notes "
                           "for each row execute function public.ignore ();");
  test_device_sql (a, "INSERT INTO ignored_notes VALUES ('a', 'ignored')");
  test_device_sync (a);
  test_device_expect (a, changes, "'a'|refused|ignored\n");
  test_device_sql (a, "UPDATE ignored_notes SET title = 'taken'");
  test_hosted_set_faults (hosted, twice_and_late, NULL);
  test_device_sync (a);
  test_device_expect (a, changes, "");
  test_hosted_heal (hosted);
  test_rig_assert_converged (rig);
}

/* A key by names that the cloud needs for itself, with answers that name nobody, and a conflict. */
static void
test_key_names (TestRig *rig)
{
  TestDevice *a = test_rig_add (rig, "a");
  TestDevice *b = test_rig_add (rig, "b");
  gpointer twice = (gpointer) test_wire_find ("twice");

  test_device_sql (a, "INSERT INTO key_notes VALUES ('u1', 'd1', 'one'), ('u1', 'd2', 'two'), ('a, \"b\"', 'd', 'x')");
  test_hosted_set_faults (test_rig_get_hosted (rig), first_push, &twice);
  test_device_sync (a);
  g_assert_null (twice);
  test_device_sync (b);
  test_device_sql (b, "UPDATE key_notes SET title = 'by b' WHERE device_id = 'd1'; DELETE FROM key_notes WHERE device_id = 'd2'");
  test_rig_assert_converged (rig);
  test_device_expect (a, "SELECT * FROM key_notes ORDER BY device_id", "a, \"b\"|d|x\nu1|d1|by b\n");
  test_device_expect (a, "SELECT id FROM psync_conflict", "");
}

/* Batches stay below what the gateway takes; a row that cannot is refused alone, and says so. */
static void
test_large_rows (TestRig *rig)
{
  TestDevice *a = test_rig_add (rig, "a");
  g_autoptr (SyncResult) result = NULL;

  test_device_sql (a, "INSERT INTO notes SELECT value, 'large', hex (zeroblob (150000)), 1 "
                      "FROM json_each ('[\"a\",\"b\",\"c\",\"d\",\"e\"]')");
  test_device_sql (a, "INSERT INTO notes VALUES ('huge', 'h', hex (zeroblob (700000)), 2), ('small', 's', 's', 3)");
  result = test_device_run (a, SYNC_RUN_SYNC, NULL);
  g_assert_no_error (result->error);
  g_assert_cmpuint (result->total.pushed, ==, 6);
  test_device_expect (a, "SELECT id, state, error ->> '$.code', error ->> '$.status' FROM psync_change",
                      "'huge'|refused|too-large|413\n");
  test_device_assert_quiet (a);
  test_device_sql (a, "UPDATE notes SET body = 'less' WHERE id = 'huge'");
  test_rig_assert_converged (rig);
}

/* What makes a batch a whole request counts, too. */
static void
test_full_batches (TestRig *rig)
{
  TestHosted *hosted = test_rig_get_hosted (rig);
  TestDevice *a = test_rig_add (rig, "a");

  test_device_sql (a, "WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 1000) "
                      "INSERT INTO notes SELECT 'n' || i, 'title', hex (zeroblob (1000)), i FROM n");
  test_hosted_set_faults (hosted, NULL, NULL);
  test_device_sync (a);
  g_assert_cmpuint (test_hosted_count_of (hosted, "POST", "/rest/v1/notes"), ==, 3);
  test_rig_assert_converged (rig);
}

/* New tables take seconds to be known there: nothing is refused for that. */
static void
test_schema_cache (TestRig *rig)
{
  TestDevice *a = test_rig_add (rig, "a");

  test_device_sql (a, "INSERT INTO notes VALUES ('a', 'one', 'body', 1)");
  test_hosted_forget_schema (test_rig_get_hosted (rig), 1);
  test_device_fail (a, SYNC_ERROR_SCHEMA_MISSING);
  test_device_expect (a, "SELECT id, state, attempts, error FROM psync_change", "'a'|pending|0|\n");
  test_rig_assert_converged (rig);
}

/* PostgreSQL quotes the row in its details, and sometimes in its message; none of it is kept. */
static void
test_no_contents (TestRig *rig)
{
  TestDevice *a = test_rig_add (rig, "a");
  g_autofree char *told = NULL;
  g_autoptr (SyncResult) result = NULL;

  test_rig_owner_sql (rig, "alter table public.strict_notes drop constraint if exists strict_notes_rank_check;"
                           "alter table public.strict_notes add constraint strict_notes_rank_check "
                           "check (rank < 100);");
  test_device_sql (a, "INSERT INTO strict_notes VALUES ('" SECRET "', '" SECRET "', 200), ('good', '" SECRET "', 1),"
                      " ('kind', '" SECRET "', '" SECRET "')");
  result = test_device_run (a, SYNC_RUN_SYNC, NULL);
  g_assert_no_error (result->error);
  told = test_device_query (a, "SELECT error FROM psync_change ORDER BY id");
  g_assert_nonnull (strstr (told, "23514"));
  g_assert_nonnull (strstr (told, "\"column\":\"rank\""));
  g_assert_nonnull (strstr (told, "22P02"));
  g_assert_null (strstr (told, SECRET));
  g_assert_cmpuint (result->total.refused, ==, 2);
}

static void
expect_session_kept (TestRig *rig, TestDevice *device)
{
  SyncProvider *provider = test_faults_get_inner (device->faults);

  g_assert_true (sync_supabase_provider_get_signed_in (SYNC_SUPABASE_PROVIDER (provider)));
}

/* Another token, once; and only where one can help. */
static void
test_tokens (TestRig *rig)
{
  TestHosted *hosted = test_rig_get_hosted (rig);
  TestDevice *a = test_rig_add (rig, "a");
  gpointer fault = (gpointer) test_wire_find ("401-expired");

  test_device_sql (a, "INSERT INTO notes VALUES ('a', 'one', 'body', 1)");
  test_hosted_set_faults (hosted, first_push, &fault);
  test_device_sync (a);
  /* Two within one second are the same, so it may take another one. */
  g_assert_cmpuint (test_hosted_count_of (hosted, "POST", "/auth/v1/token"), >=, 1);
  g_assert_cmpuint (test_hosted_count_of (hosted, "POST", "/auth/v1/token"), <=, 2);
  test_device_sql (a, "UPDATE notes SET rank = 2");
  fault = (gpointer) test_wire_find ("401-issued-at-future");
  test_hosted_set_faults (hosted, first_push, &fault);
  test_device_fail (a, SYNC_ERROR_CLOCK);
  g_assert_cmpuint (test_hosted_count_of (hosted, "POST", "/auth/v1/token"), ==, 0);
  expect_session_kept (rig, a);
  test_rig_assert_converged (rig);
}

static void
test_wrong_password (TestRig *rig)
{
  g_autoptr (SyncProvider) provider = test_rig_connect (rig);
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  GAsyncResult *place = NULL;

  sync_supabase_provider_sign_in_async (SYNC_SUPABASE_PROVIDER (provider), "nobody@example.org", SECRET, NULL,
                                        test_got_result, &place);
  result = test_wait_for_result (&place);
  sync_supabase_provider_session_finish (SYNC_SUPABASE_PROVIDER (provider), result, &error);
  g_assert_error (error, SYNC_ERROR, SYNC_ERROR_CREDENTIALS);
  g_assert_cmpstr (sync_error_get_detail (error)->reason, ==, "invalid_credentials");
}

/* Each says what has to be done about it. */
static void
test_reactions (TestRig *rig)
{
  static const struct
  {
    const char *name;
    SyncError code;
  } expected[] = {
    { "refuse", SYNC_ERROR_OFFLINE },
    { "401-wrong-key", SYNC_ERROR_WRONG_KEY },
    { "401-issued-at-future", SYNC_ERROR_CLOCK },
    { "402-quota", SYNC_ERROR_QUOTA },
    { "403-no-grant", SYNC_ERROR_SCHEMA },
    { "404-schema-cache", SYNC_ERROR_SCHEMA_MISSING },
    { "405-read-only", SYNC_ERROR_STORAGE_FULL },
    { "429-rate", SYNC_ERROR_LATER },
    { "502-page", SYNC_ERROR_LATER },
    { "503-schema-cache", SYNC_ERROR_LATER },
    { "504-pool", SYNC_ERROR_LATER },
    { "530-page", SYNC_ERROR_OFFLINE },
    { "540-paused", SYNC_ERROR_PAUSED },
    { "no-json", SYNC_ERROR_PROTOCOL },
    { "captive-portal", SYNC_ERROR_PROTOCOL },
    { "redirect", SYNC_ERROR_PROTOCOL },
  };
  TestDevice *a = test_rig_add (rig, "a");

  test_device_sql (a, "INSERT INTO notes VALUES ('a', 'one', 'body', 1)");
  for (guint i = 0; i < G_N_ELEMENTS (expected); i++)
    {
      g_autoptr (SyncResult) result = NULL;

      test_hosted_set_faults (test_rig_get_hosted (rig), always, (gpointer) test_wire_find (expected[i].name));
      /* Where nobody listens any more, the first one finds out. */
      if (i == 0)
        sync_result_free (test_device_run (a, SYNC_RUN_SYNC, NULL));
      result = test_device_run (a, SYNC_RUN_SYNC, NULL);
      test_hosted_heal (test_rig_get_hosted (rig));
      if (!g_error_matches (result->error, SYNC_ERROR, (int) expected[i].code))
        g_error ("%s: %s", expected[i].name,
                 result->error != NULL ? sync_error_code_name (result->error->code) : "no error");
      test_device_expect (a, "SELECT id, state, attempts, error FROM psync_change", "'a'|pending|0|\n");
      expect_session_kept (rig, a);
    }
  test_rig_assert_converged (rig);
}

/* A request that is not the client's own. Returns: (transfer full): what is answered */
static SyncHttpReply *
ask (TestRig *rig, const char *path, const char *const *headers)
{
  g_autoptr (SyncHttp) http = sync_http_new ();
  g_autofree char *url = g_strconcat (test_hosted_get_url (test_rig_get_hosted (rig)), path, NULL);
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  GAsyncResult *place = NULL;
  SyncHttpReply *reply;

  sync_http_send_async (http, "GET", url, headers, NULL, NULL, test_got_result, &place);
  result = test_wait_for_result (&place);
  reply = sync_http_send_finish (http, result, &error);
  g_assert_no_error (error);
  return reply;
}

static void
expect_answer (const SyncHttpReply *reply, guint status, const char *proxy_status, const char *body)
{
  gsize length;
  const char *text = g_bytes_get_data (reply->body, &length);

  g_assert_cmpuint (reply->status, ==, status);
  g_assert_cmpstr (sync_http_reply_get_header (reply, "Proxy-Status"), ==, proxy_status);
  g_assert_cmpmem (text, length, body, strlen (body));
}

/* PostgREST says its code in a header, too, and its next version may say nothing but a message beside it; the gateway
 * before it has no code. */
static void
test_error_forms (TestRig *rig)
{
  const char *const no_token[] = { "apikey", "any", "Authorization", "Bearer any", NULL };
  const char *const no_key[] = { NULL };
  TestHosted *hosted = test_rig_get_hosted (rig);

  for (guint terse = 0; terse < 2; terse++)
    {
      g_autoptr (SyncHttpReply) told = NULL;
      g_autoptr (SyncHttpReply) stopped = NULL;

      test_hosted_set_terse (hosted, terse);
      told = ask (rig, "/rest/v1/notes", no_token);
      expect_answer (told, 401, "PostgREST; error=PGRST301",
                     terse ? "{\"code\":\"PGRST301\",\"message\":\"Expected 3 parts in JWT; got 1\"}"
                           : "{\"code\":\"PGRST301\",\"message\":\"Expected 3 parts in JWT; got 1\","
                             "\"details\":null,\"hint\":null}");
      stopped = ask (rig, "/rest/v1/notes", no_key);
      expect_answer (stopped, 401, NULL, "{\"message\":\"No API key found in request\",\"hint\":"
                                         "\"No `apikey` request header or url param was found.\"}");
    }
}

static void
test_reactions_without_details (TestRig *rig)
{
  test_hosted_set_terse (test_rig_get_hosted (rig), TRUE);
  test_reactions (rig);
}

static void
test_rows_without_details (TestRig *rig)
{
  test_hosted_set_terse (test_rig_get_hosted (rig), TRUE);
  test_no_contents (rig);
}

/* What the role has not time for is written in parts, however small they must be, and no row is refused for it. */
static void
test_statement_timeout (TestRig *rig)
{
  TestHosted *hosted = test_rig_get_hosted (rig);
  TestDevice *a = test_rig_add (rig, "a");
  g_autoptr (SyncResult) result = NULL;

  test_device_sql (a, "WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 100) "
                      "INSERT INTO notes SELECT 'n' || i, 'title', 'body', i FROM n");
  test_hosted_set_patience (hosted, 1);
  test_hosted_set_faults (hosted, NULL, NULL);
  result = test_device_run (a, SYNC_RUN_SYNC, NULL);
  g_assert_no_error (result->error);
  g_assert_cmpuint (result->total.pushed, ==, 100);
  g_assert_cmpuint (result->total.refused, ==, 0);
  test_device_expect (a, "SELECT count(*) FROM psync_change", "0\n");
  g_assert_cmpuint (test_hosted_count_slow (hosted), ==, 99);
  g_assert_cmpuint (test_hosted_count_of (hosted, "POST", "/rest/v1/notes"), ==, 199);
  test_rig_assert_converged (rig);
}

static const TestWireFault *
every_push (guint number, const char *method, const char *path, gpointer data)
{
  return g_str_equal (method, "POST") && strstr (path, "notes?") != NULL ? data : NULL;
}

/* Nothing is said of the row itself: the cloud may only be busy. */
static void
test_slow_row (TestRig *rig)
{
  TestDevice *a = test_rig_add (rig, "a");

  test_device_sql (a, "INSERT INTO notes VALUES ('a', 'one', 'body', 1)");
  test_hosted_set_faults (test_rig_get_hosted (rig), every_push, (gpointer) test_wire_find ("500-statement-timeout"));
  test_device_fail (a, SYNC_ERROR_LATER);
  test_device_expect (a, "SELECT id, state FROM psync_change", "'a'|pending\n");
  test_hosted_heal (test_rig_get_hosted (rig));
  test_rig_advance (rig, G_TIME_SPAN_HOUR);
  test_rig_assert_converged (rig);
}

/* After a part that was small enough, the next ones are: a long queue does not come back to what was too slow. */
static void
test_smaller_batches (TestRig *rig)
{
  TestHosted *hosted = test_rig_get_hosted (rig);
  TestDevice *a = test_rig_add (rig, "a");
  SyncRunOptions options = { .batch_size = 100 };

  test_device_sql (a, "WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 500) "
                      "INSERT INTO notes SELECT 'n' || i, 'title', 'body', i FROM n");
  test_hosted_set_patience (hosted, 50);
  test_device_do (a, SYNC_RUN_SYNC, &options);
  g_assert_cmpuint (test_hosted_count_slow (hosted), ==, 1);
  test_device_expect (a, "SELECT count(*) FROM psync_change", "0\n");
  test_rig_assert_converged (rig);
}

static const TestRigCase cases[] = {
  { "a-page-of-a-thousand-is-no-end", NOTES, test_page_cap },
  { "addresses-stay-short", NOTES, test_long_urls },
  { "what-an-answer-leaves-out-is-not-gone", NOTES, test_few_rows },
  { "a-late-replica-tells-of-another-epoch", NOTES, test_late_epoch },
  { "a-late-replica-has-no-row-refused", "CREATE TABLE ignored_notes (id TEXT PRIMARY KEY NOT NULL, title TEXT);",
    test_late_row },
  { "keys-by-names-that-the-cloud-needs-for-itself",
    "CREATE TABLE key_notes (user_id TEXT NOT NULL, device_id TEXT NOT NULL, title TEXT, PRIMARY KEY (user_id, device_id));",
    test_key_names },
  { "batches-stay-small-and-a-huge-row-is-refused-alone", NOTES, test_large_rows },
  { "no-batch-is-too-large-by-its-last-row", NOTES, test_full_batches },
  { "a-table-that-is-not-known-yet-refuses-nothing", NOTES, test_schema_cache },
  { "no-contents-in-what-is-told-of-a-row", STRICT, test_no_contents },
  { "another-token-where-one-helps", NOTES, test_tokens },
  { "a-wrong-password", NOTES, test_wrong_password },
  { "each-says-what-has-to-be-done", NOTES, test_reactions },
  { "an-error-has-its-code-in-a-header-too", NOTES, test_error_forms },
  { "each-says-it-without-details-too", NOTES, test_reactions_without_details },
  { "a-row-that-is-refused-without-details", STRICT, test_rows_without_details },
  { "a-statement-that-is-too-slow-is-sent-in-parts", NOTES, test_statement_timeout },
  { "a-row-that-is-too-slow-alone-waits", NOTES, test_slow_row },
  { "batches-stay-as-small-as-the-cloud-can-take", NOTES, test_smaller_batches },
};

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  test_rig_add_cases (&test_hosted_backend, "/hosted", cases, G_N_ELEMENTS (cases));
  return g_test_run ();
}
