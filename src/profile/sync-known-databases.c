/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-known-databases.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <json-glib/json-glib.h>

/* A list to choose from, not an archive. */
#define MAX_DATABASES 50

static char *
dup_file (void)
{
  return g_build_filename (g_get_user_state_dir (), "progressive-sync", "databases.json", NULL);
}

/* The entries as they stand in the file; a file that cannot be understood is as good as none. */
static JsonArray *
read_entries (void)
{
  g_autofree char *file = dup_file ();
  g_autofree char *text = NULL;
  g_autoptr (JsonNode) root = NULL;

  if (g_file_get_contents (file, &text, NULL, NULL))
    root = json_from_string (text, NULL);
  if (root == NULL || !JSON_NODE_HOLDS_ARRAY (root))
    return json_array_new ();
  return json_array_ref (json_node_get_array (root));
}

static const char *
entry_path (JsonNode *node)
{
  if (!JSON_NODE_HOLDS_OBJECT (node))
    return NULL;
  return json_object_get_string_member_with_default (json_node_get_object (node), "path", NULL);
}

static gboolean
write_entries (JsonArray *entries, GError **error)
{
  g_autofree char *file = dup_file ();
  g_autofree char *directory = g_path_get_dirname (file);
  g_autoptr (JsonNode) root = json_node_new (JSON_NODE_ARRAY);
  g_autofree char *text = NULL;

  json_node_set_array (root, entries);
  text = json_to_string (root, TRUE);
  if (g_mkdir_with_parents (directory, 0700) != 0)
    {
      int number = errno;

      g_set_error_literal (error, G_IO_ERROR, g_io_error_from_errno (number), g_strerror (number));
      return FALSE;
    }
  return g_file_set_contents_full (file, text, -1, G_FILE_SET_CONTENTS_CONSISTENT, 0600, error);
}

static JsonNode *
entry_new (const char *path, gint64 now)
{
  JsonObject *object = json_object_new ();
  JsonNode *node = json_node_new (JSON_NODE_OBJECT);

  json_object_set_string_member (object, "path", path);
  json_object_set_int_member (object, "opened_at", now);
  json_node_take_object (node, object);
  return node;
}

/* first (transfer full) (nullable): goes before the others. */
static gboolean
replace_entry (const char *path, JsonNode *first, GError **error)
{
  g_autoptr (JsonArray) old = read_entries ();
  g_autoptr (JsonArray) entries = json_array_new ();

  if (first != NULL)
    json_array_add_element (entries, first);
  for (guint i = 0;
       i < json_array_get_length (old) && json_array_get_length (entries) < MAX_DATABASES; i++)
    {
      JsonNode *node = json_array_get_element (old, i);
      const char *other = entry_path (node);

      if (other != NULL && g_strcmp0 (other, path) != 0)
        json_array_add_element (entries, json_node_copy (node));
    }
  return write_entries (entries, error);
}

/**
 * sync_known_databases_list:
 *
 * Returns: (transfer full) (array zero-terminated=1): the paths of the databases that were opened,
 *   the last opened first; some may be gone
 */
GStrv
sync_known_databases_list (void)
{
  g_autoptr (JsonArray) entries = read_entries ();
  g_autoptr (GStrvBuilder) paths = g_strv_builder_new ();

  for (guint i = 0; i < json_array_get_length (entries); i++)
    {
      const char *path = entry_path (json_array_get_element (entries, i));

      if (path != NULL)
        g_strv_builder_add (paths, path);
    }
  return g_strv_builder_end (paths);
}

/**
 * sync_known_databases_add:
 * @path: a database's canonical path
 * @now: microseconds since 1970
 * @error: where to put an error
 *
 * Notes that a database was opened. Of two programs that note something at the same moment one may
 * win; the other's database is noted when it is opened again.
 *
 * Returns: %FALSE with @error set if it failed
 */
gboolean
sync_known_databases_add (const char *path, gint64 now, GError **error)
{
  g_return_val_if_fail (path != NULL, FALSE);

  return replace_entry (path, entry_new (path, now), error);
}

/**
 * sync_known_databases_remove:
 * @path: a database's canonical path
 * @error: where to put an error
 *
 * Returns: %FALSE with @error set if it failed
 */
gboolean
sync_known_databases_remove (const char *path, GError **error)
{
  g_return_val_if_fail (path != NULL, FALSE);

  return replace_entry (path, NULL, error);
}
