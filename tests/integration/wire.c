/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wire.h"

#include "sync-queue-store.h"
#include "sync-supabase-provider.h"

#define LONG_PATIENCE_MS 65000

static gboolean leaked;

/* Looks for contents in everything that is logged. */
static GLogWriterOutput
watch_log (GLogLevelFlags level, const GLogField *fields, gsize n_fields, gpointer data)
{
  for (gsize i = 0; i < n_fields; i++)
    {
      const char *text = fields[i].value;

      if (g_str_equal (fields[i].key, "MESSAGE") && text != NULL
          && (strstr (text, WIRE_SECRET) != NULL || strstr (text, "Bearer") != NULL || strstr (text, "eyJ") != NULL))
        leaked = TRUE;
    }
  if ((level & (G_LOG_LEVEL_DEBUG | G_LOG_LEVEL_INFO)) != 0)
    return G_LOG_WRITER_HANDLED;
  return g_log_writer_default (level, fields, n_fields, data);
}

void
wire_watch_log (void)
{
  g_setenv ("G_MESSAGES_DEBUG", "all", TRUE);
  g_log_set_writer_func (watch_log, NULL, NULL);
}

void
wire_expect_no_contents (TestDevice *device, const GError *error)
{
  g_assert_false (leaked);
  if (error != NULL)
    g_assert_null (strstr (error->message, WIRE_SECRET));
  if (device != NULL)
    {
      g_autofree char *told = test_device_query (
          device, "SELECT error FROM psync_change UNION ALL SELECT error FROM psync_history");

      g_assert_null (strstr (told, WIRE_SECRET));
    }
}

void
wire_set_patience (SyncProvider *provider, guint milliseconds)
{
  sync_supabase_provider_set_timeout (SYNC_SUPABASE_PROVIDER (provider), milliseconds);
}

static const TestWireFault *
meet_plan (guint number, const char *method, const char *path, gpointer data)
{
  WirePlan *plan = data;

  if (number != plan->at)
    return NULL;
  plan->happened = TRUE;
  return plan->fault;
}

void
wire_begin (TestRig *rig, SyncProvider *provider, WirePlan *plan)
{
  plan->happened = FALSE;
  if (plan->fault->kind == TEST_WIRE_LATE)
    wire_set_patience (provider, WIRE_PATIENCE_MS);
  test_hosted_set_faults (test_rig_get_hosted (rig), meet_plan, plan);
}

static gboolean
retry_all (SyncStore *store, gpointer data, GError **error)
{
  return sync_store_retry_changes (store, NULL, NULL, error) >= 0;
}

/* What an invented refusal refused is there to be tried again, and is. */
static void
retry_refused (TestDevice *device)
{
  g_autoptr (GError) error = NULL;

  test_device_expect (device, "SELECT id FROM psync_change WHERE state = 'refused' AND error IS NULL", "");
  test_device_call (device, retry_all, NULL, &error);
  g_assert_no_error (error);
}

void
wire_heal (TestRig *rig)
{
  test_hosted_heal (test_rig_get_hosted (rig));
  test_rig_advance (rig, 10 * G_TIME_SPAN_MINUTE);
  for (guint i = 0; i < rig->devices->len; i++)
    {
      TestDevice *device = g_ptr_array_index (rig->devices, i);

      wire_set_patience (test_faults_get_inner (device->faults), LONG_PATIENCE_MS);
      retry_refused (device);
    }
}

gboolean
wire_refuses_rows (const TestWireFault *fault)
{
  return g_str_equal (fault->name, "413-body") || g_str_equal (fault->name, "409-unique")
         || g_strcmp0 (fault->like, "409-unique") == 0;
}

gboolean
wire_is_chosen (const TestWireFault *fault)
{
  return fault->like == NULL || g_getenv ("PSYNC_TEST_ALL") != NULL;
}

/* --- Work for both ------------------------------------------------------------------------------ */

/* Both edit, insert and delete, one row in different columns. */
void
wire_make_work (TestDevice *a, TestDevice *b, guint round)
{
  test_device_sqlf (a, "UPDATE notes SET title = '" WIRE_SECRET " a%u' WHERE id IN ('s1', 's2');"
                       "INSERT INTO notes VALUES ('a%u', '" WIRE_SECRET "', 'by a', 1);"
                       "DELETE FROM notes WHERE id = 'a%u'",
                    round, round, round - 1);
  test_device_sqlf (b, "UPDATE notes SET body = '" WIRE_SECRET " b%u' WHERE id IN ('s1', 's3');"
                       "INSERT INTO notes VALUES ('b%u', '" WIRE_SECRET "', 'by b', 1);"
                       "DELETE FROM notes WHERE id = 'b%u'",
                    round, round, round - 1);
}

void
wire_expect_work (TestDevice *device, guint round)
{
  g_autofree char *expected
      = g_strdup_printf ("a%u|" WIRE_SECRET "|by a\nb%u|" WIRE_SECRET "|by b\n"
                         "s1|" WIRE_SECRET " a%u|" WIRE_SECRET " b%u\ns2|" WIRE_SECRET " a%u|body\n"
                         "s3|title|" WIRE_SECRET " b%u\n",
                         round, round, round, round, round, round);

  test_device_expect (device, "SELECT id, title, body FROM notes ORDER BY id", expected);
  test_device_assert_clean (device);
  test_device_expect (device, "SELECT id, kind FROM psync_conflict", "");
}

void
wire_begin_work (TestRig *rig, TestDevice **a, TestDevice **b)
{
  *a = test_rig_add (rig, "a");
  *b = test_rig_add (rig, "b");
  test_device_sql (*a, "INSERT INTO notes (id, title, body) VALUES ('s1', 'title', 'body'), ('s2', 'title', 'body'), "
                       "('s3', 'title', 'body'), ('a0', 'title', 'body')");
  test_device_sync (*a);
  test_device_sync (*b);
  test_device_sql (*b, "INSERT INTO notes (id) VALUES ('b0')");
  test_rig_settle (rig);
  test_hosted_set_max_rows (test_rig_get_hosted (rig), 3);
}
