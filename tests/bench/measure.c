/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* Runs a command and writes what it cost as one JSON object:
 *   measure FILE COMMAND [ARGUMENT…]
 * CPU time is that of the command and of all that it waited for; memory is that of the largest of them. Small on
 * purpose: a program starts with the peak memory of the one that started it. */

static double
seconds_of (struct timeval time)
{
  return (double) time.tv_sec + (double) time.tv_usec / 1e6;
}

static double
now (void)
{
  struct timespec time;

  clock_gettime (CLOCK_MONOTONIC, &time);
  return (double) time.tv_sec + (double) time.tv_nsec / 1e9;
}

static int
write_figures (const char *path, double wall, const struct rusage *usage, int status)
{
  FILE *file = fopen (path, "w");

  if (file == NULL)
    return -1;
  fprintf (file,
           "{\"wall\": %.6f, \"user\": %.6f, \"system\": %.6f, \"memory_kib\": %ld, \"status\": %d}\n",
           wall, seconds_of (usage->ru_utime), seconds_of (usage->ru_stime), usage->ru_maxrss,
           WIFEXITED (status) ? WEXITSTATUS (status) : -WTERMSIG (status));
  return fclose (file);
}

int
main (int argc, char **argv)
{
  struct rusage usage;
  double start;
  pid_t child;
  int status;

  if (argc < 3)
    {
      fputs ("usage: measure FILE COMMAND [ARGUMENT…]\n", stderr);
      return 2;
    }
  start = now ();
  child = fork ();
  if (child == 0)
    {
      execvp (argv[2], argv + 2);
      fprintf (stderr, "measure: %s: %s\n", argv[2], strerror (errno));
      _exit (127);
    }
  if (child < 0 || wait4 (child, &status, 0, &usage) < 0
      || write_figures (argv[1], now () - start, &usage, status) != 0)
    {
      fprintf (stderr, "measure: %s\n", strerror (errno));
      return 1;
    }
  return WIFEXITED (status) ? WEXITSTATUS (status) : 1;
}
