/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-setup.h"

#include <string.h>

#include "sync-setup-account.h"
#include "sync-setup-direction.h"
#include "sync-setup-start.h"
#include "sync-setup-supabase.h"
#include "sync-setup-test.h"
#include "sync-setup-vault.h"
#include "sync-toast.h"

/**
 * SyncSetup:
 *
 * Setting up, page by page: which database and which cloud, what the test of the connection says,
 * who signs in, and what the first run does.
 */
struct _SyncSetup
{
  AdwBin parent_instance;

  GtkStack *pages;
  SyncSetupStart *start;
  SyncSetupSupabase *supabase;
  SyncSetupTest *test;
  SyncSetupVault *vault;
  SyncSetupAccount *account;
  SyncSetupDirection *direction;

  SyncWindow *window;        /* (unowned): it is in it */
  SyncProfile *profile;      /* (owned) (nullable): once it is open */
  char *way;                 /* (owned) (nullable) */
  gboolean only_account;
  GPtrArray *visited;        /* (owned) (element-type utf8): the pages before this one */
  GCancellable *cancellable; /* (owned) */
};

enum
{
  SIGNAL_FINISHED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (SyncSetup, sync_setup, ADW_TYPE_BIN)

/* --- Pages ------------------------------------------------------------------------------------ */

static void
finish (SyncSetup *self)
{
  g_signal_emit (self, signals[SIGNAL_FINISHED], 0);
}

static gboolean
can_go_back (SyncSetup *self)
{
  return self->visited->len > 0 || self->profile != NULL;
}

static void
show_page (SyncSetup *self, const char *name)
{
  gtk_stack_set_visible_child_name (self->pages, name);
  gtk_widget_action_set_enabled (GTK_WIDGET (self), "setup.back", can_go_back (self));
  /* From nowhere, so that it is the page's first and not the nearest to where the focus was. */
  gtk_window_set_focus (GTK_WINDOW (self->window), NULL);
  gtk_widget_child_focus (gtk_stack_get_visible_child (self->pages), GTK_DIR_TAB_FORWARD);
}

static void
go_to (SyncSetup *self, const char *name)
{
  const char *before = gtk_stack_get_visible_child_name (self->pages);

  if (g_strcmp0 (before, name) == 0)
    return;
  /* On the test's page there is nothing to do: it goes on by itself. */
  if (!g_str_equal (before, "test"))
    g_ptr_array_add (self->visited, g_strdup (before));
  show_page (self, name);
}

/* From the first page back to the database as it is. */
static void
go_back (GtkWidget *widget, const char *action, GVariant *parameter)
{
  SyncSetup *self = SYNC_SETUP (widget);
  g_autofree char *name = NULL;

  sync_setup_test_cancel (self->test);
  sync_setup_vault_cancel (self->vault);
  sync_setup_account_cancel (self->account);
  if (self->visited->len == 0)
    {
      finish (self);
      return;
    }
  name = g_ptr_array_steal_index (self->visited, self->visited->len - 1);
  show_page (self, name);
}

/* --- The database ----------------------------------------------------------------------------- */

static void
fill_supabase (SyncSetup *self)
{
  SyncSettings *settings = sync_profile_get_settings (self->profile);
  g_autofree char *url = sync_settings_dup (settings, "supabase-url");
  g_autofree char *key = sync_settings_dup (settings, "supabase-anon-key");

  sync_setup_supabase_set (self->supabase, url, key);
}

static void
go_way (SyncSetup *self)
{
  if (g_str_equal (self->way, "supabase"))
    {
      fill_supabase (self);
      go_to (self, "supabase");
    }
  else if (g_str_equal (self->way, "vault"))
    {
      sync_setup_vault_set_profile (self->vault, self->profile);
      go_to (self, "vault");
    }
  else
    finish (self);
}

static void
database_opened (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (SyncSetup) self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (SyncProfile) profile
      = sync_application_open_finish (SYNC_APPLICATION (object), result, &error);

  if (g_cancellable_is_cancelled (self->cancellable))
    {
      if (profile != NULL && !sync_application_get_keep_running (SYNC_APPLICATION (object)))
        sync_application_close (SYNC_APPLICATION (object), profile);
      return;
    }
  gtk_widget_set_sensitive (GTK_WIDGET (self->start), TRUE);
  sync_setup_start_set_error (self->start, error);
  if (profile == NULL)
    return;
  g_set_object (&self->profile, profile);
  sync_setup_start_set_path (self->start, NULL);
  sync_window_set_profile (self->window, profile);
  go_way (self);
}

static void
way_chosen (SyncSetup *self, const char *way)
{
  GtkApplication *application = gtk_window_get_application (GTK_WINDOW (self->window));

  g_free (self->way);
  self->way = g_strdup (way);
  if (self->profile != NULL)
    {
      go_way (self);
      return;
    }
  gtk_widget_set_sensitive (GTK_WIDGET (self->start), FALSE);
  sync_application_open_async (SYNC_APPLICATION (application), sync_window_get_path (self->window),
                               SYNC_PROFILE_CREATE | SYNC_PROFILE_ALL_TABLES, self->cancellable,
                               database_opened, g_object_ref (self));
}

/* --- The cloud -------------------------------------------------------------------------------- */

static void
supabase_submitted (SyncSetup *self, const char *url, const char *key)
{
  go_to (self, "test");
  sync_setup_test_begin (self->test, self->profile, url, key);
}

static void
go_to_direction (SyncSetup *self)
{
  sync_setup_direction_set_profile (self->direction, self->profile);
  go_to (self, "direction");
}

static void
test_passed (SyncSetup *self)
{
  go_to_direction (self);
}

static void
sign_in_needed (SyncSetup *self)
{
  sync_setup_account_set_profile (self->account, self->profile);
  go_to (self, "account");
}

/* Back to the test, whose rest can only be done by somebody who signed in. */
static void
signed_in (SyncSetup *self)
{
  if (self->only_account)
    {
      finish (self);
      return;
    }
  show_page (self, "test");
  sync_setup_test_go_on (self->test);
}

static void
vault_connected (SyncSetup *self)
{
  go_to_direction (self);
}

/* --- The first run ---------------------------------------------------------------------------- */

static void
run_ended (GObject *object, GAsyncResult *async_result, gpointer user_data)
{
  g_autoptr (SyncWindow) window = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (SyncResult) result
      = sync_manager_run_finish (SYNC_MANAGER (object), async_result, &error);

  if (result == NULL)
    sync_toast_show_error (gtk_window_get_focus (GTK_WINDOW (window)), error);
}

static void
begin_run (SyncSetup *self, int kind)
{
  sync_manager_run_async (sync_profile_get_manager (self->profile), (SyncRunKind)kind, NULL, NULL,
                          run_ended, g_object_ref (self->window));
  finish (self);
}

/* --- The object ------------------------------------------------------------------------------- */

static void
sync_setup_dispose (GObject *object)
{
  SyncSetup *self = SYNC_SETUP (object);

  g_cancellable_cancel (self->cancellable);
  g_clear_object (&self->profile);

  G_OBJECT_CLASS (sync_setup_parent_class)->dispose (object);
}

static void
sync_setup_finalize (GObject *object)
{
  SyncSetup *self = SYNC_SETUP (object);

  g_object_unref (self->cancellable);
  g_ptr_array_unref (self->visited);
  g_free (self->way);

  G_OBJECT_CLASS (sync_setup_parent_class)->finalize (object);
}

static void
sync_setup_class_init (SyncSetupClass *class)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (class);

  G_OBJECT_CLASS (class)->dispose = sync_setup_dispose;
  G_OBJECT_CLASS (class)->finalize = sync_setup_finalize;

  signals[SIGNAL_FINISHED] = g_signal_new ("finished", SYNC_TYPE_SETUP, G_SIGNAL_RUN_LAST, 0, NULL,
                                           NULL, NULL, G_TYPE_NONE, 0);

  g_type_ensure (SYNC_TYPE_SETUP_START);
  g_type_ensure (SYNC_TYPE_SETUP_SUPABASE);
  g_type_ensure (SYNC_TYPE_SETUP_TEST);
  g_type_ensure (SYNC_TYPE_SETUP_VAULT);
  g_type_ensure (SYNC_TYPE_SETUP_ACCOUNT);
  g_type_ensure (SYNC_TYPE_SETUP_DIRECTION);
  gtk_widget_class_install_action (widget_class, "setup.back", NULL, go_back);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_Left, GDK_ALT_MASK, "setup.back", NULL);
  gtk_widget_class_set_template_from_resource (
      widget_class, "/io/github/progressive_sync/ProgressiveSync/sync-setup.ui");
  gtk_widget_class_bind_template_child (widget_class, SyncSetup, pages);
  gtk_widget_class_bind_template_child (widget_class, SyncSetup, start);
  gtk_widget_class_bind_template_child (widget_class, SyncSetup, supabase);
  gtk_widget_class_bind_template_child (widget_class, SyncSetup, test);
  gtk_widget_class_bind_template_child (widget_class, SyncSetup, vault);
  gtk_widget_class_bind_template_child (widget_class, SyncSetup, account);
  gtk_widget_class_bind_template_child (widget_class, SyncSetup, direction);
  gtk_widget_class_bind_template_callback (widget_class, way_chosen);
  gtk_widget_class_bind_template_callback (widget_class, supabase_submitted);
  gtk_widget_class_bind_template_callback (widget_class, test_passed);
  gtk_widget_class_bind_template_callback (widget_class, sign_in_needed);
  gtk_widget_class_bind_template_callback (widget_class, vault_connected);
  gtk_widget_class_bind_template_callback (widget_class, signed_in);
  gtk_widget_class_bind_template_callback (widget_class, begin_run);
}

static void
sync_setup_init (SyncSetup *self)
{
  self->visited = g_ptr_array_new_with_free_func (g_free);
  self->cancellable = g_cancellable_new ();
  gtk_widget_init_template (GTK_WIDGET (self));
}

/**
 * sync_setup_new: (constructor)
 * @window: the window that it will be in; its database, if it has one, is what is set up
 *
 * Returns: (transfer floating): the first page of setting up
 */
GtkWidget *
sync_setup_new (SyncWindow *window)
{
  SyncSetup *self;
  g_autofree char *path = NULL;

  g_return_val_if_fail (SYNC_IS_WINDOW (window), NULL);

  path = g_strdup (sync_window_get_path (window));
  if (path == NULL)
    path = sync_profile_dup_default_path ();
  self = g_object_new (SYNC_TYPE_SETUP, NULL);
  self->window = window;
  g_set_object (&self->profile, sync_window_get_profile (window));
  sync_setup_start_set_path (self->start, self->profile == NULL ? path : NULL);
  gtk_widget_action_set_enabled (GTK_WIDGET (self), "setup.back", can_go_back (self));
  return GTK_WIDGET (self);
}

/**
 * sync_setup_sign_in:
 * @setup: the first page, for a database whose cloud has accounts
 *
 * Leaves everything out but signing in.
 */
void
sync_setup_sign_in (SyncSetup *setup)
{
  g_return_if_fail (SYNC_IS_SETUP (setup));
  g_return_if_fail (setup->profile != NULL);

  setup->only_account = TRUE;
  sync_setup_account_set_profile (setup->account, setup->profile);
  show_page (setup, "account");
  sync_setup_account_sign_in_again (setup->account);
}
