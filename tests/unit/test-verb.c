/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-verb.h"

#include "test-store.h"

typedef struct
{
  char *folder;
  SyncClock *clock;
  SyncStore *store;
} Fixture;

static guint freed_arguments, freed_answers, told;
static gboolean was_on_worker;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->folder = test_folder_new ();
  fixture->clock = test_clock_new (TEST_NOW);
  fixture->store = test_store_open (fixture->folder, fixture->clock);
  freed_arguments = freed_answers = told = 0;
  was_on_worker = FALSE;
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  sync_store_close (fixture->store);
  g_assert_finalize_object (fixture->store);
  g_object_unref (fixture->clock);
  test_folder_remove (fixture->folder);
  g_free (fixture->folder);
}

static gboolean
double_it (SyncStore *store, gpointer arguments, gpointer *answer, GError **error)
{
  int *number = arguments;

  was_on_worker = sync_worker_is_current (sync_store_get_worker (store));
  if (*number < 0)
    {
      *answer = g_new (int, 1);
      sync_error_set (error, SYNC_ERROR_INVALID, "number", "no");
      return FALSE;
    }
  *answer = g_new (int, 1);
  *(int *) *answer = *number * 2;
  return TRUE;
}

static void
free_arguments (gpointer data)
{
  freed_arguments++;
  g_free (data);
}

static void
free_answer (gpointer data)
{
  freed_answers++;
  g_free (data);
}

static void
tell (gpointer source, gpointer answer)
{
  g_assert_true (SYNC_IS_STORE (source));
  told += (guint) * (int *) answer;
}

static const SyncVerb verb = { .func = double_it,
                               .free_arguments = free_arguments,
                               .free_answer = free_answer,
                               .done = tell };

static GAsyncResult *
start (Fixture *fixture, int number, GCancellable *cancellable)
{
  GAsyncResult *result = NULL;

  sync_verb_start (&verb, fixture->store, fixture->store, g_memdup2 (&number, sizeof number),
                   cancellable, test_got_result, &result);
  g_assert_null (result);
  test_store_wait (&result);
  return result;
}

static void
test_answer (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GAsyncResult) result = start (fixture, 21, NULL);
  g_autoptr (GError) error = NULL;
  gpointer answer = NULL;

  g_assert_true (sync_verb_finish (&verb, fixture->store, result, &answer, &error));
  g_assert_no_error (error);
  g_assert_cmpint (*(int *) answer, ==, 42);
  g_assert_true (was_on_worker);
  g_assert_cmpuint (told, ==, 42);
  g_clear_object (&result);
  g_free (answer);
  g_assert_cmpuint (freed_arguments, ==, 1);
  g_assert_cmpuint (freed_answers, ==, 0);
}

static void
test_answer_not_taken (Fixture *fixture, gconstpointer data)
{
  GAsyncResult *result = start (fixture, 1, NULL);

  g_assert_true (sync_verb_finish (&verb, fixture->store, result, NULL, NULL));
  g_object_unref (result);
  g_object_unref (start (fixture, 1, NULL));
  g_assert_cmpuint (freed_arguments, ==, 2);
  g_assert_cmpuint (freed_answers, ==, 2);
}

static void
test_error (Fixture *fixture, gconstpointer data)
{
  GAsyncResult *result = start (fixture, -1, NULL);
  g_autoptr (GError) error = NULL;
  gpointer answer = NULL;

  g_assert_false (sync_verb_finish (&verb, fixture->store, result, &answer, &error));
  g_assert_error (error, SYNC_ERROR, SYNC_ERROR_INVALID);
  g_assert_null (answer);
  g_object_unref (result);
  g_assert_cmpuint (told, ==, 0);
  g_assert_cmpuint (freed_arguments, ==, 1);
  g_assert_cmpuint (freed_answers, ==, 1);
}

static void
test_early_failure (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  sync_verb_fail (&verb, fixture->store, sync_error_new (SYNC_ERROR_NOT_FOUND, NULL, "x"), NULL,
                  test_got_result, &result);
  g_assert_null (result);
  test_store_wait (&result);
  g_assert_cmpint (sync_verb_finish_count (&verb, fixture->store, result, &error), ==, -1);
  g_assert_error (error, SYNC_ERROR, SYNC_ERROR_NOT_FOUND);
}

static void
test_cancelled_before (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  g_cancellable_cancel (cancellable);
  result = start (fixture, 5, cancellable);
  g_assert_false (sync_verb_finish (&verb, fixture->store, result, NULL, &error));
  g_assert_true (sync_error_is_cancelled (error));
  g_assert_false (was_on_worker);
}

static void
test_closed_store (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  sync_store_close (fixture->store);
  result = start (fixture, 5, NULL);
  g_assert_false (sync_verb_finish (&verb, fixture->store, result, NULL, &error));
  g_assert_true (sync_error_is_cancelled (error));
}

#define add(name, func) g_test_add ("/verb/" name, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  add ("runs-on-the-worker-and-answers-here", test_answer);
  add ("an-answer-that-nobody-takes-is-freed", test_answer_not_taken);
  add ("an-error-is-given-and-nobody-told", test_error);
  add ("an-early-failure-is-told-later", test_early_failure);
  add ("cancelled-before-it-began-does-nothing", test_cancelled_before);
  add ("a-closed-store-answers-as-if-cancelled", test_closed_store);
  return g_test_run ();
}
