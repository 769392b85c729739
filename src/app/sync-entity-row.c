/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-entity-row.h"

#include <glib/gi18n.h>

#include "sync-words.h"

/**
 * SyncEntityRow:
 *
 * A table, its rows, and what waits or was refused of them.
 */
struct _SyncEntityRow
{
  AdwActionRow parent_instance;

  GtkLabel *counts;
  SyncEntityStatus *status; /* (owned) (nullable) */
};

G_DEFINE_FINAL_TYPE (SyncEntityRow, sync_entity_row, ADW_TYPE_ACTION_ROW)

static void
add_count (GPtrArray *words, const char *name, gint64 count)
{
  if (count > 0)
    g_ptr_array_add (words, sync_words_for_count (name, count));
}

static char *
join (GPtrArray *words, const char *separator)
{
  g_ptr_array_add (words, NULL);
  return g_strjoinv (separator, (GStrv) words->pdata);
}

static char *
dup_counts (const SyncEntityStatus *status)
{
  g_autoptr (GPtrArray) words = g_ptr_array_new_with_free_func (g_free);

  g_ptr_array_add (words, sync_words_for_count ("records", MAX (status->records, 0)));
  add_count (words, "pending", status->waiting);
  add_count (words, "refused", status->refused);
  add_count (words, "held", status->held);
  add_count (words, "conflicts", status->conflicts);
  return join (words, "\n");
}

/**
 * sync_entity_row_update_time:
 * @row: the row
 *
 * Says anew how long ago the last change was.
 */
void
sync_entity_row_update_time (SyncEntityRow *row)
{
  const SyncEntityStatus *status = row->status;
  g_autoptr (GPtrArray) words = g_ptr_array_new_with_free_func (g_free);
  g_autofree char *text = NULL, *markup = NULL;

  if (status == NULL)
    return;
  if (!status->entity->enabled)
    g_ptr_array_add (words, g_strdup (_("Not synced")));
  if (status->last_change_at != SYNC_TIME_UNKNOWN)
    {
      g_autofree char *time = sync_words_for_time (status->last_change_at, g_get_real_time ());

      /* Translators: a time in words, like “5 minutes ago” */
      g_ptr_array_add (words, g_strdup_printf (_("Changed %s"), time));
    }
  g_ptr_array_add (words, sync_words_for_strategy (status->entity->strategy));
  text = join (words, " · ");
  markup = g_markup_escape_text (text, -1);
  if (g_strcmp0 (adw_action_row_get_subtitle (ADW_ACTION_ROW (row)), markup) != 0)
    adw_action_row_set_subtitle (ADW_ACTION_ROW (row), markup);
}

/**
 * sync_entity_row_set_status:
 * @row: the row
 * @status: how the table stands; copied
 *
 * Tells how a table stands.
 */
void
sync_entity_row_set_status (SyncEntityRow *row, const SyncEntityStatus *status)
{
  g_autofree char *counts = NULL, *title = NULL;

  g_return_if_fail (SYNC_IS_ENTITY_ROW (row));
  g_return_if_fail (status != NULL);

  g_clear_pointer (&row->status, sync_entity_status_free);
  row->status = sync_entity_status_copy (status);
  title = g_markup_escape_text (status->entity->name, -1);
  counts = dup_counts (status);
  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (row), title);
  gtk_label_set_label (row->counts, counts);
  sync_entity_row_update_time (row);
}

static void
sync_entity_row_finalize (GObject *object)
{
  g_clear_pointer (&SYNC_ENTITY_ROW (object)->status, sync_entity_status_free);

  G_OBJECT_CLASS (sync_entity_row_parent_class)->finalize (object);
}

static void
sync_entity_row_class_init (SyncEntityRowClass *class)
{
  G_OBJECT_CLASS (class)->finalize = sync_entity_row_finalize;
}

static void
sync_entity_row_init (SyncEntityRow *self)
{
  self->counts = GTK_LABEL (gtk_label_new (NULL));
  gtk_label_set_wrap (self->counts, TRUE);
  gtk_label_set_width_chars (self->counts, 12);
  gtk_label_set_xalign (self->counts, 1.0);
  gtk_label_set_justify (self->counts, GTK_JUSTIFY_RIGHT);
  gtk_widget_set_margin_top (GTK_WIDGET (self->counts), 6);
  gtk_widget_set_margin_bottom (GTK_WIDGET (self->counts), 6);
  gtk_widget_add_css_class (GTK_WIDGET (self->counts), "numeric");
  adw_action_row_add_suffix (ADW_ACTION_ROW (self), GTK_WIDGET (self->counts));
  adw_action_row_set_subtitle_lines (ADW_ACTION_ROW (self), 0);
}

/**
 * sync_entity_row_new: (constructor)
 *
 * Returns: (transfer floating): a row that tells nothing yet
 */
SyncEntityRow *
sync_entity_row_new (void)
{
  return g_object_new (SYNC_TYPE_ENTITY_ROW, NULL);
}
