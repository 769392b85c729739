/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-provider.h"
#include "sync-row.h"

G_BEGIN_DECLS

/* One suite for all providers: what a client may rely on, whatever the cloud. The rules are in
 * contract-*.c; a back end is one more file that defines `contract_backend`, and one more program in
 * meson.build.
 *
 * The cloud must have these tables, as entities of contract.c describe them:
 *   contract_notes    id text key; title text; amount integer; ratio real; payload blob; data json;
 *                     done boolean; due timestamp
 *   contract_pairs    area text, place integer key; value text
 *   contract_numbers  id integer key; value text
 *   contract_blobs    id blob key; value text
 *   contract_reals    id real key; value text
 *   contract_times    id timestamp key; value text
 *   contract_flags    id boolean key; value text
 */

/**
 * ContractBackend:
 * @name: in the tests' names
 * @exact: whether the server keeps all digits of numbers and the bytes of blobs (one written in
 *   JavaScript may not)
 * @begin: (nullable): once, before all tests: starts a server
 * @open: makes an empty cloud, or a new user in one
 * @connect: one more client of it, not yet connected; (transfer full)
 * @close: takes the cloud away
 * @end: (nullable): once, after all tests
 *
 * A kind of cloud.
 */
typedef struct
{
  const char *name;
  gboolean exact;
  void (*begin) (void);
  gpointer (*open) (void);
  SyncProvider *(*connect) (gpointer cloud);
  void (*close) (gpointer cloud);
  void (*end) (void);
} ContractBackend;

extern const ContractBackend contract_backend;

/**
 * Contract:
 * @cloud: an empty one
 * @first: a connected client
 * @second: another
 * @notes: `contract_notes`
 * @pairs: `contract_pairs`
 * @numbers: `contract_numbers`
 * @blobs: `contract_blobs`
 *
 * What each rule is given.
 */
typedef struct
{
  gpointer cloud;
  SyncProvider *first;
  SyncProvider *second;
  SyncEntity *notes;
  SyncEntity *pairs;
  SyncEntity *numbers;
  SyncEntity *blobs;
} Contract;

/**
 * ContractStamps:
 * @base: `base_version`
 * @deleted: whether it is a tombstone
 * @edited_at: (nullable): ISO 8601, a time in the past if %NULL, none at all if empty
 * @run: (nullable): `run_id`, `run-1` if %NULL, null if empty
 *
 * How to send a row.
 */
typedef struct
{
  gint64 base;
  gboolean deleted;
  const char *edited_at;
  const char *run;
} ContractStamps;

/**
 * ContractRow:
 * @row: its columns
 * @version: `sync_version`
 * @deleted: whether it is a tombstone
 * @edited_at: microseconds since 1970, %G_MININT64 if unknown
 * @device_id: (nullable)
 * @run_id: (nullable)
 *
 * A row as it came.
 */
typedef struct
{
  SyncRow *row;
  gint64 version;
  gboolean deleted;
  gint64 edited_at;
  char *device_id;
  char *run_id;
} ContractRow;

/* In what is JSON here, ' stands for ". */
char *contract_json (const char *text);

GString *contract_batch_new (void);
void contract_batch_add (GString *batch, const SyncEntity *entity, const char *columns,
                         const ContractStamps *stamps);
char *contract_batch_end (GString *batch);

/* (element-type ContractRow) */
GPtrArray *contract_read (const SyncEntity *entity, GBytes *rows);
GPtrArray *contract_push (SyncProvider *provider, const SyncEntity *entity, GString *batch);
gint64 contract_put (SyncProvider *provider, const SyncEntity *entity, const char *columns,
                     gint64 base);
gint64 contract_send (SyncProvider *provider, const SyncEntity *entity, const char *columns,
                      const ContractStamps *stamps);
GPtrArray *contract_pull (SyncProvider *provider, const SyncEntity *entity,
                          const SyncPullQuery *query);
GPtrArray *contract_pull_all (SyncProvider *provider, const SyncEntity *entity);
GPtrArray *contract_fetch (SyncProvider *provider, const SyncEntity *entity, const char *keys);
ContractRow *contract_find (GPtrArray *rows, const char *key);
void contract_assert_row (const ContractRow *row, const char *columns);
gint64 contract_head (SyncProvider *provider, const SyncEntity *entity);

typedef void (*ContractRule) (Contract *contract, gconstpointer data);
void contract_add (const char *name, ContractRule rule);

void contract_add_state_rules (void);
void contract_add_push_rules (void);
void contract_add_pull_rules (void);
void contract_add_value_rules (void);
void contract_add_digest_rules (void);
void contract_add_client_rules (void);

G_END_DECLS
