/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fuzz.h"

#include "sync-apply.h"
#include "sync-resolver.h"
#include "sync-store.h"
#include "test-clock.h"
#include "test-database.h"
#include "test-store.h"

/* A page from the cloud, applied to a database that has rows, edits and a deletion of its own. The first byte says
 * what the page is. */

typedef struct
{
  GBytes *page;
  SyncApplyMode mode;
} Input;

static SyncStore *store;
static SyncResolver *resolver;
static Input input;

static void
reset_rows (SyncConnection *connection)
{
  test_sql (connection,
            "DELETE FROM psync_held; DELETE FROM psync_conflict; DELETE FROM psync_seen; DELETE FROM projects;"
            "DELETE FROM psync_change; DELETE FROM psync_row;"
            "UPDATE psync_entity SET pulled_version = 0, scan_version = -1, hydrate_version = -1, brake_rows = NULL;"
            "INSERT INTO projects (id, name) VALUES ('a', 'one'), ('b', 'two'), ('c', 'three');"
            "INSERT INTO psync_row (entity, id, version, base) VALUES ('projects', '''a''', 3, '{\"id\":\"a\"}'), "
            "('projects', '''gone''', 2, NULL);"
            "DELETE FROM psync_change WHERE id = '''c'''; DELETE FROM projects WHERE id = 'b'");
}

static void
apply_page (SyncStore *on)
{
  SyncConnection *connection = sync_store_get_connection (on);
  const SyncEntity *entity = sync_store_find_entity (on, "projects");
  SyncApplyPolicy policy = { .kind = SYNC_RUN_SYNC, .decide = sync_resolver_decide, .decide_data = resolver };
  g_autoptr (SyncApply) apply = NULL;
  g_autoptr (GError) error = NULL;
  gboolean good = TRUE;

  reset_rows (connection);
  policy.device = (char *) "fuzz";
  apply = sync_apply_new (on, entity, input.page, input.mode, 0, &policy);
  while (good && !sync_apply_is_done (apply))
    good = sync_apply_slices (connection, apply, NULL, &error);
  g_assert (good == (error == NULL));
  g_assert (!sync_connection_in_transaction (connection));
  {
    g_autofree char *left = test_query (connection, "SELECT id FROM psync_applying");

    g_assert (*left == '\0');
  }
}

static void
begin (void)
{
  g_autofree char *folder = test_folder_new ();
  g_autoptr (SyncClock) clock = test_clock_new (TEST_NOW);
  g_autoptr (GError) error = NULL;

  store = test_store_open (folder, clock);
  resolver = sync_resolver_new ("newest", NULL, &error);
  g_assert_no_error (error);
  /* The file lives as long as it is open. */
  test_folder_remove (folder);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  static const SyncApplyMode modes[] = { SYNC_APPLY_PULL, SYNC_APPLY_SCAN, SYNC_APPLY_HYDRATE, SYNC_APPLY_FETCH };

  if (store == NULL)
    begin ();
  if (size == 0)
    return 0;
  input.mode = modes[data[0] % G_N_ELEMENTS (modes)];
  input.page = g_bytes_new_static (data + 1, size - 1);
  test_store_run (store, apply_page);
  g_bytes_unref (input.page);
  return 0;
}
