/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "test-backends.h"

G_BEGIN_DECLS

/* In every text that is synced. */
#define WIRE_SECRET "S3CRET"
#define WIRE_NOTES "CREATE TABLE notes (id TEXT PRIMARY KEY NOT NULL, title TEXT, body TEXT, rank INTEGER);"
/* How long an answer that never comes is waited for. */
#define WIRE_PATIENCE_MS 250

/**
 * WirePlan:
 * @fault: what happens
 * @at: before how many requests it does not
 * @happened: whether there was that request
 *
 * One fault at one request.
 */
typedef struct
{
  const TestWireFault *fault;
  guint at;
  gboolean happened;
} WirePlan;

/* Nothing that is logged from now on may hold contents or tokens. */
void wire_watch_log (void);
/* Nor what an error says, or (nullable) a device keeps of it. */
void wire_expect_no_contents (TestDevice *device, const GError *error);

void wire_set_patience (SyncProvider *provider, guint milliseconds);
/* From the next request on; `provider`: who will wait for an answer. */
void wire_begin (TestRig *rig, SyncProvider *provider, WirePlan *plan);
/* The network is well, some time has passed, and what was refused for an invented reason is tried again. */
void wire_heal (TestRig *rig);
/* Whether the fault says that a row is at fault; no other one may refuse any. */
gboolean wire_refuses_rows (const TestWireFault *fault);
/* Those that are tried at every request: PSYNC_TEST_ALL=1: also those that ask for the same reaction as another. */
gboolean wire_is_chosen (const TestWireFault *fault);

/* Two devices with the same rows, whose pages are short, and something to do for both of them in each round: they
 * edit, insert and delete, one row in different columns. */
void wire_begin_work (TestRig *rig, TestDevice **a, TestDevice **b);
void wire_make_work (TestDevice *a, TestDevice *b, guint round);
/* All of it is here, once, and nobody had a conflict. */
void wire_expect_work (TestDevice *device, guint round);

G_END_DECLS
