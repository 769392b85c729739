/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-verify-run.h"

#include "sync-run-private.h"
#include "sync-verify.h"

/* A verification: an ordinary sync, so that what is new is no difference; then, entity by entity, counts and
 * checksums of 16 groups of rows, of the groups within those that differ, and so on until few rows are left, which
 * are fetched by key. Where nothing differs that is one request an entity, and one for a sample of contents. */

#define FETCH_ROWS 200
/* Groups of so many rows are fetched rather than divided once more. */
#define LEAF_ROWS 100

/**
 * Verification:
 *
 * One look at everything.
 */
typedef struct
{
  const SyncVerifySetup *setup;
  SyncVerifyResult *result;   /* (owned) by who called */
  const GPtrArray *suspects;  /* (nullable) (element-type SyncDifference): to be looked at in any case */
  GPtrArray *entities;        /* (owned) (element-type SyncEntity) */
  SyncVerify *verify;         /* (owned) (nullable): the entity under way */
  guint page_rows;
  gboolean paged;             /* all pages of the entity were read */
  guint64 n_expected;         /* rows that live in the cloud behind the leaves */
} Verification;

static void
verification_clear (Verification *self)
{
  g_clear_pointer (&self->entities, g_ptr_array_unref);
  g_clear_pointer (&self->verify, sync_verify_free);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Verification, verification_clear)

/* --- Steps at the database ---------------------------------------------------------------------- */

typedef gboolean (*StepFunc) (Verification *self, gpointer data, GError **error);

typedef struct
{
  Verification *self;
  StepFunc func;
  gpointer data;
} Step;

static gboolean
do_step (SyncConnection *connection, gpointer data, GCancellable *cancellable, GError **error)
{
  Step *step = data;
  SyncVerify *verify = step->self->verify;

  return (verify == NULL || sync_verify_enter (verify, error)) && step->func (step->self, step->data, error);
}

static gboolean
run_step (Verification *self, StepFunc func, gpointer data, GError **error)
{
  Step step = { self, func, data };

  return !g_cancellable_set_error_if_cancelled (self->setup->run.cancellable, error)
         && sync_worker_call (sync_store_get_worker (self->setup->run.store), do_step, &step, NULL, error);
}

/* A step that is done in slices. */
static gboolean
run_slices (Verification *self, StepFunc func, GError **error)
{
  gboolean done = FALSE;

  while (!done)
    {
      if (!run_step (self, func, &done, error))
        return FALSE;
    }
  return TRUE;
}

static void
tell (Verification *self, guint index)
{
  const SyncRunNews *news = &self->setup->run.news;
  SyncProgress progress = { SYNC_PHASE_CHECK, self->verify->entity->name, index, self->entities->len,
                            (double) index / self->entities->len };

  if (news->progress != NULL)
    news->progress (&progress, news->data);
}

/* --- Rows by key -------------------------------------------------------------------------------- */

typedef struct
{
  GPtrArray *ids;
  guint first;
  guint n;
  GBytes *keys;
  GBytes *rows;
  guint64 *n_living;
} Fetch;

static void
fetch_clear (Fetch *fetch)
{
  g_clear_pointer (&fetch->keys, g_bytes_unref);
  g_clear_pointer (&fetch->rows, g_bytes_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Fetch, fetch_clear)

static gboolean
make_keys (Verification *self, gpointer data, GError **error)
{
  Fetch *fetch = data;

  fetch->keys = sync_verify_dup_keys (self->verify, fetch->ids, fetch->first, fetch->n, error);
  return fetch->keys != NULL;
}

static gboolean
judge (Verification *self, gpointer data, GError **error)
{
  Fetch *fetch = data;

  return sync_verify_judge (self->verify, fetch->ids, fetch->first, fetch->n, fetch->rows, fetch->n_living,
                            error);
}

static gboolean
fetch_all (Verification *self, GPtrArray *ids, guint64 *n_living, GError **error)
{
  const SyncRunSetup *run = &self->setup->run;

  for (guint i = 0; i < ids->len; i += FETCH_ROWS)
    {
      g_auto (Fetch) fetch = { ids, i, MIN (FETCH_ROWS, ids->len - i), NULL, NULL, n_living };

      if (!run_step (self, make_keys, &fetch, error))
        return FALSE;
      fetch.rows = sync_call_finish_bytes (sync_call_fetch (run->provider, run->context, self->verify->entity,
                                                            fetch.keys, TRUE, run->cancellable),
                                           error);
      if (fetch.rows == NULL || !run_step (self, judge, &fetch, error))
        return FALSE;
    }
  return TRUE;
}

/* --- Pages -------------------------------------------------------------------------------------- */

static GBytes *
pull_page (Verification *self, gint64 since, GError **error)
{
  const SyncRunSetup *run = &self->setup->run;

  while (TRUE)
    {
      SyncPullQuery query = { .since = since, .limit = self->page_rows };
      g_autoptr (GError) local_error = NULL;
      GBytes *page = sync_call_finish_bytes (
          sync_call_pull (run->provider, run->context, self->verify->entity, &query, run->cancellable),
          &local_error);

      if (page != NULL)
        return page;
      if (!g_error_matches (local_error, SYNC_ERROR, SYNC_ERROR_TOO_LARGE) || self->page_rows == 1)
        {
          g_propagate_error (error, g_steal_pointer (&local_error));
          return NULL;
        }
      self->page_rows = MAX (self->page_rows / 4, 1);
    }
}

typedef struct
{
  GBytes *page;
  gint64 last_version;
  gboolean done;
  guint64 n_news;
} Page;

static gboolean
begin_page (Verification *self, gpointer data, GError **error)
{
  return sync_verify_begin_page (self->verify, ((Page *) data)->page, error);
}

static gboolean
read_page (Verification *self, gpointer data, GError **error)
{
  Page *page = data;

  return sync_verify_read_page (self->verify, &page->done, &page->last_version, error);
}

/* All that the cursor is past. */
static gboolean
read_pages (Verification *self, GError **error)
{
  gint64 since = 0;

  self->paged = TRUE;
  self->verify->n_contents = 0;
  while (since < self->verify->cursor)
    {
      g_autoptr (GBytes) bytes = pull_page (self, since, error);
      Page page = { .page = bytes, .last_version = since };

      if (bytes == NULL || !run_step (self, begin_page, &page, error))
        return FALSE;
      while (!page.done)
        {
          if (!run_step (self, read_page, &page, error))
            return FALSE;
        }
      if (page.last_version <= since)
        return TRUE;
      since = page.last_version;
    }
  return TRUE;
}

static gboolean
count_news (Verification *self, gpointer data, GError **error)
{
  Page *page = data;

  return sync_verify_count_news (self->verify, page->page, &page->n_news, error);
}

/* Rows that live there and are not known here are named by reading all pages, unless they are only new. */
static gboolean
find_unknown (Verification *self, guint64 n_unknown, GError **error)
{
  g_autoptr (GBytes) bytes = pull_page (self, self->verify->cursor, error);
  Page page = { .page = bytes };

  if (bytes == NULL || !run_step (self, count_news, &page, error))
    return FALSE;
  return page.n_news >= n_unknown || read_pages (self, error);
}

/* --- Groups of rows ----------------------------------------------------------------------------- */

static gboolean
is_equal (const SyncDigestSum *a, const SyncDigestSum *b)
{
  return a->n == b->n && a->hash == b->hash;
}

static void
add_leaf (Verification *self, const char *prefix, const SyncDigestSum *there)
{
  g_hash_table_add (self->verify->leaves, g_strdup (prefix));
  self->n_expected += there->n;
}

/* Asks for the groups behind one prefix; those that differ are leaves, or to be divided. */
static gboolean
divide (Verification *self, const char *prefix, GPtrArray *next, guint64 *n_there, GError **error)
{
  const SyncRunSetup *run = &self->setup->run;
  SyncDigest here, there;

  if (g_cancellable_set_error_if_cancelled (run->cancellable, error)
      || !sync_call_finish_digest (sync_call_digest (run->provider, run->context, self->verify->entity, prefix,
                                                     run->cancellable),
                                   &there, error))
    return FALSE;
  sync_digest_table_get (&self->verify->here, prefix, &here);
  for (guint i = 0; i < SYNC_DIGEST_BUCKETS; i++)
    {
      g_autofree char *bucket = g_strdup_printf ("%s%x", prefix, i);

      *n_there += there.buckets[i].n;
      if (is_equal (&here.buckets[i], &there.buckets[i]))
        continue;
      if (strlen (bucket) == SYNC_DIGEST_DEPTH || MAX (here.buckets[i].n, there.buckets[i].n) <= LEAF_ROWS)
        add_leaf (self, bucket, &there.buckets[i]);
      else
        g_ptr_array_add (next, g_steal_pointer (&bucket));
    }
  return TRUE;
}

/* Pages say the same as digests of all prefixes. */
static void
find_leaves_of_pages (Verification *self)
{
  SyncVerify *verify = self->verify;

  g_hash_table_remove_all (verify->leaves);
  for (guint i = 0; i < SYNC_DIGEST_CELLS; i++)
    {
      g_autofree char *prefix = g_strdup_printf ("%0*x", SYNC_DIGEST_DEPTH, i);

      if (!is_equal (&verify->here.cells[i], &verify->there.cells[i]))
        add_leaf (self, prefix, &verify->there.cells[i]);
    }
}

static gboolean
compare_pages (Verification *self, GError **error)
{
  if (!read_pages (self, error))
    return FALSE;
  find_leaves_of_pages (self);
  return TRUE;
}

/* Down to the leaves; where more is different than reading all pages would cost, by these. */
static gboolean
compare_groups (Verification *self, GError **error)
{
  g_autoptr (GPtrArray) level = g_ptr_array_new_with_free_func (g_free);
  guint64 n_there = 0, ignored = 0;

  g_ptr_array_add (level, g_strdup (""));
  while (level->len > 0)
    {
      g_autoptr (GPtrArray) next = g_ptr_array_new_with_free_func (g_free);

      if (level->len > 1 + n_there / self->page_rows)
        return compare_pages (self, error);
      for (guint i = 0; i < level->len; i++)
        {
          const char *prefix = g_ptr_array_index (level, i);

          if (!divide (self, prefix, next, *prefix == '\0' ? &n_there : &ignored, error))
            return FALSE;
        }
      g_ptr_array_unref (level);
      level = g_steal_pointer (&next);
    }
  return TRUE;
}

/* --- One entity --------------------------------------------------------------------------------- */

static gboolean
look_here (Verification *self, gpointer data, GError **error)
{
  return sync_verify_look_here (self->verify, data, error);
}

static gboolean
list (Verification *self, gpointer data, GError **error)
{
  return sync_verify_list (self->verify, data, error);
}

static gboolean
end (Verification *self, gpointer data, GError **error)
{
  return sync_verify_end (self->verify, error);
}

/* PostgreSQL writes JSON in its own way. */
static gboolean
can_be_digested (const SyncEntity *entity)
{
  for (guint i = 0; i < entity->n_keys; i++)
    {
      if (entity->columns[i].codec == SYNC_CODEC_JSON)
        return FALSE;
    }
  return TRUE;
}

static gboolean
look_behind_leaves (Verification *self, GError **error)
{
  guint64 n_living = 0;

  if (g_hash_table_size (self->verify->leaves) == 0)
    return TRUE;
  if (!run_slices (self, list, error) || !fetch_all (self, self->verify->listed, &n_living, error))
    return FALSE;
  return self->paged || self->n_expected <= n_living
         || find_unknown (self, self->n_expected - n_living, error);
}

static void
add_suspects (Verification *self)
{
  for (guint i = 0; self->suspects != NULL && i < self->suspects->len; i++)
    {
      const SyncDifference *suspect = g_ptr_array_index (self->suspects, i);

      if (g_str_equal (suspect->entity, self->verify->entity->name)
          && !g_ptr_array_find_with_equal_func (self->verify->sample, suspect->id, g_str_equal, NULL))
        g_ptr_array_add (self->verify->sample, g_strdup (suspect->id));
    }
}

static void
take_findings (Verification *self)
{
  SyncVerifyResult *result = self->result;
  SyncVerify *verify = self->verify;

  result->rows += verify->n_clean;
  result->contents += verify->n_contents;
  result->waiting += verify->n_waiting;
  result->different += verify->n_different;
  for (guint i = 0; i < verify->differences->len && result->differences->len < SYNC_MAX_DIFFERENCES; i++)
    {
      const SyncDifference *found = g_ptr_array_index (verify->differences, i);

      g_ptr_array_add (result->differences, sync_difference_new (found->entity, found->id, found->kind));
    }
}

static gboolean
compare_entity (Verification *self, SyncEntity *entity, GError **error)
{
  guint64 ignored = 0;
  gboolean all = self->setup->all || !can_be_digested (entity);

  g_clear_pointer (&self->verify, sync_verify_free);
  self->verify = sync_verify_new (self->setup->run.store, entity, all ? 0 : self->setup->sample);
  self->paged = FALSE;
  self->n_expected = 0;
  if (!run_slices (self, look_here, error)
      || !(all ? compare_pages (self, error) : compare_groups (self, error))
      || !look_behind_leaves (self, error))
    return FALSE;
  add_suspects (self);
  if ((!self->paged && !fetch_all (self, self->verify->sample, &ignored, error))
      || !run_step (self, end, NULL, error))
    return FALSE;
  take_findings (self);
  return TRUE;
}

/* --- All ---------------------------------------------------------------------------------------- */

static gboolean
load_entities (Verification *self, gpointer data, GError **error)
{
  const char *const *names = self->setup->run.options.entities;
  GPtrArray *entities = sync_store_get_entities (self->setup->run.store);

  self->entities = g_ptr_array_new_with_free_func ((GDestroyNotify) sync_entity_unref);
  for (guint i = 0; i < entities->len; i++)
    {
      SyncEntity *entity = g_ptr_array_index (entities, i);

      if (names != NULL ? g_strv_contains (names, entity->name) : entity->enabled)
        g_ptr_array_add (self->entities, sync_entity_ref (entity));
    }
  return TRUE;
}

static gboolean
compare_all (const SyncVerifySetup *setup, SyncVerifyResult *result, const GPtrArray *suspects, GError **error)
{
  g_auto (Verification) self = { .setup = setup, .result = result, .suspects = suspects };
  guint batch_size
      = setup->run.options.batch_size != 0 ? setup->run.options.batch_size : setup->run.config.batch_size;

  self.page_rows = batch_size != 0 ? batch_size : SYNC_PAGE_ROWS;
  if (!run_step (&self, load_entities, NULL, error))
    return FALSE;
  for (guint i = 0; i < self.entities->len; i++)
    {
      if (!compare_entity (&self, g_ptr_array_index (self.entities, i), error))
        return FALSE;
      tell (&self, i + 1);
    }
  return TRUE;
}

static gboolean
sync_rows (const SyncVerifySetup *setup, SyncVerifyResult *result, GError **error)
{
  SyncRunSetup run = setup->run;

  run.kind = SYNC_RUN_SYNC;
  run.options.dry_run = FALSE;
  g_clear_pointer (&result->sync, sync_result_free);
  result->sync = sync_run_execute (&run);
  if (result->sync->error == NULL)
    return TRUE;
  g_propagate_error (error, g_error_copy (result->sync->error));
  return FALSE;
}

/* Whether it is healed is not believed but looked at. */
static gboolean
heal (const SyncVerifySetup *setup, SyncVerifyResult *result, GError **error)
{
  g_autoptr (SyncVerifyResult) after = sync_verify_result_new ();

  if (!setup->heal || result->different == 0)
    return TRUE;
  if (!sync_rows (setup, result, error) || !compare_all (setup, after, result->differences, error))
    return FALSE;
  result->healed = after->different == 0;
  result->rows = after->rows;
  result->waiting = after->waiting;
  result->contents = MAX (result->contents, after->contents);
  return TRUE;
}

static gboolean
note_verified (SyncConnection *connection, gpointer data, GCancellable *cancellable, GError **error)
{
  SyncStore *store = data;

  return sync_store_set_meta_int64 (store, "verified-at", sync_clock_now (sync_store_get_clock (store)), error);
}

/**
 * sync_verify_run_execute:
 * @setup: what it needs; must outlive the call
 *
 * Compares this device with the cloud and blocks until that is over: for a thread of its own. The run lock is the
 * caller's. When all entities were compared, the time is noted as `verified-at`.
 *
 * Returns: (transfer full): what was found; its `error` says why it did not come to its end
 */
SyncVerifyResult *
sync_verify_run_execute (const SyncVerifySetup *setup)
{
  SyncClock *clock = sync_store_get_clock (setup->run.store);
  SyncVerifyResult *result = sync_verify_result_new ();
  SyncProviderUsage before, after;
  GError *error = NULL;

  sync_provider_get_usage (setup->run.provider, &before);
  result->started_at = sync_clock_now (clock);
  if (sync_rows (setup, result, &error) && compare_all (setup, result, NULL, &error) && heal (setup, result, &error)
      && setup->run.options.entities == NULL)
    sync_worker_call (sync_store_get_worker (setup->run.store), note_verified, setup->run.store, NULL, &error);
  sync_run_blame_cloud (error);
  result->error = error;
  result->finished_at = sync_clock_now (clock);
  sync_provider_get_usage (setup->run.provider, &after);
  result->requests = after.requests - before.requests;
  return result;
}
