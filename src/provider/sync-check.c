/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-check.h"

G_DEFINE_BOXED_TYPE (SyncCheck, sync_check, sync_check_copy, sync_check_free)

/**
 * sync_check_new:
 * @step: what was tried
 * @result: how it went
 * @error: (nullable): what is wrong
 *
 * Returns: (transfer full): a step of a test
 */
SyncCheck *
sync_check_new (SyncCheckStep step, SyncCheckResult result, const GError *error)
{
  SyncCheck *check = g_new0 (SyncCheck, 1);

  check->step = step;
  check->result = result;
  check->error = error != NULL ? g_error_copy (error) : NULL;
  return check;
}

/**
 * sync_check_copy:
 * @check: a step of a test
 *
 * Returns: (transfer full): a copy
 */
SyncCheck *
sync_check_copy (const SyncCheck *check)
{
  g_return_val_if_fail (check != NULL, NULL);

  return sync_check_new (check->step, check->result, check->error);
}

/**
 * sync_check_free:
 * @check: (nullable): a step of a test
 *
 * Frees it.
 */
void
sync_check_free (SyncCheck *check)
{
  if (check == NULL)
    return;
  g_clear_error (&check->error);
  g_free (check);
}

/**
 * sync_check_step_to_string:
 * @step: a step
 *
 * Returns: its name for machines
 */
const char *
sync_check_step_to_string (SyncCheckStep step)
{
  static const char *const names[]
      = { "reach", "key", "schema", "sign-in", "row-security", "clock" };

  g_return_val_if_fail ((guint) step < G_N_ELEMENTS (names), NULL);

  return names[step];
}

/**
 * sync_check_result_to_string:
 * @result: how a step went
 *
 * Returns: its name for machines
 */
const char *
sync_check_result_to_string (SyncCheckResult result)
{
  static const char *const names[] = { "passed", "warned", "failed", "skipped" };

  g_return_val_if_fail ((guint) result < G_N_ELEMENTS (names), NULL);

  return names[result];
}
