/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct _TestGateway TestGateway;

/* What can happen to a request or its connection. The last one is NULL. */
extern const char *const test_gateway_faults[];

/**
 * test_gateway_new:
 * @target: the URL of a server that speaks HTTP
 *
 * Puts a gateway before it, as before hosted Supabase: it speaks TLS and HTTP/2, and nothing else. From now on this
 * process trusts its certificate, which is for `localhost`.
 *
 * Returns: (transfer full): the gateway, a process of its own
 */
TestGateway *test_gateway_new (const char *target);
void test_gateway_free (TestGateway *gateway);
const char *test_gateway_get_url (TestGateway *gateway);

/* From now on, counting begins anew. @name (nullable): none; @at: how many requests go well before */
void test_gateway_set_fault (TestGateway *gateway, const char *name, guint at);
/* Since then. @happened (out) (optional): whether there was that request */
void test_gateway_count (TestGateway *gateway, guint *requests, guint *connections, gboolean *happened);

/* The process trusts only what its system trusts, as everybody else's. */
void test_gateway_distrust (void);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TestGateway, test_gateway_free)

G_END_DECLS
