/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-lists.h"

#include "sync-device-store.h"
#include "test-manager.h"

typedef struct
{
  TestManager here;
  TestManager there;
  SyncDevices *devices;
  SyncDevices *others;
  GAsyncResult *result;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  test_manager_set_up (&fixture->here, NULL);
  test_manager_set_up (&fixture->there, fixture->here.folder);
  fixture->devices = sync_devices_new (fixture->here.manager);
  fixture->others = sync_devices_new (fixture->there.manager);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  g_clear_object (&fixture->result);
  g_assert_finalize_object (fixture->devices);
  g_assert_finalize_object (fixture->others);
  test_manager_tear_down (&fixture->there);
  test_manager_tear_down (&fixture->here);
}

static GAsyncResult *
answer (Fixture *fixture)
{
  test_store_wait (&fixture->result);
  return fixture->result;
}

static GAsyncResult **
place (Fixture *fixture)
{
  g_clear_object (&fixture->result);
  return &fixture->result;
}

static void
enlist (Fixture *fixture, SyncDevices *devices, const char *name)
{
  g_autoptr (GError) error = NULL;

  sync_devices_register_async (devices, name, NULL, test_got_result, place (fixture));
  g_assert_true (sync_devices_register_finish (devices, answer (fixture), &error));
  g_assert_no_error (error);
}

static SyncDevice *
get_local (Fixture *fixture, SyncDevices *devices)
{
  g_autoptr (GError) error = NULL;
  SyncDevice *device;

  sync_devices_get_local_async (devices, NULL, test_got_result, place (fixture));
  device = sync_devices_get_local_finish (devices, answer (fixture), &error);
  g_assert_no_error (error);
  return device;
}

static GPtrArray *
list (Fixture *fixture, gint64 *known_at, GError **error)
{
  sync_devices_list_async (fixture->devices, NULL, test_got_result, place (fixture));
  return sync_devices_list_finish (fixture->devices, answer (fixture), known_at, error);
}

static const SyncDevice *
find (GPtrArray *devices, const char *id)
{
  for (guint i = 0; i < devices->len; i++)
    {
      const SyncDevice *device = g_ptr_array_index (devices, i);

      if (g_str_equal (device->id, id))
        return device;
    }
  return NULL;
}

static gboolean
rename_device (Fixture *fixture, const char *id, const char *name, GError **error)
{
  sync_devices_rename_async (fixture->devices, id, name, NULL, test_got_result, place (fixture));
  return sync_devices_rename_finish (fixture->devices, answer (fixture), error);
}

static gboolean
revoke_device (Fixture *fixture, const char *id, GError **error)
{
  sync_devices_revoke_async (fixture->devices, id, NULL, test_got_result, place (fixture));
  return sync_devices_revoke_finish (fixture->devices, answer (fixture), error);
}

static void
go_offline (Fixture *fixture)
{
  test_proxy_set_error (fixture->here.cloud, sync_error_new (SYNC_ERROR_OFFLINE, "host", "away"));
}

static void
test_local_without_network (Fixture *fixture, gconstpointer data)
{
  g_autoptr (SyncDevice) device = NULL;

  sync_manager_set_provider (fixture->here.manager, NULL);
  device = get_local (fixture, fixture->devices);
  g_assert_true (g_uuid_string_is_valid (device->id));
  g_assert_cmpstr (device->name, !=, "");
  g_assert_cmpstr (device->platform, ==, "linux");
  g_assert_nonnull (device->app_version);
  g_assert_true (device->is_local);
  g_assert_true (device->active);
  g_assert_cmpint (device->last_sync_at, ==, SYNC_TIME_UNKNOWN);
}

static void
test_list (Fixture *fixture, gconstpointer data)
{
  g_autoptr (SyncDevice) here = get_local (fixture, fixture->devices);
  g_autoptr (SyncDevice) there = get_local (fixture, fixture->others);
  g_autoptr (GPtrArray) devices = NULL;
  g_autoptr (GError) error = NULL;
  gint64 known_at = 0;

  enlist (fixture, fixture->devices, NULL);
  enlist (fixture, fixture->others, "Kitchen");
  devices = list (fixture, &known_at, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (devices->len, ==, 2);
  g_assert_cmpint (known_at, ==, SYNC_TIME_UNKNOWN);
  g_assert_true (find (devices, here->id)->is_local);
  g_assert_cmpstr (find (devices, here->id)->name, ==, here->name);
  g_assert_false (find (devices, there->id)->is_local);
  g_assert_cmpstr (find (devices, there->id)->name, ==, "Kitchen");
}

static void
test_list_offline (Fixture *fixture, gconstpointer data)
{
  g_autoptr (SyncDevice) there = get_local (fixture, fixture->others);
  g_autoptr (GPtrArray) fresh = NULL, known = NULL, local_only = NULL;
  g_autoptr (GError) error = NULL;
  gint64 known_at;

  go_offline (fixture);
  g_assert_null (list (fixture, &known_at, &error));
  g_assert_error (error, SYNC_ERROR, SYNC_ERROR_OFFLINE);
  g_clear_error (&error);

  test_proxy_set_error (fixture->here.cloud, NULL);
  enlist (fixture, fixture->devices, "Desk, \"left\"");
  enlist (fixture, fixture->others, NULL);
  fresh = list (fixture, &known_at, &error);
  g_assert_no_error (error);
  go_offline (fixture);
  test_clock_advance (fixture->here.clock, G_TIME_SPAN_DAY);
  known = list (fixture, &known_at, &error);
  g_assert_no_error (error);
  g_assert_cmpint (known_at, ==, TEST_NOW);
  g_assert_cmpuint (known->len, ==, 2);
  g_assert_cmpstr (find (known, there->id)->name, ==, there->name);
  g_assert_cmpstr (find (known, there->id)->platform, ==, "linux");
  for (guint i = 0; i < known->len; i++)
    g_assert_cmpint (
        ((SyncDevice *) g_ptr_array_index (known, i))->is_local, ==,
        g_str_equal (((SyncDevice *) g_ptr_array_index (known, i))->name, "Desk, \"left\""));

  sync_manager_set_provider (fixture->here.manager, NULL);
  local_only = list (fixture, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (local_only->len, ==, 2);
}

/* A fault that somebody must mend is told, not hidden behind an old list. */
static void
test_list_with_fault (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GPtrArray) fresh = NULL;
  g_autoptr (GError) error = NULL;
  gint64 known_at;

  enlist (fixture, fixture->devices, NULL);
  fresh = list (fixture, &known_at, &error);
  g_assert_no_error (error);
  test_proxy_set_error (fixture->here.cloud, sync_error_new (SYNC_ERROR_SIGN_IN, NULL, "nobody"));
  g_assert_null (list (fixture, &known_at, &error));
  g_assert_error (error, SYNC_ERROR, SYNC_ERROR_SIGN_IN);
}

static void
test_rename (Fixture *fixture, gconstpointer data)
{
  g_autoptr (SyncDevice) there = get_local (fixture, fixture->others);
  g_autofree char *prefix = g_strndup (there->id, 8);
  g_autofree char *upper = g_ascii_strup (there->id, -1);
  g_autoptr (GPtrArray) devices = NULL;
  g_autoptr (GError) error = NULL;

  enlist (fixture, fixture->devices, "Desk");
  enlist (fixture, fixture->others, "Kitchen");
  g_assert_true (rename_device (fixture, "Kitchen", " Küche ", &error));
  g_assert_true (rename_device (fixture, prefix, "Cellar", &error));
  g_assert_true (rename_device (fixture, upper, "Attic", &error));
  g_assert_no_error (error);
  devices = list (fixture, NULL, &error);
  g_assert_cmpstr (find (devices, there->id)->name, ==, "Attic");
  /* Only what a device says itself is its own name. */
  test_assert_query (fixture->there.store, "SELECT value FROM psync_meta WHERE key = 'device-name'",
                     "Kitchen\n");
}

static void
test_rename_local (Fixture *fixture, gconstpointer data)
{
  g_autoptr (SyncDevice) device = NULL;
  g_autoptr (GPtrArray) devices = NULL;
  g_autoptr (GError) error = NULL;

  enlist (fixture, fixture->devices, "Desk");
  g_assert_true (rename_device (fixture, "Desk", "Lap", &error));
  device = get_local (fixture, fixture->devices);
  g_assert_cmpstr (device->name, ==, "Lap");
  devices = list (fixture, NULL, &error);
  g_assert_cmpstr (find (devices, device->id)->name, ==, "Lap");

  go_offline (fixture);
  g_assert_true (rename_device (fixture, device->id, "Train", &error));
  g_assert_no_error (error);
  test_assert_query (fixture->here.store, "SELECT value FROM psync_meta WHERE key = 'device-name'",
                     "Train\n");
  g_assert_false (rename_device (fixture, "Kitchen", "x", &error));
  g_assert_error (error, SYNC_ERROR, SYNC_ERROR_OFFLINE);
}

/* The cloud learns of a new device with its first run, and then by the name that it was given. */
static void
test_rename_before_the_first_run (Fixture *fixture, gconstpointer data)
{
  g_autoptr (SyncDevice) device = get_local (fixture, fixture->devices);
  g_autoptr (GPtrArray) devices = NULL;
  g_autoptr (GError) error = NULL;

  enlist (fixture, fixture->others, "Desk");
  g_assert_true (rename_device (fixture, device->id, "Lap", &error));
  g_assert_no_error (error);
  devices = list (fixture, NULL, &error);
  g_assert_cmpuint (devices->len, ==, 1);
  test_assert_query (fixture->here.store, "SELECT value FROM psync_meta WHERE key = 'device-name'",
                     "Lap\n");
  g_assert_false (rename_device (fixture, "Kitchen", "x", &error));
  g_assert_error (error, SYNC_ERROR, SYNC_ERROR_NOT_FOUND);
}

static void
test_empty_name (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  enlist (fixture, fixture->devices, "Desk");
  g_assert_false (rename_device (fixture, "Desk", " \t", &error));
  g_assert_error (error, SYNC_ERROR, SYNC_ERROR_INVALID);
}

static void
test_unknown_and_ambiguous (Fixture *fixture, gconstpointer data)
{
  g_autoptr (SyncDevice) there = get_local (fixture, fixture->others);
  g_autofree char *start = g_strndup (there->id, 3);
  g_autoptr (GError) unknown = NULL, ambiguous = NULL, too_short = NULL, error = NULL;

  enlist (fixture, fixture->devices, "Desk");
  enlist (fixture, fixture->others, "Desk");
  g_assert_false (revoke_device (fixture, "Cellar", &unknown));
  g_assert_error (unknown, SYNC_ERROR, SYNC_ERROR_NOT_FOUND);
  g_assert_cmpstr (sync_error_get_detail (unknown)->subject, ==, "Cellar");
  g_assert_cmpstr (sync_error_get_detail (unknown)->reason, ==, "device");
  g_assert_false (revoke_device (fixture, "Desk", &ambiguous));
  g_assert_error (ambiguous, SYNC_ERROR, SYNC_ERROR_NOT_FOUND);
  g_assert_cmpstr (sync_error_get_detail (ambiguous)->reason, ==, "ambiguous");
  g_assert_false (revoke_device (fixture, start, &too_short));
  g_assert_error (too_short, SYNC_ERROR, SYNC_ERROR_NOT_FOUND);
  g_assert_false (revoke_device (fixture, "", NULL));

  /* Of two with one name, the one that still is a device is meant. */
  g_assert_true (revoke_device (fixture, there->id, &error));
  g_assert_true (rename_device (fixture, "Desk", "Table", &error));
  g_assert_no_error (error);
  test_assert_query (fixture->here.store, "SELECT value FROM psync_meta WHERE key = 'device-name'",
                     "Table\n");
}

static void
test_revoked_device_stops (Fixture *fixture, gconstpointer data)
{
  g_autoptr (SyncDevice) there = get_local (fixture, fixture->others);
  g_autoptr (SyncResult) stopped = NULL, again = NULL;
  g_autoptr (GPtrArray) devices = NULL;
  g_autoptr (GError) error = NULL;

  enlist (fixture, fixture->devices, "Desk");
  enlist (fixture, fixture->others, "Kitchen");
  test_store_sql (fixture->there.store, "INSERT INTO projects (id) VALUES ('a')");
  g_assert_true (revoke_device (fixture, "Kitchen", &error));
  g_assert_no_error (error);
  devices = list (fixture, NULL, &error);
  g_assert_false (find (devices, there->id)->active);
  stopped = test_manager_sync (&fixture->there);
  g_assert_error (stopped->error, SYNC_ERROR, SYNC_ERROR_REVOKED);
  test_assert_query (fixture->there.store, "SELECT id FROM projects", "a\n");

  enlist (fixture, fixture->others, NULL);
  again = test_manager_sync (&fixture->there);
  g_assert_no_error (again->error);
  g_assert_cmpuint (again->total.pushed, ==, 1);
}

/* Who has read everything knows it of the others; who has not does not know how much it lacks. */
static void
test_how_far_behind (Fixture *fixture, gconstpointer data)
{
  g_autoptr (SyncDevice) here = get_local (fixture, fixture->devices);
  g_autoptr (SyncDevice) there = get_local (fixture, fixture->others);
  g_autoptr (GPtrArray) devices = NULL, known = NULL, again = NULL, others = NULL;
  g_autoptr (GError) error = NULL;

  test_store_sql (fixture->here.store, "INSERT INTO projects (id) VALUES ('a'), ('b')");
  sync_result_free (test_manager_sync (&fixture->here));
  sync_result_free (test_manager_sync (&fixture->there));
  test_store_sql (fixture->here.store, "INSERT INTO projects (id) VALUES ('c'); DELETE FROM projects WHERE id = 'a';"
                                       "UPDATE projects SET name = 'x' WHERE id = 'b'");
  sync_result_free (test_manager_sync (&fixture->here));
  devices = list (fixture, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpint (find (devices, here->id)->behind, ==, 0);
  g_assert_cmpint (find (devices, there->id)->behind, ==, 3);
  sync_devices_list_async (fixture->others, NULL, test_got_result, place (fixture));
  others = sync_devices_list_finish (fixture->others, answer (fixture), NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpint (find (others, here->id)->behind, ==, 0);
  g_assert_cmpint (find (others, there->id)->behind, ==, -1);
  go_offline (fixture);
  known = list (fixture, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpint (find (known, there->id)->behind, ==, 3);
  test_proxy_set_error (fixture->here.cloud, NULL);
  sync_result_free (test_manager_sync (&fixture->there));
  again = list (fixture, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpint (find (again, there->id)->behind, ==, 0);
}

static void
test_forget_known (SyncStore *store)
{
  g_autoptr (GPtrArray) none = NULL, devices = g_ptr_array_new_with_free_func (
                                         (GDestroyNotify) sync_device_free);
  g_autoptr (GError) error = NULL;
  gint64 known_at = 0;

  g_ptr_array_add (devices, sync_device_new ("x", "y"));
  g_assert_true (sync_store_set_known_devices (store, devices, 5, &error));
  g_assert_true (sync_store_set_known_devices (store, NULL, 0, &error));
  none = sync_store_get_known_devices (store, &known_at, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (none->len, ==, 0);
  g_assert_cmpint (known_at, ==, SYNC_TIME_UNKNOWN);
}

static void
test_damaged_known (SyncStore *store)
{
  static const char *const texts[] = { "", "[", "[]", "{}", "{\"devices\":[]}" };

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autoptr (GPtrArray) none = NULL;
      g_autoptr (GError) error = NULL;
      gint64 known_at;

      g_assert_true (sync_store_set_meta (store, "devices", texts[i], &error));
      none = sync_store_get_known_devices (store, &known_at, &error);
      g_assert_no_error (error);
      g_assert_cmpuint (none->len, ==, 0);
    }
}

#define add(name, func) g_test_add ("/devices/" name, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  add ("rename-before-the-first-run", test_rename_before_the_first_run);
  add ("this-one-is-known-without-network", test_local_without_network);
  add ("list-names-all-and-this-one", test_list);
  add ("offline-the-last-known-list", test_list_offline);
  add ("a-fault-is-told-not-hidden", test_list_with_fault);
  add ("renamed-by-name-start-or-id", test_rename);
  add ("this-one-is-renamed-offline-too", test_rename_local);
  add ("an-empty-name-is-none", test_empty_name);
  add ("unknown-and-ambiguous-names-are-named", test_unknown_and_ambiguous);
  add ("who-has-read-everything-knows-how-far-behind-others-are", test_how_far_behind);
  add ("a-revoked-device-stops-and-keeps-its-rows", test_revoked_device_stops);
  test_store_add ("/devices/known-ones-can-be-forgotten", test_forget_known);
  test_store_add ("/devices/a-damaged-list-is-none", test_damaged_known);
  return g_test_run ();
}
