/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "test-wire.h"

G_BEGIN_DECLS

typedef struct _TestHosted TestHosted;

/**
 * TestHostedFunc:
 * @number: how many requests there were before this one
 * @method: its method
 * @path: its path
 * @data: given with the function
 *
 * Called for every request, on the stand-in's thread.
 *
 * Returns: (nullable): what is to happen to it
 */
typedef const TestWireFault *(*TestHostedFunc) (guint number, const char *method, const char *path,
                                                gpointer data);

/* A stand-in for hosted Supabase: a server of its own, on a thread of its own, before the one at `target`.
 *
 * What hosted Supabase does and the test cloud does not, it always does: a GET or a function gives 1000 rows at most,
 * whatever its limit; answers are compressed; errors have PostgREST's and GoTrue's codes and form, also in headers, and
 * quote the row in their details; a refresh token is good for as long as Auth says; a URL with its headers of more than
 * 16 KiB is a 520, a body of more than 1 MiB a 413, a compressed one is not understood; the root of the REST API is
 * closed; what is no token is not taken for one. */
TestHosted *test_hosted_new (const char *target);
void test_hosted_free (TestHosted *hosted);
const char *test_hosted_get_url (TestHosted *hosted);

/* Rows in an answer to a GET or of a function: 1000, unless told otherwise. */
void test_hosted_set_max_rows (TestHosted *hosted, guint rows);
/* The schema changed: tables that are not in the cache yet, for so many requests. */
void test_hosted_forget_schema (TestHosted *hosted, guint requests);

/* Errors of PostgREST without details and hint, as of its next version. */
void test_hosted_set_terse (TestHosted *hosted, gboolean terse);
/* A statement that writes more rows is over the role's timeout; 0: none is. How many were, since then. */
void test_hosted_set_patience (TestHosted *hosted, guint rows);
guint test_hosted_count_slow (TestHosted *hosted);
/* New accounts' addresses must be confirmed, as in every new project; somebody clicks on the link. */
void test_hosted_set_confirms (TestHosted *hosted, gboolean confirms);
void test_hosted_confirm (TestHosted *hosted, const char *email);
/* Time passes, for refresh tokens. */
void test_hosted_advance (TestHosted *hosted, gint64 microseconds);

/* Faults, from now on; counting begins anew. NULL: none. */
void test_hosted_set_faults (TestHosted *hosted, TestHostedFunc func, gpointer data);
/* No faults any more; somebody listens; what was late is carried out, before this returns. */
void test_hosted_heal (TestHosted *hosted);
guint test_hosted_count (TestHosted *hosted);
/* Requests with this method, PATH beginning so; (nullable): any. */
guint test_hosted_count_of (TestHosted *hosted, const char *method, const char *path);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TestHosted, test_hosted_free)

G_END_DECLS
