/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-list-model.h"
#include "sync-verb.h"

G_BEGIN_DECLS

/* Rows read at once. */
#define SYNC_LIST_PAGE_ROWS 100

/**
 * SyncListReading:
 * @source: of which list
 * @filter: (owned): which rows
 * @page: which page
 * @held: (owned) (nullable): the keys whose rows are wanted, in a refresh
 *
 * One reading under way, of a page or of everything that is held.
 */
typedef struct
{
  const SyncListSource *source;
  SyncListFilter filter;
  guint page;
  GHashTable *held;
} SyncListReading;

/**
 * SyncListReply:
 * @keys: (owned) (nullable) (element-type gint64): of all rows, in a refresh
 * @values: (owned): the rows of a page; in a refresh, (element-type GPtrArray) of pages
 */
typedef struct
{
  GArray *keys;
  GPtrArray *values;
} SyncListReply;

void sync_list_filter_copy (SyncListFilter *filter, const SyncListFilter *from);
void sync_list_filter_clear (SyncListFilter *filter);

SyncListReading *sync_list_reading_new (const SyncListSource *source, const SyncListFilter *filter);
void sync_list_reply_free (gpointer data);

/* Both take a SyncListReading and answer with a SyncListReply. */
extern const SyncVerb sync_list_page_verb;
extern const SyncVerb sync_list_refresh_verb;

G_END_DECLS
