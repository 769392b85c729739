/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-run.h"

G_BEGIN_DECLS

/* Rows of each entity whose contents are compared, unless somebody asks for all. */
#define SYNC_VERIFY_SAMPLE 100

/**
 * SyncVerifySetup:
 * @run: as for a run; of its options `entities`, `batch_size` and the resolver count
 * @all: compare the contents of all rows, by reading all of the cloud's
 * @heal: sync again where differences were found, and look whether they are gone
 * @sample: rows of each entity whose contents are compared, if not all
 *
 * What a verification needs.
 */
typedef struct
{
  SyncRunSetup run;
  gboolean all;
  gboolean heal;
  guint sample;
} SyncVerifySetup;

SyncVerifyResult *sync_verify_run_execute (const SyncVerifySetup *setup);

G_END_DECLS
