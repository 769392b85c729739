/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-provider.h"

G_BEGIN_DECLS

typedef enum
{
  TEST_REQUEST_CONNECT,
  TEST_REQUEST_STATE,
  TEST_REQUEST_PULL,
  TEST_REQUEST_PUSH,
  TEST_REQUEST_FETCH,
  TEST_REQUEST_PUT_DEVICE,
  TEST_REQUEST_DIGEST,
  TEST_N_REQUESTS,
} TestRequest;

/**
 * TestFault:
 * @TEST_FAULT_NONE: the request goes through
 * @TEST_FAULT_REFUSED: it never arrives, and the answer is an error
 * @TEST_FAULT_LOST: it is carried out, but instead of the reply there is an error
 * @TEST_FAULT_TWICE: it is carried out twice; the reply is that of the second time
 * @TEST_FAULT_LATE: for a push: the answer is an error, and it is carried out later all the same, when
 *   its sender does not expect it any more
 * @TEST_FAULT_CUT: the reply ends in the middle
 *
 * What happens to a request.
 */
typedef enum
{
  TEST_FAULT_NONE,
  TEST_FAULT_REFUSED,
  TEST_FAULT_LOST,
  TEST_FAULT_TWICE,
  TEST_FAULT_LATE,
  TEST_FAULT_CUT,
} TestFault;

#define TEST_TYPE_FAULTS (test_faults_get_type ())
G_DECLARE_FINAL_TYPE (TestFaults, test_faults, TEST, FAULTS, SyncProvider)

/**
 * TestFaultFunc:
 * @faults: the provider
 * @request: what was asked for
 * @number: how many requests there were before this one, connecting left out
 * @data: given with the function
 *
 * Called before a request is carried out. May do anything else in the meantime: write to the database,
 * let another device run.
 *
 * Returns: what is to happen to it
 */
typedef TestFault (*TestFaultFunc) (TestFaults *faults, TestRequest request, guint number, gpointer data);

/* Called when it was carried out, before its reply is handed on. */
typedef void (*TestReplyFunc) (TestFaults *faults, TestRequest request, guint number, gpointer data);

/* A provider that puts faults between its user and another provider. */
SyncProvider *test_faults_new (SyncProvider *inner);
SyncProvider *test_faults_get_inner (TestFaults *faults);
void test_faults_set_inner (TestFaults *faults, SyncProvider *inner);
void test_faults_set_hooks (TestFaults *faults, TestFaultFunc before, TestReplyFunc after, gpointer data);
/* The error of requests that fail; OFFLINE unless told otherwise. Reason: (nullable) */
void test_faults_set_error (TestFaults *faults, SyncError code, const char *reason);
/* The HTTP status of an answer that says so; 0: there was no answer. */
void test_faults_set_status (TestFaults *faults, guint status);
/* A push with `text` in it is refused with `code`. */
void test_faults_set_poison (TestFaults *faults, const char *text, SyncError code);
void test_faults_set_page_cap (TestFaults *faults, guint rows);
/* Before which request of anybody's a late one is carried out: 1, unless told otherwise: the next */
void test_faults_set_lateness (TestFaults *faults, guint requests);
/* Carries out all that is still on its way. */
void test_faults_deliver (void);

void test_faults_reset_counts (TestFaults *faults);
guint test_faults_count (TestFaults *faults, TestRequest request);
guint test_faults_count_all (TestFaults *faults); /* connecting left out */

/* One fault at one request: the nth of its kind from now on, 0 the next. */
void test_faults_plan (TestFaults *faults, TestRequest request, guint nth, TestFault fault);

G_END_DECLS
