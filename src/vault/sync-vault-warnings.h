/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib-object.h>

G_BEGIN_DECLS

/**
 * SyncVaultWarningCode:
 * @SYNC_VAULT_WARNING_NETWORK: the vault lies on a network file system, whose locks may not hold
 * @SYNC_VAULT_WARNING_CONFLICTED_COPY: a program that copies files between computers has left another
 *   version of the vault beside it
 *
 * What may harm a vault, but does not keep it from working.
 */
typedef enum
{
  SYNC_VAULT_WARNING_NETWORK,
  SYNC_VAULT_WARNING_CONFLICTED_COPY,
} SyncVaultWarningCode;

/**
 * SyncVaultWarning:
 * @code: what it is
 * @subject: the file system's type, or the copy's path
 */
typedef struct
{
  SyncVaultWarningCode code;
  char *subject;
} SyncVaultWarning;

#define SYNC_TYPE_VAULT_WARNING (sync_vault_warning_get_type ())
GType sync_vault_warning_get_type (void);

SyncVaultWarning *sync_vault_warning_new (SyncVaultWarningCode code, const char *subject);
SyncVaultWarning *sync_vault_warning_copy (const SyncVaultWarning *warning);
void sync_vault_warning_free (SyncVaultWarning *warning);
const char *sync_vault_warning_code_name (SyncVaultWarningCode code);

gboolean sync_vault_is_network_type (guint64 magic, const char *type);
gboolean sync_vault_is_conflicted_copy (const char *vault_name, const char *name);
GPtrArray *sync_vault_look_for_warnings (const char *path);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SyncVaultWarning, sync_vault_warning_free)

G_END_DECLS
