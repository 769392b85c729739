/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-capture-private.h"
#include "sync-capture.h"

/* The text of our triggers. They run inside every program that writes to the owner's tables, so
 * they must never make a write fail that would succeed without them, and they name no column but
 * those of keys and UNIQUE indexes, because a column that a trigger names cannot be dropped.
 *
 * AFTER triggers note the row that was written. What REPLACE takes away on the way fires no trigger
 * (unless recursive_triggers is on), so BEFORE triggers note the rows that stand in the way,
 * through each UNIQUE index. They cannot know how the conflict will end and so may note too much,
 * which costs a comparison; noting too little would lose a change. */

#define VICTIM "psync_victim"

/* Unknown while we write by ourselves: what a cascade or a trigger of the owner does then has no
 * time of its own and must not win against a real edit. */
#define TIME_SQL                                                                                   \
  "CASE WHEN EXISTS (SELECT 1 FROM psync_applying) THEN NULL"                                      \
  " ELSE strftime('%Y-%m-%dT%H:%M:%fZ', 'now') END"

/* By UPSERT and not by OR REPLACE or OR IGNORE, which the writer's statement would override. */
#define UPSERT_SQL                                                                                 \
  " ON CONFLICT (entity, id) DO UPDATE SET seq = seq + 1, changed_at = excluded.changed_at,"       \
  " state = 'pending', attempts = 0, next_attempt_at = NULL, error = NULL;"

static const struct
{
  const char *kind;
  const char *event;
} triggers[] = {
  { "insert", "AFTER INSERT" },         { "update", "AFTER UPDATE" },
  { "delete", "AFTER DELETE" },         { "before_insert", "BEFORE INSERT" },
  { "before_update", "BEFORE UPDATE" },
};

G_STATIC_ASSERT (G_N_ELEMENTS (triggers) == SYNC_N_TRIGGERS);

/**
 * sync_trigger_dup_name:
 * @trigger: which trigger
 * @entity: of which entity
 *
 * Returns: (transfer full): its name
 */
char *
sync_trigger_dup_name (SyncTrigger trigger, const SyncEntity *entity)
{
  return g_strdup_printf ("psync_%s_%s", triggers[trigger].kind, entity->name);
}

static void
append_qualified (GString *sql, const char *qualifier, const char *column)
{
  sync_sql_append_identifier (sql, qualifier);
  g_string_append_c (sql, '.');
  sync_sql_append_identifier (sql, column);
}

/* The statement that notes the rows of @source (NULL: the one row of NEW or OLD) for which all of
 * @conditions (empty, or ending in " AND ") hold, but not those that we are writing ourselves. */
static void
append_mark (GString *sql, const SyncEntity *entity, const char *qualifier, const char *source,
             const char *conditions)
{
  g_string_append (sql, " INSERT INTO psync_change (entity, id, changed_at) SELECT ");
  sync_sql_append_literal (sql, entity->name);
  g_string_append (sql, ", ");
  sync_id_append_expression (sql, entity, qualifier);
  g_string_append (sql, ", " TIME_SQL);
  if (source != NULL)
    {
      g_string_append (sql, " FROM ");
      sync_sql_append_identifier (sql, source);
      g_string_append (sql, " AS " VICTIM);
    }
  g_string_append_printf (sql, " WHERE %s", conditions);
  g_string_append (sql, "NOT EXISTS (SELECT 1 FROM psync_applying WHERE entity = ");
  sync_sql_append_literal (sql, entity->name);
  g_string_append (sql, " AND id = ");
  sync_id_append_expression (sql, entity, qualifier);
  g_string_append (sql, ")" UPSERT_SQL);
}

/* A value of NEW as it will be stored: REPLACE puts the default in the place of a NULL that the
 * column refuses. */
static void
append_new_value (GString *sql, const SyncShape *shape, const char *name)
{
  const SyncShapeColumn *column = sync_shape_find_column (shape, name);

  if (column == NULL || !column->not_null || column->fallback == NULL)
    {
      append_qualified (sql, "NEW", name);
      return;
    }
  g_string_append (sql, "CASE WHEN ");
  append_qualified (sql, "NEW", name);
  g_string_append_printf (sql, " IS NULL THEN %s ELSE ", column->fallback);
  append_qualified (sql, "NEW", name);
  g_string_append (sql, " END");
}

/* An expression over columns, computed from NEW: by naming the values after the columns. */
static void
append_new_expression (GString *sql, const SyncShape *shape, const char *expression,
                       const GPtrArray *inputs, gboolean rowid)
{
  const char *comma = "";

  g_string_append_printf (sql, "(SELECT %s", expression);
  if (inputs->len > 0 || rowid)
    g_string_append (sql, " FROM (SELECT ");
  for (guint i = 0; i < inputs->len; i++)
    {
      g_string_append (sql, comma);
      append_new_value (sql, shape, g_ptr_array_index (inputs, i));
      g_string_append (sql, " AS ");
      sync_sql_append_identifier (sql, g_ptr_array_index (inputs, i));
      comma = ", ";
    }
  if (rowid)
    {
      static const char *const aliases[] = { "rowid", "oid", "_rowid_" };

      for (gsize i = 0; i < G_N_ELEMENTS (aliases); i++)
        {
          if (sync_shape_find_column (shape, aliases[i]) != NULL)
            continue;
          g_string_append (sql, comma);
          append_qualified (sql, "NEW", shape->rowid);
          g_string_append_printf (sql, " AS %s", aliases[i]);
          comma = ", ";
        }
    }
  if (inputs->len > 0 || rowid)
    g_string_append_c (sql, ')');
  g_string_append_c (sql, ')');
}

/* Where the rowid is yet to be given out it is −1 in BEFORE INSERT, and says nothing. */
static void
append_rowid_unknown (GString *sql, const SyncShape *shape)
{
  append_qualified (sql, "NEW", shape->rowid);
  g_string_append (sql, " = -1");
}

/* Whether NEW will be in the index. */
static void
append_new_condition (GString *sql, const SyncShape *shape, const SyncShapeIndex *index)
{
  gboolean rowid = index->condition_rowid && shape->rowid != NULL;

  if (rowid)
    {
      append_rowid_unknown (sql, shape);
      g_string_append (sql, " OR ");
    }
  append_new_expression (sql, shape, index->condition, index->inputs, rowid && !shape->integer_key);
}

/* An expression is computed only of rows for which the condition holds, as SQLite does: of others
 * it may fail (json_extract() of what is no JSON), and so would the owner's write. */
static void
append_new_term (GString *sql, const SyncShape *shape, const SyncShapeIndex *index,
                 const SyncShapeTerm *term)
{
  if (term->column != NULL)
    append_new_value (sql, shape, term->column);
  else if (index->condition == NULL)
    append_new_expression (sql, shape, term->expression, term->inputs, FALSE);
  else
    {
      g_string_append (sql, "CASE WHEN ");
      append_new_condition (sql, shape, index);
      g_string_append (sql, " THEN ");
      append_new_expression (sql, shape, term->expression, term->inputs, FALSE);
      g_string_append (sql, " END");
    }
}

static void
append_term (GString *sql, const SyncShape *shape, const SyncShapeIndex *index,
             const SyncShapeTerm *term)
{
  if (term->column != NULL)
    append_qualified (sql, VICTIM, term->column);
  else
    g_string_append_printf (sql, "(%s)", term->expression);
  g_string_append (sql, " COLLATE ");
  sync_sql_append_identifier (sql, term->collation);
  g_string_append (sql, " = ");
  append_new_term (sql, shape, index, term);
  g_string_append (sql, " AND ");
}

static void
append_condition (GString *sql, const SyncShape *shape, const SyncShapeIndex *index)
{
  if (index->condition == NULL)
    return;
  /* Over the table too, in the words of the index, so that SQLite uses it. */
  g_string_append_printf (sql, "(%s) AND (", index->condition);
  append_new_condition (sql, shape, index);
  g_string_append (sql, ") AND ");
}

/* Whether equal values of the index always have one id, so that the AFTER trigger notes the victim
 * too. Texts that are equal by another collation, or 5 and 5.0, are equal keys with two ids. */
static gboolean
is_exact_key (const SyncEntity *entity, const SyncShape *shape, const SyncShapeIndex *index)
{
  if (index->partial || index->terms->len != entity->n_keys)
    return FALSE;
  for (guint i = 0; i < index->terms->len; i++)
    {
      const SyncShapeTerm *term = g_ptr_array_index (index->terms, i);
      const SyncShapeColumn *column;
      gboolean in_key = FALSE;

      if (term->column == NULL || g_ascii_strcasecmp (term->collation, "BINARY") != 0)
        return FALSE;
      for (guint k = 0; k < entity->n_keys; k++)
        in_key |= g_ascii_strcasecmp (entity->columns[k].name, term->column) == 0;
      column = sync_shape_find_column (shape, term->column);
      if (!in_key || sync_affinity_for_type (column->type) != SYNC_AFFINITY_TEXT)
        return FALSE;
    }
  return TRUE;
}

static void
append_unsure_null (GString *sql, const SyncShapeColumn *column)
{
  if (sql->len > 0)
    g_string_append (sql, " OR ");
  append_qualified (sql, "NEW", column->name);
  g_string_append (sql, " IS NULL");
}

/* (element-type utf8): the columns that UNIQUE indexes are made of */
static GHashTable *
collect_inputs (const SyncShape *shape)
{
  GHashTable *inputs = g_hash_table_new (g_str_hash, g_str_equal);

  for (guint i = 0; i < shape->indexes->len; i++)
    {
      const SyncShapeIndex *index = g_ptr_array_index (shape->indexes, i);

      for (guint c = 0; c < index->inputs->len; c++)
        g_hash_table_add (inputs, g_ptr_array_index (index->inputs, c));
      for (guint t = 0; t < index->terms->len; t++)
        {
          const SyncShapeTerm *term = g_ptr_array_index (index->terms, t);

          if (term->column != NULL)
            g_hash_table_add (inputs, term->column);
          for (guint c = 0; c < term->inputs->len; c++)
            g_hash_table_add (inputs, g_ptr_array_index (term->inputs, c));
        }
    }
  return inputs;
}

static gboolean
is_input (const GPtrArray *inputs, const char *name)
{
  return g_ptr_array_find_with_equal_func ((GPtrArray *) inputs, name, g_str_equal, NULL);
}

/* What cannot be told from NEW before the row is written: what depends on a rowid yet to be given
 * out, and what REPLACE makes of a NULL that is refused where the default is computed, or where a
 * generated column is made of it. Then every row may be a victim. None of it happens in ordinary
 * statements. */
static char *
dup_unsure (const SyncShape *shape, gboolean insert)
{
  g_autoptr (GHashTable) inputs = collect_inputs (shape);
  g_autoptr (GString) unsure = g_string_new (NULL);
  gboolean generated = FALSE;
  gboolean rowid = FALSE;

  for (guint i = 0; i < shape->columns->len; i++)
    {
      const SyncShapeColumn *column = g_ptr_array_index (shape->columns, i);

      generated |= column->generated && g_hash_table_contains (inputs, column->name);
    }
  for (guint i = 0; i < shape->indexes->len; i++)
    rowid |= ((const SyncShapeIndex *) g_ptr_array_index (shape->indexes, i))->terms_rowid;
  rowid |= generated && shape->generated_rowid;
  if (insert && rowid && shape->rowid != NULL)
    append_rowid_unknown (unsure, shape);
  for (guint i = 0; i < shape->columns->len; i++)
    {
      const SyncShapeColumn *column = g_ptr_array_index (shape->columns, i);

      if (!column->not_null || !column->has_default)
        continue;
      if ((column->fallback == NULL && g_hash_table_contains (inputs, column->name))
          || (generated && is_input (shape->generated_inputs, column->name)))
        append_unsure_null (unsure, column);
    }
  return unsure->len > 0 ? g_strdup_printf ("(%s) AND ", unsure->str) : NULL;
}

static gboolean
is_rowid_key (const SyncEntity *entity, const SyncShape *shape)
{
  return shape->integer_key && entity->n_keys == 1
         && g_ascii_strcasecmp (entity->columns[0].name, shape->rowid) == 0;
}

/* The statements that note what stands in the way of NEW; nothing if nothing can. */
static void
append_victims (GString *sql, const SyncEntity *entity, const SyncShape *shape, gboolean insert)
{
  g_autofree char *unsure = dup_unsure (shape, insert);

  if (shape->rowid != NULL && !is_rowid_key (entity, shape))
    {
      g_autoptr (GString) same = g_string_new (NULL);

      append_qualified (same, VICTIM, shape->rowid);
      g_string_append (same, " = ");
      append_qualified (same, "NEW", shape->rowid);
      g_string_append (same, " AND ");
      append_mark (sql, entity, VICTIM, shape->table, same->str);
    }
  for (guint i = 0; i < shape->indexes->len; i++)
    {
      const SyncShapeIndex *index = g_ptr_array_index (shape->indexes, i);
      g_autoptr (GString) same = g_string_new (NULL);

      if (is_exact_key (entity, shape, index))
        continue;
      for (guint t = 0; t < index->terms->len; t++)
        {
          const SyncShapeTerm *term = g_ptr_array_index (index->terms, t);

          if (term->column != NULL || term->expression != NULL)
            append_term (same, shape, index, term);
        }
      append_condition (same, shape, index);
      append_mark (sql, entity, VICTIM, shape->table, same->str);
    }
  if (unsure != NULL)
    append_mark (sql, entity, VICTIM, shape->table, unsure);
}

/* A change of the column's value, however it compares. Of what expressions are made of, the storage
 * class counts too. */
static void
append_changed (GString *sql, const char *column, gboolean in_expression)
{
  g_string_append (sql, sql->len > 0 ? " OR " : "");
  append_qualified (sql, "OLD", column);
  g_string_append (sql, " IS NOT ");
  append_qualified (sql, "NEW", column);
  g_string_append (sql, " COLLATE BINARY");
  if (!in_expression)
    return;
  g_string_append (sql, " OR typeof(");
  append_qualified (sql, "OLD", column);
  g_string_append (sql, ") <> typeof(");
  append_qualified (sql, "NEW", column);
  g_string_append_c (sql, ')');
}

/* With what it is made of, if it is generated: of a NULL that will be replaced by a default, NEW's
 * generated columns know nothing yet. */
static void
note_column (GHashTable *plain, GHashTable *in_expression, const SyncShape *shape, const char *name,
             gboolean expression)
{
  g_hash_table_add (expression ? in_expression : plain, g_strdup (name));
  if (!sync_shape_find_column (shape, name)->generated)
    return;
  for (guint i = 0; i < shape->generated_inputs->len; i++)
    g_hash_table_add (in_expression, g_strdup (g_ptr_array_index (shape->generated_inputs, i)));
}

static void
append_changed_columns (GString *sql, const SyncShape *shape, GHashTable *plain,
                        GHashTable *in_expression)
{
  for (guint i = 0; i < shape->columns->len; i++)
    {
      const SyncShapeColumn *column = g_ptr_array_index (shape->columns, i);
      gboolean expression = g_hash_table_contains (in_expression, column->name);

      if (expression || g_hash_table_contains (plain, column->name))
        append_changed (sql, column->name, expression);
    }
}

/* Only a row whose unique values change can get others in its way. */
static char *
dup_unique_changed (const SyncShape *shape)
{
  g_autoptr (GHashTable) plain = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr (GHashTable) in_expression
      = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr (GString) changed = g_string_new (NULL);

  for (guint i = 0; i < shape->indexes->len; i++)
    {
      const SyncShapeIndex *index = g_ptr_array_index (shape->indexes, i);

      for (guint t = 0; t < index->terms->len; t++)
        {
          const SyncShapeTerm *term = g_ptr_array_index (index->terms, t);

          if (term->column != NULL)
            note_column (plain, in_expression, shape, term->column, FALSE);
          for (guint c = 0; c < term->inputs->len; c++)
            note_column (plain, in_expression, shape, g_ptr_array_index (term->inputs, c), TRUE);
          /* Of an expression that could not be read, every change may be one. */
          if (term->column == NULL && term->expression == NULL)
            return NULL;
        }
      if (index->partial && index->condition == NULL)
        return NULL;
      for (guint c = 0; c < index->inputs->len; c++)
        note_column (plain, in_expression, shape, g_ptr_array_index (index->inputs, c), TRUE);
    }
  append_changed_columns (changed, shape, plain, in_expression);
  if (shape->rowid != NULL && !g_hash_table_contains (plain, shape->rowid)
      && !g_hash_table_contains (in_expression, shape->rowid))
    append_changed (changed, shape->rowid, FALSE);
  return g_strdup (changed->str);
}

static void
append_body (GString *sql, SyncTrigger trigger, const SyncEntity *entity, const SyncShape *shape)
{
  g_autoptr (GString) moved = NULL;

  switch (trigger)
    {
    case SYNC_TRIGGER_INSERT:
      append_mark (sql, entity, "NEW", NULL, "");
      break;
    case SYNC_TRIGGER_UPDATE:
      moved = g_string_new (NULL);
      sync_id_append_expression (moved, entity, "OLD");
      g_string_append (moved, " <> ");
      sync_id_append_expression (moved, entity, "NEW");
      g_string_append (moved, " AND ");
      append_mark (sql, entity, "NEW", NULL, "");
      append_mark (sql, entity, "OLD", NULL, moved->str);
      break;
    case SYNC_TRIGGER_DELETE:
      append_mark (sql, entity, "OLD", NULL, "");
      break;
    case SYNC_TRIGGER_BEFORE_INSERT:
      append_victims (sql, entity, shape, TRUE);
      break;
    case SYNC_TRIGGER_BEFORE_UPDATE:
      append_victims (sql, entity, shape, FALSE);
      break;
    case SYNC_N_TRIGGERS:
    default:
      g_assert_not_reached ();
    }
}

/**
 * sync_trigger_dup_sql:
 * @trigger: which trigger
 * @entity: what it captures
 * @shape: the entity's table as it is now
 *
 * Returns: (transfer full) (nullable): the statement that creates it, as SQLite keeps it; %NULL if
 * the table needs none
 */
char *
sync_trigger_dup_sql (SyncTrigger trigger, const SyncEntity *entity, const SyncShape *shape)
{
  g_autofree char *name = sync_trigger_dup_name (trigger, entity);
  g_autofree char *changed = NULL;
  g_autoptr (GString) body = g_string_new (NULL);
  GString *sql;

  append_body (body, trigger, entity, shape);
  if (body->len == 0)
    return NULL;
  sql = g_string_new ("CREATE TRIGGER ");
  sync_sql_append_identifier (sql, name);
  g_string_append_printf (sql, " %s ON ", triggers[trigger].event);
  sync_sql_append_identifier (sql, shape->table);
  if (trigger == SYNC_TRIGGER_BEFORE_UPDATE)
    changed = dup_unique_changed (shape);
  if (changed != NULL && changed[0] != '\0')
    g_string_append_printf (sql, " WHEN %s", changed);
  g_string_append_printf (sql, " BEGIN%s END", body->str);
  return g_string_free (sql, FALSE);
}
