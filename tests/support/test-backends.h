/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "test-gateway.h"
#include "test-hosted.h"
#include "test-rig.h"

G_BEGIN_DECLS

/* The test cloud on each of its drivers, if it runs: each rig is a new user of it. */
extern const TestBackend test_cloud_backends[2];
/* The second of them behind a stand-in for hosted Supabase. */
extern const TestBackend test_hosted_backend;
/* And that one behind a gateway that speaks HTTP/2. */
extern const TestBackend test_gateway_backend;
TestHosted *test_rig_get_hosted (TestRig *rig);
TestGateway *test_rig_get_gateway (TestRig *rig);
/* One more client, that nobody is signed in with yet, and whose account it is. (transfer full) */
SyncProvider *test_rig_connect_signed_out (TestRig *rig);
const char *test_rig_get_email (TestRig *rig);

/* As a web application of the same user does, without any column of ours: `method` on `/rest/v1/PATH`. Extra
 * preference (nullable): for an upsert. */
void test_rig_rest (TestRig *rig, const char *method, const char *path, const char *preference,
                    const char *body);
/* In the SQL editor, as the owner of the project. @USER@ stands for the rig's user. */
void test_rig_owner_sql (TestRig *rig, const char *sql);

G_END_DECLS
