/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-words.h"

G_BEGIN_DECLS

/* What the `{subject}`, `{column}` and `{code}` of a sentence stand for; each may be missing. */
typedef struct
{
  const char *subject;
  const char *column;
  const char *code;
} SyncWordsNames;

char *sync_words_fill (const char *sentence, const char *plain, const SyncWordsNames *names);

G_END_DECLS
