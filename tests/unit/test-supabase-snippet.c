/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-supabase-snippet.h"

/* {"alg":"none"}.{"role":…}.x */
#define ANON "eyJhbGciOiJub25lIn0.eyJyb2xlIjoiYW5vbiJ9.eA"
#define SERVICE "eyJhbGciOiJub25lIn0.eyJyb2xlIjoic2VydmljZV9yb2xlIn0.eA"

static void
expect (const char *text, const char *url, const char *key, gboolean secret)
{
  g_autofree char *found_url = NULL, *found_key = NULL;
  gboolean has_secret;

  sync_supabase_snippet_read (text, &found_url, &found_key, &has_secret);
  g_assert_cmpstr (found_url, ==, url);
  g_assert_cmpstr (found_key, ==, key);
  g_assert_cmpint (has_secret, ==, secret);
}

static void
test_env (void)
{
  expect ("# Supabase\nNEXT_PUBLIC_SUPABASE_URL=https://abc.supabase.co\n"
          "NEXT_PUBLIC_SUPABASE_ANON_KEY=" ANON "\n",
          "https://abc.supabase.co", ANON, FALSE);
  expect ("SUPABASE_URL=\"https://ABC.supabase.co/\"\r\nSUPABASE_KEY='sb_publishable_x1'\r\n",
          "https://abc.supabase.co", "sb_publishable_x1", FALSE);
}

/* Other addresses stand beside it, and before it. */
static void
test_other_addresses (void)
{
  expect ("# See https://supabase.com/docs/guides for more\nSITE_URL=http://localhost:3000\n"
          "export NEXT_PUBLIC_SUPABASE_URL=https://db.example.org\n",
          "https://db.example.org", NULL, FALSE);
  expect ("{\"siteUrl\":\"https://www.example.org\",\"supabaseUrl\":\"https://db.example.org\"}",
          "https://db.example.org", NULL, FALSE);
  expect ("import { createClient } from 'https://esm.sh/@supabase/supabase-js@2'\n"
          "createClient('https://abc.supabase.co', 'sb_publishable_x1')",
          "https://abc.supabase.co", "sb_publishable_x1", FALSE);
  expect ("https://db.example.org https://www.example.org", "https://db.example.org", NULL, FALSE);
}

static void
test_code (void)
{
  expect ("const supabase = createClient('https://abc.supabase.co', `" ANON "`);",
          "https://abc.supabase.co", ANON, FALSE);
  expect ("{\"url\":\"https://abc.supabase.co\",\"anonKey\":\"sb_publishable_x1\"}",
          "https://abc.supabase.co", "sb_publishable_x1", FALSE);
}

static void
test_dashboard (void)
{
  expect ("Project URL\nhttps://abc.supabase.co\nCopy\nPublishable key\nsb_publishable_x1\n",
          "https://abc.supabase.co", "sb_publishable_x1", FALSE);
}

static void
test_secret (void)
{
  expect ("URL=https://abc.supabase.co\nSERVICE=" SERVICE "\nANON=" ANON, "https://abc.supabase.co",
          ANON, TRUE);
  expect ("sb_secret_abc", NULL, NULL, TRUE);
}

static void
test_nothing (void)
{
  expect ("", NULL, NULL, FALSE);
  expect ("postgresql://postgres:pw@db.abc.supabase.co:5432/postgres", NULL, NULL, FALSE);
  expect ("https://supabase.com/dashboard/project/abc", NULL, NULL, FALSE);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/supabase-snippet/env-file", test_env);
  g_test_add_func ("/supabase-snippet/other-addresses", test_other_addresses);
  g_test_add_func ("/supabase-snippet/code", test_code);
  g_test_add_func ("/supabase-snippet/dashboard", test_dashboard);
  g_test_add_func ("/supabase-snippet/secret-is-not-given-out", test_secret);
  g_test_add_func ("/supabase-snippet/nothing", test_nothing);
  return g_test_run ();
}
