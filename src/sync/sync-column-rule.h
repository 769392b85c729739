/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-merge.h"

G_BEGIN_DECLS

/**
 * SyncColumnRule:
 * @SYNC_RULE_NEWEST: the side that was edited last
 * @SYNC_RULE_LOCAL: this device
 * @SYNC_RULE_REMOTE: the other side
 * @SYNC_RULE_MAX: the greater value
 * @SYNC_RULE_MIN: the smaller value
 * @SYNC_RULE_UNION: what either array has, without what either side removed
 *
 * How one column's dispute is decided.
 */
typedef enum
{
  SYNC_RULE_NEWEST,
  SYNC_RULE_LOCAL,
  SYNC_RULE_REMOTE,
  SYNC_RULE_MAX,
  SYNC_RULE_MIN,
  SYNC_RULE_UNION,
} SyncColumnRule;

gboolean sync_column_rule_from_string (const char *name, SyncColumnRule *rule);
/* newest: the side edited last, which also decides where the rule cannot */
SyncSide sync_column_rule_apply (SyncColumnRule rule, const SyncDispute *dispute, guint column,
                                 SyncSide newest, SyncRow *result);

G_END_DECLS
