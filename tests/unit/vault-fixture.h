/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-vault-provider.h"
#include "test-clock.h"
#include "test-provider.h"

G_BEGIN_DECLS

/**
 * VaultFixture:
 * @folder: a folder of its own
 * @path: where the vault is to be
 * @clock: a test clock in the middle of 2026
 * @items: an entity: `id` text key, `value` text, `count` integer
 *
 * What a test of the vault needs.
 */
typedef struct
{
  char *folder;
  char *path;
  SyncClock *clock;
  SyncEntity *items;
} VaultFixture;

/* 2026-06-15T12:00:00Z */
#define VAULT_FIXTURE_NOW G_GINT64_CONSTANT (1781524800000000)
#define VAULT_FIXTURE_DAY (24 * 60 * 60 * G_TIME_SPAN_SECOND)

VaultFixture *vault_fixture_new (void);
void vault_fixture_free (VaultFixture *fixture);
SyncEntity *vault_fixture_items_new (void);

SyncProvider *vault_fixture_open (VaultFixture *fixture, gboolean create);
SyncProvider *vault_fixture_create (VaultFixture *fixture);
char *vault_fixture_child (VaultFixture *fixture, const char *name);
void vault_fixture_script (const char *path, const char *sql);
gint64 vault_fixture_query (const char *path, const char *sql);
char *vault_fixture_checksum (const char *path);

gint64 vault_fixture_put (SyncProvider *vault, const SyncEntity *entity, const char *id,
                          const char *value, gint64 base, gboolean deleted, GError **error);
guint vault_fixture_count (SyncProvider *vault, const SyncEntity *entity);
void vault_fixture_expect (SyncProvider *vault, SyncError code, const char *subject);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (VaultFixture, vault_fixture_free)

G_END_DECLS
