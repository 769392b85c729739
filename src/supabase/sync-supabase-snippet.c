/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-supabase-snippet.h"

#include <string.h>

#include "sync-supabase-key.h"

/* What neither an address nor a key contains. Tokens are written without the padding `=`. */
#define DELIMITERS " \t\r\n\f\v\"'`,;=()<>[]{}|\\"

/* A name as in `.env` files and in code: NEXT_PUBLIC_SUPABASE_URL, supabaseUrl. */
static gboolean
is_url_name (const char *word)
{
  g_autofree char *lower = g_ascii_strdown (word, -1);
  g_auto (GStrv) parts = g_strsplit (lower, "_", -1);
  g_autofree char *plain = g_strjoinv ("", parts);

  return strstr (plain, "supabaseurl") != NULL;
}

/* How sure it is that an address is the project's: others may stand beside it, as of the site itself. */
static guint
rate_url (const char *url, const char *word_before)
{
  if (is_url_name (word_before))
    return 3;
  return g_regex_match_simple ("^https://[a-z0-9-]+\\.supabase\\.(co|in)(/|$)", url, 0, 0) ? 2 : 1;
}

static void
read_url (const char *word, const char *word_before, char **url, guint *best)
{
  g_autofree char *good = sync_supabase_url_normalise (word, NULL);
  guint rating = good != NULL ? rate_url (good, word_before) : 0;

  if (rating > *best)
    {
      g_free (*url);
      *url = g_steal_pointer (&good);
      *best = rating;
    }
}

static void
read_key (const char *word, char **key, gboolean *has_secret)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *good = sync_supabase_key_normalise (word, &error);

  if (good != NULL && *key == NULL)
    *key = g_steal_pointer (&good);
  else if (g_error_matches (error, SYNC_ERROR, SYNC_ERROR_SECRET_KEY))
    *has_secret = TRUE;
}

/**
 * sync_supabase_snippet_read:
 * @text: anything
 * @url: (out) (transfer full) (nullable): the address that is most surely a project's: by the name that stands
 *   before it, else by its host, else the first
 * @key: (out) (transfer full) (nullable): the first publishable or anon key
 * @has_secret: (out): whether there is a secret or service-role key in it, which is not given out
 *
 * Looks at each word of a text, whatever stands around it.
 */
void
sync_supabase_snippet_read (const char *text, char **url, char **key, gboolean *has_secret)
{
  g_auto (GStrv) words = NULL;
  const char *word_before = "";
  guint best = 0;

  g_return_if_fail (text != NULL);
  g_return_if_fail (url != NULL && key != NULL && has_secret != NULL);

  *url = NULL;
  *key = NULL;
  *has_secret = FALSE;
  words = g_strsplit_set (text, DELIMITERS, -1);
  for (guint i = 0; words[i] != NULL; i++)
    if (*words[i] != '\0')
      {
        if (strstr (words[i], "://") != NULL)
          read_url (words[i], word_before, url, &best);
        else
          read_key (words[i], key, has_secret);
        if (g_ascii_isalnum (*words[i]))
          word_before = words[i];
      }
}
