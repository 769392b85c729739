/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-manager.h"
#include "sync-store.h"

G_BEGIN_DECLS

/**
 * SyncRunNews:
 * @progress: how far it is
 * @conflicts: numbers of conflicts that were opened or changed (element-type gint64)
 *
 * How a run tells about itself, from its own thread.
 */
typedef struct
{
  void (*progress) (const SyncProgress *progress, gpointer data);
  void (*conflicts) (GArray *numbers, gpointer data);
  gpointer data;
} SyncRunNews;

/**
 * SyncRunSetup:
 * @store: the local database
 * @provider: the cloud
 * @context: the main context that the provider lives on
 * @kind: what to do
 * @options: how; entities and strategy must outlive the run
 * @config: the settings
 * @news: whom to tell
 * @cancellable: (nullable): stops it after the running slice
 *
 * What a run needs.
 */
typedef struct
{
  SyncStore *store;
  SyncProvider *provider;
  GMainContext *context;
  SyncRunKind kind;
  SyncRunOptions options;
  SyncConfig config;
  SyncRunNews news;
  GCancellable *cancellable;
} SyncRunSetup;

SyncResult *sync_run_execute (const SyncRunSetup *setup);

G_END_DECLS
