/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-setup-account.h"

#include <glib/gi18n.h>
#include <string.h>

#include "sync-error-row.h"
#include "sync-form.h"

/**
 * SyncSetupAccount:
 *
 * The form by which one signs in or makes an account.
 */
struct _SyncSetupAccount
{
  AdwBin parent_instance;

  AdwStatusPage *page;
  GtkWidget *problems;
  SyncErrorRow *error_row;
  GtkWidget *form;
  GtkEditable *email_row;
  GtkEditable *password_row;
  GtkSpinner *spinner;
  GtkWidget *sign_up_button;
  GtkWidget *sign_in_button;

  SyncProfile *profile;      /* (owned) (nullable) */
  GCancellable *cancellable; /* (owned) */
  gboolean busy;
};

enum
{
  SIGNAL_SIGNED_IN,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (SyncSetupAccount, sync_setup_account, ADW_TYPE_BIN)

static gboolean
is_complete (SyncSetupAccount *self)
{
  const char *email = gtk_editable_get_text (self->email_row);
  const char *at = strchr (email, '@');

  return at != NULL && at > email && at[1] != '\0'
         && *gtk_editable_get_text (self->password_row) != '\0';
}

static void
update (SyncSetupAccount *self)
{
  gboolean ready = !self->busy && is_complete (self);

  sync_form_set_busy (self->form, self->busy);
  gtk_widget_set_sensitive (self->sign_in_button, ready);
  gtk_widget_set_sensitive (self->sign_up_button, ready);
  gtk_spinner_set_spinning (self->spinner, self->busy);
}

static void
set_error (SyncSetupAccount *self, const GError *error)
{
  sync_error_row_set_error (self->error_row, error);
  gtk_widget_set_visible (self->problems, error != NULL);
}

static void sign_in (SyncSetupAccount *self);

static void
consent_stored (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (SyncSetupAccount) self = user_data;
  g_autoptr (GError) error = NULL;

  if (sync_settings_set_finish (SYNC_SETTINGS (object), result, &error))
    sign_in (self);
  else if (!sync_error_is_cancelled (error))
    set_error (self, error);
}

/* An account that was just made is there by now: what is left is to sign in. */
static void
consent_given (SyncSetupAccount *self, const char *response)
{
  if (g_str_equal (response, "allow"))
    sync_settings_set_async (sync_profile_get_settings (self->profile), "session-in-file", "true",
                             self->cancellable, consent_stored, g_object_ref (self));
}

/* Without a keyring the session is only kept in a file if somebody says so. */
static void
ask_for_consent (SyncSetupAccount *self)
{
  GtkRoot *root = gtk_widget_get_root (GTK_WIDGET (self));
  GtkWidget *dialog = adw_message_dialog_new (
      GTK_WINDOW (root), _("Keep the Session in a File?"),
      _("There is no keyring that could keep it. A file that only you can read can, but it is not "
        "encrypted."));

  adw_message_dialog_add_responses (ADW_MESSAGE_DIALOG (dialog), "cancel", _("_Cancel"), "allow",
                                    _("Keep in _File"), NULL);
  adw_message_dialog_set_close_response (ADW_MESSAGE_DIALOG (dialog), "cancel");
  g_signal_connect_object (dialog, "response", G_CALLBACK (consent_given), self,
                           G_CONNECT_SWAPPED);
  gtk_window_present (GTK_WINDOW (dialog));
}

static gboolean
needs_consent (const GError *error)
{
  const SyncErrorDetail *detail = sync_error_get_detail (error);

  return g_error_matches (error, SYNC_ERROR, SYNC_ERROR_SECRETS)
         && (g_strcmp0 (detail->reason, "no-keyring") == 0
             || g_strcmp0 (detail->reason, "locked") == 0);
}

static void
session_changed (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (SyncSetupAccount) self = user_data;
  g_autoptr (GError) error = NULL;
  gboolean good = sync_profile_session_finish (SYNC_PROFILE (object), result, &error);

  if (sync_error_is_cancelled (error))
    return;
  self->busy = FALSE;
  set_error (self, error);
  if (good)
    gtk_editable_set_text (self->password_row, "");
  update (self);
  if (good)
    g_signal_emit (self, signals[SIGNAL_SIGNED_IN], 0);
  else if (needs_consent (error) && gtk_widget_get_root (GTK_WIDGET (self)) != NULL)
    ask_for_consent (self);
}

static void
begin (SyncSetupAccount *self)
{
  self->busy = TRUE;
  set_error (self, NULL);
  update (self);
}

static void
sign_in (SyncSetupAccount *self)
{
  if (self->busy || !is_complete (self))
    return;
  sync_profile_sign_in_async (self->profile, gtk_editable_get_text (self->email_row),
                              gtk_editable_get_text (self->password_row), self->cancellable,
                              session_changed, g_object_ref (self));
  begin (self);
}

static void
sign_up (SyncSetupAccount *self)
{
  if (self->busy || !is_complete (self))
    return;
  sync_profile_sign_up_async (self->profile, gtk_editable_get_text (self->email_row),
                              gtk_editable_get_text (self->password_row), self->cancellable,
                              session_changed, g_object_ref (self));
  begin (self);
}

/**
 * sync_setup_account_cancel:
 * @page: the page
 *
 * Ends what is under way: nothing more is told about it.
 */
void
sync_setup_account_cancel (SyncSetupAccount *page)
{
  g_return_if_fail (SYNC_IS_SETUP_ACCOUNT (page));

  g_cancellable_cancel (page->cancellable);
  g_object_unref (page->cancellable);
  page->cancellable = g_cancellable_new ();
  page->busy = FALSE;
  set_error (page, NULL);
  update (page);
}

/**
 * sync_setup_account_set_profile:
 * @page: the page
 * @profile: whose cloud it is
 *
 * Says where to sign in.
 */
void
sync_setup_account_set_profile (SyncSetupAccount *page, SyncProfile *profile)
{
  g_return_if_fail (SYNC_IS_SETUP_ACCOUNT (page));
  g_return_if_fail (SYNC_IS_PROFILE (profile));

  g_set_object (&page->profile, profile);
}

/**
 * sync_setup_account_sign_in_again:
 * @page: the page
 *
 * Where it is known who was signed in, asks for nothing but the password.
 */
void
sync_setup_account_sign_in_again (SyncSetupAccount *page)
{
  const char *email;

  g_return_if_fail (SYNC_IS_SETUP_ACCOUNT (page));
  g_return_if_fail (page->profile != NULL);

  email = sync_profile_get_last_email (page->profile);
  if (email == NULL)
    return;
  adw_status_page_set_title (page->page, _("Sign In Again"));
  adw_status_page_set_description (
      page->page, _("The session has ended. What you change meanwhile waits on this computer."));
  gtk_widget_set_visible (page->sign_up_button, FALSE);
  gtk_editable_set_text (page->email_row, email);
  gtk_widget_grab_focus (GTK_WIDGET (page->password_row));
}

static void
sync_setup_account_dispose (GObject *object)
{
  SyncSetupAccount *self = SYNC_SETUP_ACCOUNT (object);

  g_cancellable_cancel (self->cancellable);
  g_clear_object (&self->profile);

  G_OBJECT_CLASS (sync_setup_account_parent_class)->dispose (object);
}

static void
sync_setup_account_finalize (GObject *object)
{
  g_object_unref (SYNC_SETUP_ACCOUNT (object)->cancellable);

  G_OBJECT_CLASS (sync_setup_account_parent_class)->finalize (object);
}

static void
sync_setup_account_class_init (SyncSetupAccountClass *class)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (class);

  G_OBJECT_CLASS (class)->dispose = sync_setup_account_dispose;
  G_OBJECT_CLASS (class)->finalize = sync_setup_account_finalize;

  signals[SIGNAL_SIGNED_IN] = g_signal_new ("signed-in", SYNC_TYPE_SETUP_ACCOUNT, G_SIGNAL_RUN_LAST,
                                            0, NULL, NULL, NULL, G_TYPE_NONE, 0);

  g_type_ensure (SYNC_TYPE_ERROR_ROW);
  gtk_widget_class_set_template_from_resource (
      widget_class, "/io/github/progressive_sync/ProgressiveSync/sync-setup-account.ui");
  gtk_widget_class_bind_template_child (widget_class, SyncSetupAccount, page);
  gtk_widget_class_bind_template_child (widget_class, SyncSetupAccount, problems);
  gtk_widget_class_bind_template_child (widget_class, SyncSetupAccount, error_row);
  gtk_widget_class_bind_template_child (widget_class, SyncSetupAccount, form);
  gtk_widget_class_bind_template_child (widget_class, SyncSetupAccount, email_row);
  gtk_widget_class_bind_template_child (widget_class, SyncSetupAccount, password_row);
  gtk_widget_class_bind_template_child (widget_class, SyncSetupAccount, spinner);
  gtk_widget_class_bind_template_child (widget_class, SyncSetupAccount, sign_up_button);
  gtk_widget_class_bind_template_child (widget_class, SyncSetupAccount, sign_in_button);
  gtk_widget_class_bind_template_callback (widget_class, update);
  gtk_widget_class_bind_template_callback (widget_class, sign_in);
  gtk_widget_class_bind_template_callback (widget_class, sign_up);
}

static void
sync_setup_account_init (SyncSetupAccount *self)
{
  self->cancellable = g_cancellable_new ();
  gtk_widget_init_template (GTK_WIDGET (self));
  sync_form_let_wrap (GTK_BUTTON (self->sign_up_button));
  sync_form_let_wrap (GTK_BUTTON (self->sign_in_button));
  update (self);
}
