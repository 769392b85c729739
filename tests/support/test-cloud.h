/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-supabase-provider.h"

G_BEGIN_DECLS

/* Every account's. */
#define TEST_CLOUD_PASSWORD "correct horse battery"

/**
 * TestCloud:
 * @url: where it answers
 * @key: its publishable key
 * @dir: its folder
 *
 * A Supabase-compatible server that runs already.
 */
typedef struct
{
  char *url;
  char *key;
  char *dir;
} TestCloud;

TestCloud *test_cloud_open (const char *variable);
TestCloud *test_cloud_start (const char *variable, const char *driver, const char *folder);
void test_cloud_stop (TestCloud *cloud);
void test_cloud_free (TestCloud *cloud);
SyncProvider *test_cloud_new_provider (TestCloud *cloud);
SyncProvider *test_cloud_new_provider_for (TestCloud *cloud, SyncSecretStore *secrets);
char *test_cloud_sign_up (SyncProvider *provider);
void test_cloud_sign_in (SyncProvider *provider, const char *email);
char *test_cloud_sql (TestCloud *cloud, const char *sql);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TestCloud, test_cloud_free)

G_END_DECLS
