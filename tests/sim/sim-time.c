/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim-time.h"

#include <unistd.h>

/* These take the place of GLib's and the C library's functions of the same names. */

static gint64 monotonic;
static gint64 pace;
static gint64 slept;
static guint32 next_uuid;

void
sim_time_reset (void)
{
  monotonic = 0;
  pace = 0;
  slept = 0;
  next_uuid = 0;
}

void
sim_time_set_pace (gint64 microseconds)
{
  pace = microseconds;
}

gint64
sim_time_take_slept (void)
{
  gint64 time = slept;

  slept = 0;
  return time;
}

gint64
g_get_monotonic_time (void)
{
  return monotonic += pace;
}

void
g_usleep (gulong microseconds)
{
  slept += (gint64) microseconds;
}

/* How the engine waits for somebody to cancel; the main loop's own waiting is GLib's inside. */
int
g_poll (GPollFD *fds, guint n_fds, int timeout)
{
  slept += MAX (timeout, 0) * (gint64) 1000;
  return 0;
}

/* Spread out, as ids are: neighbours by time are none by order. */
char *
g_uuid_string_random (void)
{
  guint32 number = ++next_uuid;

  return g_strdup_printf ("%08x-0000-4000-8000-%012x", number * 2654435761U, number);
}

GRand *
g_rand_new (void)
{
  return g_rand_new_with_seed (1);
}

/* No file of a simulation need live through a power failure. */
int
fsync (int fd)
{
  return 0;
}

int
fdatasync (int fd)
{
  return 0;
}
