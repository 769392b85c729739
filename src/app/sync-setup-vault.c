/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-setup-vault.h"

#include <glib/gi18n.h>

#include "sync-error-row.h"
#include "sync-file-choice.h"
#include "sync-form.h"
#include "sync-replace-dialog.h"

/**
 * SyncSetupVault:
 *
 * The page on which a vault's file is chosen.
 */
struct _SyncSetupVault
{
  AdwBin parent_instance;

  GtkWidget *problems;
  SyncErrorRow *error_row;
  GtkWidget *form;
  GtkEditable *path_row;
  GtkSpinner *spinner;

  SyncProfile *profile;      /* (owned) (nullable) */
  char *path;                /* (owned) (nullable): the one that was tried last */
  GCancellable *cancellable; /* (owned) */
};

enum
{
  SIGNAL_CONNECTED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (SyncSetupVault, sync_setup_vault, ADW_TYPE_BIN)

static void
set_busy (SyncSetupVault *self, gboolean busy)
{
  sync_form_set_busy (self->form, busy);
  gtk_spinner_set_spinning (self->spinner, busy);
}

static void
set_error (SyncSetupVault *self, const GError *error)
{
  gboolean other = g_error_matches (error, SYNC_ERROR, SYNC_ERROR_OTHER_CLOUD);

  sync_error_row_set_error (self->error_row, error);
  sync_error_row_set_action (self->error_row, other ? _("_Use It Anyway…") : NULL,
                             "setup-vault.replace");
  gtk_widget_set_visible (self->problems, error != NULL);
}

static void
connected (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (SyncSetupVault) self = user_data;
  g_autoptr (GError) error = NULL;
  gboolean good = sync_profile_connect_finish (SYNC_PROFILE (object), result, &error);

  if (sync_error_is_cancelled (error))
    return;
  set_busy (self, FALSE);
  set_error (self, error);
  if (good)
    g_signal_emit (self, signals[SIGNAL_CONNECTED], 0);
}

/**
 * sync_setup_vault_cancel:
 * @page: the page
 *
 * Ends what is under way: nothing more is told about it.
 */
void
sync_setup_vault_cancel (SyncSetupVault *page)
{
  g_return_if_fail (SYNC_IS_SETUP_VAULT (page));

  g_cancellable_cancel (page->cancellable);
  g_object_unref (page->cancellable);
  page->cancellable = g_cancellable_new ();
  set_busy (page, FALSE);
  set_error (page, NULL);
}

/**
 * sync_setup_vault_connect:
 * @page: the page
 * @path: the vault's file
 * @replace: whether to leave the cloud that the database was synced with
 *
 * Connects to a vault, or makes it.
 */
void
sync_setup_vault_connect (SyncSetupVault *page, const char *path, gboolean replace)
{
  g_return_if_fail (SYNC_IS_SETUP_VAULT (page));
  g_return_if_fail (page->profile != NULL);

  if (path != page->path)
    {
      g_free (page->path);
      page->path = g_strdup (path);
    }
  set_busy (page, TRUE);
  set_error (page, NULL);
  sync_profile_connect_vault_async (page->profile, path, replace, page->cancellable, connected,
                                    g_object_ref (page));
}

static void
replace_cloud (SyncSetupVault *self)
{
  sync_setup_vault_connect (self, self->path, TRUE);
}

static void
ask_to_replace (GtkWidget *widget, const char *action, GVariant *parameter)
{
  sync_replace_dialog_show (widget, G_CALLBACK (replace_cloud));
}

static void
file_chosen (const char *path, gpointer user_data)
{
  sync_setup_vault_connect (user_data, path, FALSE);
}

static void
choose_existing (SyncSetupVault *self)
{
  sync_file_choice_open (GTK_WIDGET (self), _("Open Vault"), file_chosen);
}

static void
choose_new (SyncSetupVault *self)
{
  sync_file_choice_save (GTK_WIDGET (self), _("Create Vault"), _("Progressive Sync.vault"),
                         file_chosen);
}

/* Also `~/…`, as paths are shown here, and a file manager's `file://…`. */
static void
take_typed (SyncSetupVault *self)
{
  g_autofree char *text = g_strstrip (g_strdup (gtk_editable_get_text (self->path_row)));
  g_autoptr (GFile) file = g_file_parse_name (text);
  g_autofree char *path = g_file_get_path (file);

  if (*text != '\0')
    sync_setup_vault_connect (self, path != NULL ? path : text, FALSE);
}

/**
 * sync_setup_vault_set_profile:
 * @page: the page
 * @profile: whose cloud the vault is to be
 *
 * Says for which database it is.
 */
void
sync_setup_vault_set_profile (SyncSetupVault *page, SyncProfile *profile)
{
  g_return_if_fail (SYNC_IS_SETUP_VAULT (page));
  g_return_if_fail (SYNC_IS_PROFILE (profile));

  g_set_object (&page->profile, profile);
  set_error (page, NULL);
}

static void
sync_setup_vault_dispose (GObject *object)
{
  SyncSetupVault *self = SYNC_SETUP_VAULT (object);

  g_cancellable_cancel (self->cancellable);
  g_clear_object (&self->profile);

  G_OBJECT_CLASS (sync_setup_vault_parent_class)->dispose (object);
}

static void
sync_setup_vault_finalize (GObject *object)
{
  SyncSetupVault *self = SYNC_SETUP_VAULT (object);

  g_object_unref (self->cancellable);
  g_free (self->path);

  G_OBJECT_CLASS (sync_setup_vault_parent_class)->finalize (object);
}

static void
sync_setup_vault_class_init (SyncSetupVaultClass *class)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (class);

  G_OBJECT_CLASS (class)->dispose = sync_setup_vault_dispose;
  G_OBJECT_CLASS (class)->finalize = sync_setup_vault_finalize;

  signals[SIGNAL_CONNECTED] = g_signal_new ("connected", SYNC_TYPE_SETUP_VAULT, G_SIGNAL_RUN_LAST, 0,
                                            NULL, NULL, NULL, G_TYPE_NONE, 0);

  g_type_ensure (SYNC_TYPE_ERROR_ROW);
  gtk_widget_class_install_action (widget_class, "setup-vault.replace", NULL, ask_to_replace);
  gtk_widget_class_set_template_from_resource (
      widget_class, "/io/github/progressive_sync/ProgressiveSync/sync-setup-vault.ui");
  gtk_widget_class_bind_template_child (widget_class, SyncSetupVault, problems);
  gtk_widget_class_bind_template_child (widget_class, SyncSetupVault, error_row);
  gtk_widget_class_bind_template_child (widget_class, SyncSetupVault, form);
  gtk_widget_class_bind_template_child (widget_class, SyncSetupVault, path_row);
  gtk_widget_class_bind_template_child (widget_class, SyncSetupVault, spinner);
  gtk_widget_class_bind_template_callback (widget_class, choose_existing);
  gtk_widget_class_bind_template_callback (widget_class, choose_new);
  gtk_widget_class_bind_template_callback (widget_class, take_typed);
}

static void
sync_setup_vault_init (SyncSetupVault *self)
{
  self->cancellable = g_cancellable_new ();
  gtk_widget_init_template (GTK_WIDGET (self));
}
