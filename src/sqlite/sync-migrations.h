/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-connection.h"

G_BEGIN_DECLS

/**
 * SyncMigrationsGetVersion:
 * Reads the schema version that the database has; 0: none of ours yet.
 */
typedef gboolean (*SyncMigrationsGetVersion) (SyncConnection *connection, int *version,
                                              GError **error);

/**
 * SyncMigrationsSetVersion:
 * Notes the schema version, inside the migration's own transaction.
 */
typedef gboolean (*SyncMigrationsSetVersion) (SyncConnection *connection, int version,
                                              GError **error);

/* Runs the numbered scripts `PREFIX/NNN-….sql` of the GResource that are newer than the database,
 * each with its version bump in one exclusive transaction, and `NNN-….slices.sql` before it, in many
 * short ones. A database newer than the newest script is refused untouched with
 * SYNC_ERROR_DATABASE_NEW. */
gboolean sync_migrations_run (SyncConnection *connection, const char *resource_prefix,
                              SyncMigrationsGetVersion get_version,
                              SyncMigrationsSetVersion set_version, GError **error);

G_END_DECLS
