/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

#include "sync-store.h"

G_BEGIN_DECLS

/**
 * SyncVerbFunc:
 * @store: the store
 * @arguments: (nullable): what the verb was started with
 * @answer: (out) (nullable): what it answers
 * @error: where to put an error
 *
 * What a verb does, on the worker's thread.
 *
 * Returns: %FALSE with @error set if it failed
 */
typedef gboolean (*SyncVerbFunc) (SyncStore *store, gpointer arguments, gpointer *answer,
                                  GError **error);

/**
 * SyncVerb:
 * @func: what it does on the worker's thread
 * @free_arguments: (nullable): frees the arguments
 * @free_answer: (nullable): frees an answer that nobody took
 * @done: (nullable): called in the caller's context when it succeeded, before the callback is
 * @lasts: what it writes is somebody's decision: where the file was moved, or another one has its name, nobody would
 *   ever see it, and it fails with SYNC_ERROR_NOT_FOUND, `moved`
 *
 * One asynchronous method that asks or tells the store something: made once, as a constant, which
 * is also the method's source tag.
 */
typedef struct
{
  SyncVerbFunc func;
  GDestroyNotify free_arguments;
  GDestroyNotify free_answer;
  void (*done) (gpointer source, gpointer answer);
  gboolean lasts;
} SyncVerb;

void sync_verb_start (const SyncVerb *verb, gpointer source, SyncStore *store, gpointer arguments,
                      GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data);
/* For a method that found out early that it cannot be done. (error transfer full) */
void sync_verb_fail (const SyncVerb *verb, gpointer source, GError *error,
                     GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data);
gboolean sync_verb_finish (const SyncVerb *verb, gpointer source, GAsyncResult *result,
                           gpointer *answer, GError **error);
/* For verbs that answer with how many (GSIZE_TO_POINTER): -1 on error. */
gssize sync_verb_finish_count (const SyncVerb *verb, gpointer source, GAsyncResult *result,
                               GError **error);

G_END_DECLS
