/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-setup-supabase.h"

#include <string.h>

#include <glib/gi18n.h>

#include "sync-error.h"
#include "sync-supabase-key.h"
#include "sync-supabase-snippet.h"
#include "sync-words.h"

/* What is longer was pasted: what is typed is not looked through while it grows. */
#define LONGEST_KEYSTROKE 8

/**
 * SyncSetupSupabase:
 *
 * The form for a project's address and key.
 */
struct _SyncSetupSupabase
{
  AdwBin parent_instance;

  GtkEditable *url_row;
  GtkEditable *key_row;
  GtkLabel *notice;
  GtkWidget *continue_button;

  gboolean taking;           /* the program itself changes the entries */
  gsize url_length;          /* before the last change, bytes … */
  gsize key_length;          /* … likewise */
  GCancellable *cancellable; /* (owned) */
};

enum
{
  SIGNAL_SUBMITTED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (SyncSetupSupabase, sync_setup_supabase, ADW_TYPE_BIN)

static void
set_notice (SyncSetupSupabase *self, const char *text, gboolean bad)
{
  gtk_widget_set_visible (GTK_WIDGET (self->notice), text != NULL);
  gtk_label_set_label (self->notice, text != NULL ? text : "");
  if (bad)
    gtk_widget_add_css_class (GTK_WIDGET (self->notice), "error");
  else
    gtk_widget_remove_css_class (GTK_WIDGET (self->notice), "error");
}

static void
say_error (SyncSetupSupabase *self, const GError *error)
{
  g_autofree char *title = NULL, *detail = NULL, *next_step = NULL, *text = NULL;

  sync_words_for_error (error, &title, &detail, &next_step);
  /* Translators: what is wrong, why, and what to do: three sentences */
  text = g_strdup_printf (_("%s. %s %s"), title, detail != NULL ? detail : "", next_step);
  set_notice (self, text, TRUE);
}

static void
mark (GtkEditable *row, gboolean bad)
{
  if (bad)
    gtk_widget_add_css_class (GTK_WIDGET (row), "error");
  else
    gtk_widget_remove_css_class (GTK_WIDGET (row), "error");
  gtk_accessible_update_state (GTK_ACCESSIBLE (row), GTK_ACCESSIBLE_STATE_INVALID,
                               bad ? GTK_ACCESSIBLE_INVALID_TRUE : GTK_ACCESSIBLE_INVALID_FALSE, -1);
}

/* --- Snippets --------------------------------------------------------------------------------- */

/* Whether it is more than what belongs into one entry. */
static gboolean
is_snippet (const char *text)
{
  g_autofree char *trimmed = g_strstrip (g_strdup (text));

  return strpbrk (trimmed, " \t\r\n\"'`=,;({") != NULL;
}

static void
set_text (SyncSetupSupabase *self, GtkEditable *row, const char *text)
{
  self->taking = TRUE;
  gtk_editable_set_text (row, text);
  gtk_editable_set_position (row, -1);
  self->taking = FALSE;
}

/* Whether there was anything in it. A secret does not stay on the screen. */
static gboolean
take_snippet (SyncSetupSupabase *self, const char *text, GtkEditable *from, gboolean *secret)
{
  g_autofree char *url = NULL, *key = NULL;

  sync_supabase_snippet_read (text, &url, &key, secret);
  if (url == NULL && key == NULL && !*secret)
    return FALSE;
  if (from != NULL)
    set_text (self, from, "");
  if (url != NULL)
    set_text (self, self->url_row, url);
  if (key != NULL)
    set_text (self, self->key_row, key);
  return TRUE;
}

/* --- Checking --------------------------------------------------------------------------------- */

/* What is not typed yet is not wrong yet. */
static gboolean
check_entry (GtkEditable *row, char *(*normalise) (const char *, GError **), GError **error)
{
  const char *text = gtk_editable_get_text (row);
  g_autofree char *good = normalise (text, error);

  if (*text == '\0')
    g_clear_error (error);
  mark (row, good == NULL && *text != '\0');
  return good != NULL;
}

static void
check_both (SyncSetupSupabase *self, gboolean secret)
{
  g_autoptr (GError) url_error = NULL;
  g_autoptr (GError) key_error = NULL;
  gboolean good_url = check_entry (self->url_row, sync_supabase_url_normalise, &url_error);
  gboolean good_key = check_entry (self->key_row, sync_supabase_key_normalise, &key_error);

  if (secret && !good_key && key_error == NULL)
    key_error = sync_error_new (SYNC_ERROR_SECRET_KEY, "anon-key", "a secret key was pasted");
  gtk_widget_set_sensitive (self->continue_button, good_url && good_key);
  if (key_error != NULL)
    say_error (self, key_error);
  else if (url_error != NULL)
    say_error (self, url_error);
  else if (secret)
    set_notice (self,
                _("There is a secret key in what you pasted, too. It is not needed, and was left "
                  "out."),
                FALSE);
  else
    set_notice (self, NULL, FALSE);
}

static void
check (SyncSetupSupabase *self, GtkEditable *row)
{
  g_autofree char *text = g_strdup (gtk_editable_get_text (row));
  gsize *before = row == self->url_row ? &self->url_length : &self->key_length;
  gboolean pasted = strlen (text) > *before + LONGEST_KEYSTROKE;
  gboolean secret = FALSE;

  *before = strlen (text);
  if (self->taking)
    return;
  if (pasted && is_snippet (text))
    take_snippet (self, text, row, &secret);
  check_both (self, secret);
}

static void
clipboard_read (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (SyncSetupSupabase) self = user_data;
  g_autoptr (GError) error = NULL;
  g_autofree char *text = gdk_clipboard_read_text_finish (GDK_CLIPBOARD (object), result, &error);
  gboolean secret;

  if (sync_error_is_cancelled (error))
    return;
  if (text != NULL && take_snippet (self, text, NULL, &secret))
    check_both (self, secret);
  else if (text != NULL)
    set_notice (self, _("There is no address and no key in the clipboard."), FALSE);
  else
    set_notice (self, _("There is no text in the clipboard."), FALSE);
}

static void
paste (SyncSetupSupabase *self)
{
  gdk_clipboard_read_text_async (gtk_widget_get_clipboard (GTK_WIDGET (self)), self->cancellable,
                                 clipboard_read, g_object_ref (self));
}

static void
submit (SyncSetupSupabase *self)
{
  g_autofree char *url = sync_supabase_url_normalise (gtk_editable_get_text (self->url_row), NULL);
  g_autofree char *key = sync_supabase_key_normalise (gtk_editable_get_text (self->key_row), NULL);

  if (url != NULL && key != NULL)
    g_signal_emit (self, signals[SIGNAL_SUBMITTED], 0, url, key);
}

/**
 * sync_setup_supabase_set:
 * @page: the page
 * @url: (nullable): an address
 * @key: (nullable): a key
 *
 * Fills in what is known.
 */
void
sync_setup_supabase_set (SyncSetupSupabase *page, const char *url, const char *key)
{
  g_return_if_fail (SYNC_IS_SETUP_SUPABASE (page));

  set_text (page, page->url_row, url != NULL ? url : "");
  set_text (page, page->key_row, key != NULL ? key : "");
  check_both (page, FALSE);
}

/* --- The object ------------------------------------------------------------------------------- */

static void
sync_setup_supabase_dispose (GObject *object)
{
  g_cancellable_cancel (SYNC_SETUP_SUPABASE (object)->cancellable);

  G_OBJECT_CLASS (sync_setup_supabase_parent_class)->dispose (object);
}

static void
sync_setup_supabase_finalize (GObject *object)
{
  g_object_unref (SYNC_SETUP_SUPABASE (object)->cancellable);

  G_OBJECT_CLASS (sync_setup_supabase_parent_class)->finalize (object);
}

static void
sync_setup_supabase_class_init (SyncSetupSupabaseClass *class)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (class);

  G_OBJECT_CLASS (class)->dispose = sync_setup_supabase_dispose;
  G_OBJECT_CLASS (class)->finalize = sync_setup_supabase_finalize;

  signals[SIGNAL_SUBMITTED]
      = g_signal_new ("submitted", SYNC_TYPE_SETUP_SUPABASE, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                      G_TYPE_NONE, 2, G_TYPE_STRING, G_TYPE_STRING);

  gtk_widget_class_set_template_from_resource (
      widget_class, "/io/github/progressive_sync/ProgressiveSync/sync-setup-supabase.ui");
  gtk_widget_class_bind_template_child (widget_class, SyncSetupSupabase, url_row);
  gtk_widget_class_bind_template_child (widget_class, SyncSetupSupabase, key_row);
  gtk_widget_class_bind_template_child (widget_class, SyncSetupSupabase, notice);
  gtk_widget_class_bind_template_child (widget_class, SyncSetupSupabase, continue_button);
  gtk_widget_class_bind_template_callback (widget_class, check);
  gtk_widget_class_bind_template_callback (widget_class, paste);
  gtk_widget_class_bind_template_callback (widget_class, submit);
}

static void
sync_setup_supabase_init (SyncSetupSupabase *self)
{
  self->cancellable = g_cancellable_new ();
  gtk_widget_init_template (GTK_WIDGET (self));
}
