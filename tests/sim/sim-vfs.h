/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-clock.h"

G_BEGIN_DECLS

/* As many databases at a time. */
#define SIM_MAX_SLOTS 8

/* Databases in memory, each with a clock of its own, that SQLite takes for files. A slot's path is
 * a real, empty file, because the engine looks at it before it opens it. */
const char *sim_vfs_get_path (guint slot);
void sim_vfs_set_clock (guint slot, SyncClock *clock);

/* What is in the file and in its journal at this moment, as another process would find it.
 * (transfer full) */
GBytes *sim_vfs_read (guint slot);
/* The same as the disk has it after a power failure. (transfer full) */
GBytes *sim_vfs_read_durable (guint slot);
/* For a slot that nobody has open. NULL: nothing. */
void sim_vfs_write (guint slot, GBytes *contents);

/**
 * SimCommitFunc:
 * @data: what was given
 *
 * Called right before each commit of a connection that was opened while watching was on.
 */
typedef void (*SimCommitFunc) (gpointer data);

void sim_vfs_watch_commits (SimCommitFunc func, gpointer data);
void sim_vfs_set_watching (gboolean watch);

/* Whether commits at that path wait for the disk; returns whether that is new. */
gboolean sim_vfs_relax (const char *path, gboolean relax);
/* A commit that waited saves all that were before it. */
void sim_vfs_save (guint slot);

G_END_DECLS
