/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-provider.h"

G_BEGIN_DECLS

/* A real provider with switches before it: what fails, and how often it was asked. */
#define TEST_TYPE_PROXY (test_proxy_get_type ())
G_DECLARE_FINAL_TYPE (TestProxy, test_proxy, TEST, PROXY, SyncProvider)

SyncProvider *test_proxy_new (SyncProvider *inner);
/* (error transfer full) (nullable): what the cloud answers to every question; NULL: what the
 * real one does */
void test_proxy_set_error (SyncProvider *proxy, GError *error);
/* How often its state was asked for, which every run does once. */
guint test_proxy_get_asked (SyncProvider *proxy);

G_END_DECLS
