/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-words-private.h"

#include <string.h>

#include <glib/gi18n.h>

/* Why a row was refused or held. @plain is for when the column or constraint is not known. */
typedef struct
{
  const char *reason;
  const char *sentence;
  const char *plain;
} Reason;

/* By SQLSTATE, or by our own word for what we refuse before it is sent. A reason of two characters
 * is the class of all SQLSTATEs that have no words of their own. */
static const Reason refusals[] = {
  { "22001",
    N_("The text in {column} is too long for the cloud’s column."),
    N_("A text is too long for the cloud’s column.") },
  { "22003",
    N_("The number in {column} is too large for the cloud’s column."),
    N_("A number is too large for the cloud’s column.") },
  { "22007",
    N_("What {column} holds is no time of day or date that the cloud can read."),
    N_("One of the values is no time of day or date that the cloud can read.") },
  { "22008",
    N_("The time in {column} is one that the cloud cannot hold."),
    N_("One of the times is one that the cloud cannot hold.") },
  { "22P02",
    N_("The value of {column} does not fit the type of the cloud’s column."),
    N_("A value does not fit the type of the cloud’s column.") },
  { "22P05",
    N_("The text in {column} holds a NUL character or half a character, which no cloud can hold."),
    N_("A text holds a NUL character or half a character, which no cloud can hold.") },
  { "21000", N_("The cloud was given two versions of this row at once."), NULL },
  { "23502",
    N_("The cloud wants a value in {column}, but it is empty."),
    N_("The cloud wants a value in a column that is empty.") },
  { "23503",
    N_("The row that {column} refers to is not in the cloud."),
    N_("A row that this one refers to is not in the cloud.") },
  { "23505",
    N_("Another row in the cloud has the same {column}."),
    N_("Another row in the cloud has a value that must be unique.") },
  { "23514",
    N_("The value of {column} breaks a rule (CHECK) of the cloud’s table."),
    N_("A value breaks a rule (CHECK) of the cloud’s table.") },
  { "23P01",
    N_("The value of {column} overlaps with another row in the cloud."),
    N_("The row overlaps with another row in the cloud.") },
  { "428C9",
    N_("The cloud computes {column} by itself and takes no value for it."),
    N_("The cloud computes one of the columns by itself and takes no value for it.") },
  { "42501", N_("The cloud’s row-level security does not let you write this row."), NULL },
  { "44000", N_("The cloud’s view does not take this row."), NULL },
  { "54000",
    N_("The value of {column} is too large for an index in the cloud."),
    N_("A value is too large for an index in the cloud.") },
  { "P0001", N_("A trigger in the cloud refused the row."), NULL },
  { "ignored", N_("The row was ignored by the server: row-level security or a trigger."), NULL },
  { "nul",
    N_("The text in {column} holds a NUL character."),
    N_("One of the texts holds a NUL character.") },
  { "utf-8",
    N_("The text in {column} is not valid UTF-8."),
    N_("One of the texts is not valid UTF-8.") },
  { "surrogate",
    N_("The text in {column} holds half a surrogate pair."),
    N_("One of the texts holds half a surrogate pair.") },
  { "json",
    N_("What {column} holds is not valid JSON."),
    N_("What should be JSON is not valid JSON.") },
  { "deep",
    N_("The JSON in {column} is nested too deeply."),
    N_("A JSON value is nested too deeply.") },
  { "blob",
    N_("{column} holds binary data, which only a BLOB column can send."),
    N_("A column that is not a BLOB holds binary data.") },
  { "infinite",
    N_("{column} holds an infinite number, which only a REAL column can send."),
    N_("A column that is not REAL holds an infinite number.") },
  { "number-word",
    N_("The text in {column} is a word for a number, and would come back as one."),
    N_("A text is a word for a number, and would come back as one.") },
  { "text-in-blob",
    N_("The BLOB column {column} holds text, which could not come back as text."),
    N_("A BLOB column holds text, which could not come back as text.") },
  { "null-key",
    N_("{column} is part of the key, but it is empty."),
    N_("A part of the key is empty.") },
  { "key-type",
    N_("{column} is part of the key and holds a number, but the table declares no type for numbers."),
    N_("A part of the key is a number, but the table declares no type for numbers.") },
  { "22",
    N_("The cloud cannot hold the value of {column} (code {code})."),
    N_("The cloud cannot hold one of the values (code {code}).") },
  { "23",
    N_("The value of {column} breaks a rule of the cloud’s table (code {code})."),
    N_("The row breaks a rule of the cloud’s table (code {code}).") },
};

static const Reason holds[] = {
  { "unique",
    N_("Another row here has the same {column}."),
    N_("Another row here has a value that must be unique.") },
  { "primary-key",
    N_("Another row here has the same key ({column})."),
    N_("Another row here has the same key.") },
  { "check",
    N_("It breaks a rule (CHECK) of the table here: {column}."),
    N_("It breaks a rule (CHECK) of the table here.") },
  { "not-null",
    N_("The table here wants a value in {column}, but it came empty."),
    N_("The table here wants a value in a column that came empty.") },
  { "foreign-key",
    N_("The row that {column} refers to is not here yet."),
    N_("A row that it refers to is not here yet.") },
  { "column",
    N_("It came with a column that the table here does not have: {column}."),
    N_("It came with a column that the table here does not have.") },
  { "children",
    N_("It was deleted elsewhere, but rows here still belong to it."),
    NULL },
  { "type",
    N_("The value of {column} does not fit the column’s type here."),
    N_("A value does not fit its column’s type here.") },
  { "deep",
    N_("The JSON in {column} is nested too deeply to be read here."),
    N_("A JSON value is nested too deeply to be read here.") },
  { "trigger", N_("A trigger of the table here refused it."), NULL },
  { "owner-code",
    N_("Something that the table here does for every row cannot be done by this program ({column})."),
    N_("Something that the table here does for every row cannot be done by this program.") },
  { "other",
    N_("The table here refused it: {column}."),
    N_("The table here refused it.") },
};

/* Why a row failed too often, by the error's code. */
static const Reason failures[] = {
  { "too-large", N_("The row is too large to be sent."), NULL },
  { "later", N_("The cloud was too busy for it again and again."), NULL },
  { "offline", N_("The cloud could not be reached again and again."), NULL },
  { "protocol", N_("The cloud gave an answer about it that cannot be right."), NULL },
  { "schema", N_("The cloud’s table does not fit it."), NULL },
  { "constraint", N_("The cloud’s vault refused it."), NULL },
};

static const Reason *
find_reason (const Reason *reasons, guint n_reasons, const char *reason)
{
  for (guint i = 0; i < n_reasons; i++)
    if (g_strcmp0 (reasons[i].reason, reason) == 0)
      return &reasons[i];
  return NULL;
}

static const Reason *
find_refusal (const char *reason)
{
  const Reason *found = find_reason (refusals, G_N_ELEMENTS (refusals), reason);
  g_autofree char *class = NULL;

  if (found != NULL || reason == NULL || strlen (reason) != 5)
    return found;
  class = g_strndup (reason, 2);
  return find_reason (refusals, G_N_ELEMENTS (refusals), class);
}

static char *
say (const Reason *reason, const SyncWordsNames *names)
{
  const char *plain = reason->plain != NULL ? _(reason->plain) : NULL;

  return sync_words_fill (_(reason->sentence), plain, names);
}

/**
 * sync_words_for_reason:
 * @code_name: (nullable): the name of the error's code, see sync_error_code_name()
 * @reason: (nullable): an SQLSTATE, `ignored`, or what is wrong with a value here: `nul`, `utf-8`,
 *   `surrogate`, `json`, `blob`, `text-in-blob`, `infinite`,
 *   `number-word`, `null-key`
 * @column: (nullable): the column
 *
 * Returns: (transfer full): why a row was refused, or failed too often
 */
char *
sync_words_for_reason (const char *code_name, const char *reason, const char *column)
{
  const SyncWordsNames names = { .column = column, .code = reason };
  const Reason *found = NULL;

  if (code_name == NULL || g_str_equal (code_name, "row-refused"))
    found = find_refusal (reason);
  else
    found = find_reason (failures, G_N_ELEMENTS (failures), code_name);
  if (found == NULL)
    found = find_refusal (reason);
  if (found != NULL)
    return say (found, &names);
  return sync_words_fill (_("The cloud did not take the row (code {code})."),
                          _("The cloud did not take the row."), &names);
}

/**
 * sync_words_for_held:
 * @reason: (nullable): `unique`, `primary-key`, `check`, `not-null`, `foreign-key`, `column`,
 *   `children`, `type`, `trigger` or `other`
 * @name: (nullable): the column or constraint
 *
 * Returns: (transfer full): why a row from the cloud is not in the table
 */
char *
sync_words_for_held (const char *reason, const char *name)
{
  const SyncWordsNames names = { .column = name };
  const Reason *found = find_reason (holds, G_N_ELEMENTS (holds), reason);

  if (found == NULL)
    found = find_reason (holds, G_N_ELEMENTS (holds), "other");
  return say (found, &names);
}
