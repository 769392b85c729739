/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-supabase-snippet.h"

#include <string.h>

#include "sync-supabase-key.h"

/* What neither an address nor a key contains. Tokens are written without the padding `=`. */
#define DELIMITERS " \t\r\n\f\v\"'`,;=()<>[]{}|\\"

static void
read_word (const char *word, char **url, char **key, gboolean *has_secret)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *good = NULL;

  if (strstr (word, "://") != NULL)
    {
      if (*url == NULL)
        *url = sync_supabase_url_normalise (word, NULL);
      return;
    }
  good = sync_supabase_key_normalise (word, &error);
  if (good != NULL && *key == NULL)
    *key = g_steal_pointer (&good);
  else if (g_error_matches (error, SYNC_ERROR, SYNC_ERROR_SECRET_KEY))
    *has_secret = TRUE;
}

/**
 * sync_supabase_snippet_read:
 * @text: anything
 * @url: (out) (transfer full) (nullable): the first address that can be a project's
 * @key: (out) (transfer full) (nullable): the first publishable or anon key
 * @has_secret: (out): whether there is a secret or service-role key in it, which is not given out
 *
 * Looks at each word of a text, whatever stands around it.
 */
void
sync_supabase_snippet_read (const char *text, char **url, char **key, gboolean *has_secret)
{
  g_auto (GStrv) words = NULL;

  g_return_if_fail (text != NULL);
  g_return_if_fail (url != NULL && key != NULL && has_secret != NULL);

  *url = NULL;
  *key = NULL;
  *has_secret = FALSE;
  words = g_strsplit_set (text, DELIMITERS, -1);
  for (guint i = 0; words[i] != NULL; i++)
    if (*words[i] != '\0')
      read_word (words[i], url, key, has_secret);
}
