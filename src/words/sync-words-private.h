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

/* What is said about an error. Translators: {subject}, {column} and {code} stay as they are; names
 * of tables, files and hosts take their places. */
typedef struct
{
  const char *title;
  const char *plain_title; /* (nullable): for when a name in the title is not known */
  const char *detail; /* (nullable): the reason tells it */
  const char *plain_detail; /* (nullable): likewise */
  const char *next_step;
  const char *command; /* (nullable): the command of psync that is the next step */
} SyncErrorWords;

/* A value that somebody gave, by its name, and what it must be. */
typedef struct
{
  const char *names; /* as a setting, an argument, a variable of the environment */
  const char *title; /* (nullable): instead of the usual one */
  const char *next_step;
} SyncValueWords;

static inline gboolean
sync_words_is_path (const char *subject)
{
  return subject != NULL && *subject == '/';
}

/* sync-words-error-table.c */
/* Of an error of ours; never %NULL. */
const SyncErrorWords *sync_words_find_error (const GError *error);
/* (nullable): what is known of a value by its name, where the reason tells nothing better */
const SyncValueWords *sync_words_find_value (const GError *error);

G_END_DECLS
