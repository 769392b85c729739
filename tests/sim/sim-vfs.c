/* SPDX-License-Identifier: GPL-3.0-or-later */
#define _GNU_SOURCE

#include "sim-vfs.h"

#include <dlfcn.h>
#include <errno.h>
#include <sqlite3.h>
#include <string.h>

#include <glib/gstdio.h>

#include "test-database.h"

/* A VFS of SQLite's with files in memory. Locks are kept as between processes, so that whoever
 * leaves a transaction open while others write is found out. */

/**
 * Node:
 * @name: (owned) (nullable): %NULL: a temporary file
 * @readers: how many have a shared lock
 * @writer: (nullable): who has a reserved lock or more
 * @alone: whether the writer lets nobody else read
 *
 * One file.
 */
typedef struct
{
  char *name;
  GByteArray *data;
  guint readers;
  gpointer writer;
  gboolean alone;
} Node;

typedef struct
{
  sqlite3_file base;
  Node *node;
  int lock;
} File;

static char *folder;
static char *paths[SIM_MAX_SLOTS];
static SyncClock *clocks[SIM_MAX_SLOTS];
static sqlite3_vfs systems[SIM_MAX_SLOTS];
static GHashTable *nodes; /* (element-type utf8 Node) */
static SimCommitFunc on_commit;
static gpointer on_commit_data;
static gboolean watching;
static gboolean relaxed[SIM_MAX_SLOTS];
static GBytes *durable[SIM_MAX_SLOTS]; /* (nullable): what is on the disk, where that is less than was committed */

static void
node_free (Node *node)
{
  g_byte_array_unref (node->data);
  g_free (node->name);
  g_free (node);
}

static Node *
find_node (const char *name, gboolean make)
{
  Node *node = name != NULL ? g_hash_table_lookup (nodes, name) : NULL;

  if (node != NULL || !make)
    return node;
  node = g_new0 (Node, 1);
  node->name = g_strdup (name);
  node->data = g_byte_array_new ();
  if (name != NULL)
    g_hash_table_insert (nodes, node->name, node);
  return node;
}

/* --- Files ------------------------------------------------------------------------------------ */

static int
file_close (sqlite3_file *base)
{
  File *file = (File *) base;

  g_assert (file->lock == SQLITE_LOCK_NONE);
  if (file->node->name == NULL)
    node_free (file->node);
  return SQLITE_OK;
}

static int
file_read (sqlite3_file *base, void *to, int amount, sqlite3_int64 offset)
{
  GByteArray *data = ((File *) base)->node->data;
  gint64 there = MIN (amount, (gint64) data->len - offset);

  if (there > 0)
    memcpy (to, data->data + offset, (gsize) there);
  if (there >= amount)
    return SQLITE_OK;
  memset ((char *) to + MAX (there, 0), 0, (gsize) (amount - MAX (there, 0)));
  return SQLITE_IOERR_SHORT_READ;
}

static int
file_write (sqlite3_file *base, const void *from, int amount, sqlite3_int64 offset)
{
  GByteArray *data = ((File *) base)->node->data;
  guint before = data->len;

  if (offset + amount > before)
    {
      g_byte_array_set_size (data, (guint) (offset + amount));
      if (offset > before)
        memset (data->data + before, 0, (gsize) (offset - before));
    }
  memcpy (data->data + offset, from, (gsize) amount);
  return SQLITE_OK;
}

static int
file_truncate (sqlite3_file *base, sqlite3_int64 size)
{
  GByteArray *data = ((File *) base)->node->data;

  if (size < data->len)
    g_byte_array_set_size (data, (guint) size);
  return SQLITE_OK;
}

static int
file_sync (sqlite3_file *base, int flags)
{
  return SQLITE_OK;
}

static int
file_size (sqlite3_file *base, sqlite3_int64 *size)
{
  *size = ((File *) base)->node->data->len;
  return SQLITE_OK;
}

static int
file_lock (sqlite3_file *base, int lock)
{
  File *file = (File *) base;
  Node *node = file->node;

  if (file->lock >= lock)
    return SQLITE_OK;
  if (file->lock == SQLITE_LOCK_NONE)
    {
      if (node->alone)
        return SQLITE_BUSY;
      node->readers++;
      file->lock = SQLITE_LOCK_SHARED;
    }
  if (lock == SQLITE_LOCK_SHARED)
    return SQLITE_OK;
  if (node->writer != NULL && node->writer != file)
    return SQLITE_BUSY;
  node->writer = file;
  if (lock == SQLITE_LOCK_EXCLUSIVE)
    {
      if (node->readers > 1)
        return SQLITE_BUSY;
      node->alone = TRUE;
    }
  file->lock = lock;
  return SQLITE_OK;
}

static int
file_unlock (sqlite3_file *base, int lock)
{
  File *file = (File *) base;
  Node *node = file->node;

  if (file->lock <= lock)
    return SQLITE_OK;
  if (node->writer == file)
    {
      node->writer = NULL;
      node->alone = FALSE;
    }
  if (lock == SQLITE_LOCK_NONE)
    node->readers--;
  file->lock = lock;
  return SQLITE_OK;
}

static int
file_check_lock (sqlite3_file *base, int *result)
{
  *result = ((File *) base)->node->writer != NULL;
  return SQLITE_OK;
}

static int
file_control (sqlite3_file *base, int op, void *arg)
{
  return SQLITE_NOTFOUND;
}

static int
file_sector_size (sqlite3_file *base)
{
  return 512;
}

static int
file_traits (sqlite3_file *base)
{
  return 0;
}

static const sqlite3_io_methods methods = {
  .iVersion = 1,
  .xClose = file_close,
  .xRead = file_read,
  .xWrite = file_write,
  .xTruncate = file_truncate,
  .xSync = file_sync,
  .xFileSize = file_size,
  .xLock = file_lock,
  .xUnlock = file_unlock,
  .xCheckReservedLock = file_check_lock,
  .xFileControl = file_control,
  .xSectorSize = file_sector_size,
  .xDeviceCharacteristics = file_traits,
};

/* --- The file system -------------------------------------------------------------------------- */

static int
system_open (sqlite3_vfs *system, const char *name, sqlite3_file *base, int flags, int *out_flags)
{
  File *file = (File *) base;

  file->base.pMethods = &methods;
  file->node = find_node (name, TRUE);
  file->lock = SQLITE_LOCK_NONE;
  if (out_flags != NULL)
    *out_flags = flags;
  return SQLITE_OK;
}

static int
system_delete (sqlite3_vfs *system, const char *name, int sync)
{
  return g_hash_table_remove (nodes, name) ? SQLITE_OK : SQLITE_IOERR_DELETE_NOENT;
}

static int
system_access (sqlite3_vfs *system, const char *name, int flags, int *result)
{
  *result = g_hash_table_contains (nodes, name);
  return SQLITE_OK;
}

static int
system_full_name (sqlite3_vfs *system, const char *name, int size, char *out)
{
  g_strlcpy (out, name, (gsize) size);
  return SQLITE_OK;
}

static int
system_random (sqlite3_vfs *system, int size, char *out)
{
  memset (out, 'r', (gsize) size);
  return size;
}

static int
system_sleep (sqlite3_vfs *system, int microseconds)
{
  return microseconds;
}

static int
system_time (sqlite3_vfs *system, sqlite3_int64 *milliseconds)
{
  /* From noon in Greenwich on the day that Julian days are counted from. */
  *milliseconds = 210866760000000 + sync_clock_now (*(SyncClock **)system->pAppData) / 1000;
  return SQLITE_OK;
}

static int
system_last_error (sqlite3_vfs *system, int size, char *out)
{
  return 0;
}

static void
add_system (guint slot)
{
  systems[slot] = (sqlite3_vfs){
    .iVersion = 2,
    .szOsFile = sizeof (File),
    .mxPathname = 512,
    .zName = g_strdup_printf ("sim-%u", slot),
    .pAppData = &clocks[slot],
    .xOpen = system_open,
    .xDelete = system_delete,
    .xAccess = system_access,
    .xFullPathname = system_full_name,
    .xRandomness = system_random,
    .xSleep = system_sleep,
    .xGetLastError = system_last_error,
    .xCurrentTimeInt64 = system_time,
  };
  g_assert (sqlite3_vfs_register (&systems[slot], FALSE) == SQLITE_OK);
}

static void
remove_folder (void)
{
  test_folder_remove (folder);
}

static void
set_up (void)
{
  if (folder != NULL)
    return;
  /* All is one thread. */
  sqlite3_config (SQLITE_CONFIG_SINGLETHREAD);
  sqlite3_config (SQLITE_CONFIG_MEMSTATUS, 0);
  nodes = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, (GDestroyNotify) node_free);
  folder = test_folder_new ();
  atexit (remove_folder);
  for (guint i = 0; i < SIM_MAX_SLOTS; i++)
    {
      g_autofree char *name = g_strdup_printf ("d%u.db", i);

      paths[i] = g_build_filename (folder, name, NULL);
      g_assert (g_file_set_contents (paths[i], "", 0, NULL));
      add_system (i);
    }
}

/* --- Which connections ------------------------------------------------------------------------ */

static int
before_commit (void *data)
{
  guint slot = GPOINTER_TO_UINT (data);

  if (relaxed[slot] && durable[slot] == NULL)
    durable[slot] = sim_vfs_read (slot);
  if (on_commit != NULL)
    on_commit (on_commit_data);
  if (!relaxed[slot])
    sim_vfs_save (slot);
  return 0;
}

static guint
find_slot (const char *path)
{
  guint slot = 0;

  while (slot < SIM_MAX_SLOTS && g_strcmp0 (path, paths[slot]) != 0)
    slot++;
  return slot;
}

/* What the engine opens by a slot's path. */
int
sqlite3_open_v2 (const char *name, sqlite3 **handle, int flags, const char *vfs)
{
  static int (*open_database) (const char *, sqlite3 **, int, const char *);
  guint slot = find_slot (name);
  int result;

  if (open_database == NULL)
    *(void **)&open_database = dlsym (RTLD_NEXT, "sqlite3_open_v2");
  if (slot < SIM_MAX_SLOTS)
    vfs = systems[slot].zName;
  result = open_database (name, handle, flags, vfs);
  if (slot < SIM_MAX_SLOTS && watching)
    sqlite3_commit_hook (*handle, before_commit, GUINT_TO_POINTER (slot));
  return result;
}

void
sim_vfs_watch_commits (SimCommitFunc func, gpointer data)
{
  on_commit = func;
  on_commit_data = data;
}

void
sim_vfs_set_watching (gboolean watch)
{
  watching = watch;
}

const char *
sim_vfs_get_path (guint slot)
{
  set_up ();
  return paths[slot];
}

void
sim_vfs_set_clock (guint slot, SyncClock *clock)
{
  set_up ();
  clocks[slot] = clock;
}

gboolean
sim_vfs_relax (const char *path, gboolean relax)
{
  guint slot = find_slot (path);
  gboolean changed;

  if (slot == SIM_MAX_SLOTS)
    return FALSE;
  changed = relaxed[slot] != relax;
  relaxed[slot] = relax;
  return changed;
}

void
sim_vfs_save (guint slot)
{
  g_clear_pointer (&durable[slot], g_bytes_unref);
}

/* --- Copies ----------------------------------------------------------------------------------- */

/* The file's length, the file, its journal. */
GBytes *
sim_vfs_read (guint slot)
{
  g_autofree char *journal = g_strconcat (sim_vfs_get_path (slot), "-journal", NULL);
  const Node *parts[] = { find_node (paths[slot], TRUE), find_node (journal, FALSE) };
  GByteArray *copy = g_byte_array_new ();
  guint32 length = parts[0]->data->len;

  g_byte_array_append (copy, (const guint8 *)&length, sizeof (length));
  g_byte_array_append (copy, parts[0]->data->data, length);
  if (parts[1] != NULL)
    g_byte_array_append (copy, parts[1]->data->data, parts[1]->data->len);
  return g_byte_array_free_to_bytes (copy);
}

GBytes *
sim_vfs_read_durable (guint slot)
{
  return durable[slot] != NULL ? g_bytes_ref (durable[slot]) : sim_vfs_read (slot);
}

static void
put (const char *name, const guint8 *data, guint length)
{
  Node *node;

  g_hash_table_remove (nodes, name);
  if (length == 0)
    return;
  node = find_node (name, TRUE);
  g_byte_array_append (node->data, data, length);
}

void
sim_vfs_write (guint slot, GBytes *contents)
{
  g_autofree char *journal = g_strconcat (sim_vfs_get_path (slot), "-journal", NULL);
  const guint8 *data;
  gsize size;
  guint32 length;

  relaxed[slot] = FALSE;
  sim_vfs_save (slot);
  if (contents == NULL)
    {
      g_hash_table_remove (nodes, paths[slot]);
      g_hash_table_remove (nodes, journal);
      return;
    }
  data = g_bytes_get_data (contents, &size);
  memcpy (&length, data, sizeof (length));
  put (paths[slot], data + sizeof (length), length);
  put (journal, data + sizeof (length) + length, (guint) (size - sizeof (length) - length));
}
