/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-entity.h"
#include "sync-shape.h"

G_BEGIN_DECLS

typedef enum
{
  SYNC_TRIGGER_INSERT,
  SYNC_TRIGGER_UPDATE,
  SYNC_TRIGGER_DELETE,
  SYNC_TRIGGER_BEFORE_INSERT,
  SYNC_TRIGGER_BEFORE_UPDATE,
  SYNC_N_TRIGGERS,
} SyncTrigger;

char *sync_trigger_dup_name (SyncTrigger trigger, const SyncEntity *entity);
char *sync_trigger_dup_sql (SyncTrigger trigger, const SyncEntity *entity, const SyncShape *shape);

G_END_DECLS
