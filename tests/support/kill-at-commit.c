/* SPDX-License-Identifier: GPL-3.0-or-later */
#define _GNU_SOURCE

#include <dlfcn.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

/* To be loaded into a program before SQLite: kills it right before the nth commit of any of its databases, n being
 * in PSYNC_TEST_KILL_AT. So everything up to one commit is in the file, and nothing that was to come after. */

static atomic_long commits;

static int
before_commit (void *data)
{
  const char *at = getenv ("PSYNC_TEST_KILL_AT");

  if (at != NULL && atomic_fetch_add (&commits, 1) + 1 == atol (at))
    {
      kill (getpid (), SIGKILL);
      pause ();
    }
  return 0;
}

int
sqlite3_open_v2 (const char *name, sqlite3 **handle, int flags, const char *vfs)
{
  int (*open) (const char *, sqlite3 **, int, const char *) = dlsym (RTLD_NEXT, "sqlite3_open_v2");
  int result = open (name, handle, flags, vfs);

  if (*handle != NULL)
    sqlite3_commit_hook (*handle, before_commit, NULL);
  return result;
}
