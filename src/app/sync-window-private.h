/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-application-private.h"

G_BEGIN_DECLS

struct _SyncWindow
{
  AdwApplicationWindow parent_instance;

  GtkStack *stages;
  AdwStatusPage *failure;
  AdwViewSwitcherTitle *title;
  AdwViewStack *pages;
  GtkMenuButton *databases_button;

  char *path;                  /* (owned) (nullable) */
  char *wanted_page;           /* (owned) (nullable) */
  char *wanted_action;         /* (owned) (nullable): done once the database is open */
  SyncProfile *profile;        /* (owned) (nullable) */
  SyncRunActions *run_actions; /* (owned) (nullable) */
  GMenu *databases;            /* (owned) */
  GCancellable *cancellable;   /* (owned) */
};

/* sync-window.c */
void sync_window_change_path (SyncWindow *self, const char *path);

/* sync-window-actions.c */
void sync_window_add_actions (SyncWindow *self);
void sync_window_enable_action (SyncWindow *self, const char *name, gboolean enabled);

/* sync-window-databases.c: the menu of databases */
void sync_window_add_database_actions (SyncWindow *self);
void sync_window_update_databases (SyncWindow *self);

G_END_DECLS
