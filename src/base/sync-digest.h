/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-row.h"

G_BEGIN_DECLS

/* Comparing rows without reading them: living rows by the md5 of their key's text, and of each group of them
 * its count and a checksum of keys and versions. The cloud's `sync_digest` computes the same. */

/* Hexadecimal digits: a digest tells the groups behind a prefix apart by the next one. */
#define SYNC_DIGEST_BUCKETS 16
/* Prefixes of so many digits are told apart here: 4096 groups, however many rows there are. */
#define SYNC_DIGEST_DEPTH 3
#define SYNC_DIGEST_CELLS 4096

typedef struct
{
  guint64 n;
  guint64 hash; /* 60 bits */
} SyncDigestSum;

/**
 * SyncDigest:
 * @buckets: by the digit that follows the prefix
 *
 * The living rows whose key's checksum begins with a prefix.
 */
typedef struct
{
  SyncDigestSum buckets[SYNC_DIGEST_BUCKETS];
} SyncDigest;

/**
 * SyncDigestTable:
 * @cells: by the first %SYNC_DIGEST_DEPTH digits
 *
 * All rows of a table.
 */
typedef struct
{
  SyncDigestSum cells[SYNC_DIGEST_CELLS];
} SyncDigestTable;

/**
 * SyncDigester:
 *
 * Takes the checksums of rows, one after the other.
 */
typedef struct _SyncDigester SyncDigester;

SyncDigester *sync_digester_new (const SyncEntity *entity);
void sync_digester_free (SyncDigester *digester);
void sync_digester_take (SyncDigester *digester, const SyncRow *row);
const char *sync_digester_get_key (SyncDigester *digester);
const char *sync_digester_get_place (SyncDigester *digester);
guint64 sync_digester_get_hash (SyncDigester *digester, gint64 version);

gboolean sync_digest_is_prefix (const char *prefix);
void sync_digest_add (SyncDigest *digest, SyncDigester *digester, const char *prefix, gint64 version);
void sync_digest_table_add (SyncDigestTable *table, SyncDigester *digester, gint64 version);
void sync_digest_table_get (const SyncDigestTable *table, const char *prefix, SyncDigest *digest);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SyncDigester, sync_digester_free)

G_END_DECLS
