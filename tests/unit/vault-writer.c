/* SPDX-License-Identifier: GPL-3.0-or-later */
#define _GNU_SOURCE /* unshare() */
#include <grp.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <unistd.h>

#include "sync-json.h"
#include "vault-fixture.h"

/* Another program that uses a vault, for test-vault-processes.c:
 *
 *   vault-writer write PATH NAME BATCHES ROWS   pushes new rows in batches and counts the row
 * "shared" up after each; says "NAME BATCH COUNT" when both are acknowledged vault-writer probe
 * PATH                     without rights: says how a pull and a push end vault-writer fill FOLDER
 * fills a file system of 2 MiB, mounted there, that nobody else sees: says how that ends and what
 * is there then
 */

#define NOBODY 65534

static const char *
describe (const GError *error)
{
  if (error == NULL)
    return "done";
  return error->domain == SYNC_ERROR ? sync_error_code_name (error->code) : error->message;
}

static SyncProvider *
open_vault (const char *path, gboolean create)
{
  g_autoptr (SyncClock) clock = sync_clock_new ();
  SyncProvider *vault = sync_vault_provider_new (path, clock);

  sync_vault_provider_set_create (SYNC_VAULT_PROVIDER (vault), create);
  return vault;
}

/* Others may keep a vault busy for longer than anybody waits. */
static GBytes *
push (SyncProvider *vault, const SyncEntity *entity, const char *rows)
{
  for (;;)
    {
      g_autoptr (GError) error = NULL;
      GBytes *reply = test_push (vault, entity, rows, &error);

      if (reply != NULL)
        return reply;
      if (!g_error_matches (error, SYNC_ERROR, SYNC_ERROR_LATER))
        g_error ("push: %s", describe (error));
    }
}

static void
push_batch (SyncProvider *vault, const SyncEntity *entity, const char *name, guint batch,
            guint n_rows)
{
  g_autoptr (GString) rows = g_string_new ("[");
  g_autoptr (GBytes) reply = NULL;

  for (guint i = 0; i < n_rows; i++)
    g_string_append_printf (
        rows,
        "%s{\"id\":\"%s %u %u\",\"value\":\"some text that takes room in a page\","
        "\"count\":%u,\"base_version\":0}",
        i > 0 ? "," : "", name, batch, i, batch);
  g_string_append_c (rows, ']');
  reply = push (vault, entity, rows->str);
}

static gint64
read_integer (GBytes *rows, const char *name)
{
  SyncJsonReader reader;
  SyncSpan row, value;
  gint64 number = 0;

  sync_json_reader_init (&reader, g_bytes_get_data (rows, NULL), g_bytes_get_size (rows));
  if (sync_json_enter_array (&reader) && sync_json_next_element (&reader)
      && sync_json_read_value (&reader, &row) && sync_json_get_member (row, name, &value))
    sync_json_to_int64 (value, &number);
  return number;
}

/* Reads the shared row and writes it with one more, until nobody was in between. */
static gint64
count_up (SyncProvider *vault, const SyncEntity *entity)
{
  for (;;)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (GBytes) known = test_fetch (vault, entity, "[[\"shared\"]]", TRUE, &error);
      g_autoptr (GBytes) reply = NULL;
      g_autofree char *rows = NULL;
      gint64 count;

      if (known == NULL)
        continue;
      count = read_integer (known, "count") + 1;
      rows = g_strdup_printf ("[{\"id\":\"shared\",\"count\":%" G_GINT64_FORMAT
                              ",\"base_version\":%" G_GINT64_FORMAT "}]",
                              count, read_integer (known, "sync_version"));
      reply = push (vault, entity, rows);
      if (g_bytes_get_size (reply) > 2)
        return count;
    }
}

static int
run_write (const char *path, const char *name, guint n_batches, guint n_rows)
{
  g_autoptr (SyncProvider) vault = open_vault (path, TRUE);
  g_autoptr (SyncEntity) entity = vault_fixture_items_new ();

  for (guint i = 0; i < n_batches; i++)
    {
      gint64 count;

      push_batch (vault, entity, name, i, n_rows);
      count = count_up (vault, entity);
      g_print ("%s %u %" G_GINT64_FORMAT "\n", name, i, count);
    }
  return 0;
}

static int
run_probe (const char *path)
{
  g_autoptr (SyncEntity) entity = vault_fixture_items_new ();
  g_autoptr (SyncProvider) vault = NULL;
  g_autoptr (GBytes) page = NULL;
  g_autoptr (GError) pull_error = NULL;
  g_autoptr (GError) push_error = NULL;

  if (geteuid () == 0 && (setgroups (0, NULL) != 0 || setgid (NOBODY) != 0 || setuid (NOBODY) != 0))
    return 1;
  vault = open_vault (path, FALSE);
  page = test_pull (vault, entity, &(SyncPullQuery) { .limit = 10 }, &pull_error);
  vault_fixture_put (vault, entity, "new", "x", 0, FALSE, &push_error);
  g_print ("pull %s, push %s\n", describe (pull_error), describe (push_error));
  return 0;
}

static gboolean
mount_little (const char *folder)
{
  if (unshare (CLONE_NEWNS) != 0 && unshare (CLONE_NEWUSER | CLONE_NEWNS) != 0)
    return FALSE;
  return mount (NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0
         && mount ("tmpfs", folder, "tmpfs", 0, "size=2m") == 0;
}

static int
run_fill (const char *folder)
{
  g_autofree char *path = g_build_filename (folder, "vault.db", NULL);
  g_autofree char *text = g_strnfill (100000, 'x');
  g_autoptr (SyncProvider) vault = NULL;
  g_autoptr (SyncEntity) entity = vault_fixture_items_new ();
  g_autoptr (GError) error = NULL;
  guint n_rows = 0;

  if (!mount_little (folder))
    {
      g_print ("no rights to mount\n");
      return 0;
    }
  vault = open_vault (path, TRUE);
  for (; error == NULL; n_rows++)
    {
      g_autofree char *id = g_strdup_printf ("%u", n_rows);

      vault_fixture_put (vault, entity, id, text, 0, FALSE, &error);
    }
  g_print ("%s, %s, %s\n", describe (error),
           vault_fixture_count (vault, entity) == n_rows - 1 ? "all rows" : "rows are missing",
           vault_fixture_query (path, "SELECT count(*) FROM pragma_integrity_check"
                                      " WHERE integrity_check = 'ok'")
                   == 1
               ? "whole"
               : "damaged");
  return 0;
}

int
main (int argc, char **argv)
{
  if (argc == 6 && g_str_equal (argv[1], "write"))
    return run_write (argv[2], argv[3], atoi (argv[4]), atoi (argv[5]));
  if (argc == 3 && g_str_equal (argv[1], "probe"))
    return run_probe (argv[2]);
  if (argc == 3 && g_str_equal (argv[1], "fill"))
    return run_fill (argv[2]);
  return 2;
}
