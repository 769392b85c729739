/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-entity.h"

#include <string.h>

#include "sync-json.h"

G_DEFINE_BOXED_TYPE (SyncEntity, sync_entity, sync_entity_ref, sync_entity_unref)

/* In the order of SyncCodec: they are kept in the database. */
static const char *const codec_names[] = {
  "text", "integer", "real", "blob", "json", "boolean", "timestamp", "any",
};

G_STATIC_ASSERT (G_N_ELEMENTS (codec_names) == SYNC_CODEC_ANY + 1);

/**
 * sync_entity_new: (constructor)
 * @name: the entity's name
 * @table: (nullable): the local table, @name if %NULL
 * @cloud_table: (nullable): the table in the cloud, the local one's name if %NULL
 *
 * The caller adds columns and sets the public fields, then shares it; from then on it is immutable.
 *
 * Returns: (transfer full): an enabled entity without columns and parents, with the strategy
 *   `newest`
 */
SyncEntity *
sync_entity_new (const char *name, const char *table, const char *cloud_table)
{
  SyncEntity *entity;

  g_return_val_if_fail (name != NULL, NULL);

  if (table == NULL)
    table = name;
  entity = g_new0 (SyncEntity, 1);
  entity->name = g_strdup (name);
  entity->table = g_strdup (table);
  entity->cloud_table = g_strdup (cloud_table != NULL ? cloud_table : table);
  entity->parents = g_new0 (char *, 1);
  entity->strategy = g_strdup ("newest");
  entity->enabled = TRUE;
  g_atomic_ref_count_init (&entity->ref_count);
  return entity;
}

/* What the cloud adds to every row. */
static const char *const cloud_columns[] = { "user_id",      "deleted_at", "edited_at", "sync_version",
                                             "base_version", "device_id",  "run_id",    NULL };

/* A column of the owner's by such a name has an underscore behind it there, or as many as it takes. */
static char *
make_cloud_name (const char *name)
{
  g_autofree char *stem = g_strdup (name);
  gsize length = strlen (stem);

  while (length > 0 && stem[length - 1] == '_')
    stem[--length] = '\0';
  if (!g_strv_contains (cloud_columns, stem))
    return g_strdup (name);
  return g_strconcat (name, "_", NULL);
}

/* As a member of an object begins: the name, and a colon. */
static char *
make_member (const char *cloud_name)
{
  GString *member = g_string_new (NULL);

  sync_json_append_string (member, cloud_name, strlen (cloud_name));
  g_string_append_c (member, ':');
  return g_string_free (member, FALSE);
}

/**
 * sync_entity_add_column:
 * @entity: an entity that is not shared yet
 * @name: the column's name
 * @codec: how its values travel
 * @key: whether it is part of the key: it then goes behind the key columns before it
 */
void
sync_entity_add_column (SyncEntity *entity, const char *name, SyncCodec codec, gboolean key)
{
  SyncColumn column = { .codec = codec };
  guint place;

  g_return_if_fail (entity != NULL);
  g_return_if_fail (name != NULL);
  g_return_if_fail (sync_entity_find_column (entity, name, -1) == -1);

  place = key ? entity->n_keys : entity->n_columns;
  entity->columns = g_renew (SyncColumn, entity->columns, entity->n_columns + 1);
  memmove (entity->columns + place + 1, entity->columns + place,
           (entity->n_columns - place) * sizeof (SyncColumn));
  column.name = g_strdup (name);
  column.cloud_name = make_cloud_name (name);
  column.member = make_member (column.cloud_name);
  column.member_length = strlen (column.member);
  entity->columns[place] = column;
  entity->n_columns++;
  if (key)
    entity->n_keys++;
}

/**
 * sync_entity_ref:
 * @entity: an entity
 *
 * Returns: (transfer full): @entity
 */
SyncEntity *
sync_entity_ref (SyncEntity *entity)
{
  g_return_val_if_fail (entity != NULL, NULL);

  g_atomic_ref_count_inc (&entity->ref_count);
  return entity;
}

/**
 * sync_entity_unref:
 * @entity: (transfer full): an entity
 */
void
sync_entity_unref (SyncEntity *entity)
{
  g_return_if_fail (entity != NULL);

  if (!g_atomic_ref_count_dec (&entity->ref_count))
    return;
  for (guint i = 0; i < entity->n_columns; i++)
    {
      g_free (entity->columns[i].name);
      g_free (entity->columns[i].cloud_name);
      g_free (entity->columns[i].member);
    }
  g_free (entity->columns);
  g_free (entity->name);
  g_free (entity->table);
  g_free (entity->cloud_table);
  g_strfreev (entity->parents);
  g_free (entity->strategy);
  g_free (entity->rules);
  g_free (entity->time_column);
  g_free (entity);
}

/**
 * sync_entity_has_integer_key:
 * @entity: an entity
 *
 * Returns: whether its rows are told apart by one number: two devices may give the same to different rows
 */
gboolean
sync_entity_has_integer_key (const SyncEntity *entity)
{
  return entity->n_keys == 1 && entity->columns[0].codec == SYNC_CODEC_INTEGER;
}

/**
 * sync_entity_find_column:
 * @entity: an entity
 * @name: a column's name, exactly
 * @length: its length in bytes, or -1 if it ends with a NUL
 *
 * Returns: its index, or -1
 */
int
sync_entity_find_column (const SyncEntity *entity, const char *name, gssize length)
{
  gsize size;

  g_return_val_if_fail (entity != NULL, -1);

  size = length < 0 ? strlen (name) : (gsize) length;
  for (guint i = 0; i < entity->n_columns; i++)
    if (strncmp (entity->columns[i].name, name, size) == 0
        && strlen (entity->columns[i].name) == size)
      return i;
  return -1;
}

/**
 * sync_entity_find_cloud_column:
 * @entity: an entity
 * @name: a column's name in the cloud, exactly
 * @length: its length in bytes, or -1 if it ends with a NUL
 *
 * Returns: its index, or -1
 */
int
sync_entity_find_cloud_column (const SyncEntity *entity, const char *name, gssize length)
{
  gsize size;

  g_return_val_if_fail (entity != NULL, -1);

  size = length < 0 ? strlen (name) : (gsize) length;
  for (guint i = 0; i < entity->n_columns; i++)
    if (strncmp (entity->columns[i].cloud_name, name, size) == 0
        && strlen (entity->columns[i].cloud_name) == size)
      return i;
  return -1;
}

/**
 * sync_codec_to_string:
 * @codec: a codec
 *
 * Returns: (transfer none): its name for machines
 */
const char *
sync_codec_to_string (SyncCodec codec)
{
  g_return_val_if_fail (codec < G_N_ELEMENTS (codec_names), "text");

  return codec_names[codec];
}

/**
 * sync_codec_from_string:
 * @name: (nullable): a codec's name for machines
 * @codec: (out): the codec
 *
 * Returns: %FALSE if there is no such codec
 */
gboolean
sync_codec_from_string (const char *name, SyncCodec *codec)
{
  for (guint i = 0; i < G_N_ELEMENTS (codec_names); i++)
    if (g_strcmp0 (name, codec_names[i]) == 0)
      {
        *codec = i;
        return TRUE;
      }
  return FALSE;
}
