/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <adwaita.h>

#include "sync-profile.h"
#include "test-store.h"

G_BEGIN_DECLS

/**
 * UiFixture:
 * @folder: (owned): the test's own
 * @path: (owned): the database of this device
 * @other_path: (owned): the database of another one
 * @profile: (owned): this device
 * @other: (owned): the other one, which shares a vault with it
 *
 * What windows need to have something to show: two devices that share a vault.
 */
typedef struct
{
  char *folder;
  char *path;
  char *other_path;
  SyncProfile *profile;
  SyncProfile *other;
  GAsyncResult *result;
} UiFixture;

/* Before everything else in main(). */
void ui_init (int *argc, char ***argv);

void ui_fixture_set_up (UiFixture *fixture, gconstpointer data);
void ui_fixture_tear_down (UiFixture *fixture, gconstpointer data);

/* As another program. */
void ui_sql (const char *path, const char *sql);
void ui_expect (const char *path, const char *sql, const char *expected);
/* (transfer full): a run, however it ends */
SyncResult *ui_run (UiFixture *fixture, SyncProfile *profile);
void ui_sync (UiFixture *fixture, SyncProfile *profile);
void ui_set_strategy (UiFixture *fixture, const char *entity, const char *strategy);

/* Runs the main loop until the condition holds. */
#define ui_wait_for(condition) \
  G_STMT_START \
  { \
    for (guint ui_rounds = 0; !(condition); ui_rounds++) \
      if (!ui_wait_a_little (ui_rounds)) \
        g_error ("%s:%d: not so in time: %s", __FILE__, __LINE__, #condition); \
  } \
  G_STMT_END
gboolean ui_wait_a_little (guint rounds);

/* The first widget of that type below; with a text (nullable) the first that shows it. NULL: none */
GtkWidget *ui_find (GtkWidget *below, GType type, const char *text);
guint ui_count (GtkWidget *below, GType type);
/* Toasts count as shown. */
gboolean ui_shows (GtkWidget *below, const char *text);
/* Of toplevel windows; NULL: none */
GtkWidget *ui_find_window (GType type);

/* What the window looks like, into $PSYNC_TEST_PICTURES, if that is set. */
void ui_take_picture (GtkWidget *window, const char *name);

G_END_DECLS
