/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-setup-test.h"

#include <glib/gi18n.h>

#include "sync-error-row.h"
#include "sync-replace-dialog.h"
#include "sync-schema-view.h"
#include "sync-words.h"

#define N_STEPS (SYNC_CHECK_CLOCK + 1)

/**
 * SyncSetupTest:
 *
 * The page on which a project is connected to, and the connection is tested.
 */
struct _SyncSetupTest
{
  AdwBin parent_instance;

  AdwPreferencesGroup *steps;
  GtkWidget *problems;
  SyncErrorRow *error_row;
  SyncSchemaView *schema;
  GtkWidget *again_button;

  AdwActionRow *rows[N_STEPS];
  GtkStack *marks[N_STEPS];

  SyncProfile *profile; /* (owned) (nullable) */
  char *url;            /* (owned) (nullable) */
  char *key;            /* (owned) (nullable) */
  gboolean connected;   /* the project is the database's cloud */
  GCancellable *trial; /* (owned) (nullable): of the test under way */
};

enum
{
  SIGNAL_PASSED,
  SIGNAL_SIGN_IN_NEEDED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (SyncSetupTest, sync_setup_test, ADW_TYPE_BIN)

/* --- The steps -------------------------------------------------------------------------------- */

static void run_test (SyncSetupTest *self);

/* state: waiting, running, or the name of a result */
static void
set_step (SyncSetupTest *self, guint step, const char *state, const GError *error)
{
  g_autofree char *title = NULL, *detail = NULL, *next_step = NULL, *markup = NULL;

  gtk_stack_set_visible_child_name (self->marks[step], state);
  if (error != NULL)
    {
      sync_words_for_error (error, &title, &detail, &next_step);
      markup = g_markup_escape_text (title, -1);
    }
  adw_action_row_set_subtitle (self->rows[step], markup != NULL ? markup : "");
}

/* That nobody is signed in is no failure: it is what comes next. */
static void
show_check (SyncSetupTest *self, const SyncCheck *check)
{
  gboolean comes_next = check->step == SYNC_CHECK_SIGN_IN && check->result == SYNC_CHECK_FAILED
                        && (check->error == NULL
                            || g_error_matches (check->error, SYNC_ERROR, SYNC_ERROR_SIGN_IN));

  set_step (self, check->step, comes_next ? "waiting" : sync_check_result_to_string (check->result),
            comes_next ? NULL : check->error);
}

static void
reset_steps (SyncSetupTest *self)
{
  for (guint i = 0; i < N_STEPS; i++)
    set_step (self, i, i == 0 ? "running" : "waiting", NULL);
}

static GtkWidget *
make_mark (const char *icon, const char *label, const char *css_class)
{
  GtkWidget *image = gtk_image_new_from_icon_name (icon);

  gtk_accessible_update_property (GTK_ACCESSIBLE (image), GTK_ACCESSIBLE_PROPERTY_LABEL, label, -1);
  if (css_class != NULL)
    gtk_widget_add_css_class (image, css_class);
  return image;
}

static GtkStack *
make_marks (void)
{
  GtkWidget *stack = gtk_stack_new ();
  GtkWidget *spinner = gtk_spinner_new ();

  /* One that nobody sees would keep the window drawing. */
  g_signal_connect (spinner, "map", G_CALLBACK (gtk_spinner_start), NULL);
  g_signal_connect (spinner, "unmap", G_CALLBACK (gtk_spinner_stop), NULL);
  gtk_accessible_update_property (GTK_ACCESSIBLE (spinner), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                  _("Under way"), -1);
  gtk_stack_add_named (GTK_STACK (stack),
                       make_mark ("content-loading-symbolic", _("Not tried yet"), "dim-label"),
                       "waiting");
  gtk_stack_add_named (GTK_STACK (stack), spinner, "running");
  gtk_stack_add_named (GTK_STACK (stack), make_mark ("emblem-ok-symbolic", _("Passed"), "success"),
                       "passed");
  gtk_stack_add_named (GTK_STACK (stack),
                       make_mark ("dialog-information-symbolic", _("Look at it"), "warning"),
                       "warned");
  gtk_stack_add_named (GTK_STACK (stack),
                       make_mark ("dialog-warning-symbolic", _("Failed"), "error"), "failed");
  gtk_stack_add_named (GTK_STACK (stack),
                       make_mark ("content-loading-symbolic", _("Left out"), "dim-label"),
                       "skipped");
  return GTK_STACK (stack);
}

static void
add_step (SyncSetupTest *self, SyncCheckStep step)
{
  g_autofree char *title = sync_words_for_check (sync_check_step_to_string (step));

  self->rows[step] = ADW_ACTION_ROW (adw_action_row_new ());
  self->marks[step] = make_marks ();
  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (self->rows[step]), title);
  adw_action_row_add_prefix (self->rows[step], GTK_WIDGET (self->marks[step]));
  adw_preferences_group_add (self->steps, GTK_WIDGET (self->rows[step]));
}

/* --- What went wrong -------------------------------------------------------------------------- */

static gboolean
is_about_schema (const GError *error)
{
  return g_error_matches (error, SYNC_ERROR, SYNC_ERROR_SCHEMA_MISSING)
         || g_error_matches (error, SYNC_ERROR, SYNC_ERROR_SCHEMA_OLD)
         || g_error_matches (error, SYNC_ERROR, SYNC_ERROR_SCHEMA);
}

static void
set_error (SyncSetupTest *self, const GError *error)
{
  gboolean other = g_error_matches (error, SYNC_ERROR, SYNC_ERROR_OTHER_CLOUD);

  sync_error_row_set_error (self->error_row, error);
  sync_error_row_set_action (self->error_row, other ? _("_Use It Anyway…") : NULL,
                             "setup-test.replace");
  gtk_widget_set_visible (self->problems, error != NULL);
  gtk_widget_set_visible (self->again_button, error != NULL);
  gtk_widget_set_visible (GTK_WIDGET (self->schema), is_about_schema (error));
  if (is_about_schema (error))
    sync_schema_view_load (self->schema, self->profile);
}

/* --- Connecting ------------------------------------------------------------------------------- */

static void
connected (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (SyncSetupTest) self = user_data;
  g_autoptr (GError) error = NULL;

  self->connected = sync_profile_connect_finish (SYNC_PROFILE (object), result, &error);
  if (sync_error_is_cancelled (error))
    return;
  set_error (self, error);
  if (!self->connected)
    return;
  if (sync_profile_get_email (self->profile) != NULL)
    run_test (self);
  else
    g_signal_emit (self, signals[SIGNAL_SIGN_IN_NEEDED], 0);
}

static void
connect_cloud (SyncSetupTest *self, gboolean replace)
{
  sync_profile_connect_supabase_async (self->profile, self->url, self->key, replace, self->trial,
                                       connected, g_object_ref (self));
}

/* --- The test --------------------------------------------------------------------------------- */

static void
step_done (const SyncCheck *check, gpointer user_data)
{
  SyncSetupTest *self = user_data;

  show_check (self, check);
  if (check->step + 1 < N_STEPS)
    set_step (self, check->step + 1, "running", NULL);
}

/* (nullable): why it cannot go on. That nobody is signed in is what comes next. */
static const GError *
find_failure (GPtrArray *checks)
{
  for (guint i = 0; i < checks->len; i++)
    {
      const SyncCheck *check = checks->pdata[i];

      if (check->result == SYNC_CHECK_FAILED && check->step != SYNC_CHECK_SIGN_IN)
        return check->error;
    }
  return NULL;
}

static gboolean
is_signed_in (GPtrArray *checks)
{
  for (guint i = 0; i < checks->len; i++)
    {
      const SyncCheck *check = checks->pdata[i];

      if (check->step == SYNC_CHECK_SIGN_IN)
        return check->result == SYNC_CHECK_PASSED || check->result == SYNC_CHECK_WARNED;
    }
  return FALSE;
}

static void
tested (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (SyncSetupTest) self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) checks = sync_profile_test_finish (SYNC_PROFILE (object), result, &error);
  const GError *failure = checks != NULL ? find_failure (checks) : error;

  if (sync_error_is_cancelled (error) || g_cancellable_is_cancelled (self->trial))
    return;
  for (guint i = 0; checks != NULL && i < checks->len; i++)
    show_check (self, checks->pdata[i]);
  set_error (self, failure);
  if (failure != NULL)
    return;
  if (!self->connected)
    connect_cloud (self, FALSE);
  else if (is_signed_in (checks))
    g_signal_emit (self, signals[SIGNAL_PASSED], 0);
  else
    g_signal_emit (self, signals[SIGNAL_SIGN_IN_NEEDED], 0);
}

/* Before it is the database's cloud, what was given is tested. */
static void
run_test (SyncSetupTest *self)
{
  reset_steps (self);
  sync_profile_test_async (self->profile, self->connected ? NULL : self->url,
                           self->connected ? NULL : self->key, step_done, self, self->trial, tested,
                           g_object_ref (self));
}

static void
new_trial (SyncSetupTest *self)
{
  g_cancellable_cancel (self->trial);
  g_clear_object (&self->trial);
  self->trial = g_cancellable_new ();
  set_error (self, NULL);
}

/**
 * sync_setup_test_go_on:
 * @page: the page
 *
 * Tries again what did not pass.
 */
void
sync_setup_test_go_on (SyncSetupTest *page)
{
  g_return_if_fail (SYNC_IS_SETUP_TEST (page));

  new_trial (page);
  run_test (page);
}

/**
 * sync_setup_test_cancel:
 * @page: the page
 *
 * Ends what is under way: nothing more is told about it.
 */
void
sync_setup_test_cancel (SyncSetupTest *page)
{
  g_return_if_fail (SYNC_IS_SETUP_TEST (page));

  g_cancellable_cancel (page->trial);
}

/**
 * sync_setup_test_begin:
 * @page: the page
 * @profile: the database
 * @url: a project's address
 * @key: its publishable key
 *
 * Connects to a project and tests the connection.
 */
void
sync_setup_test_begin (SyncSetupTest *page, SyncProfile *profile, const char *url, const char *key)
{
  g_return_if_fail (SYNC_IS_SETUP_TEST (page));
  g_return_if_fail (SYNC_IS_PROFILE (profile));

  g_set_object (&page->profile, profile);
  g_free (page->url);
  g_free (page->key);
  page->url = g_strdup (url);
  page->key = g_strdup (key);
  page->connected = FALSE;
  new_trial (page);
  run_test (page);
}

static void
replace_cloud (SyncSetupTest *self)
{
  new_trial (self);
  connect_cloud (self, TRUE);
}

static void
ask_to_replace (GtkWidget *widget, const char *action, GVariant *parameter)
{
  sync_replace_dialog_show (widget, G_CALLBACK (replace_cloud));
}

/* --- The object ------------------------------------------------------------------------------- */

static void
sync_setup_test_dispose (GObject *object)
{
  SyncSetupTest *self = SYNC_SETUP_TEST (object);

  g_cancellable_cancel (self->trial);
  g_clear_object (&self->profile);

  G_OBJECT_CLASS (sync_setup_test_parent_class)->dispose (object);
}

static void
sync_setup_test_finalize (GObject *object)
{
  SyncSetupTest *self = SYNC_SETUP_TEST (object);

  g_clear_object (&self->trial);
  g_free (self->url);
  g_free (self->key);

  G_OBJECT_CLASS (sync_setup_test_parent_class)->finalize (object);
}

static void
sync_setup_test_class_init (SyncSetupTestClass *class)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (class);

  G_OBJECT_CLASS (class)->dispose = sync_setup_test_dispose;
  G_OBJECT_CLASS (class)->finalize = sync_setup_test_finalize;

  signals[SIGNAL_PASSED] = g_signal_new ("passed", SYNC_TYPE_SETUP_TEST, G_SIGNAL_RUN_LAST, 0, NULL,
                                         NULL, NULL, G_TYPE_NONE, 0);
  signals[SIGNAL_SIGN_IN_NEEDED]
      = g_signal_new ("sign-in-needed", SYNC_TYPE_SETUP_TEST, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                      NULL, G_TYPE_NONE, 0);

  g_type_ensure (SYNC_TYPE_ERROR_ROW);
  g_type_ensure (SYNC_TYPE_SCHEMA_VIEW);
  gtk_widget_class_install_action (widget_class, "setup-test.replace", NULL, ask_to_replace);
  gtk_widget_class_set_template_from_resource (
      widget_class, "/io/github/progressive_sync/ProgressiveSync/sync-setup-test.ui");
  gtk_widget_class_bind_template_child (widget_class, SyncSetupTest, steps);
  gtk_widget_class_bind_template_child (widget_class, SyncSetupTest, problems);
  gtk_widget_class_bind_template_child (widget_class, SyncSetupTest, error_row);
  gtk_widget_class_bind_template_child (widget_class, SyncSetupTest, schema);
  gtk_widget_class_bind_template_child (widget_class, SyncSetupTest, again_button);
  gtk_widget_class_bind_template_callback (widget_class, sync_setup_test_go_on);
}

static void
sync_setup_test_init (SyncSetupTest *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  for (guint i = 0; i < N_STEPS; i++)
    add_step (self, i);
}
