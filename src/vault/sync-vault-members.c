/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-vault-members.h"

#include "sync-error.h"

/* In the order of SyncVaultMember. */
static const char *const stamp_names[] = {
  "\"base_version\"", "\"deleted_at\"", "\"edited_at\"", "\"device_id\"", "\"run_id\"",
};

G_STATIC_ASSERT (G_N_ELEMENTS (stamp_names) == SYNC_VAULT_N_MEMBERS);

static void
append_span (GString *out, SyncSpan span)
{
  g_string_append_len (out, span.text, span.length);
}

/**
 * sync_vault_members_new: (constructor)
 * @entity: whose rows to read; must outlive it
 *
 * Returns: (transfer full): a reader of row objects
 */
SyncVaultMembers *
sync_vault_members_new (const SyncEntity *entity)
{
  SyncVaultMembers *members = g_new0 (SyncVaultMembers, 1);
  g_autoptr (GString) name = g_string_new (NULL);

  members->entity = entity;
  members->n_names = entity->n_columns + SYNC_VAULT_N_MEMBERS;
  members->names = g_new0 (SyncSpan, members->n_names);
  members->values = g_new0 (SyncSpan, members->n_names);
  members->key = sync_row_new (entity);
  members->id = g_string_new (NULL);
  members->rest = g_string_new (NULL);
  for (guint i = 0; i < members->n_names; i++)
    {
      g_string_truncate (name, 0);
      if (i < entity->n_columns)
        sync_json_append_string (name, entity->columns[i].cloud_name,
                                 strlen (entity->columns[i].cloud_name));
      else
        g_string_assign (name, stamp_names[i - entity->n_columns]);
      members->names[i] = (SyncSpan) { g_strndup (name->str, name->len), name->len };
    }
  return members;
}

/**
 * sync_vault_members_free:
 * @members: (nullable) (transfer full): a reader of row objects
 */
void
sync_vault_members_free (SyncVaultMembers *members)
{
  if (members == NULL)
    return;
  for (guint i = 0; i < members->n_names; i++)
    g_free ((char *) members->names[i].text);
  g_free (members->names);
  g_free (members->values);
  sync_row_free (members->key);
  g_string_free (members->id, TRUE);
  g_string_free (members->rest, TRUE);
  g_free (members);
}

static inline gboolean
is_name (const SyncVaultMembers *members, guint i, SyncSpan name)
{
  return members->names[i].length == name.length + 2
         && memcmp (members->names[i].text + 1, name.text, name.length) == 0;
}

/* Members nearly always come in the same order: @hint is the one that should come next. */
static int
find (const SyncVaultMembers *members, guint hint, SyncSpan name)
{
  g_autofree char *plain = NULL;

  if (G_LIKELY (hint < members->n_names && is_name (members, hint, name)))
    return hint;
  for (guint i = 0; i < members->n_names; i++)
    if (is_name (members, i, name))
      return i;
  if (memchr (name.text, '\\', name.length) == NULL)
    return -1;
  plain = sync_json_dup_name (name);
  return plain != NULL ? sync_entity_find_cloud_column (members->entity, plain, -1) : -1;
}

/**
 * sync_vault_members_read:
 * @members: where the values go; they point into the reader's text
 * @reader: at a row object
 *
 * Reads one object in place of the values before. Of several members of one name the last counts,
 * members that are neither a column nor a stamp are ignored.
 *
 * Returns: %FALSE on a fault of the reader
 */
gboolean
sync_vault_members_read (SyncVaultMembers *members, SyncJsonReader *reader)
{
  SyncSpan name, value;
  int place = -1;

  memset (members->values, 0, members->n_names * sizeof *members->values);
  g_string_truncate (members->rest, 0);
  if (sync_json_enter_object (reader))
    while (sync_json_next_member (reader, &name) && sync_json_read_value (reader, &value))
      {
        int found = find (members, place + 1, name);

        if (found < 0)
          continue;
        members->values[found] = value;
        place = found;
      }
  return reader->fault == NULL;
}

/* The member as it stands: its name's quote, name, colon and value. */
static void
append_member (GString *out, SyncSpan name, SyncSpan value)
{
  g_string_append_len (out, name.text - 1, value.text + value.length - (name.text - 1));
}

/**
 * sync_vault_members_add_stored:
 * @members: a row that was read
 * @text: (array length=length): the object that is stored; must outlive the use of the values
 * @length: its length in bytes
 *
 * Gives the row what it did not name itself: the stored columns, also those that this entity does
 * not have.
 *
 * Returns: %FALSE if @text is not an object
 */
gboolean
sync_vault_members_add_stored (SyncVaultMembers *members, const char *text, gsize length)
{
  SyncJsonReader reader;
  SyncSpan name, value;
  gboolean too_deep;
  int place = -1;

  sync_json_reader_init (&reader, text, length);
  if (!sync_json_enter_object (&reader))
    return FALSE;
  while (sync_json_next_member (&reader, &name) && sync_json_read_bounded (&reader, &value, &too_deep))
    {
      int found = find (members, place + 1, name);

      if (found < 0 || found >= (int) members->entity->n_columns)
        {
          g_string_append_c (members->rest, ',');
          append_member (members->rest, name, value);
          continue;
        }
      if (members->values[found].length == 0)
        members->values[found] = value;
      place = found;
    }
  return sync_json_at_end (&reader);
}

static gboolean
set_refused (const SyncVaultMembers *members, guint column, const char *reason, GError **error)
{
  GError *refused = sync_error_new (SYNC_ERROR_ROW_REFUSED, members->entity->cloud_table,
                                    "a key column has no usable value");

  sync_error_set_column (refused, members->entity->columns[column].name);
  sync_error_set_reason (refused, reason, 0);
  g_propagate_error (error, refused);
  return FALSE;
}

/**
 * sync_vault_members_set_key:
 * @members: where the key goes
 * @column: which key column
 * @value: its value
 * @error: where an error goes: %SYNC_ERROR_ROW_REFUSED
 *
 * Gives one column of the key for sync_vault_members_make_id().
 *
 * Returns: whether the value can be part of a key
 */
gboolean
sync_vault_members_set_key (SyncVaultMembers *members, guint column, SyncSpan value, GError **error)
{
  if (value.length == 0 || sync_json_type (value) == SYNC_JSON_NULL)
    return set_refused (members, column, "23502", error);
  if (!sync_row_set (members->key, column, value))
    return set_refused (members, column, "22P05", error);
  return TRUE;
}

/* FNV-1a: it is kept in the vault, so it must never change. */
static gint64
hash_id (const GString *id)
{
  guint64 hash = G_GUINT64_CONSTANT (0xcbf29ce484222325);

  for (gsize i = 0; i < id->len; i++)
    hash = (hash ^ (guchar) id->str[i]) * G_GUINT64_CONSTANT (0x100000001b3);
  return (gint64) hash;
}

/**
 * sync_vault_members_make_id:
 * @members: whose key was set
 *
 * Composes the identity and makes room for the next key. Equal keys give equal bytes, since a row
 * keeps its values in normal form.
 */
void
sync_vault_members_make_id (SyncVaultMembers *members)
{
  g_string_truncate (members->id, 0);
  for (guint i = 0; i < members->entity->n_keys; i++)
    {
      g_string_append_c (members->id, i == 0 ? '[' : ',');
      append_span (members->id, sync_row_get (members->key, i));
    }
  g_string_append_c (members->id, ']');
  members->hash = hash_id (members->id);
  sync_row_clear (members->key);
}

/**
 * sync_vault_members_append:
 * @members: a row that was read
 * @n_columns: how many columns, from the first
 * @out: where to write
 *
 * Appends the columns that the row names as `"name":value,…`.
 */
void
sync_vault_members_append (const SyncVaultMembers *members, guint n_columns, GString *out)
{
  gboolean first = TRUE;

  for (guint i = 0; i < n_columns; i++)
    {
      if (members->values[i].length == 0)
        continue;
      if (!first)
        g_string_append_c (out, ',');
      append_span (out, members->names[i]);
      g_string_append_c (out, ':');
      append_span (out, members->values[i]);
      first = FALSE;
    }
}

/**
 * sync_vault_members_append_stored:
 * @members: whose entity's columns are asked for
 * @text: (array length=length): the object that is stored
 * @length: its length in bytes
 * @out: where to write
 *
 * Appends every column of the entity as `"name":value,…`, values with the bytes that are stored,
 * `null` for those that nobody has sent.
 *
 * Returns: %FALSE if @text is not an object
 */
gboolean
sync_vault_members_append_stored (SyncVaultMembers *members, const char *text, gsize length,
                                  GString *out)
{
  const int n_columns = members->entity->n_columns;
  SyncJsonReader reader;
  SyncSpan name, value;
  gboolean too_deep;
  int place = -1;
  int seen = 0;

  memset (members->values, 0, n_columns * sizeof *members->values);
  sync_json_reader_init (&reader, text, length);
  if (!sync_json_enter_object (&reader))
    return FALSE;
  while (sync_json_next_member (&reader, &name) && sync_json_read_bounded (&reader, &value, &too_deep))
    {
      int found = find (members, place + 1, name);

      if (found < 0 || found >= n_columns || members->values[found].length > 0)
        continue;
      if (seen++ > 0)
        g_string_append_c (out, ',');
      append_member (out, name, value);
      members->values[found] = value;
      place = found;
    }
  for (int i = 0; seen < n_columns && i < n_columns; i++)
    {
      if (members->values[i].length > 0)
        continue;
      if (seen++ > 0)
        g_string_append_c (out, ',');
      append_span (out, members->names[i]);
      g_string_append_len (out, ":null", strlen (":null"));
    }
  return sync_json_at_end (&reader);
}
