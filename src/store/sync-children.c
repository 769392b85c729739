/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-apply-private.h"
#include "sync-capture.h"
#include "sync-conflict-store.h"
#include "sync-time.h"

/* Rows that refer to others by foreign keys. Deferring constraints does not stop foreign-key actions, so a
 * row that others refer to is deleted children first, each child captured and kept in the record. */

/**
 * Link:
 *
 * One foreign key of another table (or the same one) that refers to a table.
 */
typedef struct
{
  char *table;       /* (owned): the child's */
  SyncEntity *child; /* (unowned) (nullable): %NULL: not synced */
  GPtrArray *from;   /* (owned) (element-type utf8): the child's columns */
  GPtrArray *to;     /* (owned) (element-type utf8): the parent's */
  gboolean keeps;    /* SET NULL, SET DEFAULT: the child stays */
} Link;

static void
link_free (Link *link)
{
  g_free (link->table);
  g_ptr_array_unref (link->from);
  g_ptr_array_unref (link->to);
  g_free (link);
}

static SyncEntity *
find_entity_of (SyncStore *store, const char *table)
{
  GPtrArray *entities = sync_store_get_entities (store);

  for (guint i = 0; i < entities->len; i++)
    {
      SyncEntity *entity = g_ptr_array_index (entities, i);

      if (g_ascii_strcasecmp (entity->table, table) == 0)
        return entity;
    }
  return NULL;
}

/* A foreign key that names no columns refers to the parent's primary key. */
static gboolean
find_primary_key (SyncStore *store, const char *table, GPtrArray *columns, GError **error)
{
  SyncStatement *statement = sync_connection_prepare (
      sync_store_get_connection (store),
      "SELECT name FROM pragma_table_info (?1) WHERE pk > 0 ORDER BY pk", error);
  SyncStep step;

  if (statement == NULL)
    return FALSE;
  sync_statement_bind_text (statement, 1, table, -1);
  while ((step = sync_statement_step (statement, error)) == SYNC_STEP_ROW)
    g_ptr_array_add (columns, sync_statement_dup_text (statement, 0));
  sync_statement_reset (statement);
  return step == SYNC_STEP_DONE;
}

static const char links_sql[]
    = "SELECT m.name, f.id, f.\"from\", f.\"to\", f.on_delete FROM main.sqlite_schema m, "
      "pragma_foreign_key_list (m.name) f WHERE m.type = 'table' AND f.\"table\" = ?1 COLLATE NOCASE "
      "ORDER BY m.name, f.id, f.seq";

static Link *
add_link (SyncStore *store, GPtrArray *links, SyncStatement *statement)
{
  Link *link = g_new0 (Link, 1);
  const char *action = sync_statement_text (statement, 4, NULL);

  link->table = sync_statement_dup_text (statement, 0);
  link->child = find_entity_of (store, link->table);
  link->from = g_ptr_array_new_with_free_func (g_free);
  link->to = g_ptr_array_new_with_free_func (g_free);
  link->keeps = g_ascii_strcasecmp (action, "SET NULL") == 0
                || g_ascii_strcasecmp (action, "SET DEFAULT") == 0;
  g_ptr_array_add (links, link);
  return link;
}

static GPtrArray *
load_links (SyncStore *store, const char *table, GError **error)
{
  g_autoptr (GPtrArray) links = g_ptr_array_new_with_free_func ((GDestroyNotify) link_free);
  SyncStatement *statement
      = sync_connection_prepare (sync_store_get_connection (store), links_sql, error);
  Link *link = NULL;
  gint64 number = -1;
  SyncStep step;

  if (statement == NULL)
    return NULL;
  sync_statement_bind_text (statement, 1, table, -1);
  while ((step = sync_statement_step (statement, error)) == SYNC_STEP_ROW)
    {
      gint64 id = sync_statement_int64 (statement, 1);

      if (link == NULL || id != number
          || !g_str_equal (link->table, sync_statement_text (statement, 0, NULL)))
        link = add_link (store, links, statement);
      number = id;
      g_ptr_array_add (link->from, sync_statement_dup_text (statement, 2));
      if (!sync_statement_is_null (statement, 3))
        g_ptr_array_add (link->to, sync_statement_dup_text (statement, 3));
    }
  sync_statement_reset (statement);
  for (guint i = 0; step == SYNC_STEP_DONE && i < links->len; i++)
    {
      link = g_ptr_array_index (links, i);
      if (link->to->len == 0 && !find_primary_key (store, table, link->to, error))
        return NULL;
    }
  return step == SYNC_STEP_DONE ? g_steal_pointer (&links) : NULL;
}

/* FROM child c JOIN parent p … WHERE the parent's key is ?1, ?2, …; a row does not count as its own child. The parent's
 * column stands first, since it is its collation that counts. */
static void
append_join (GString *sql, const Link *link, const SyncEntity *parent)
{
  g_string_append (sql, " FROM main.");
  sync_sql_append_identifier (sql, link->table);
  g_string_append (sql, " AS c JOIN main.");
  sync_sql_append_identifier (sql, parent->table);
  g_string_append (sql, " AS p ON ");
  for (guint i = 0; i < link->from->len && i < link->to->len; i++)
    {
      g_string_append (sql, i == 0 ? "p." : " AND p.");
      sync_sql_append_identifier (sql, g_ptr_array_index (link->to, i));
      g_string_append (sql, " = c.");
      sync_sql_append_identifier (sql, g_ptr_array_index (link->from, i));
    }
  for (guint i = 0; i < parent->n_keys; i++)
    {
      g_string_append (sql, i == 0 ? " WHERE p." : " AND p.");
      sync_sql_append_identifier (sql, parent->columns[i].name);
      g_string_append_printf (sql, " = ?%u", i + 1);
    }
  if (g_ascii_strcasecmp (link->table, parent->table) == 0)
    {
      g_string_append (sql, " AND ");
      sync_id_append_expression (sql, parent, "c");
      g_string_append (sql, " <> ");
      sync_id_append_expression (sql, parent, "p");
    }
}

static SyncStatement *
prepare_join (SyncStore *store, const GString *sql, const SyncEntity *parent, const char *id,
              GError **error)
{
  SyncStatement *statement
      = sync_connection_prepare (sync_store_get_connection (store), sql->str, error);

  if (statement != NULL)
    sync_id_bind (id, strlen (id), parent->n_keys, statement, 1);
  return statement;
}

/**
 * sync_children_exist:
 * @apply: an apply
 * @id: a row of its entity
 * @exist: (out): whether other rows refer to it
 * @error: SQLite's
 *
 * Returns: %FALSE with @error set
 */
gboolean
sync_children_exist (SyncApply *apply,
                     const char *id,
                     gboolean *exist,
                     GError **error)
{
  g_autoptr (GPtrArray) links = load_links (apply->store, apply->entity->table, error);

  *exist = FALSE;
  if (links == NULL)
    return FALSE;
  for (guint i = 0; i < links->len && !*exist; i++)
    {
      g_autoptr (GString) sql = g_string_new ("SELECT 1");
      SyncStatement *statement;
      SyncStep step;

      append_join (sql, g_ptr_array_index (links, i), apply->entity);
      g_string_append (sql, " LIMIT 1");
      statement = prepare_join (apply->store, sql, apply->entity, id, error);
      if (statement == NULL)
        return FALSE;
      step = sync_statement_step (statement, error);
      sync_statement_reset (statement);
      if (step == SYNC_STEP_ERROR)
        return FALSE;
      *exist = step == SYNC_STEP_ROW;
    }
  return TRUE;
}

/* (element-type utf8): the ids of the children by one foreign key */
static GPtrArray *
list_children (SyncStore *store, const Link *link, const SyncEntity *parent, const char *id, GError **error)
{
  g_autoptr (GPtrArray) ids = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GString) sql = g_string_new ("SELECT ");
  SyncStatement *statement;
  SyncStep step;

  sync_id_append_expression (sql, link->child, "c");
  append_join (sql, link, parent);
  statement = prepare_join (store, sql, parent, id, error);
  if (statement == NULL)
    return NULL;
  while ((step = sync_statement_step (statement, error)) == SYNC_STEP_ROW)
    g_ptr_array_add (ids, sync_statement_dup_text (statement, 0));
  sync_statement_reset (statement);
  return step == SYNC_STEP_DONE ? g_steal_pointer (&ids) : NULL;
}

/* --- All that goes with a row ------------------------------------------------------------------- */

/**
 * Member:
 *
 * A row that refers to another one, directly or not, and goes with it.
 */
typedef struct
{
  SyncEntity *entity; /* (unowned) */
  char *id;           /* (owned) */
  gboolean left;      /* its own children were looked for */
} Member;

static Member *
member_new (SyncEntity *entity, const char *id, gboolean left)
{
  Member *member = g_new0 (Member, 1);

  member->entity = entity;
  member->id = g_strdup (id);
  member->left = left;
  return member;
}

static void
member_free (Member *member)
{
  g_free (member->id);
  g_free (member);
}

static GPtrArray *
members_new (void)
{
  return g_ptr_array_new_with_free_func ((GDestroyNotify) member_free);
}

static gboolean
push_children (SyncStore *store, const Member *parent, GPtrArray *stack, GError **error)
{
  g_autoptr (GPtrArray) links = load_links (store, parent->entity->table, error);

  if (links == NULL)
    return FALSE;
  for (guint i = 0; i < links->len; i++)
    {
      const Link *link = g_ptr_array_index (links, i);
      g_autoptr (GPtrArray) ids = NULL;

      if (link->child == NULL || link->keeps)
        continue;
      ids = list_children (store, link, parent->entity, parent->id, error);
      if (ids == NULL)
        return FALSE;
      for (guint j = 0; j < ids->len; j++)
        g_ptr_array_add (stack, member_new (link->child, g_ptr_array_index (ids, j), FALSE));
    }
  return TRUE;
}

/* The first time that it is met: rows may refer to each other in a circle. */
static gboolean
meet (GHashTable *met, const Member *member)
{
  return g_hash_table_add (met, g_strconcat (member->entity->name, "\n", member->id, NULL));
}

/* (element-type Member): children before their parents, the row itself not among them */
static GPtrArray *
list_family (SyncStore *store, SyncEntity *entity, const char *id, GError **error)
{
  g_autoptr (GPtrArray) family = members_new (), stack = members_new ();
  g_autoptr (GHashTable) met = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  g_ptr_array_add (stack, member_new (entity, id, FALSE));
  while (stack->len > 0)
    {
      Member *member = g_ptr_array_steal_index (stack, stack->len - 1);

      if (member->left)
        g_ptr_array_add (family, member);
      else if (!meet (met, member))
        member_free (member);
      else
        {
          member->left = TRUE;
          g_ptr_array_add (stack, member);
          if (!push_children (store, member, stack, error))
            return NULL;
        }
    }
  g_ptr_array_set_size (family, (int) family->len - 1);
  return g_steal_pointer (&family);
}

/* Whether one of them was edited here and not sent; *edited_at: the last time that is known. */
static gboolean
find_pending (SyncStore *store, GPtrArray *family, gboolean *pending, gint64 *edited_at, GError **error)
{
  *pending = FALSE;
  *edited_at = SYNC_TIME_UNKNOWN;
  for (guint i = 0; i < family->len; i++)
    {
      const Member *member = g_ptr_array_index (family, i);
      g_auto (SyncRowState) state = { 0 };

      if (!sync_ledger_load (store, member->entity, member->id, &state, error))
        return FALSE;
      if (!state.pending || state.seq == 0)
        continue;
      *pending = TRUE;
      *edited_at = MAX (*edited_at, state.changed_at);
    }
  return TRUE;
}

static gboolean
record_child (SyncStore *store, const SyncEntity *child, const char *id, const char *device, GError **error)
{
  SyncTable *table = sync_store_get_table (store, child, error);
  g_autoptr (SyncRow) row = sync_row_new (child);
  g_autoptr (SyncConflict) conflict = NULL;
  gboolean found;

  if (table == NULL || !sync_table_read (table, id, row, &found, error))
    return FALSE;
  if (!found)
    return TRUE;
  conflict = g_new0 (SyncConflict, 1);
  conflict->entity = g_strdup (child->name);
  conflict->id = g_strdup (id);
  conflict->kind = g_strdup ("cascade");
  conflict->state = g_strdup ("resolved");
  conflict->local = sync_row_to_json (row);
  conflict->resolution = g_strdup ("remote");
  conflict->resolved_by = g_strdup ("foreign-key");
  conflict->local_device = g_strdup (device);
  conflict->local_time = conflict->remote_time = SYNC_TIME_UNKNOWN;
  conflict->columns = g_new0 (char *, 1);
  return sync_store_put_conflict (store, conflict, error) != 0;
}

/* Each captured as a local change, since the ids that are being applied do not name them. All go on record before the
 * first goes: in a circle it takes others along. */
static gboolean
delete_family (SyncStore *store, GPtrArray *family, const char *device, GError **error)
{
  for (guint i = 0; i < family->len; i++)
    {
      const Member *member = g_ptr_array_index (family, i);

      if (!record_child (store, member->entity, member->id, device, error))
        return FALSE;
    }
  for (guint i = 0; i < family->len; i++)
    {
      const Member *member = g_ptr_array_index (family, i);
      SyncTable *table = sync_store_get_table (store, member->entity, error);
      gboolean deleted;

      if (table == NULL || !sync_table_delete (table, member->id, &deleted, error))
        return FALSE;
    }
  return TRUE;
}

/**
 * sync_children_delete:
 * @apply: an apply with the row's id
 * @error: [error@SyncError.CONSTRAINT], or SQLite's
 *
 * What goes with the row when it is deleted: each goes on record, and is captured as a local change. What tables
 * that are not synced do is their foreign key's business.
 *
 * Returns: %FALSE with @error set
 */
gboolean
sync_children_delete (SyncApply *apply,
                      GError **error)
{
  g_autoptr (GPtrArray) family = list_family (apply->store, apply->entity, apply->id->str, error);
  gboolean good;

  if (family == NULL || !sync_ledger_begin_applying (apply->store, apply->entity, apply->id->str, error))
    return FALSE;
  good = delete_family (apply->store, family, apply->policy.device, error);
  return sync_ledger_end_applying (apply->store, good ? error : NULL) && good;
}

/**
 * sync_children_give_up:
 * @store: the store
 * @entity: a row's entity
 * @id: its id
 * @error: [error@SyncError.CONSTRAINT], or SQLite's
 *
 * The same where a person takes the row away.
 *
 * Returns: %FALSE with @error set
 */
gboolean
sync_children_give_up (SyncStore *store,
                       SyncEntity *entity,
                       const char *id,
                       GError **error)
{
  g_autoptr (GPtrArray) family = list_family (store, entity, id, error);
  g_autofree char *device = NULL;

  return family != NULL && sync_store_get_meta (store, "device-id", &device, error)
         && delete_family (store, family, device, error);
}

/**
 * sync_children_delete_with_parent:
 * @apply: an apply that retries held rows
 * @incoming: the tombstone of a row that others refer to
 * @error: SQLite's
 *
 * The children's entities were pulled, and children are still there: those that were edited here make it a
 * conflict, the others go, recorded.
 *
 * Returns: DONE: the row itself can be deleted now; SKIPPED: it was decided and all is done
 */
SyncApplied
sync_children_delete_with_parent (SyncApply *apply,
                                  SyncIncoming *incoming,
                                  GError **error)
{
  g_autoptr (GError) refusal = NULL;
  gint64 edited_at;
  gboolean pending;

  if (!apply->parent_decided)
    {
      g_autoptr (GPtrArray) family = list_family (apply->store, apply->entity, apply->id->str, error);

      if (family == NULL || !find_pending (apply->store, family, &pending, &edited_at, error))
        return SYNC_APPLIED_ERROR;
      if (pending)
        return sync_apply_decide_parent (apply, incoming, edited_at, error);
    }
  return sync_children_delete (apply, &refusal) ? SYNC_APPLIED_DONE
                                                : sync_apply_hold_for_error (apply, incoming, refusal, error);
}

static gboolean
refers_to_number (const Link *link, const SyncEntity *entity)
{
  return link->from->len == 1 && link->to->len == 1
         && g_ascii_strcasecmp (g_ptr_array_index (link->to, 0), entity->columns[0].name) == 0;
}

/* While a page is applied a reference may come before its row: a number that is referred to is not free. */
gboolean
sync_children_append_references (SyncApply *apply,
                                 GString *sql,
                                 GError **error)
{
  g_autoptr (GPtrArray) links = load_links (apply->store, apply->entity->table, error);

  if (links == NULL)
    return FALSE;
  for (guint i = 0; i < links->len; i++)
    {
      const Link *link = g_ptr_array_index (links, i);
      g_autofree char *column = NULL;

      if (!refers_to_number (link, apply->entity))
        continue;
      column = sync_sql_quote_identifier (g_ptr_array_index (link->from, 0));
      g_string_append_printf (sql, ", ifnull ((SELECT max (%s) FROM main.", column);
      sync_sql_append_identifier (sql, link->table);
      g_string_append_printf (sql, " WHERE typeof (%s) = 'integer' AND %s < %" G_GINT64_FORMAT "), 0)", column, column,
                              G_MAXINT64);
    }
  return TRUE;
}

/* Column `from` of the link's child takes the new key wherever it has the old one. */
static gboolean
move_link (SyncStore *store, const Link *link, SyncTable *table, const char *id, gint64 new_key,
           GError **error)
{
  const SyncEntity *entity = sync_table_get_entity (table);
  g_autoptr (GString) sql = g_string_new ("UPDATE main.");
  SyncStatement *statement;

  if (!refers_to_number (link, entity))
    return TRUE;
  sync_sql_append_identifier (sql, link->table);
  g_string_append (sql, " SET ");
  sync_sql_append_identifier (sql, g_ptr_array_index (link->from, 0));
  g_string_append (sql, " = ?2 WHERE ");
  sync_sql_append_identifier (sql, g_ptr_array_index (link->from, 0));
  g_string_append (sql, " = ?1");
  statement = prepare_join (store, sql, entity, id, error);
  return statement != NULL && sync_statement_run (sync_statement_bind_int64 (statement, 2, new_key), error);
}

/**
 * sync_children_follow:
 * @store: the store
 * @table: a table with an integer key
 * @id: the row that gets another key
 * @new_key: the key
 * @error: [error@SyncError.CONSTRAINT], or SQLite's
 *
 * Gives the row its new key. Its children go first, while constraints are deferred: then no action of a
 * foreign key finds anything to do.
 *
 * Returns: %FALSE with @error set
 */
gboolean
sync_children_follow (SyncStore *store,
                      SyncTable *table,
                      const char *id,
                      gint64 new_key,
                      GError **error)
{
  g_autoptr (GPtrArray) links = load_links (store, sync_table_get_entity (table)->table, error);

  if (links == NULL)
    return FALSE;
  for (guint i = 0; i < links->len; i++)
    {
      if (!move_link (store, g_ptr_array_index (links, i), table, id, new_key, error))
        return FALSE;
    }
  return sync_table_set_key (table, id, new_key, error);
}
