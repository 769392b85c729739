/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fuzz.h"

#include <signal.h>
#include <stdio.h>

#include <glib.h>

/* Runs a target without libFuzzer: all of its corpus, then mutations of it, which the seed decides. The input that
 * a target fails with is kept.
 *
 * usage: fuzz-TARGET CORPUS [MUTATIONS [SEED]] */

#define LONGEST_INPUT (64 * 1024)
#define MUTATIONS 3000

static const char *current; /* what a failure leaves behind */
static gsize current_length;

static void
keep_input (int number)
{
  static const char name[] = "fuzz-failed-input";
  FILE *file = fopen (name, "w");

  if (file != NULL)
    {
      fwrite (current, 1, current_length, file);
      fclose (file);
    }
  signal (number, SIG_DFL);
  raise (number);
}

static void
try_input (const char *input, gsize length)
{
  g_autofree char *copy = g_memdup2 (input, MAX (length, 1)); /* its end is memory's */

  current = copy;
  current_length = length;
  LLVMFuzzerTestOneInput ((const uint8_t *) copy, length);
  current = NULL;
}

static void
free_string (gpointer string)
{
  g_string_free (string, TRUE);
}

static GPtrArray *
read_corpus (const char *folder)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GDir) dir = g_dir_open (folder, 0, &error);
  GPtrArray *corpus = g_ptr_array_new_with_free_func (free_string);
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  const char *name;

  if (dir == NULL)
    g_error ("%s", error->message);
  while ((name = g_dir_read_name (dir)) != NULL)
    g_ptr_array_add (names, g_build_filename (folder, name, NULL));
  g_ptr_array_sort (names, (GCompareFunc) g_strcmp0);
  for (guint i = 0; i < names->len; i++)
    {
      g_autofree char *text = NULL;
      gsize length;

      if (!g_file_get_contents (g_ptr_array_index (names, i), &text, &length, &error))
        g_error ("%s", error->message);
      g_ptr_array_add (corpus, g_string_new_len (text, (gssize) length));
    }
  return corpus;
}

static gsize
pick (GRand *random, gsize n)
{
  return n > 0 ? g_rand_int (random) % n : 0;
}

static void
mutate (GString *input, GPtrArray *corpus, GRand *random)
{
  static const char *const pieces[] = { "\"", "\\", "{", "}", "[", "]", ",", ":", "null", "-", "1e999", "\\u0000",
                                        "\\ud800", "\xff", "9223372036854775808", "\"sync_version\":", "0.1e-7", "\n",
                                        "\\x", "''", "true", "\"id\":", "\xe2\x82" };
  const GString *other = g_ptr_array_index (corpus, pick (random, corpus->len));
  gsize at = pick (random, input->len), length = pick (random, MIN (input->len - at, 16) + 1);
  gsize from = pick (random, other->len);
  g_autofree char *again = NULL;
  const char *piece = pieces[pick (random, G_N_ELEMENTS (pieces))];

  switch (pick (random, 6))
    {
    case 0:
      if (input->len > 0)
        input->str[at] ^= (char) (1 << pick (random, 8));
      break;
    case 1:
      g_string_erase (input, (gssize) at, (gssize) length);
      break;
    case 2:
      g_string_insert (input, (gssize) at, piece);
      break;
    case 3:
      g_string_insert_len (input, (gssize) at, other->str + from, (gssize) pick (random, other->len - from + 1));
      break;
    case 4:
      g_string_truncate (input, at);
      break;
    default:
      again = g_strndup (input->str + at, length);
      g_string_insert_len (input, (gssize) at, again, (gssize) length);
      break;
    }
  if (input->len > LONGEST_INPUT)
    g_string_truncate (input, LONGEST_INPUT);
}

static void
run (GPtrArray *corpus, guint n, guint32 seed)
{
  g_autoptr (GRand) random = g_rand_new_with_seed (seed);

  for (guint i = 0; i < corpus->len; i++)
    {
      const GString *input = g_ptr_array_index (corpus, i);

      try_input (input->str, input->len);
    }
  for (guint i = 0; i < n; i++)
    {
      const GString *seed_input = g_ptr_array_index (corpus, pick (random, corpus->len));
      g_autoptr (GString) input = g_string_new_len (seed_input->str, (gssize) seed_input->len);

      for (gsize k = 1 + pick (random, 6); k > 0; k--)
        mutate (input, corpus, random);
      try_input (input->str, input->len);
    }
}

int
main (int argc, char *argv[])
{
  guint n = argc > 2 ? (guint) g_ascii_strtoull (argv[2], NULL, 10) : MUTATIONS;
  guint32 seed = argc > 3 ? (guint32) g_ascii_strtoull (argv[3], NULL, 10) : g_random_int ();
  g_autoptr (GPtrArray) corpus = NULL;
  g_autofree char *name = g_path_get_basename (argv[0]);

  g_assert (argc > 1);
  corpus = read_corpus (argv[1]);
  g_assert (corpus->len > 0);
  g_print ("# %s: %u inputs, %u mutations, seed %u\n1..1\n", name, corpus->len, n, seed);
  signal (SIGABRT, keep_input);
  signal (SIGTRAP, keep_input);
  run (corpus, n, seed);
  g_print ("ok 1 %s\n", name);
  return 0;
}
