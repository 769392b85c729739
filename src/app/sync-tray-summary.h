/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-profile.h"

G_BEGIN_DECLS

/**
 * SyncTraySummary:
 * @icon: the name of an icon
 * @attention: whether a person is needed
 * @text: (owned): how it stands, in a few words
 * @conflicts: how many wait for a decision
 * @paused: whether a database is paused
 * @available: whether a database has a cloud
 *
 * How all open databases stand together, by the most pressing one.
 */
typedef struct
{
  const char *icon;
  gboolean attention;
  char *text;
  guint conflicts;
  gboolean paused;
  gboolean available;
} SyncTraySummary;

void sync_tray_summary_read (SyncTraySummary *summary, GListModel *profiles);
void sync_tray_summary_clear (SyncTraySummary *summary);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (SyncTraySummary, sync_tray_summary_clear)

G_END_DECLS
