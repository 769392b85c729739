/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-store.h"
#include "test-clock.h"
#include "test-database.h"
#include "test-provider.h"

G_BEGIN_DECLS

/* 2026-01-01T00:00:00Z */
#define TEST_NOW G_GINT64_CONSTANT (1767225600000000)

/* A test that runs on the thread of a new store's worker; the store has the built-in entities. */
typedef void (*TestStoreFunc) (SyncStore *store);

void test_store_add (const char *path, TestStoreFunc func);

/* Runs the tests with the user's folders (XDG) in a scratch folder. GTest's own way leaks. */
int test_run_with_own_folders (void);

/* By hand: in a folder of test_folder_new(). */
SyncStore *test_store_open (const char *folder, SyncClock *clock);
void test_store_run (SyncStore *store, TestStoreFunc func);
/* As test_sql() and test_query(), from any thread. */
void test_store_sql (SyncStore *store, const char *sql);
char *test_store_query (SyncStore *store, const char *sql);

/* Runs the default main context until test_got_result() put the answer there, where it stays. */
void test_store_wait (GAsyncResult **result);

/* Of the store's clock, which is a test's. */
void test_store_advance (SyncStore *store, gint64 microseconds);

#define test_assert_query(store, sql, expected) \
  G_STMT_START \
  { \
    g_autofree char *rows_of_query = test_store_query (store, sql); \
    g_assert_cmpstr (rows_of_query, ==, expected); \
  } \
  G_STMT_END

G_END_DECLS
