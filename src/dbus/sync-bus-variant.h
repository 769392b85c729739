/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-manager.h"

G_BEGIN_DECLS

/* On the bus there is no time before 1970. */
#define SYNC_BUS_NO_TIME 0

/**
 * SyncBusRequest:
 * @kind: what kind of run
 * @options: how
 * @entities: (owned) (nullable): what @options points to
 * @strategy: (owned) (nullable): what @options points to
 *
 * What somebody on the bus asks for.
 */
typedef struct
{
  SyncRunKind kind;
  SyncRunOptions options;
  char **entities;
  char *strategy;
} SyncBusRequest;

SyncBusRequest *sync_bus_request_from_variant (GVariant *variant, GError **error);
GVariant *sync_bus_request_to_variant (SyncRunKind kind, const SyncRunOptions *options);
void sync_bus_request_free (SyncBusRequest *request);

GVariant *sync_bus_result_to_variant (const SyncResult *result);
SyncResult *sync_bus_result_from_variant (GVariant *variant, GError **error);

GVariant *sync_bus_progress_to_variant (const SyncProgress *progress);
SyncProgress *sync_bus_progress_from_variant (GVariant *variant);

gint64 sync_bus_time (gint64 time);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SyncBusRequest, sync_bus_request_free)

G_END_DECLS
