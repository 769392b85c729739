/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-verify.h"

#include "sync-store-private.h"

/* The cloud's rows, one by one, against what is known of them. */

#define SLICE_ROWS 250

/* One row as it came. */
typedef struct
{
  SyncStamps stamps;
  gboolean readable; /* FALSE: a value that cannot be held here */
} Remote;

/* *end: there is none any more. */
static gboolean
read_row (SyncVerify *verify, SyncJsonReader *reader, Remote *remote, gboolean *end, GError **error)
{
  g_autoptr (GError) refusal = NULL;

  *end = !sync_json_next_element (reader);
  if (*end && reader->fault == NULL)
    return TRUE;
  remote->readable = !*end && sync_row_parse (verify->row, reader, &remote->stamps, NULL, &refusal);
  if (remote->readable || g_error_matches (refusal, SYNC_ERROR, SYNC_ERROR_ROW_REFUSED))
    return TRUE;
  if (refusal != NULL)
    g_propagate_error (error, g_steal_pointer (&refusal));
  else
    sync_error_set (error, SYNC_ERROR_PROTOCOL, verify->entity->name, "Not JSON: %s", reader->fault);
  return FALSE;
}

static gboolean
enter_rows (SyncVerify *verify, SyncJsonReader *reader, GBytes *rows, GError **error)
{
  sync_json_reader_init (reader, g_bytes_get_data (rows, NULL), g_bytes_get_size (rows));
  if (sync_json_enter_array (reader))
    return TRUE;
  sync_error_set (error, SYNC_ERROR_PROTOCOL, verify->entity->name, "Not a list of rows");
  return FALSE;
}

static gint64
known_version (const SyncRowState *state)
{
  return MAX (state->known ? state->version : 0, MAX (state->held_version, state->conflict_version));
}

static gboolean
is_clean (const SyncRowState *state)
{
  return !state->pending && !state->held && state->conflict == 0 && !state->sent;
}

static void
note_to_reread (SyncVerify *verify, const SyncRowState *state, SyncDifferenceKind kind)
{
  sync_verify_note (verify, verify->id->str, kind, is_clean (state) && state->base != NULL);
  if (state->known)
    g_ptr_array_add (verify->to_reread, g_strdup (verify->id->str));
}

static void
compare_contents (SyncVerify *verify, const SyncRowState *state, const Remote *remote)
{
  if (!is_clean (state) || state->base == NULL || !remote->readable)
    return;
  verify->n_contents++;
  if (!sync_row_parse_text (verify->base, state->base, -1, NULL)
      || !sync_row_equal (verify->row, verify->base))
    note_to_reread (verify, state, SYNC_DIFFERENCE_OTHER_CONTENTS);
}

/* A row that nobody here has read, although the cursor is past it. */
static void
note_missing_here (SyncVerify *verify, const SyncRowState *state, gint64 version)
{
  if (state->pending)
    return; /* it will meet that row when it is sent */
  sync_verify_note (verify, verify->id->str, SYNC_DIFFERENCE_MISSING_HERE, FALSE);
  if (verify->missing_from == 0 || version < verify->missing_from)
    verify->missing_from = version;
}

/* The row that was read last, whose id is set. */
static gboolean
compare (SyncVerify *verify, const Remote *remote, GError **error)
{
  g_auto (SyncRowState) state = { 0 };
  gint64 known;

  if (remote->stamps.version > verify->cursor)
    return TRUE;
  if (!sync_ledger_load (verify->store, verify->entity, verify->id->str, &state, error))
    return FALSE;
  known = known_version (&state);
  if (known == 0)
    {
      if (!remote->stamps.deleted)
        note_missing_here (verify, &state, remote->stamps.version);
    }
  else if (remote->stamps.deleted)
    {
      if (known == state.version && state.base != NULL)
        note_to_reread (verify, &state, SYNC_DIFFERENCE_MISSING_THERE);
    }
  else if (known == state.version && state.base == NULL)
    note_to_reread (verify, &state, SYNC_DIFFERENCE_MISSING_HERE);
  else if (known != remote->stamps.version)
    note_to_reread (verify, &state, SYNC_DIFFERENCE_OTHER_VERSION);
  else
    compare_contents (verify, &state, remote);
  return TRUE;
}

/* --- Rows by key -------------------------------------------------------------------------------- */

static gboolean
compare_fetched (SyncVerify *verify, GBytes *rows, GHashTable *came, guint64 *n_living, GError **error)
{
  SyncJsonReader reader;
  Remote remote = { 0 };
  gboolean end = FALSE;

  if (!enter_rows (verify, &reader, rows, error))
    return FALSE;
  while (TRUE)
    {
      if (!read_row (verify, &reader, &remote, &end, error))
        return FALSE;
      if (end)
        return TRUE;
      if (!sync_table_row_id (verify->table, verify->row, verify->id))
        continue;
      if (!compare (verify, &remote, error))
        return FALSE;
      g_hash_table_add (came, g_strdup (verify->id->str));
      *n_living += remote.stamps.deleted ? 0 : 1;
    }
}

static gboolean
judge_absent (SyncVerify *verify, const char *id, GError **error)
{
  g_auto (SyncRowState) state = { 0 };

  if (!sync_ledger_load (verify->store, verify->entity, id, &state, error))
    return FALSE;
  if (!state.known || state.base == NULL || known_version (&state) != state.version)
    return TRUE;
  g_string_assign (verify->id, id);
  note_to_reread (verify, &state, SYNC_DIFFERENCE_MISSING_THERE);
  return TRUE;
}

/**
 * sync_verify_judge:
 * @verify: a comparison
 * @ids: (element-type utf8): ids
 * @first: the first of them that was asked for
 * @n: and how many
 * @rows: what the cloud has of them
 * @n_living: (inout): gets the number of those that live there added
 * @error: [error@SyncError.PROTOCOL], or SQLite's
 *
 * Returns: %FALSE with @error set
 */
gboolean
sync_verify_judge (SyncVerify *verify,
                   GPtrArray *ids,
                   guint first,
                   guint n,
                   GBytes *rows,
                   guint64 *n_living,
                   GError **error)
{
  g_autoptr (GHashTable) came = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  if (!compare_fetched (verify, rows, came, n_living, error))
    return FALSE;
  for (guint i = first; i < first + n; i++)
    {
      const char *id = g_ptr_array_index (ids, i);

      if (!g_hash_table_contains (came, id) && !judge_absent (verify, id, error))
        return FALSE;
    }
  return sync_verify_flush (verify, error);
}

/* --- Pages -------------------------------------------------------------------------------------- */

gboolean
sync_verify_begin_page (SyncVerify *verify,
                        GBytes *page,
                        GError **error)
{
  g_clear_pointer (&verify->page, g_bytes_unref);
  verify->page = g_bytes_ref (page);
  return enter_rows (verify, &verify->reader, page, error);
}

static gboolean
compare_paged (SyncVerify *verify, const Remote *remote, GError **error)
{
  if (!sync_table_row_id (verify->table, verify->row, verify->id))
    return TRUE;
  if (!remote->stamps.deleted && remote->stamps.version <= verify->cursor)
    {
      sync_digester_take (verify->digester, verify->row);
      sync_digest_table_add (&verify->there, verify->digester, remote->stamps.version);
    }
  return compare (verify, remote, error);
}

/**
 * sync_verify_read_page:
 * @verify: a comparison with a page
 * @done: (out): whether the page is at its end
 * @last_version: (inout): the version of the row read last
 * @error: [error@SyncError.PROTOCOL], or SQLite's
 *
 * Compares some rows, and adds them to the digest `there`.
 *
 * Returns: %FALSE with @error set
 */
gboolean
sync_verify_read_page (SyncVerify *verify,
                       gboolean *done,
                       gint64 *last_version,
                       GError **error)
{
  Remote remote = { 0 };

  *done = FALSE;
  for (guint i = 0; i < SLICE_ROWS && !*done; i++)
    {
      if (!read_row (verify, &verify->reader, &remote, done, error)
          || (!*done && !compare_paged (verify, &remote, error)))
        return FALSE;
      if (!*done)
        *last_version = remote.stamps.version;
    }
  return sync_verify_flush (verify, error);
}

/**
 * sync_verify_count_news:
 * @verify: a comparison with leaves
 * @page: rows above the cursor
 * @n: (out): how many living rows behind the leaves were not known here
 * @error: [error@SyncError.PROTOCOL], or SQLite's
 *
 * Returns: %FALSE with @error set
 */
gboolean
sync_verify_count_news (SyncVerify *verify,
                        GBytes *page,
                        guint64 *n,
                        GError **error)
{
  SyncJsonReader reader;
  Remote remote = { 0 };
  gboolean end = FALSE;

  *n = 0;
  if (!enter_rows (verify, &reader, page, error))
    return FALSE;
  while (TRUE)
    {
      g_auto (SyncRowState) state = { 0 };

      if (!read_row (verify, &reader, &remote, &end, error))
        return FALSE;
      if (end)
        return TRUE;
      if (remote.stamps.deleted || !sync_table_row_id (verify->table, verify->row, verify->id))
        continue;
      if (!sync_ledger_load (verify->store, verify->entity, verify->id->str, &state, error))
        return FALSE;
      sync_digester_take (verify->digester, verify->row);
      if (known_version (&state) == 0 && !state.pending && sync_verify_is_behind_leaf (verify))
        ++*n;
    }
}

/**
 * sync_verify_end:
 * @verify: a comparison
 * @error: SQLite's
 *
 * Takes the cursor back where rows are missing here, so that the next pull finds them.
 *
 * Returns: %FALSE with @error set
 */
gboolean
sync_verify_end (SyncVerify *verify,
                 GError **error)
{
  SyncStatement *statement;

  if (verify->missing_from == 0)
    return TRUE;
  statement = sync_connection_prepare (
      sync_store_get_connection (verify->store),
      "UPDATE main.psync_entity SET pulled_version = min (pulled_version, ?2) WHERE name = ?1", error);
  if (statement == NULL)
    return FALSE;
  sync_statement_bind_text (statement, 1, verify->entity->name, -1);
  return sync_statement_run (sync_statement_bind_int64 (statement, 2, verify->missing_from - 1), error);
}
