/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

#define SYNC_ERROR (sync_error_quark ())

/**
 * SyncError:
 * @SYNC_ERROR_FAILED: something that has no better name
 * @SYNC_ERROR_INVALID: a given value is not acceptable; `subject` names it
 * @SYNC_ERROR_NOT_CONNECTED: no cloud is configured for this database
 * @SYNC_ERROR_OFFLINE: the cloud cannot be reached; try again later, uses up no attempt
 * @SYNC_ERROR_LATER: the cloud asks for patience (busy, deadlock, 429, 5xx); back off
 * @SYNC_ERROR_TOO_LARGE: too big or too slow: send less at a time
 * @SYNC_ERROR_ROW_REFUSED: a row's fault: halve the batch, refuse the faulty row
 * @SYNC_ERROR_SIGN_IN: the session ended or there never was one: the user must sign in
 * @SYNC_ERROR_WRONG_KEY: the API key is not accepted
 * @SYNC_ERROR_SECRET_KEY: a service-role or secret key was given
 * @SYNC_ERROR_INSECURE: an address that would send secrets in clear or elsewhere
 * @SYNC_ERROR_SCHEMA_MISSING: the cloud has no schema of ours (`subject`: the table, if one)
 * @SYNC_ERROR_SCHEMA_OLD: the cloud's schema is older than this program needs
 * @SYNC_ERROR_SCHEMA_NEW: the cloud's schema is newer than this program knows
 * @SYNC_ERROR_SCHEMA: a column, grant or exposed schema is missing; touch no row
 * @SYNC_ERROR_PAUSED: the project is paused: its owner must act
 * @SYNC_ERROR_QUOTA: a quota is used up or a bill is open: the owner must act
 * @SYNC_ERROR_STORAGE_FULL: the cloud's disk is full: the owner must act
 * @SYNC_ERROR_PROTOCOL: an answer that cannot be right (a captive portal, a hostile server)
 * @SYNC_ERROR_CLOCK: the server thinks our token is from the future: same token later
 * @SYNC_ERROR_OTHER_CLOUD: another url or user than this database was synced with
 * @SYNC_ERROR_REVOKED: this device was revoked on another device
 * @SYNC_ERROR_BRAKE: the run would change more than half of an entity's rows
 * @SYNC_ERROR_LOCKED: another run is going on for this database
 * @SYNC_ERROR_NOT_DATABASE: the file is not an SQLite database
 * @SYNC_ERROR_CORRUPT: the database is damaged
 * @SYNC_ERROR_BUSY: another program holds the database for too long
 * @SYNC_ERROR_DISK_FULL: this computer's disk is full
 * @SYNC_ERROR_READ_ONLY: the file cannot be written
 * @SYNC_ERROR_CONSTRAINT: the local table refused a row (`column` or `constraint` says which)
 * @SYNC_ERROR_DATABASE_NEW: the database was written by a newer version of this program
 * @SYNC_ERROR_NAME_TAKEN: a table named psync_… that is not ours
 * @SYNC_ERROR_NO_TABLE: no such table
 * @SYNC_ERROR_NO_COLUMN: no such column
 * @SYNC_ERROR_NO_KEY: the table has no usable key
 * @SYNC_ERROR_NOT_FOUND: no such row, conflict, device, snapshot or setting
 * @SYNC_ERROR_STALE: it changed meanwhile; look again
 * @SYNC_ERROR_EXISTS: the account or thing exists already
 * @SYNC_ERROR_CONFIRM_EMAIL: the address must be confirmed first
 * @SYNC_ERROR_CREDENTIALS: wrong email or password
 * @SYNC_ERROR_WEAK_PASSWORD: the server wants a better password
 * @SYNC_ERROR_SECRETS: the place for secrets cannot be used
 * @SYNC_ERROR_UNFIT: what a person decided does not fit into the local table (`column` or `constraint` says
 *   which rule): decide otherwise
 *
 * Errors are named by the reaction that they ask for. Data travel in [struct@SyncErrorDetail].
 */
typedef enum
{
  SYNC_ERROR_FAILED,
  SYNC_ERROR_INVALID,
  SYNC_ERROR_NOT_CONNECTED,
  SYNC_ERROR_OFFLINE,
  SYNC_ERROR_LATER,
  SYNC_ERROR_TOO_LARGE,
  SYNC_ERROR_ROW_REFUSED,
  SYNC_ERROR_SIGN_IN,
  SYNC_ERROR_WRONG_KEY,
  SYNC_ERROR_SECRET_KEY,
  SYNC_ERROR_INSECURE,
  SYNC_ERROR_SCHEMA_MISSING,
  SYNC_ERROR_SCHEMA_OLD,
  SYNC_ERROR_SCHEMA_NEW,
  SYNC_ERROR_SCHEMA,
  SYNC_ERROR_PAUSED,
  SYNC_ERROR_QUOTA,
  SYNC_ERROR_STORAGE_FULL,
  SYNC_ERROR_PROTOCOL,
  SYNC_ERROR_CLOCK,
  SYNC_ERROR_OTHER_CLOUD,
  SYNC_ERROR_REVOKED,
  SYNC_ERROR_BRAKE,
  SYNC_ERROR_LOCKED,
  SYNC_ERROR_NOT_DATABASE,
  SYNC_ERROR_CORRUPT,
  SYNC_ERROR_BUSY,
  SYNC_ERROR_DISK_FULL,
  SYNC_ERROR_READ_ONLY,
  SYNC_ERROR_CONSTRAINT,
  SYNC_ERROR_DATABASE_NEW,
  SYNC_ERROR_NAME_TAKEN,
  SYNC_ERROR_NO_TABLE,
  SYNC_ERROR_NO_COLUMN,
  SYNC_ERROR_NO_KEY,
  SYNC_ERROR_NOT_FOUND,
  SYNC_ERROR_STALE,
  SYNC_ERROR_EXISTS,
  SYNC_ERROR_CONFIRM_EMAIL,
  SYNC_ERROR_CREDENTIALS,
  SYNC_ERROR_WEAK_PASSWORD,
  SYNC_ERROR_SECRETS,
  SYNC_ERROR_UNFIT,
} SyncError;

/**
 * SyncErrorDetail:
 * @reason: (nullable): the machine's word for it: an SQLSTATE, `PGRST…`, an Auth error code
 * @subject: (nullable): what it is about: a table, file, variable or host name
 * @column: (nullable): the column, where one is known
 * @status: the HTTP status, or 0
 * @retry_after: seconds that the other side asked us to wait, or 0
 *
 * What a [error@SyncError] carries beside its code. Never row contents, never secrets.
 */
typedef struct
{
  char *reason;
  char *subject;
  char *column;
  guint status;
  guint retry_after;
} SyncErrorDetail;

GQuark sync_error_quark (void);

GError *sync_error_new (SyncError code, const char *subject, const char *format, ...)
    G_GNUC_PRINTF (3, 4);
void sync_error_set (GError **error, SyncError code, const char *subject, const char *format, ...)
    G_GNUC_PRINTF (4, 5);
void sync_error_set_absent (GError **error, const char *what, const char *name);
SyncErrorDetail *sync_error_get_detail (const GError *error);
void sync_error_set_reason (GError *error, const char *reason, guint status);
void sync_error_set_column (GError *error, const char *column);
void sync_error_set_retry_after (GError *error, guint seconds);
gboolean sync_error_is_transient (const GError *error);
gboolean sync_error_is_cancelled (const GError *error);
const char *sync_error_code_name (int code);
gboolean sync_error_code_from_name (const char *name, SyncError *code);

G_END_DECLS
