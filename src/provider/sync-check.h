/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-error.h"

G_BEGIN_DECLS

/**
 * SyncCheckStep:
 * @SYNC_CHECK_REACH: something answers there, and it is no stranger
 * @SYNC_CHECK_KEY: the API key is accepted
 * @SYNC_CHECK_SCHEMA: what sync needs there is there, in a version that fits
 * @SYNC_CHECK_SIGN_IN: somebody is signed in
 * @SYNC_CHECK_ROW_SECURITY: rows of others, and rows without being signed in, cannot be read
 * @SYNC_CHECK_CLOCK: both clocks agree
 *
 * What is tried, in this order, when a connection is tested.
 */
typedef enum
{
  SYNC_CHECK_REACH,
  SYNC_CHECK_KEY,
  SYNC_CHECK_SCHEMA,
  SYNC_CHECK_SIGN_IN,
  SYNC_CHECK_ROW_SECURITY,
  SYNC_CHECK_CLOCK,
} SyncCheckStep;

/**
 * SyncCheckResult:
 * @SYNC_CHECK_PASSED: as it should be
 * @SYNC_CHECK_WARNED: sync works, but something should be looked at
 * @SYNC_CHECK_FAILED: sync will not work, or is not safe
 * @SYNC_CHECK_SKIPPED: it could not be tried, as an earlier step failed or nobody is signed in
 */
typedef enum
{
  SYNC_CHECK_PASSED,
  SYNC_CHECK_WARNED,
  SYNC_CHECK_FAILED,
  SYNC_CHECK_SKIPPED,
} SyncCheckResult;

/**
 * SyncCheck:
 * @error: (nullable): what is wrong; its code and reason say how to mend it
 *
 * One step of a test of the connection.
 */
typedef struct
{
  SyncCheckStep step;
  SyncCheckResult result;
  GError *error;
} SyncCheck;

/* A step is done. */
typedef void (*SyncCheckFunc) (const SyncCheck *check, gpointer user_data);

#define SYNC_TYPE_CHECK (sync_check_get_type ())
GType sync_check_get_type (void);

SyncCheck *sync_check_new (SyncCheckStep step, SyncCheckResult result, const GError *error);
SyncCheck *sync_check_copy (const SyncCheck *check);
void sync_check_free (SyncCheck *check);
/* reach, key, schema, sign-in, row-security, clock */
const char *sync_check_step_to_string (SyncCheckStep step);
/* passed, warned, failed, skipped */
const char *sync_check_result_to_string (SyncCheckResult result);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SyncCheck, sync_check_free)

G_END_DECLS
