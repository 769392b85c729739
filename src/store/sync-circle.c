/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-apply-private.h"
#include "sync-capture.h"

/* Rows that are held because of each other: an album refers to its cover, and the picture to its album. Alone each of
 * them would refer to nothing, so they are written together, in one transaction, or none of them. Which ones these are
 * is found out by reading alone; one that refers to a row that is neither here nor held keeps those back that refer to
 * it. */

/**
 * Held:
 * @id: (owned)
 * @followers: (owned) (element-type Held): those that refer to it and wait for it
 * @hopeless: what it refers to is not among them
 * @group: (owned) (nullable) (element-type Held): with all that refer to each other
 */
typedef struct
{
  SyncApplyLeg *leg; /* (unowned) */
  char *id;
  GPtrArray *followers;
  gboolean hopeless;
  GPtrArray *group; /* (unowned) */
} Held;

typedef struct
{
  SyncStore *store;
  GArray *legs;      /* (element-type SyncApplyLeg) */
  GPtrArray *rows;   /* (owned) (element-type Held), parents first */
  GHashTable *by_id; /* (owned): the leg's entity and the id → Held */
  GPtrArray *groups; /* (owned) (element-type GPtrArray) */
} Circle;

/**
 * Reference:
 *
 * One foreign key of an entity.
 */
typedef struct
{
  SyncApplyLeg *child;  /* (unowned) */
  SyncApplyLeg *parent; /* (unowned) (nullable): it is not synced */
  char *table;          /* (owned): the parent's */
  GPtrArray *from;      /* (owned) (element-type utf8) */
  GPtrArray *to;        /* (owned) (element-type utf8) */
} Reference;

static void
held_free (gpointer data)
{
  Held *held = data;

  g_free (held->id);
  g_ptr_array_unref (held->followers);
  g_free (held);
}

static void
reference_free (gpointer data)
{
  Reference *reference = data;

  g_free (reference->table);
  g_ptr_array_unref (reference->from);
  g_ptr_array_unref (reference->to);
  g_free (reference);
}

static void
circle_clear (Circle *circle)
{
  g_clear_pointer (&circle->by_id, g_hash_table_unref);
  g_clear_pointer (&circle->groups, g_ptr_array_unref);
  g_clear_pointer (&circle->rows, g_ptr_array_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Circle, circle_clear)

static SyncApplyLeg *
get_leg (Circle *circle, guint index)
{
  return &g_array_index (circle->legs, SyncApplyLeg, index);
}

static SyncApplyLeg *
find_leg (Circle *circle, const char *table)
{
  for (guint i = 0; i < circle->legs->len; i++)
    if (g_ascii_strcasecmp (get_leg (circle, i)->entity->table, table) == 0)
      return get_leg (circle, i);
  return NULL;
}

static char *
make_name (const SyncApplyLeg *leg, const char *id)
{
  return g_strconcat (leg->entity->name, "\n", id, NULL);
}

/* --- What is held ------------------------------------------------------------------------------- */

static gboolean
load_held (Circle *circle, SyncApplyLeg *leg, GError **error)
{
  SyncStatement *statement = sync_connection_prepare (
      sync_store_get_connection (circle->store),
      "SELECT id FROM main.psync_held WHERE entity = ?1 AND reason = 'foreign-key' ORDER BY version", error);
  SyncStep step;

  if (statement == NULL)
    return FALSE;
  sync_statement_bind_text (statement, 1, leg->entity->name, -1);
  while ((step = sync_statement_step (statement, error)) == SYNC_STEP_ROW)
    {
      Held *held = g_new0 (Held, 1);

      held->leg = leg;
      held->id = sync_statement_dup_text (statement, 0);
      held->followers = g_ptr_array_new ();
      g_ptr_array_add (circle->rows, held);
      g_hash_table_insert (circle->by_id, make_name (leg, held->id), held);
    }
  sync_statement_reset (statement);
  return step == SYNC_STEP_DONE;
}

static Held *
find_held (Circle *circle, const SyncApplyLeg *leg, const char *id)
{
  g_autofree char *name = make_name (leg, id);

  return g_hash_table_lookup (circle->by_id, name);
}

/* --- What refers to what ------------------------------------------------------------------------ */

static const char references_sql[]
    = "SELECT f.id, f.\"table\", f.\"from\", coalesce (f.\"to\", (SELECT name FROM pragma_table_info (f.\"table\") "
      "WHERE pk = f.seq + 1), '') FROM pragma_foreign_key_list (?1, 'main') f ORDER BY f.id, f.seq";

/* (element-type Reference) */
static GPtrArray *
load_references (Circle *circle, SyncApplyLeg *leg, GError **error)
{
  g_autoptr (GPtrArray) references = g_ptr_array_new_with_free_func (reference_free);
  SyncStatement *statement
      = sync_connection_prepare (sync_store_get_connection (circle->store), references_sql, error);
  Reference *reference = NULL;
  gint64 number = -1;
  SyncStep step;

  if (statement == NULL)
    return NULL;
  sync_statement_bind_text (statement, 1, leg->entity->table, -1);
  while ((step = sync_statement_step (statement, error)) == SYNC_STEP_ROW)
    {
      if (sync_statement_int64 (statement, 0) != number)
        {
          reference = g_new0 (Reference, 1);
          reference->child = leg;
          reference->table = sync_statement_dup_text (statement, 1);
          reference->parent = find_leg (circle, reference->table);
          reference->from = g_ptr_array_new_with_free_func (g_free);
          reference->to = g_ptr_array_new_with_free_func (g_free);
          g_ptr_array_add (references, reference);
        }
      number = sync_statement_int64 (statement, 0);
      g_ptr_array_add (reference->from, sync_statement_dup_text (statement, 2));
      g_ptr_array_add (reference->to, sync_statement_dup_text (statement, 3));
    }
  sync_statement_reset (statement);
  return step == SYNC_STEP_DONE ? g_steal_pointer (&references) : NULL;
}

static const SyncColumn *
find_column (const SyncEntity *entity, const char *name)
{
  for (guint i = 0; i < entity->n_columns; i++)
    if (name != NULL && g_ascii_strcasecmp (entity->columns[i].name, name) == 0)
      return &entity->columns[i];
  return NULL;
}

/* Values of columns as they are in the held rows of an entity that are no deletions. */
static void
append_held (GString *sql, const char *name, const SyncEntity *entity, const GPtrArray *columns)
{
  g_string_append_printf (sql, "%s AS MATERIALIZED (SELECT id", name);
  for (guint i = 0; i < columns->len; i++)
    {
      const SyncColumn *column = find_column (entity, g_ptr_array_index (columns, i));
      g_autofree char *path = g_strdup_printf ("$.\"%s\"", column != NULL ? column->cloud_name : "");

      g_string_append (sql, ", json_extract (row, ");
      sync_sql_append_literal (sql, path);
      g_string_append_printf (sql, ") AS k%u", i);
    }
  g_string_append (sql, " FROM main.psync_held WHERE entity = ");
  sync_sql_append_literal (sql, entity->name);
  g_string_append (sql, " AND reason = 'foreign-key' AND json_extract (row, '$.deleted_at') IS NULL)");
}

/* Or the row that is here has the held one's number by accident, and gives it up when that one is written. */
static void
append_only_ours (GString *sql, const SyncEntity *parent)
{
  g_string_append (sql, " OR EXISTS (SELECT 1 FROM main.psync_change o WHERE o.entity = ");
  sync_sql_append_literal (sql, parent->name);
  g_string_append (sql, " AND o.id = p.id AND o.maybe_sent = 0 AND NOT EXISTS "
                        "(SELECT 1 FROM main.psync_row r WHERE r.entity = o.entity AND r.id = o.id "
                        "AND r.base IS NOT NULL))");
}

static char *
build_needs (const Reference *reference)
{
  g_autoptr (GString) sql = g_string_new ("WITH ");
  const char *conjunction = " ON ";

  append_held (sql, "c", reference->child->entity, reference->from);
  if (reference->parent != NULL)
    {
      g_string_append (sql, ", ");
      append_held (sql, "p", reference->parent->entity, reference->to);
    }
  g_string_append (sql, reference->parent != NULL ? " SELECT c.id, p.id FROM c LEFT JOIN p"
                                                  : " SELECT c.id, NULL FROM c");
  for (guint i = 0; reference->parent != NULL && i < reference->from->len; i++, conjunction = " AND ")
    g_string_append_printf (sql, "%sp.k%u = c.k%u", conjunction, i, i);
  g_string_append (sql, " WHERE (NOT EXISTS (SELECT 1 FROM main.");
  sync_sql_append_identifier (sql, reference->table);
  for (guint i = 0; i < reference->from->len; i++)
    {
      g_string_append (sql, i == 0 ? " AS here WHERE here." : " AND here.");
      sync_sql_append_identifier (sql, g_ptr_array_index (reference->to, i));
      g_string_append_printf (sql, " = c.k%u", i);
    }
  g_string_append_c (sql, ')');
  if (reference->parent != NULL)
    append_only_ours (sql, reference->parent->entity);
  g_string_append_c (sql, ')');
  for (guint i = 0; i < reference->from->len; i++)
    g_string_append_printf (sql, " AND c.k%u IS NOT NULL", i);
  return g_string_free (g_steal_pointer (&sql), FALSE);
}

static void
give_up (Held *held)
{
  g_autoptr (GPtrArray) stack = g_ptr_array_new ();

  g_ptr_array_add (stack, held);
  while (stack->len > 0)
    {
      held = g_ptr_array_steal_index (stack, stack->len - 1);
      for (guint i = 0; !held->hopeless && i < held->followers->len; i++)
        g_ptr_array_add (stack, g_ptr_array_index (held->followers, i));
      held->hopeless = TRUE;
    }
}

static gboolean
find_needs (Circle *circle, const Reference *reference, GError **error)
{
  g_autofree char *sql = build_needs (reference);
  g_autoptr (GError) problem = NULL;
  SyncStatement *statement = sync_connection_prepare (sync_store_get_connection (circle->store), sql, &problem);
  SyncStep step;

  /* It refers to what is not there: then no foreign key is kept. */
  if (g_error_matches (problem, SYNC_ERROR, SYNC_ERROR_NO_TABLE)
      || g_error_matches (problem, SYNC_ERROR, SYNC_ERROR_NO_COLUMN))
    return TRUE;
  if (statement == NULL)
    {
      g_propagate_error (error, g_steal_pointer (&problem));
      return FALSE;
    }
  while ((step = sync_statement_step (statement, error)) == SYNC_STEP_ROW)
    {
      Held *child = find_held (circle, reference->child, sync_statement_text (statement, 0, NULL));
      Held *parent = sync_statement_is_null (statement, 1)
                         ? NULL
                         : find_held (circle, reference->parent, sync_statement_text (statement, 1, NULL));

      if (parent != NULL)
        g_ptr_array_add (parent->followers, child);
      if (parent == NULL || parent->hopeless)
        give_up (child);
    }
  sync_statement_reset (statement);
  return step == SYNC_STEP_DONE;
}

/* --- Whether there can be a circle at all ------------------------------------------------------- */

static gboolean
leads_to (SyncStore *store, const SyncEntity *entity, const char *name, GHashTable *met)
{
  if (entity == NULL || !g_hash_table_add (met, (gpointer) entity->name))
    return FALSE;
  if (g_str_equal (entity->name, name))
    return TRUE;
  for (guint i = 0; entity->parents[i] != NULL; i++)
    if (leads_to (store, sync_store_find_entity (store, entity->parents[i]), name, met))
      return TRUE;
  return FALSE;
}

static gboolean
refers_to_key (const Reference *reference)
{
  const SyncEntity *parent = reference->parent->entity;

  for (guint i = 0; i < reference->to->len; i++)
    {
      const SyncColumn *column = find_column (parent, g_ptr_array_index (reference->to, i));

      if (column == NULL || column >= parent->columns + parent->n_keys)
        return FALSE;
    }
  return TRUE;
}

/* The parent refers to its children's table, too, or what is referred to may change. Else parents come first. */
static gboolean
can_be_circle (Circle *circle, const GPtrArray *references)
{
  for (guint i = 0; i < references->len; i++)
    {
      const Reference *reference = g_ptr_array_index (references, i);
      g_autoptr (GHashTable) met = g_hash_table_new (g_str_hash, g_str_equal);

      if (reference->parent != NULL
          && (!refers_to_key (reference)
              || leads_to (circle->store, reference->parent->entity, reference->child->entity->name, met)))
        return TRUE;
    }
  return FALSE;
}

static gboolean
look (Circle *circle, GError **error)
{
  for (guint i = 0; i < circle->legs->len; i++)
    if (!load_held (circle, get_leg (circle, i), error))
      return FALSE;
  for (guint i = 0; circle->rows->len > 0 && i < circle->legs->len; i++)
    {
      g_autoptr (GPtrArray) references = load_references (circle, get_leg (circle, i), error);

      if (references == NULL)
        return FALSE;
      if (!can_be_circle (circle, references))
        continue;
      for (guint k = 0; k < references->len; k++)
        if (!find_needs (circle, g_ptr_array_index (references, k), error))
          return FALSE;
    }
  return TRUE;
}

/* --- Groups ------------------------------------------------------------------------------------- */

/* The smaller group joins the larger one. */
static void
unite (Held *one, Held *other)
{
  GPtrArray *large = one->group->len < other->group->len ? other->group : one->group;
  GPtrArray *small = large == one->group ? other->group : one->group;

  if (large == small)
    return;
  for (guint i = 0; i < small->len; i++)
    {
      Held *held = g_ptr_array_index (small, i);

      held->group = large;
      g_ptr_array_add (large, held);
    }
  g_ptr_array_set_size (small, 0);
}

static void
make_groups (Circle *circle)
{
  for (guint i = 0; i < circle->rows->len; i++)
    {
      Held *held = g_ptr_array_index (circle->rows, i);

      held->group = g_ptr_array_new ();
      g_ptr_array_add (held->group, held);
      g_ptr_array_add (circle->groups, held->group);
    }
  for (guint i = 0; i < circle->rows->len; i++)
    {
      Held *held = g_ptr_array_index (circle->rows, i);

      for (guint k = 0; k < held->followers->len; k++)
        {
          Held *follower = g_ptr_array_index (held->followers, k);

          if (!held->hopeless && !follower->hopeless)
            unite (held, follower);
        }
    }
}

/* --- Writing ------------------------------------------------------------------------------------ */

/* (element-type SyncApply) (nullable elements): one for each leg that the group has rows of */
static GPtrArray *
make_applies (Circle *circle, const GPtrArray *group)
{
  g_autoptr (GBytes) nothing = g_bytes_new_static ("", 0);
  GPtrArray *applies = g_ptr_array_new_with_free_func ((GDestroyNotify) sync_apply_free);

  for (guint i = 0; i < circle->legs->len; i++)
    {
      SyncApplyLeg *leg = get_leg (circle, i);

      for (guint k = 0; k < group->len; k++)
        {
          SyncApply *apply;

          if (((Held *) g_ptr_array_index (group, k))->leg != leg)
            continue;
          apply = sync_apply_new (circle->store, leg->entity, nothing, SYNC_APPLY_FETCH, 0, leg->policy);
          apply->retrying = TRUE;
          g_ptr_array_add (applies, apply);
          break;
        }
    }
  return applies;
}

static gboolean
begin (const GPtrArray *applies, GError **error)
{
  for (guint i = 0; i < applies->len; i++)
    if (!sync_apply_load_brake (g_ptr_array_index (applies, i), error))
      return FALSE;
  for (guint i = 0; i < applies->len; i++)
    {
      SyncApply *apply = g_ptr_array_index (applies, i);

      if (!(i == 0 ? sync_apply_begin_on_table (apply, error) : sync_apply_look_at_table (apply, error))
          || !sync_table_defer_foreign_keys (apply->table, error))
        return FALSE;
    }
  return TRUE;
}

/* Those that are written leave the list. */
static gboolean
write_rows (SyncApply *apply, GPtrArray *left, GError **error)
{
  guint i = 0;

  while (i < left->len)
    {
      const Held *held = g_ptr_array_index (left, i);
      SyncApplied applied = held->leg->entity == apply->entity ? sync_apply_retry_row (apply, held->id, FALSE, error)
                                                               : SYNC_APPLIED_HELD;

      if (applied == SYNC_APPLIED_ERROR)
        return FALSE;
      if (applied == SYNC_APPLIED_DONE)
        g_ptr_array_remove_index (left, i);
      else
        i++;
    }
  return TRUE;
}

/* As long as that helps: a number that one of them wants may be a row's that another one has give it up. */
static gboolean
write_as_many (const GPtrArray *applies, GPtrArray *left, GError **error)
{
  guint before;

  do
    {
      before = left->len;
      for (guint i = 0; i < applies->len; i++)
        {
          SyncApply *apply = g_ptr_array_index (applies, i);
          g_autoptr (GError) problem = NULL;

          if (write_rows (apply, left, &problem))
            continue;
          if (apply->rolled_back)
            return TRUE;
          g_propagate_error (error, g_steal_pointer (&problem));
          return FALSE;
        }
    }
  while (left->len > 0 && left->len < before);
  return TRUE;
}

/* *done FALSE: one of them is still refused. */
static gboolean
write_all (Circle *circle, const GPtrArray *applies, const GPtrArray *group, gboolean *done, GError **error)
{
  SyncConnection *connection = sync_store_get_connection (circle->store);
  g_autoptr (GPtrArray) left = g_ptr_array_copy ((GPtrArray *) group, NULL, NULL);

  *done = FALSE;
  if (!begin (applies, error) || !write_as_many (applies, left, error))
    return FALSE;
  *done = left->len == 0 && !sync_connection_has_deferred_violations (connection);
  for (guint i = 0; *done && i < applies->len; i++)
    {
      SyncApply *apply = g_ptr_array_index (applies, i);

      if (!sync_apply_check_brake (apply, error) || !sync_apply_save_brake (apply, error))
        return FALSE;
    }
  return !*done
         || (sync_ledger_trim_batches (circle->store, error) && sync_connection_commit (connection, error));
}

static void
count (Circle *circle, const GPtrArray *applies, const GPtrArray *group)
{
  for (guint i = 0; i < applies->len; i++)
    {
      SyncApply *apply = g_ptr_array_index (applies, i);
      SyncApplyLeg *leg = find_leg (circle, apply->entity->table);

      leg->counts.pulled += apply->counts.pulled;
      leg->counts.deleted += apply->counts.deleted;
      leg->counts.merged += apply->counts.merged;
      leg->counts.conflicts += apply->counts.conflicts;
      g_array_append_vals (leg->conflicts, apply->conflicts->data, apply->conflicts->len);
    }
  for (guint i = 0; i < group->len; i++)
    ((Held *) g_ptr_array_index (group, i))->leg->n_applied++;
}

static gboolean
write_group (Circle *circle, const GPtrArray *group, GError **error)
{
  g_autoptr (GPtrArray) applies = make_applies (circle, group);
  gboolean done;
  gboolean good = write_all (circle, applies, group, &done, error);

  if (good && done)
    count (circle, applies, group);
  else
    sync_connection_rollback (sync_store_get_connection (circle->store));
  return good;
}

/**
 * sync_apply_retry_circles:
 * @store: the store
 * @legs: (element-type SyncApplyLeg): the entities, parents first; get what happened
 * @cancellable: (nullable): looked at between groups
 * @error: SQLite's, [error@SyncError.BRAKE]
 *
 * Returns: %FALSE with @error set
 */
gboolean
sync_apply_retry_circles (SyncStore *store,
                          GArray *legs,
                          GCancellable *cancellable,
                          GError **error)
{
  g_auto (Circle) circle = {
    .store = store,
    .legs = legs,
    .rows = g_ptr_array_new_with_free_func (held_free),
    .by_id = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL),
    .groups = g_ptr_array_new_with_free_func ((GDestroyNotify) g_ptr_array_unref),
  };

  if (!look (&circle, error))
    return FALSE;
  make_groups (&circle);
  for (guint i = 0; i < circle.groups->len; i++)
    {
      const GPtrArray *group = g_ptr_array_index (circle.groups, i);

      if (group->len < 2)
        continue;
      if (g_cancellable_set_error_if_cancelled (cancellable, error) || !write_group (&circle, group, error))
        return FALSE;
    }
  return TRUE;
}
