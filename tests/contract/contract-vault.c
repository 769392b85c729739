/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <glib/gstdio.h>

#include "contract.h"
#include "sync-vault-provider.h"

/* The cloud is the path of a vault in a folder of its own. */

static gpointer
open_vault (void)
{
  g_autofree char *folder = g_dir_make_tmp ("contract-vault-XXXXXX", NULL);

  g_assert_nonnull (folder);
  return g_build_filename (folder, "vault.db", NULL);
}

static SyncProvider *
connect_vault (gpointer cloud)
{
  g_autoptr (SyncClock) clock = sync_clock_new ();
  SyncProvider *provider = sync_vault_provider_new (cloud, clock);

  sync_vault_provider_set_create (SYNC_VAULT_PROVIDER (provider), TRUE);
  return provider;
}

/* Nothing but the vault may be left behind. */
static void
close_vault (gpointer cloud)
{
  g_autofree char *path = cloud;
  g_autofree char *folder = g_path_get_dirname (path);

  g_assert_cmpint (g_remove (path), ==, 0);
  g_assert_cmpint (g_rmdir (folder), ==, 0);
}

const ContractBackend contract_backend = {
  .name = "vault",
  .exact = TRUE,
  .open = open_vault,
  .connect = connect_vault,
  .close = close_vault,
};
