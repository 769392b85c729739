/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-verify-run.h"
#include "test-backends.h"
#include "test-rig.h"

/* Verifications, on the vault and on each test cloud that runs. */

static SyncVerifyResult *
verify_with (TestDevice *device, gboolean all, gboolean heal, const char *const *entities)
{
  SyncVerifySetup setup = {
    .run = {
      .store = device->store,
      .provider = SYNC_PROVIDER (device->faults),
      .context = g_main_context_default (),
      .options = { .entities = entities },
      .config = { .max_retries = 3 },
    },
    .all = all,
    .heal = heal,
    .sample = SYNC_VERIFY_SAMPLE,
  };

  test_faults_reset_counts (device->faults);
  return sync_verify_run_execute (&setup);
}

static SyncVerifyResult *
verify (TestDevice *device, gboolean all, gboolean heal)
{
  SyncVerifyResult *result = verify_with (device, all, heal, NULL);

  g_assert_no_error (result->error);
  return result;
}

static char *
describe (const SyncVerifyResult *result)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < result->differences->len; i++)
    {
      const SyncDifference *difference = g_ptr_array_index (result->differences, i);

      g_string_append_printf (text, "%s%s %s %s", i > 0 ? "; " : "", difference->entity, difference->id,
                              sync_difference_kind_to_string (difference->kind));
    }
  return g_string_free (text, FALSE);
}

static void
assert_differences (const SyncVerifyResult *result, const char *expected)
{
  g_autofree char *found = describe (result);

  g_assert_cmpstr (found, ==, expected);
  g_assert_cmpuint (result->different, ==, result->differences->len);
}

static void
assert_equal (TestDevice *device, gboolean all, guint64 n_rows)
{
  g_autoptr (SyncVerifyResult) result = verify (device, all, FALSE);

  assert_differences (result, "");
  g_assert_cmpuint (result->rows, ==, n_rows);
  if (all)
    g_assert_cmpuint (result->contents, ==, n_rows);
}

static void
add_rows (TestDevice *device, const char *table, guint n)
{
  const char *column = g_str_equal (table, "projects") ? "name" : "title";

  test_device_sqlf (device,
                    "WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < %u) "
                    "INSERT INTO %s (id, %s) SELECT printf ('row-%%05d', i), 'row ' || i FROM n",
                    n, table, column);
}

/* Two devices with so many projects. */
static TestRig *
rig_with (const TestBackend *backend, guint n, TestDevice **one, TestDevice **two)
{
  TestRig *rig = test_rig_new (backend, NULL);

  if (rig == NULL)
    return NULL;
  *one = test_rig_add (rig, "one");
  *two = test_rig_add (rig, "two");
  if (n > 0)
    add_rows (*one, "projects", n);
  test_device_sync (*one);
  test_device_sync (*two);
  return rig;
}

/* Found, named, healed: then both have the same again. */
static void
assert_heals (TestRig *rig, TestDevice *device, const char *expected)
{
  g_autoptr (SyncVerifyResult) result = verify (device, FALSE, TRUE);

  assert_differences (result, expected);
  g_assert_true (result->healed);
  test_rig_settle (rig);
  test_rig_assert_equal (rig);
  for (guint i = 0; i < rig->devices->len; i++)
    test_device_assert_clean (g_ptr_array_index (rig->devices, i));
}

/* --- Rules -------------------------------------------------------------------------------------- */

static void
test_equal (gconstpointer backend)
{
  TestDevice *one, *two;
  g_autoptr (TestRig) rig = rig_with (backend, 300, &one, &two);

  if (rig == NULL)
    return;
  test_device_sql (one, "DELETE FROM projects WHERE id LIKE '%7'; UPDATE projects SET name = 'x' WHERE id < 'row-00020'");
  test_device_sync (one);
  assert_equal (one, FALSE, 270);
  assert_equal (two, FALSE, 270);
  assert_equal (one, TRUE, 270);
  assert_equal (two, TRUE, 270);
  test_device_expect (two, "SELECT count(*) FROM psync_meta WHERE key = 'verified-at'", "1\n");
  test_device_assert_quiet (two);
}

static void
test_empty (gconstpointer backend)
{
  TestDevice *one, *two;
  g_autoptr (TestRig) rig = rig_with (backend, 0, &one, &two);

  if (rig == NULL)
    return;
  assert_equal (one, FALSE, 0);
  assert_equal (one, TRUE, 0);
}

static void
test_tampered_base (gconstpointer backend)
{
  TestDevice *one, *two;
  g_autoptr (TestRig) rig = rig_with (backend, 150, &one, &two);

  if (rig == NULL)
    return;
  test_device_sql (one, "UPDATE psync_row SET base = json_set (base, '$.name', 'other') WHERE id = '''row-00017'''");
  assert_heals (rig, one, "projects 'row-00017' uncaptured");
}

static void
test_older_version (gconstpointer backend)
{
  TestDevice *one, *two;
  g_autoptr (TestRig) rig = rig_with (backend, 150, &one, &two);

  if (rig == NULL)
    return;
  test_device_sql (one, "UPDATE psync_row SET version = 1 WHERE id = '''row-00017'''");
  assert_heals (rig, one, "projects 'row-00017' other-version");
}

static void
test_newer_version (gconstpointer backend)
{
  TestDevice *one, *two;
  g_autoptr (TestRig) rig = rig_with (backend, 150, &one, &two);

  if (rig == NULL)
    return;
  test_device_sql (one, "UPDATE psync_row SET version = version + 1 WHERE id = '''row-00017'''");
  assert_heals (rig, one, "projects 'row-00017' other-version");
}

/* What happens while the triggers are away and come back without anybody noticing. */
static void
change_uncaptured (TestDevice *device, const char *sql)
{
  g_autofree char *triggers = test_device_query (device, "SELECT sql || ';' FROM sqlite_schema WHERE type = 'trigger' "
                                                         "AND name LIKE 'psync_%'");
  g_autofree char *drops = test_device_query (device, "SELECT 'DROP TRIGGER \"' || name || '\";' FROM sqlite_schema "
                                                      "WHERE type = 'trigger' AND name LIKE 'psync_%'");

  test_device_sql (device, drops);
  test_device_sql (device, sql);
  test_device_sql (device, triggers);
  test_device_expect (device, "SELECT count(*) FROM psync_change", "0\n");
}

static void
test_uncaptured_update (gconstpointer backend)
{
  TestDevice *one, *two;
  g_autoptr (TestRig) rig = rig_with (backend, 150, &one, &two);

  if (rig == NULL)
    return;
  change_uncaptured (one, "UPDATE projects SET name = 'quietly' WHERE id = 'row-00017'");
  assert_heals (rig, one, "projects 'row-00017' uncaptured");
  test_device_expect (two, "SELECT name FROM projects WHERE id = 'row-00017'", "quietly\n");
}

static void
test_uncaptured_delete (gconstpointer backend)
{
  TestDevice *one, *two;
  g_autoptr (TestRig) rig = rig_with (backend, 150, &one, &two);

  if (rig == NULL)
    return;
  change_uncaptured (one, "DELETE FROM projects WHERE id = 'row-00017'");
  assert_heals (rig, one, "projects 'row-00017' uncaptured");
  test_device_expect (two, "SELECT count(*) FROM projects", "149\n");
}

static void
test_uncaptured_insert (gconstpointer backend)
{
  TestDevice *one, *two;
  g_autoptr (TestRig) rig = rig_with (backend, 600, &one, &two);

  if (rig == NULL)
    return;
  change_uncaptured (one, "INSERT INTO projects (id, name) VALUES ('row-00300x', 'quietly')");
  assert_heals (rig, one, "projects 'row-00300x' uncaptured");
  test_device_expect (two, "SELECT name FROM projects WHERE id = 'row-00300x'", "quietly\n");
}

/* The ledger lost a row, the table still has it: it may be the same there. */
static void
test_lost_ledger_row (gconstpointer backend)
{
  TestDevice *one, *two;
  g_autoptr (TestRig) rig = rig_with (backend, 150, &one, &two);

  if (rig == NULL)
    return;
  test_device_sql (one, "DELETE FROM psync_row WHERE id = '''row-00017'''");
  assert_heals (rig, one, "projects 'row-00017' uncaptured");
}

/* Neither ledger nor table have it, and the cursor is past it. */
static void
test_missing_here (gconstpointer backend)
{
  TestDevice *one, *two;
  g_autoptr (TestRig) rig = rig_with (backend, 150, &one, &two);

  if (rig == NULL)
    return;
  change_uncaptured (one, "DELETE FROM projects WHERE id = 'row-00017'");
  test_device_sql (one, "DELETE FROM psync_row WHERE id = '''row-00017'''");
  assert_heals (rig, one, "projects 'row-00017' missing-here");
  test_device_expect (one, "SELECT name FROM projects WHERE id = 'row-00017'", "row 17\n");
}

/* Known as deleted, but it lives there. */
static void
test_deleted_here_only (gconstpointer backend)
{
  TestDevice *one, *two;
  g_autoptr (TestRig) rig = rig_with (backend, 150, &one, &two);

  if (rig == NULL)
    return;
  change_uncaptured (one, "DELETE FROM projects WHERE id = 'row-00017'");
  test_device_sql (one, "UPDATE psync_row SET base = NULL WHERE id = '''row-00017'''");
  assert_heals (rig, one, "projects 'row-00017' missing-here");
  test_device_expect (one, "SELECT name FROM projects WHERE id = 'row-00017'", "row 17\n");
}

static void
test_not_healed_unless_asked (gconstpointer backend)
{
  TestDevice *one, *two;
  g_autoptr (TestRig) rig = rig_with (backend, 20, &one, &two);
  g_autoptr (SyncVerifyResult) result = NULL;

  if (rig == NULL)
    return;
  test_device_sql (one, "UPDATE psync_row SET version = 1 WHERE id = '''row-00017'''");
  result = verify (one, FALSE, FALSE);
  assert_differences (result, "projects 'row-00017' other-version");
  g_assert_false (result->healed);
  /* Rows that are known are found by their keys: no page is read for them. */
  g_assert_cmpuint (test_faults_count (one->faults, TEST_REQUEST_PULL), ==, 0);
  /* But the next run heals it, whoever begins it. */
  test_device_expect (one, "SELECT id, reread FROM psync_change", "'row-00017'|1\n");
  test_device_sync (one);
  assert_equal (one, TRUE, 20);
}

static void
test_news_are_no_difference (gconstpointer backend)
{
  TestDevice *one, *two;
  g_autoptr (TestRig) rig = rig_with (backend, 150, &one, &two);
  g_autoptr (SyncVerifyResult) result = NULL;

  if (rig == NULL)
    return;
  test_device_sql (two, "INSERT INTO projects (id, name) VALUES ('new', 'new'); DELETE FROM projects WHERE id = 'row-00003';"
                        "UPDATE projects SET name = 'newer' WHERE id = 'row-00005'");
  result = verify (two, FALSE, FALSE);
  assert_differences (result, "");
  g_clear_pointer (&result, sync_verify_result_free);
  result = verify (one, TRUE, FALSE);
  assert_differences (result, "");
  g_assert_cmpuint (result->rows, ==, 150);
}

typedef struct
{
  TestDevice *other;
  TestRequest at;
  gboolean done;
} Meanwhile;

static TestFault
write_elsewhere (TestFaults *faults, TestRequest request, guint number, gpointer data)
{
  Meanwhile *meanwhile = data;

  if (request != meanwhile->at || meanwhile->done)
    return TEST_FAULT_NONE;
  meanwhile->done = TRUE;
  test_device_sql (meanwhile->other, "INSERT INTO projects (id, name) VALUES ('new', 'new');"
                                     "DELETE FROM projects WHERE id = 'row-00003';"
                                     "UPDATE projects SET name = 'newer' WHERE id = 'row-00005'");
  test_device_sync (meanwhile->other);
  return TEST_FAULT_NONE;
}

/* What others write while it compares has a version above the cursor. */
static void
test_news_meanwhile_are_no_difference (gconstpointer backend)
{
  static const TestRequest moments[] = { TEST_REQUEST_DIGEST, TEST_REQUEST_FETCH };

  for (guint i = 0; i < G_N_ELEMENTS (moments); i++)
    {
      TestDevice *one, *two;
      g_autoptr (TestRig) rig = rig_with (backend, 150, &one, &two);
      g_autoptr (SyncVerifyResult) result = NULL;
      Meanwhile meanwhile = { two, moments[i], FALSE };

      if (rig == NULL)
        return;
      test_faults_set_hooks (one->faults, write_elsewhere, NULL, &meanwhile);
      result = verify (one, FALSE, FALSE);
      g_assert_true (meanwhile.done);
      assert_differences (result, "");
      test_faults_set_hooks (one->faults, NULL, NULL, NULL);
      test_device_sync (one);
      test_rig_assert_equal (rig);
    }
}

/* A row that the table refuses is held: known, and no difference. */
static void
test_held_rows_are_known (gconstpointer backend)
{
  g_autoptr (TestRig) rig = test_rig_new (backend, "CREATE TABLE things (id TEXT PRIMARY KEY, name TEXT UNIQUE)");
  TestDevice *one, *two;
  g_autoptr (SyncVerifyResult) result = NULL;

  if (rig == NULL)
    return;
  one = test_rig_add (rig, "one");
  two = test_rig_add (rig, "two");
  test_device_sql (one, "INSERT INTO things VALUES ('a', 'x')");
  test_device_sync (one);
  test_device_sql (two, "INSERT INTO things VALUES ('b', 'x')");
  test_device_sync (two);
  test_device_expect (two, "SELECT id FROM psync_held", "'a'\n");
  result = verify (two, FALSE, FALSE);
  assert_differences (result, "");
  g_assert_cmpuint (result->rows + result->waiting, >=, 2);
}

static void
test_keys_of_every_kind (gconstpointer backend)
{
  g_autoptr (TestRig) rig
      = test_rig_new (backend, "CREATE TABLE numbers (id INTEGER PRIMARY KEY, name TEXT);"
                               "CREATE TABLE blobs (id BLOB PRIMARY KEY NOT NULL, name TEXT);"
                               "CREATE TABLE reals (id REAL PRIMARY KEY NOT NULL, name TEXT);"
                               "CREATE TABLE pairs (area TEXT, place INTEGER, name TEXT, PRIMARY KEY (area, place)) "
                               "WITHOUT ROWID");
  TestDevice *one, *two;

  if (rig == NULL)
    return;
  one = test_rig_add (rig, "one");
  two = test_rig_add (rig, "two");
  test_device_sql (one, "WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 600) "
                        "INSERT INTO numbers SELECT i, 'n' FROM n;"
                        "INSERT INTO blobs SELECT CAST (id AS BLOB), name FROM numbers;"
                        "INSERT INTO reals SELECT id / 7.0, name FROM numbers;"
                        "INSERT INTO pairs SELECT 'Ž ''' || (id / 10), id, name FROM numbers");
  test_device_sync (one);
  test_device_sync (two);
  assert_equal (one, FALSE, 2400);
  assert_equal (two, TRUE, 2400);
  change_uncaptured (two, "UPDATE pairs SET name = 'x' WHERE place = 77; DELETE FROM reals WHERE id = 1.0; "
                          "UPDATE numbers SET name = 'y' WHERE id = 5");
  {
    g_autoptr (SyncVerifyResult) result = verify (two, FALSE, TRUE);

    g_assert_cmpuint (result->different, ==, 3);
    g_assert_true (result->healed);
  }
  test_rig_settle (rig);
  test_rig_assert_equal (rig);
}

static void
test_many_rows_few_requests (gconstpointer backend)
{
  /* A server takes its time for the rows, not for the requests that are counted here. */
  guint n = backend == &test_backend_vault ? 20000 : 4000;
  TestDevice *one, *two;
  g_autoptr (TestRig) rig = rig_with (backend, n, &one, &two);
  g_autoptr (SyncVerifyResult) result = NULL;

  if (rig == NULL)
    return;
  /* State; a digest of each entity; a sample of the one with rows. */
  result = verify (one, FALSE, FALSE);
  g_assert_cmpuint (result->rows, ==, n);
  g_assert_cmpuint (result->contents, ==, SYNC_VERIFY_SAMPLE);
  assert_differences (result, "");
  g_assert_cmpuint (test_faults_count_all (one->faults), ==, 1 + 3 + 1);
  /* And down to one row in two steps more. */
  test_device_sql (one, "UPDATE psync_row SET version = 1 WHERE id = '''row-02345'''");
  g_clear_pointer (&result, sync_verify_result_free);
  result = verify (one, FALSE, FALSE);
  assert_differences (result, "projects 'row-02345' other-version");
  g_assert_cmpuint (test_faults_count (one->faults, TEST_REQUEST_DIGEST), <=, 3 + 2);
  g_assert_cmpuint (test_faults_count_all (one->faults), <=, 1 + 3 + 2 + 2);
  test_device_sync (one);
  /* Where much is different, pages are read instead. */
  test_device_sql (one, "UPDATE psync_row SET version = version - 1 WHERE id LIKE '%7'''");
  g_clear_pointer (&result, sync_verify_result_free);
  result = verify (one, FALSE, FALSE);
  g_assert_cmpuint (result->different, ==, n / 10);
  g_assert_cmpuint (result->differences->len, ==, MIN (n / 10, SYNC_MAX_DIFFERENCES));
  g_assert_cmpuint (result->rows, ==, n - n / 10);
  g_assert_cmpuint (test_faults_count (one->faults, TEST_REQUEST_DIGEST), <=, 3 + 16);
}

static void
test_one_entity (gconstpointer backend)
{
  static const char *const entities[] = { "notifications", NULL }, *const unknown[] = { "nonsense", NULL };
  TestDevice *one, *two;
  g_autoptr (TestRig) rig = rig_with (backend, 20, &one, &two);
  g_autoptr (SyncVerifyResult) result = NULL;

  if (rig == NULL)
    return;
  test_device_sql (one, "UPDATE psync_row SET version = 1 WHERE id = '''row-00017'''");
  result = verify_with (one, FALSE, FALSE, entities);
  g_assert_no_error (result->error);
  assert_differences (result, "");
  test_device_expect (one, "SELECT count(*) FROM psync_meta WHERE key = 'verified-at'", "0\n");
  g_clear_pointer (&result, sync_verify_result_free);
  result = verify_with (one, FALSE, FALSE, unknown);
  g_assert_error (result->error, SYNC_ERROR, SYNC_ERROR_NOT_FOUND);
}

/* Whatever request fails, it says so, and the next verification goes well. */
static void
test_faults (gconstpointer backend)
{
  static const TestRequest requests[] = { TEST_REQUEST_STATE, TEST_REQUEST_DIGEST, TEST_REQUEST_FETCH };
  TestDevice *one, *two;
  g_autoptr (TestRig) rig = rig_with (backend, 20, &one, &two);

  if (rig == NULL)
    return;
  for (guint i = 0; i < G_N_ELEMENTS (requests); i++)
    {
      g_autoptr (SyncVerifyResult) result = NULL;

      test_faults_plan (one->faults, requests[i], 0, TEST_FAULT_REFUSED);
      result = verify_with (one, FALSE, TRUE, NULL);
      g_assert_error (result->error, SYNC_ERROR, SYNC_ERROR_OFFLINE);
      test_device_expect (one, "SELECT count(*) FROM psync_meta WHERE key = 'verified-at'", "0\n");
    }
  test_faults_plan (one->faults, TEST_REQUEST_FETCH, 0, TEST_FAULT_CUT);
  {
    g_autoptr (SyncVerifyResult) result = verify_with (one, FALSE, TRUE, NULL);

    g_assert_error (result->error, SYNC_ERROR, SYNC_ERROR_PROTOCOL);
  }
  assert_equal (one, FALSE, 20);
}

/* --- Behind the vault's back -------------------------------------------------------------------- */

static void
change_vault (TestRig *rig, const char *sql)
{
  g_autofree char *path = g_build_filename (rig->folder, "vault.db", NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (SyncConnection) vault = sync_connection_open (path, 0, 5000, &error);

  g_assert_no_error (error);
  test_sql (vault, sql);
}

static void
test_contents_behind_its_back (void)
{
  TestDevice *one, *two;
  g_autoptr (TestRig) rig = rig_with (&test_backend_vault, 60, &one, &two);

  change_vault (rig, "UPDATE vault_row SET row = json_set (row, '$.name', 'forged') WHERE id = '[\"row-00017\"]'");
  for (guint i = 0; i < rig->devices->len; i++)
    {
      TestDevice *device = g_ptr_array_index (rig->devices, i);
      g_autoptr (SyncVerifyResult) result = verify (device, FALSE, TRUE);

      assert_differences (result, "projects 'row-00017' other-contents");
      g_assert_true (result->healed);
      test_device_expect (device, "SELECT name FROM projects WHERE id = 'row-00017'", "forged\n");
    }
  test_rig_assert_converged (rig);
}

/* Too many for the sample to find it surely: all are read. */
static void
test_all_contents (void)
{
  TestDevice *one, *two;
  g_autoptr (TestRig) rig = rig_with (&test_backend_vault, 3000, &one, &two);
  g_autoptr (SyncVerifyResult) result = NULL;

  change_vault (rig, "UPDATE vault_row SET row = json_set (row, '$.name', 'forged') WHERE id = '[\"row-01017\"]'");
  result = verify (one, TRUE, TRUE);
  assert_differences (result, "projects 'row-01017' other-contents");
  g_assert_true (result->healed);
}

static void
test_gone_behind_its_back (void)
{
  TestDevice *one, *two;
  g_autoptr (TestRig) rig = rig_with (&test_backend_vault, 150, &one, &two);

  change_vault (rig, "DELETE FROM vault_row WHERE id = '[\"row-00017\"]'");
  assert_heals (rig, one, "projects 'row-00017' missing-there");
  test_device_expect (two, "SELECT name FROM projects WHERE id = 'row-00017'", "row 17\n");
}

static void
test_deleted_behind_its_back (void)
{
  TestDevice *one, *two;
  g_autoptr (TestRig) rig = rig_with (&test_backend_vault, 150, &one, &two);
  g_autoptr (SyncVerifyResult) result = NULL;

  change_vault (rig, "UPDATE vault_row SET deleted_at = 1 WHERE id = '[\"row-00017\"]'");
  result = verify (one, FALSE, TRUE);
  assert_differences (result, "projects 'row-00017' missing-there");
  g_assert_true (result->healed);
}

/* More rows than a slice has that are told apart only behind a NUL, which no cloud takes. */
static void
test_keys_that_are_cut (void)
{
  g_autoptr (TestRig) rig = test_rig_new (&test_backend_vault, "CREATE TABLE cut (id TEXT PRIMARY KEY, a);");
  TestDevice *one = test_rig_add (rig, "one");
  g_autoptr (SyncVerifyResult) result = NULL;

  test_device_sql (one, "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 600) "
                        "INSERT INTO cut SELECT 'x' || char (0) || i, i FROM n; INSERT INTO cut VALUES ('y', 1)");
  test_device_sync (one);
  result = verify (one, FALSE, FALSE);
  assert_differences (result, "");
  g_assert_cmpuint (result->rows, ==, 1);
}

/* --- Main --------------------------------------------------------------------------------------- */

static void
add (const TestBackend *backend, const char *name, GTestDataFunc func)
{
  g_autofree char *path = g_strdup_printf ("/verify/%s/%s", backend->name, name);

  g_test_add_data_func (path, backend, func);
}

static void
add_all (const TestBackend *backend)
{
  add (backend, "equal", test_equal);
  add (backend, "empty", test_empty);
  add (backend, "tampered-base", test_tampered_base);
  add (backend, "older-version", test_older_version);
  add (backend, "newer-version", test_newer_version);
  add (backend, "uncaptured-update", test_uncaptured_update);
  add (backend, "uncaptured-delete", test_uncaptured_delete);
  add (backend, "uncaptured-insert", test_uncaptured_insert);
  add (backend, "lost-ledger-row", test_lost_ledger_row);
  add (backend, "missing-here", test_missing_here);
  add (backend, "deleted-here-only", test_deleted_here_only);
  add (backend, "not-healed-unless-asked", test_not_healed_unless_asked);
  add (backend, "news-are-no-difference", test_news_are_no_difference);
  add (backend, "news-meanwhile-are-no-difference", test_news_meanwhile_are_no_difference);
  add (backend, "held-rows-are-known", test_held_rows_are_known);
  add (backend, "keys-of-every-kind", test_keys_of_every_kind);
  add (backend, "many-rows-few-requests", test_many_rows_few_requests);
  add (backend, "one-entity", test_one_entity);
  add (backend, "faults", test_faults);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  add_all (&test_backend_vault);
  for (guint i = 0; i < G_N_ELEMENTS (test_cloud_backends); i++)
    add_all (&test_cloud_backends[i]);
  g_test_add_func ("/verify/vault/contents-behind-its-back", test_contents_behind_its_back);
  g_test_add_func ("/verify/vault/keys-that-are-cut", test_keys_that_are_cut);
  g_test_add_func ("/verify/vault/all-contents", test_all_contents);
  g_test_add_func ("/verify/vault/gone-behind-its-back", test_gone_behind_its_back);
  g_test_add_func ("/verify/vault/deleted-behind-its-back", test_deleted_behind_its_back);
  return g_test_run ();
}
