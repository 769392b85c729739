/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-application.h"
#include "sync-run-actions.h"
#include "sync-services.h"
#include "sync-window.h"

G_BEGIN_DECLS

struct _SyncApplication
{
  AdwApplication parent_instance;

  GListStore *profiles;        /* (owned) (element-type SyncProfile) */
  SyncRunActions *run_actions; /* (owned) */
  SyncServices *services;      /* (owned) (nullable): what it is beside its windows */
  GSettings *settings;         /* (owned) (nullable) */
  guint signals[2];            /* SIGINT, SIGTERM */
  gboolean keep_running;
  int exit_status;
};

/* sync-application-actions.c */
void sync_application_add_actions (SyncApplication *self);

/* sync-application-databases.c: the path by which the store knows a file; the open database of such a path.
 * (nullable) (transfer none) */
char *sync_application_resolve_path (const char *path);
SyncProfile *sync_application_find_profile (SyncApplication *self, const char *path);

/* (nullable) (transfer none) */
SyncWindow *sync_application_find_window (SyncApplication *self, SyncProfile *profile);
SyncWindow *sync_application_get_newest_window (SyncApplication *self);

G_END_DECLS
