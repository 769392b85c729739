/* SPDX-License-Identifier: GPL-3.0-or-later */
#define _GNU_SOURCE

#include <dlfcn.h>
#include <glib.h>
#include <sqlite3.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/* To be loaded into a program of ours, or any other on GLib and SQLite, before these: notes what nobody sees from
 * outside, and writes it at the end to the file that PSYNC_METER names, as one JSON object:
 *   longest_dispatch_ms  the longest time in which the default main loop did not come back to wait for events: as
 *                        long a window would have stood still
 *   longest_dispatch_cpu_ms  the longest time in which it worked without coming back; on a busy machine the wall clock
 *                        counts the work of others too
 *   longest_lock_ms      the longest time a write lock was held on a database, from the moment it was had
 *   vm_steps             what all statements cost, without a clock
 * The first dispatch, in which a program starts, counts too, unless SIGUSR1 comes after it: what was longest until
 * then is forgotten. */

#define MAX_CONNECTIONS 16

typedef struct
{
  sqlite3 *handle;
  gint64 since; /* when it got the write lock; 0: it has none */
} Lock;

static GMutex mutex;
static Lock locks[MAX_CONNECTIONS];
static gint64 longest_lock;
static guint64 vm_steps;

static gint64 awake_since;
static gint64 awake_since_cpu;
static gint64 longest_dispatch;
static gint64 longest_dispatch_cpu;
static guint64 dispatches;
static volatile sig_atomic_t forget;

static gint64
read_clock (clockid_t clock)
{
  struct timespec time;

  clock_gettime (clock, &time);
  return time.tv_sec * G_GINT64_CONSTANT (1000000000) + time.tv_nsec;
}

static gint64
now (void)
{
  return read_clock (CLOCK_MONOTONIC);
}

/* --- The main loop ------------------------------------------------------------------------------ */

/* Called by the thread that runs the default main context only. */
static int
poll_and_note (GPollFD *fds, guint n_fds, int timeout)
{
  int ready;

  if (forget)
    {
      forget = 0;
      awake_since = longest_dispatch = longest_dispatch_cpu = longest_lock = 0;
    }
  if (awake_since != 0)
    {
      longest_dispatch = MAX (longest_dispatch, now () - awake_since);
      longest_dispatch_cpu
          = MAX (longest_dispatch_cpu, read_clock (CLOCK_THREAD_CPUTIME_ID) - awake_since_cpu);
    }
  dispatches++;
  ready = g_poll (fds, n_fds, timeout);
  awake_since = now ();
  awake_since_cpu = read_clock (CLOCK_THREAD_CPUTIME_ID);
  return ready;
}

/* --- Databases ---------------------------------------------------------------------------------- */

static Lock *
find_lock (sqlite3 *handle)
{
  for (guint i = 0; i < MAX_CONNECTIONS; i++)
    {
      if (locks[i].handle == handle || locks[i].handle == NULL)
        {
          locks[i].handle = handle;
          return &locks[i];
        }
    }
  return NULL;
}

static void
note_lock (sqlite3 *handle, gint64 before, gint64 after, gboolean wrote)
{
  gboolean locked = sqlite3_txn_state (handle, NULL) == SQLITE_TXN_WRITE;
  gint64 held = 0;
  Lock *lock;

  g_mutex_lock (&mutex);
  lock = find_lock (handle);
  if (lock != NULL && locked && lock->since == 0)
    lock->since = after;
  else if (lock != NULL && !locked && lock->since != 0)
    {
      held = after - lock->since;
      lock->since = 0;
    }
  else if (!locked && wrote)
    held = after - before; /* a transaction of one statement */
  longest_lock = MAX (longest_lock, held);
  g_mutex_unlock (&mutex);
}

int
sqlite3_step (sqlite3_stmt *statement)
{
  static int (*step) (sqlite3_stmt *);
  sqlite3 *handle = sqlite3_db_handle (statement);
  gint64 before;
  int result;

  if (step == NULL)
    step = dlsym (RTLD_NEXT, "sqlite3_step");
  before = now ();
  result = step (statement);
  note_lock (handle, before, now (), !sqlite3_stmt_readonly (statement));
  return result;
}

int
sqlite3_finalize (sqlite3_stmt *statement)
{
  static int (*finalize) (sqlite3_stmt *);

  if (finalize == NULL)
    finalize = dlsym (RTLD_NEXT, "sqlite3_finalize");
  if (statement != NULL)
    {
      g_mutex_lock (&mutex);
      vm_steps += (guint) sqlite3_stmt_status (statement, SQLITE_STMTSTATUS_VM_STEP, 0);
      g_mutex_unlock (&mutex);
    }
  return finalize (statement);
}

int
sqlite3_close (sqlite3 *handle)
{
  static int (*close) (sqlite3 *);

  if (close == NULL)
    close = dlsym (RTLD_NEXT, "sqlite3_close");
  g_mutex_lock (&mutex);
  for (guint i = 0; i < MAX_CONNECTIONS && handle != NULL; i++)
    {
      if (locks[i].handle == handle)
        locks[i].since = 0;
    }
  g_mutex_unlock (&mutex);
  return close (handle);
}

/* --- Beginning and end -------------------------------------------------------------------------- */

static void
ask_to_forget (int number)
{
  forget = 1;
}

__attribute__ ((constructor)) static void
begin (void)
{
  if (getenv ("PSYNC_METER") == NULL)
    return;
  signal (SIGUSR1, ask_to_forget);
  g_main_context_set_poll_func (g_main_context_default (), poll_and_note);
}

__attribute__ ((destructor)) static void
end (void)
{
  const char *path = getenv ("PSYNC_METER");
  FILE *file = path != NULL ? fopen (path, "w") : NULL;

  if (file == NULL)
    return;
  fprintf (file,
           "{\"longest_dispatch_ms\": %.3f, \"longest_dispatch_cpu_ms\": %.3f, \"dispatches\": %llu, \"longest_lock_ms\": %.3f, "
           "\"vm_steps\": %llu}\n",
           longest_dispatch / 1e6, longest_dispatch_cpu / 1e6, (unsigned long long) dispatches, longest_lock / 1e6,
           (unsigned long long) vm_steps);
  fclose (file);
}
