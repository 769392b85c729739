/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-row.h"

G_BEGIN_DECLS

/* The members that a row object has beside its columns, by their index behind the columns. */
typedef enum
{
  SYNC_VAULT_MEMBER_BASE_VERSION,
  SYNC_VAULT_MEMBER_DELETED_AT,
  SYNC_VAULT_MEMBER_EDITED_AT,
  SYNC_VAULT_MEMBER_DEVICE_ID,
  SYNC_VAULT_MEMBER_RUN_ID,
  SYNC_VAULT_N_MEMBERS,
} SyncVaultMember;

/**
 * SyncVaultMembers:
 * @entity: (unowned): whose rows are read
 * @names: the columns' names as JSON texts with their quotes, then the stamps'
 * @values: per name its value in the row read last; length 0: it has none
 * @key: the key columns in normal form
 * @id: the row's identity: its key as a JSON array
 * @hash: the hash of @id under which the row is found
 * @rest: members of a stored row that are no column of @entity, as `"name":value,…`
 *
 * Reads row objects into spans. Used again for every row: nothing is allocated for one.
 */
typedef struct
{
  const SyncEntity *entity;
  SyncSpan *names;
  SyncSpan *values;
  guint n_names;
  SyncRow *key;
  GString *id;
  gint64 hash;
  GString *rest;
} SyncVaultMembers;

SyncVaultMembers *sync_vault_members_new (const SyncEntity *entity);
void sync_vault_members_free (SyncVaultMembers *members);

gboolean sync_vault_members_read (SyncVaultMembers *members, SyncJsonReader *reader);
gboolean sync_vault_members_add_stored (SyncVaultMembers *members, const char *text, gsize length);
gboolean sync_vault_members_set_key (SyncVaultMembers *members, guint column, SyncSpan value,
                                     GError **error);
void sync_vault_members_make_id (SyncVaultMembers *members);
void sync_vault_members_append (const SyncVaultMembers *members, guint n_columns, GString *out);
gboolean sync_vault_members_append_stored (SyncVaultMembers *members, const char *text,
                                           gsize length, GString *out);

static inline SyncSpan
sync_vault_members_get (const SyncVaultMembers *members, SyncVaultMember member)
{
  return members->values[members->entity->n_columns + member];
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SyncVaultMembers, sync_vault_members_free)

G_END_DECLS
