/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-column-rule.h"

#include <string.h>

#include "sync-time.h"

/* In the order of SyncColumnRule. */
static const char *const rule_names[] = { "newest", "local", "remote", "max", "min", "union" };

G_STATIC_ASSERT (G_N_ELEMENTS (rule_names) == SYNC_RULE_UNION + 1);

/**
 * sync_column_rule_from_string:
 * @name: (nullable): a rule's name
 * @rule: (out): the rule
 *
 * Returns: %FALSE if there is no such rule
 */
gboolean
sync_column_rule_from_string (const char *name, SyncColumnRule *rule)
{
  for (guint i = 0; i < G_N_ELEMENTS (rule_names); i++)
    if (g_strcmp0 (name, rule_names[i]) == 0)
      {
        *rule = (SyncColumnRule) i;
        return TRUE;
      }
  return FALSE;
}

/* --- The greater and the smaller value -------------------------------------------------------- */

static int
compare_int64 (gint64 a, gint64 b)
{
  return a < b ? -1 : a > b;
}

static gboolean
compare_numbers (SyncSpan a, SyncSpan b, int *order)
{
  gint64 integer_a, integer_b;
  double real_a, real_b;

  /* Doubles cannot tell large integers apart. */
  if (sync_json_to_int64 (a, &integer_a) && sync_json_to_int64 (b, &integer_b))
    *order = compare_int64 (integer_a, integer_b);
  else if (sync_json_to_double (a, &real_a) && sync_json_to_double (b, &real_b))
    *order = real_a < real_b ? -1 : real_a > real_b;
  else
    return FALSE;
  return TRUE;
}

static gboolean
compare_strings (SyncCodec codec, SyncSpan a, SyncSpan b, int *order)
{
  g_autofree char *text_a = sync_json_dup_string (a);
  g_autofree char *text_b = sync_json_dup_string (b);
  gint64 time_a, time_b;

  if (text_a == NULL || text_b == NULL)
    return FALSE;
  if (codec == SYNC_CODEC_TIMESTAMP && sync_time_parse (text_a, (gssize) strlen (text_a), &time_a)
      && sync_time_parse (text_b, (gssize) strlen (text_b), &time_b))
    *order = compare_int64 (time_a, time_b);
  else
    *order = strcmp (text_a, text_b);
  return TRUE;
}

static gboolean
compare_values (SyncCodec codec, SyncSpan a, SyncSpan b, int *order)
{
  SyncJsonType type_a = sync_json_type (a), type_b = sync_json_type (b);
  gboolean truth_a = type_a == SYNC_JSON_TRUE, truth_b = type_b == SYNC_JSON_TRUE;

  if (type_a == SYNC_JSON_NUMBER && type_b == SYNC_JSON_NUMBER)
    return compare_numbers (a, b, order);
  if (type_a == SYNC_JSON_STRING && type_b == SYNC_JSON_STRING)
    return compare_strings (codec, a, b, order);
  if ((truth_a || type_a == SYNC_JSON_FALSE) && (truth_b || type_b == SYNC_JSON_FALSE))
    {
      *order = truth_a - truth_b;
      return TRUE;
    }
  return FALSE;
}

/* A value wins over none, whether the greater or the smaller one is asked for. Values that
 * cannot be compared, or are the same in another notation, are left to the edit times. */
static SyncSide
pick_extreme (const SyncDispute *dispute, guint column, gboolean greatest, SyncSide newest)
{
  SyncCodec codec = dispute->entity->columns[column].codec;
  int order;

  if (sync_row_is_null (dispute->local, column))
    return sync_row_is_null (dispute->remote, column) ? newest : SYNC_SIDE_REMOTE;
  if (sync_row_is_null (dispute->remote, column))
    return SYNC_SIDE_LOCAL;
  if (!compare_values (codec, sync_row_get (dispute->local, column),
                       sync_row_get (dispute->remote, column), &order)
      || order == 0)
    return newest;
  return (order > 0) == greatest ? SYNC_SIDE_LOCAL : SYNC_SIDE_REMOTE;
}

/* --- The union of arrays ---------------------------------------------------------------------- */

/**
 * Array:
 * @text: (owned) (nullable): the array's JSON text where it stood in a string
 * @elements: (owned) (element-type SyncSpan): its elements, pointing into the row or @text
 * @known: (owned) (element-type utf8): the elements in canonical form
 *
 * A column's value as an array.
 */
typedef struct
{
  char *text;
  GArray *elements;
  GHashTable *known;
} Array;

static void
array_clear (Array *array)
{
  g_free (array->text);
  g_array_unref (array->elements);
  g_hash_table_unref (array->known);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Array, array_clear)

static void
array_init (Array *array)
{
  array->text = NULL;
  array->elements = g_array_new (FALSE, FALSE, sizeof (SyncSpan));
  array->known = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
}

static char *
canonical (SyncSpan value)
{
  GString *text = g_string_new (NULL);

  sync_json_append_canonical (text, value);
  return g_string_free (text, FALSE);
}

static gboolean
array_read_elements (Array *array, SyncSpan value)
{
  SyncJsonReader reader;

  sync_json_reader_init (&reader, value.text, value.length);
  if (!sync_json_enter_array (&reader))
    return FALSE;
  while (sync_json_next_element (&reader))
    {
      SyncSpan element;

      if (!sync_json_read_value (&reader, &element))
        return FALSE;
      g_array_append_val (array->elements, element);
      g_hash_table_add (array->known, canonical (element));
    }
  return sync_json_at_end (&reader);
}

/* No value is an empty array. *quoted: the array stood in a string, as in a column of text. */
static gboolean
array_read (Array *array, const SyncRow *row, guint column, gboolean *quoted)
{
  SyncSpan value;

  if (row == NULL || sync_row_is_null (row, column))
    return TRUE;
  value = sync_row_get (row, column);
  if (sync_json_type (value) == SYNC_JSON_STRING)
    {
      array->text = sync_json_dup_string (value);
      if (array->text == NULL)
        return FALSE;
      *quoted = TRUE;
      value = (SyncSpan){ array->text, strlen (array->text) };
      if (!sync_json_is_valid (value.text, value.length))
        return FALSE;
    }
  return sync_json_type (value) == SYNC_JSON_ARRAY && array_read_elements (array, value);
}

/* Takes from one side what it added, and what it kept of the base if the other side kept it too. */
static gboolean
append_side (GString *out, const Array *side, const Array *other, const Array *base,
             GHashTable *taken)
{
  for (guint i = 0; i < side->elements->len; i++)
    {
      SyncSpan element = g_array_index (side->elements, SyncSpan, i);
      g_autofree char *key = canonical (element);

      if (g_hash_table_contains (base->known, key) && !g_hash_table_contains (other->known, key))
        continue;
      if (g_hash_table_contains (taken, key))
        continue;
      if (out->len > 1)
        g_string_append_c (out, ',');
      if (!sync_json_append_minified (out, element))
        return FALSE;
      g_hash_table_add (taken, g_steal_pointer (&key));
    }
  return TRUE;
}

static SyncSide
unite (const SyncDispute *dispute, guint column, SyncSide newest, SyncRow *result)
{
  g_auto (Array) base = { NULL, NULL, NULL };
  g_auto (Array) local = { NULL, NULL, NULL };
  g_auto (Array) remote = { NULL, NULL, NULL };
  g_autoptr (GHashTable) taken = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr (GString) text = g_string_new ("[");
  gboolean quoted = FALSE, base_quoted = FALSE;

  array_init (&base);
  array_init (&local);
  array_init (&remote);
  if (!array_read (&local, dispute->local, column, &quoted)
      || !array_read (&remote, dispute->remote, column, &quoted)
      || !array_read (&base, dispute->base, column, &base_quoted)
      || !append_side (text, &local, &remote, &base, taken)
      || !append_side (text, &remote, &local, &base, taken))
    return newest;
  g_string_append_c (text, ']');
  if (quoted)
    sync_json_append_string (sync_row_begin_value (result, column), text->str, text->len);
  else
    g_string_append_len (sync_row_begin_value (result, column), text->str, (gssize) text->len);
  sync_row_end_value (result, column);
  return SYNC_SIDE_VALUE;
}

/**
 * sync_column_rule_apply:
 * @rule: the rule
 * @dispute: a row changed on both sides, which both exist
 * @column: a column that changed on both sides
 * @newest: the side that was edited last: it also decides where the rule cannot, as with values
 *   that cannot be compared or are no arrays
 * @result: gets the column's value where it is neither side's
 *
 * Returns: whose value the column takes
 */
SyncSide
sync_column_rule_apply (SyncColumnRule rule, const SyncDispute *dispute, guint column,
                        SyncSide newest, SyncRow *result)
{
  switch (rule)
    {
    case SYNC_RULE_LOCAL:
      return SYNC_SIDE_LOCAL;
    case SYNC_RULE_REMOTE:
      return SYNC_SIDE_REMOTE;
    case SYNC_RULE_MAX:
    case SYNC_RULE_MIN:
      return pick_extreme (dispute, column, rule == SYNC_RULE_MAX, newest);
    case SYNC_RULE_UNION:
      return unite (dispute, column, newest, result);
    case SYNC_RULE_NEWEST:
    default:
      return newest;
    }
}
