/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-error-row.h"

#include <glib/gi18n.h>

#include "sync-words.h"

/**
 * SyncErrorRow:
 *
 * An error where it belongs, once.
 */
struct _SyncErrorRow
{
  AdwExpanderRow parent_instance;

  GtkWidget *button;
  GtkLabel *detail;
  GtkLabel *code;
  GError *error; /* (owned) (nullable) */
};

G_DEFINE_FINAL_TYPE (SyncErrorRow, sync_error_row, ADW_TYPE_EXPANDER_ROW)

/* The machine's words for it, for whoever asks somebody else for help. */
static char *
describe_code (const GError *error)
{
  const SyncErrorDetail *detail;

  if (error->domain != SYNC_ERROR)
    return g_strdup_printf ("%s %d", g_quark_to_string (error->domain), error->code);
  detail = sync_error_get_detail (error);
  if (detail->reason != NULL)
    return g_strdup_printf ("%s (%s)", sync_error_code_name (error->code), detail->reason);
  return g_strdup (sync_error_code_name (error->code));
}

static void
say (SyncErrorRow *self, const GError *error)
{
  g_autofree char *title = NULL, *detail = NULL, *next_step = NULL, *code = NULL, *shown = NULL;
  g_autofree char *title_markup = NULL, *step_markup = NULL;

  sync_words_for_error (error, &title, &detail, &next_step);
  title_markup = g_markup_escape_text (title, -1);
  step_markup = g_markup_escape_text (next_step != NULL ? next_step : "", -1);
  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (self), title_markup);
  adw_expander_row_set_subtitle (ADW_EXPANDER_ROW (self), step_markup);
  gtk_label_set_label (self->detail, detail != NULL ? detail : "");
  code = describe_code (error);
  shown = g_strdup_printf (_("Code: %s"), code);
  gtk_label_set_label (self->code, shown);
}

static gboolean
is_same_error (const GError *a, const GError *b)
{
  if (a == NULL || b == NULL)
    return a == b;
  if (!g_error_matches (a, b->domain, b->code) || g_strcmp0 (a->message, b->message) != 0)
    return FALSE;
  return a->domain != SYNC_ERROR
         || (g_strcmp0 (sync_error_get_detail (a)->reason, sync_error_get_detail (b)->reason) == 0
             && g_strcmp0 (sync_error_get_detail (a)->subject, sync_error_get_detail (b)->subject)
                    == 0);
}

/**
 * sync_error_row_set_error:
 * @row: the row
 * @error: (nullable): what is wrong; %NULL: nothing
 *
 * Says an error. The same one once more changes nothing, so that what is folded out stays.
 */
void
sync_error_row_set_error (SyncErrorRow *row, const GError *error)
{
  g_return_if_fail (SYNC_IS_ERROR_ROW (row));

  if (is_same_error (row->error, error))
    return;
  g_clear_error (&row->error);
  if (error != NULL)
    {
      row->error = g_error_copy (error);
      adw_expander_row_set_expanded (ADW_EXPANDER_ROW (row), FALSE);
      say (row, error);
    }
  gtk_widget_set_visible (GTK_WIDGET (row), error != NULL);
}

/**
 * sync_error_row_set_action:
 * @row: the row
 * @label: (nullable): what to do about it; %NULL: nothing that a button could do
 * @action: (nullable): the action that does it, with its target as in `win.show-page::queue`
 *
 * Offers the next step.
 */
void
sync_error_row_set_action (SyncErrorRow *row, const char *label, const char *action)
{
  g_autofree char *name = NULL;
  g_autoptr (GVariant) target = NULL;

  g_return_if_fail (SYNC_IS_ERROR_ROW (row));

  gtk_widget_set_visible (row->button, label != NULL);
  if (label == NULL)
    return;
  gtk_button_set_label (GTK_BUTTON (row->button), label);
  if (!g_action_parse_detailed_name (action, &name, &target, NULL))
    g_return_if_reached ();
  /* At no time with another's target. */
  gtk_actionable_set_action_name (GTK_ACTIONABLE (row->button), NULL);
  gtk_actionable_set_action_target_value (GTK_ACTIONABLE (row->button), target);
  gtk_actionable_set_action_name (GTK_ACTIONABLE (row->button), name);
}

static void
sync_error_row_finalize (GObject *object)
{
  g_clear_error (&SYNC_ERROR_ROW (object)->error);

  G_OBJECT_CLASS (sync_error_row_parent_class)->finalize (object);
}

static void
sync_error_row_class_init (SyncErrorRowClass *class)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (class);

  G_OBJECT_CLASS (class)->finalize = sync_error_row_finalize;

  gtk_widget_class_set_template_from_resource (
      widget_class, "/io/github/progressive_sync/ProgressiveSync/sync-error-row.ui");
  gtk_widget_class_bind_template_child (widget_class, SyncErrorRow, button);
  gtk_widget_class_bind_template_child (widget_class, SyncErrorRow, detail);
  gtk_widget_class_bind_template_child (widget_class, SyncErrorRow, code);
}

static void
sync_error_row_init (SyncErrorRow *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}

/**
 * sync_error_row_new: (constructor)
 *
 * Returns: (transfer floating): a row without an error
 */
GtkWidget *
sync_error_row_new (void)
{
  return g_object_new (SYNC_TYPE_ERROR_ROW, NULL);
}
