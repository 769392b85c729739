/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-cloud-schema.h"

#include <string.h>

#include "sync-cloud-resources.h"
#include "sync-error.h"

/* Expands sql/supabase/schema.sql.in. A line `--{table` begins a block that is repeated for each
 * entity, down to its `--}`; in it `--{key`, `--{value` and `--{column` begin blocks for each key
 * column, each other column and every column. In a block `@NAME@` stands for what the table below
 * says. Other lines are copied. */

#define TEMPLATE "/io/github/progressive_sync/ProgressiveSync/cloud/schema.sql.in"

/* What PostgreSQL keeps of a name; the rest it would cut off silently. */
#define MAX_NAME 63

typedef struct
{
  const SyncEntity *entity;
  const SyncColumn *column;
} Scope;

/* Words that cannot name a table or a column without quotes: PostgreSQL's, and those of PL/pgSQL,
 * which does not find `new.loop`. */
/* clang-format off */
static const char *const reserved_words[] = {
  "all", "analyse", "analyze", "and", "any", "array", "as", "asc", "asymmetric", "authorization",
  "begin", "binary", "both", "by", "case", "cast", "check", "collate", "collation", "column",
  "concurrently", "constraint", "create", "cross", "current_catalog", "current_date",
  "current_role", "current_schema", "current_time", "current_timestamp", "current_user",
  "declare", "default", "deferrable", "desc", "distinct", "do", "else", "end", "except",
  "execute", "false", "fetch", "for", "foreach", "foreign", "freeze", "from", "full", "grant",
  "group", "having", "if", "ilike", "in", "initially", "inner", "intersect", "into", "is",
  "isnull", "join", "lateral", "leading", "left", "like", "limit", "localtime", "localtimestamp",
  "loop", "natural", "not", "notnull", "null", "offset", "on", "only", "or", "order", "outer",
  "overlaps", "placing", "primary", "references", "returning", "right", "select", "session_user",
  "similar", "some", "strict", "symmetric", "system_user", "table", "tablesample", "then", "to",
  "trailing", "true", "union", "unique", "user", "using", "variadic", "verbose", "when", "where",
  "while", "window", "with",
};
/* clang-format on */

/* Columns that PostgreSQL has in every table. */
static const char *const system_columns[] = {
  "tableoid", "xmin", "cmin", "xmax", "cmax", "ctid", NULL,
};

/* In the order of SyncCodec. */
static const char *const sql_types[] = {
  "text", "bigint", "double precision", "bytea", "jsonb", "boolean", "timestamptz", "jsonb",
};

G_STATIC_ASSERT (G_N_ELEMENTS (sql_types) == SYNC_CODEC_ANY + 1);

static gboolean
is_plain (const char *name)
{
  if (strspn (name, "abcdefghijklmnopqrstuvwxyz0123456789_") != strlen (name)
      || g_ascii_isdigit (*name))
    return FALSE;
  for (guint i = 0; i < G_N_ELEMENTS (reserved_words); i++)
    if (g_str_equal (name, reserved_words[i]))
      return FALSE;
  return TRUE;
}

static void
append_quoted (GString *out, const char *text, char quote)
{
  g_string_append_c (out, quote);
  for (; *text != '\0'; text++)
    {
      if (*text == quote)
        g_string_append_c (out, quote);
      g_string_append_c (out, *text);
    }
  g_string_append_c (out, quote);
}

static void
append_identifier (GString *out, const char *name)
{
  if (is_plain (name))
    g_string_append (out, name);
  else
    append_quoted (out, name, '"');
}

static char *
new_derived_name (const char *table, const char *suffix)
{
  g_autofree char *whole = g_strconcat (table, suffix, NULL);
  g_autofree char *sum = NULL;
  const char *end;

  if (strlen (whole) <= MAX_NAME)
    return g_steal_pointer (&whole);
  sum = g_compute_checksum_for_string (G_CHECKSUM_MD5, table, -1);
  end = table + MAX_NAME - strlen (suffix) - 9;
  end = g_utf8_find_prev_char (table, end + 1);
  return g_strdup_printf ("%.*s_%.8s%s", (int)(end - table), table, sum, suffix);
}

static void
append_derived (GString *out, const Scope *scope, const char *suffix)
{
  g_autofree char *name = new_derived_name (scope->entity->cloud_table, suffix);

  append_identifier (out, name);
}

static void
append_table (GString *out, const Scope *scope)
{
  append_identifier (out, scope->entity->cloud_table);
}

static void
append_table_name (GString *out, const Scope *scope)
{
  append_quoted (out, scope->entity->cloud_table, '\'');
}

static void
append_keys (GString *out, const Scope *scope)
{
  for (guint i = 0; i < scope->entity->n_keys; i++)
    {
      g_string_append (out, i > 0 ? ", " : "");
      append_identifier (out, scope->entity->columns[i].cloud_name);
    }
}

static void
append_key_names (GString *out, const Scope *scope)
{
  for (guint i = 0; i < scope->entity->n_keys; i++)
    {
      g_string_append (out, i > 0 ? ", " : "");
      append_quoted (out, scope->entity->columns[i].cloud_name, '\'');
    }
}

static void
append_key_types (GString *out, const Scope *scope)
{
  for (guint i = 0; i < scope->entity->n_keys; i++)
    {
      g_string_append (out, i > 0 ? ", " : "");
      append_quoted (out, sql_types[scope->entity->columns[i].codec], '\'');
    }
}

static void
append_view (GString *out, const Scope *scope)
{
  append_derived (out, scope, "_living");
}

static void
append_view_name (GString *out, const Scope *scope)
{
  g_autofree char *name = new_derived_name (scope->entity->cloud_table, "_living");

  append_quoted (out, name, '\'');
}

static void
append_index (GString *out, const Scope *scope)
{
  append_derived (out, scope, "_sync_version");
}

static void
append_claim (GString *out, const Scope *scope)
{
  append_derived (out, scope, "_claim");
}

static void
append_moved (GString *out, const Scope *scope)
{
  append_derived (out, scope, "_moved");
}

static void
append_room (GString *out, const Scope *scope)
{
  append_derived (out, scope, "_room");
}

static void
append_column (GString *out, const Scope *scope)
{
  append_identifier (out, scope->column->cloud_name);
}

static void
append_column_name (GString *out, const Scope *scope)
{
  append_quoted (out, scope->column->cloud_name, '\'');
}

static void
append_type (GString *out, const Scope *scope)
{
  g_string_append (out, sql_types[scope->column->codec]);
}

static const struct
{
  const char *name;
  void (*append) (GString *out, const Scope *scope);
} macros[] = {
  { "TABLE", append_table },         { "TABLE_NAME", append_table_name },
  { "KEYS", append_keys },           { "KEY_NAMES", append_key_names },
  { "KEY_TYPES", append_key_types }, { "VIEW", append_view },
  { "VIEW_NAME", append_view_name }, { "INDEX", append_index },
  { "CLAIM", append_claim },         { "MOVED", append_moved },
  { "ROOM", append_room },           { "COLUMN", append_column },
  { "COLUMN_NAME", append_column_name }, { "TYPE", append_type },
};

static void
append_macro (GString *out, const char *name, gsize length, const Scope *scope)
{
  for (guint i = 0; i < G_N_ELEMENTS (macros); i++)
    if (strlen (macros[i].name) == length && strncmp (macros[i].name, name, length) == 0)
      {
        macros[i].append (out, scope);
        return;
      }
  g_assert_not_reached ();
}

static void
append_line (GString *out, const char *line, const Scope *scope)
{
  const char *at, *end;

  while (scope->entity != NULL && (at = strchr (line, '@')) != NULL)
    {
      end = strchr (at + 1, '@');
      g_assert (end != NULL);
      g_string_append_len (out, line, at - line);
      append_macro (out, at + 1, end - at - 1, scope);
      line = end + 1;
    }
  g_string_append (out, line);
}

/* The line behind the `--}` of the block that begins at @first. */
static char **
find_end (char **first)
{
  guint depth = 0;

  for (char **line = first;; line++)
    {
      g_assert (*line != NULL);
      if (g_str_has_prefix (*line, "--{"))
        depth++;
      else if (g_str_equal (*line, "--}") && --depth == 0)
        return line + 1;
    }
}

static void
append_lines (GString *out, char **first, char **end, GPtrArray *entities, const Scope *scope);

static void
append_block (GString *out, char **first, char **end, GPtrArray *entities, const Scope *scope)
{
  const char *kind = *first + strlen ("--{");
  const SyncEntity *entity = scope->entity;
  guint from, to;

  if (g_str_equal (kind, "table"))
    {
      for (guint i = 0; i < entities->len; i++)
        {
          Scope inner = { g_ptr_array_index (entities, i), NULL };

          append_lines (out, first + 1, end - 1, entities, &inner);
        }
      return;
    }
  g_assert (entity != NULL);
  from = g_str_equal (kind, "value") ? entity->n_keys : 0;
  to = g_str_equal (kind, "key") ? entity->n_keys : entity->n_columns;
  for (guint i = from; i < to; i++)
    {
      Scope inner = { entity, &entity->columns[i] };

      append_lines (out, first + 1, end - 1, entities, &inner);
    }
}

static void
append_lines (GString *out, char **first, char **end, GPtrArray *entities, const Scope *scope)
{
  char **line = first;

  while (line < end)
    {
      if (g_str_has_prefix (*line, "--{"))
        {
          char **after = find_end (line);

          append_block (out, line, after, entities, scope);
          line = after;
          continue;
        }
      append_line (out, *line, scope);
      g_string_append_c (out, '\n');
      line++;
    }
}

/* A name that could end the comment, string or function body that it is put into is refused, and
 * one that PostgreSQL would store otherwise than it is written. */
static gboolean
check_name (const char *table, const char *column, GError **error)
{
  const char *name = column != NULL ? column : table;
  const char *reason = NULL;

  if (*name == '\0' || !g_utf8_validate (name, -1, NULL))
    reason = "bad-name";
  else if (strlen (name) > MAX_NAME)
    reason = "long-name";
  else if (strstr (name, "$$") != NULL)
    reason = "bad-name";
  else if (column != NULL && g_strv_contains (system_columns, name))
    reason = "reserved-column";
  for (const char *c = name; reason == NULL && *c != '\0'; c++)
    if (g_ascii_iscntrl (*c))
      reason = "bad-name";
  if (reason == NULL)
    return TRUE;
  sync_error_set (error, SYNC_ERROR_INVALID, table,
                  "The cloud cannot have a table or column of that name");
  if (error != NULL)
    {
      sync_error_set_reason (*error, reason, 0);
      sync_error_set_column (*error, column);
    }
  return FALSE;
}

/* Tables and views share one space of names. */
static gboolean
take_name (GHashTable *taken, const char *table, const char *suffix, GError **error)
{
  if (g_hash_table_add (taken, new_derived_name (table, suffix)))
    return TRUE;
  sync_error_set (error, SYNC_ERROR_INVALID, table, "The cloud has another table of that name");
  if (error != NULL)
    sync_error_set_reason (*error, "name-taken", 0);
  return FALSE;
}

static gboolean
check_entity (const SyncEntity *entity, GHashTable *taken, GError **error)
{
  const char *table = entity->cloud_table;

  if (!check_name (table, NULL, error))
    return FALSE;
  if (entity->n_keys == 0)
    {
      sync_error_set (error, SYNC_ERROR_NO_KEY, table, "A synced table needs a key");
      return FALSE;
    }
  for (guint i = 0; i < entity->n_columns; i++)
    if (!check_name (table, entity->columns[i].cloud_name, error))
      return FALSE;
  return take_name (taken, table, "", error) && take_name (taken, table, "_living", error)
         && take_name (taken, table, "_sync_version", error);
}

/* What the cloud cannot have is left out if it takes no part; other disabled ones are there, to be enabled.
 *
 * Returns: (transfer container) (nullable) */
static GPtrArray *
take_entities (GPtrArray *entities, GError **error)
{
  g_autoptr (GHashTable) taken = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr (GPtrArray) fitting = g_ptr_array_new ();

  g_hash_table_add (taken, g_strdup ("sync_devices"));
  g_hash_table_add (taken, g_strdup ("sync_state"));
  for (guint i = 0; i < entities->len; i++)
    {
      SyncEntity *entity = g_ptr_array_index (entities, i);

      if (check_entity (entity, taken, entity->enabled ? error : NULL))
        g_ptr_array_add (fitting, entity);
      else if (entity->enabled)
        return NULL;
    }
  return g_steal_pointer (&fitting);
}

/**
 * sync_cloud_schema_generate:
 * @entities: (element-type SyncEntity): the entities, parents first
 * @error: where to put an error: SYNC_ERROR_INVALID with the reason `bad-name`, `long-name`,
 *   `name-taken` or `reserved-column`, SYNC_ERROR_NO_KEY; the subject is the cloud table
 *
 * Writes the script that sets up a cloud for @entities, or adds them to one: it can be run at any
 * time, and again. See sql/README.md for what it makes.
 *
 * Returns: (transfer full) (nullable): SQL for PostgreSQL 15 and newer
 */
char *
sync_cloud_schema_generate (GPtrArray *entities, GError **error)
{
  g_autoptr (GPtrArray) fitting = NULL;
  g_autoptr (GBytes) template = NULL;
  g_autoptr (GString) out = g_string_new (NULL);
  g_autofree char *text = NULL;
  g_auto (GStrv) lines = NULL;
  const Scope everything = { NULL, NULL };
  guint n;

  g_return_val_if_fail (entities != NULL, NULL);

  fitting = take_entities (entities, error);
  if (fitting == NULL)
    return NULL;
  template = g_resource_lookup_data (sync_cloud_get_resource (), TEMPLATE,
                                     G_RESOURCE_LOOKUP_FLAGS_NONE, error);
  if (template == NULL)
    return NULL;
  text = g_strndup (g_bytes_get_data (template, NULL), g_bytes_get_size (template));
  lines = g_strsplit (text, "\n", -1);
  n = g_strv_length (lines);
  if (n > 0 && *lines[n - 1] == '\0')
    n--;
  append_lines (out, lines, lines + n, fitting, &everything);
  return g_string_free (g_steal_pointer (&out), FALSE);
}
