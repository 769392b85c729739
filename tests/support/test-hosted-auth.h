/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* What hosted Supabase's Auth does with accounts and sessions and the test cloud does not: addresses that must be
 * confirmed, and refresh tokens that go to and fro under names of its own. For one thread at a time. */
typedef struct _TestHostedAuth TestHostedAuth;

TestHostedAuth *test_hosted_auth_new (void);
void test_hosted_auth_free (TestHostedAuth *auth);

/* Whether new accounts' addresses must be confirmed; who clicked on the link in the mail. */
void test_hosted_auth_set_confirms (TestHostedAuth *auth, gboolean confirms);
void test_hosted_auth_confirm (TestHostedAuth *auth, const char *email);
/* Time passes, for refresh tokens. */
void test_hosted_auth_advance (TestHostedAuth *auth, gint64 microseconds);

/* Before a request is sent on. (transfer full) (nullable): the error, with status 400, instead of that. Otherwise
 * `body` is what the test cloud is asked. */
char *test_hosted_auth_begin (TestHostedAuth *auth, const char *path, GBytes **body);
/* After it: makes the test cloud's answer to the request with `body` the hosted one. */
void test_hosted_auth_end (TestHostedAuth *auth, const char *path, GBytes *body, guint *status, GBytes **answer);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TestHostedAuth, test_hosted_auth_free)

G_END_DECLS
