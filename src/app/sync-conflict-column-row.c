/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-conflict-column-row.h"

#include <glib/gi18n.h>

#include "sync-text-diff.h"
#include "sync-value-text.h"

/**
 * SyncConflictColumnRow:
 *
 * One column of a conflict: what it was, what it is on both sides with the differences marked, and which of them, or
 * which other value, it is to become. Signal `changed`: another choice.
 */
struct _SyncConflictColumnRow
{
  GtkListBoxRow parent_instance;

  SyncComparedColumn *column; /* (owned) */

  GtkLabel *name_label;
  GtkLabel *change_label;
  GtkWidget *base_box;
  GtkLabel *base_value;
  GtkCheckButton *local_button;
  GtkLabel *local_value;
  GtkCheckButton *remote_button;
  GtkLabel *remote_value;
  GtkCheckButton *hand_button;
  GtkTextView *hand_view;
  GtkTextBuffer *hand_buffer;
  GtkCheckButton *null_button;
  GtkLabel *problem_label;
};

enum
{
  CHANGED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (SyncConflictColumnRow, sync_conflict_column_row, GTK_TYPE_LIST_BOX_ROW)

/* --- Showing ---------------------------------------------------------------------------------- */

static const char *
explain (SyncComparedKind kind)
{
  switch (kind)
    {
    case SYNC_COMPARED_LOCAL:
      return _("Changed only on this device");
    case SYNC_COMPARED_REMOTE:
      return _("Changed only on the other side");
    case SYNC_COMPARED_DISPUTED:
      return _("Changed on both sides");
    case SYNC_COMPARED_SAME:
    default:
      return _("The same on both sides");
    }
}

/* Bold and underlined, so that it shows without colours, too. */
static PangoAttrList *
mark (const GArray *ranges)
{
  PangoAttrList *attributes = pango_attr_list_new ();

  for (guint i = 0; i < ranges->len; i++)
    {
      const SyncTextRange *range = &g_array_index (ranges, SyncTextRange, i);
      PangoAttribute *parts[]
          = { pango_attr_weight_new (PANGO_WEIGHT_BOLD), pango_attr_underline_new (PANGO_UNDERLINE_SINGLE) };

      for (guint j = 0; j < G_N_ELEMENTS (parts); j++)
        {
          parts[j]->start_index = range->start;
          parts[j]->end_index = range->end;
          pango_attr_list_insert (attributes, parts[j]);
        }
    }
  return attributes;
}

/* Whether the text is the value, and not what stands for it. */
static gboolean
show_value (GtkLabel *label, SyncCodec codec, const char *json)
{
  gboolean placeholder;
  g_autofree char *text = sync_value_to_text (codec, json, &placeholder);

  gtk_label_set_text (label, text);
  if (placeholder)
    gtk_widget_add_css_class (GTK_WIDGET (label), "dim-label");
  if (codec == SYNC_CODEC_JSON || codec == SYNC_CODEC_BLOB)
    gtk_widget_add_css_class (GTK_WIDGET (label), "monospace");
  return !placeholder;
}

static void
show_differences (SyncConflictColumnRow *self)
{
  g_autoptr (GArray) only_local = g_array_new (FALSE, FALSE, sizeof (SyncTextRange));
  g_autoptr (GArray) only_remote = g_array_new (FALSE, FALSE, sizeof (SyncTextRange));
  g_autoptr (PangoAttrList) local_marks = NULL, remote_marks = NULL;

  sync_text_diff (gtk_label_get_text (self->local_value), gtk_label_get_text (self->remote_value), only_local,
                  only_remote);
  local_marks = mark (only_local);
  remote_marks = mark (only_remote);
  gtk_label_set_attributes (self->local_value, local_marks);
  gtk_label_set_attributes (self->remote_value, remote_marks);
}

static void
name_choice (SyncConflictColumnRow *self, GtkCheckButton *button, const char *value)
{
  g_autofree char *name = value != NULL ? g_strdup_printf (_("%s, %s: %s"), self->column->name,
                                                           gtk_check_button_get_label (button), value)
                                        : g_strdup_printf (_("%s, %s"), self->column->name,
                                                           gtk_check_button_get_label (button));

  gtk_accessible_update_property (GTK_ACCESSIBLE (button), GTK_ACCESSIBLE_PROPERTY_LABEL, name, -1);
}

static void
name_for_assistive_technology (SyncConflictColumnRow *self)
{
  gtk_accessible_update_property (GTK_ACCESSIBLE (self), GTK_ACCESSIBLE_PROPERTY_LABEL, self->column->name, -1);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->hand_view), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                  self->column->name, -1);
  name_choice (self, self->local_button, gtk_label_get_text (self->local_value));
  name_choice (self, self->remote_button, gtk_label_get_text (self->remote_value));
  name_choice (self, self->hand_button, NULL);
  name_choice (self, self->null_button, NULL);
}

static void
show_column (SyncConflictColumnRow *self)
{
  const SyncComparedColumn *column = self->column;
  g_autofree char *input = sync_value_to_input (
      column->codec, column->suggestion == SYNC_SIDE_LOCAL ? column->local : column->suggested);
  gboolean both;

  gtk_label_set_text (self->name_label, column->name);
  gtk_label_set_text (self->change_label, explain (column->kind));
  /* The disputed ones stand together under a title that says so. */
  gtk_widget_set_visible (GTK_WIDGET (self->change_label), column->kind != SYNC_COMPARED_DISPUTED);
  gtk_widget_set_visible (self->base_box, column->base != NULL);
  show_value (self->base_value, column->codec, column->base);
  both = show_value (self->local_value, column->codec, column->local);
  both = show_value (self->remote_value, column->codec, column->remote) && both;
  if (both)
    show_differences (self);
  gtk_text_view_set_monospace (self->hand_view, column->codec == SYNC_CODEC_JSON || column->codec == SYNC_CODEC_BLOB);
  gtk_text_buffer_set_text (self->hand_buffer, input, -1);
  name_for_assistive_technology (self);
  if (column->suggestion == SYNC_SIDE_VALUE)
    gtk_check_button_set_active (self->hand_button, TRUE);
  else
    sync_conflict_column_row_set_side (self, column->suggestion);
}

/* --- By hand ---------------------------------------------------------------------------------- */

static char *
read_input (SyncConflictColumnRow *self, GError **error)
{
  g_autofree char *text = NULL;
  GtkTextIter start, end;

  if (gtk_check_button_get_active (self->null_button))
    return g_strdup ("null");
  gtk_text_buffer_get_bounds (self->hand_buffer, &start, &end);
  text = gtk_text_buffer_get_text (self->hand_buffer, &start, &end, FALSE);
  return sync_compared_column_parse (self->column, text, error);
}

static const char *
word_problem (SyncCodec codec)
{
  switch (codec)
    {
    case SYNC_CODEC_INTEGER:
      return _("Enter a whole number.");
    case SYNC_CODEC_REAL:
      return _("Enter a number, with a point before decimals.");
    case SYNC_CODEC_BOOLEAN:
      return _("Enter true or false.");
    case SYNC_CODEC_TIMESTAMP:
      return _("Enter a time such as 2026-12-31T23:59:00Z.");
    case SYNC_CODEC_BLOB:
      return _("Enter \\x and then two hexadecimal digits for each byte.");
    case SYNC_CODEC_JSON:
      return _("This is not valid JSON.");
    case SYNC_CODEC_TEXT:
    default:
      return _("This text cannot be stored.");
    }
}

static void
input_changed (SyncConflictColumnRow *self)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *json = NULL;

  if (self->column == NULL)
    return;
  json = read_input (self, &error);
  gtk_widget_set_sensitive (GTK_WIDGET (self->hand_view), !gtk_check_button_get_active (self->null_button));
  gtk_widget_set_visible (GTK_WIDGET (self->problem_label), json == NULL);
  gtk_label_set_text (self->problem_label, json == NULL ? word_problem (self->column->codec) : "");
  g_signal_emit (self, signals[CHANGED], 0);
}

static void
choice_toggled (SyncConflictColumnRow *self, GtkCheckButton *button)
{
  if (!gtk_check_button_get_active (button))
    return;
  if (button == self->hand_button)
    input_changed (self);
  else
    g_signal_emit (self, signals[CHANGED], 0);
}

/* --- The object ------------------------------------------------------------------------------- */

static void
sync_conflict_column_row_finalize (GObject *object)
{
  SyncConflictColumnRow *self = SYNC_CONFLICT_COLUMN_ROW (object);

  sync_compared_column_free (self->column);

  G_OBJECT_CLASS (sync_conflict_column_row_parent_class)->finalize (object);
}

static void
sync_conflict_column_row_class_init (SyncConflictColumnRowClass *class)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (class);

  G_OBJECT_CLASS (class)->finalize = sync_conflict_column_row_finalize;

  /**
   * SyncConflictColumnRow::changed:
   *
   * Another choice was made, or another value was typed.
   */
  signals[CHANGED] = g_signal_new ("changed", G_TYPE_FROM_CLASS (class), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                   G_TYPE_NONE, 0);

  gtk_widget_class_set_template_from_resource (
      widget_class, "/io/github/progressive_sync/ProgressiveSync/sync-conflict-column-row.ui");
  gtk_widget_class_bind_template_child (widget_class, SyncConflictColumnRow, name_label);
  gtk_widget_class_bind_template_child (widget_class, SyncConflictColumnRow, change_label);
  gtk_widget_class_bind_template_child (widget_class, SyncConflictColumnRow, base_box);
  gtk_widget_class_bind_template_child (widget_class, SyncConflictColumnRow, base_value);
  gtk_widget_class_bind_template_child (widget_class, SyncConflictColumnRow, local_button);
  gtk_widget_class_bind_template_child (widget_class, SyncConflictColumnRow, local_value);
  gtk_widget_class_bind_template_child (widget_class, SyncConflictColumnRow, remote_button);
  gtk_widget_class_bind_template_child (widget_class, SyncConflictColumnRow, remote_value);
  gtk_widget_class_bind_template_child (widget_class, SyncConflictColumnRow, hand_button);
  gtk_widget_class_bind_template_child (widget_class, SyncConflictColumnRow, hand_view);
  gtk_widget_class_bind_template_child (widget_class, SyncConflictColumnRow, hand_buffer);
  gtk_widget_class_bind_template_child (widget_class, SyncConflictColumnRow, null_button);
  gtk_widget_class_bind_template_child (widget_class, SyncConflictColumnRow, problem_label);
  gtk_widget_class_bind_template_callback (widget_class, choice_toggled);
  gtk_widget_class_bind_template_callback (widget_class, input_changed);
}

static void
sync_conflict_column_row_init (SyncConflictColumnRow *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}

/**
 * sync_conflict_column_row_new: (constructor)
 * @column: a column of a row that exists on both sides
 *
 * Its suggestion is chosen at first.
 *
 * Returns: (transfer floating): the row
 */
GtkWidget *
sync_conflict_column_row_new (const SyncComparedColumn *column)
{
  SyncConflictColumnRow *self = g_object_new (SYNC_TYPE_CONFLICT_COLUMN_ROW, NULL);

  self->column = sync_compared_column_copy (column);
  show_column (self);
  return GTK_WIDGET (self);
}

/**
 * sync_conflict_column_row_get_side:
 * @row: a row
 *
 * Returns: what is chosen; SYNC_SIDE_VALUE: a value by hand
 */
SyncSide
sync_conflict_column_row_get_side (SyncConflictColumnRow *row)
{
  g_return_val_if_fail (SYNC_IS_CONFLICT_COLUMN_ROW (row), SYNC_SIDE_LOCAL);

  if (gtk_check_button_get_active (row->hand_button))
    return SYNC_SIDE_VALUE;
  return gtk_check_button_get_active (row->remote_button) ? SYNC_SIDE_REMOTE : SYNC_SIDE_LOCAL;
}

/**
 * sync_conflict_column_row_set_side:
 * @row: a row
 * @side: SYNC_SIDE_LOCAL or SYNC_SIDE_REMOTE
 *
 * Chooses a side.
 */
void
sync_conflict_column_row_set_side (SyncConflictColumnRow *row, SyncSide side)
{
  g_return_if_fail (SYNC_IS_CONFLICT_COLUMN_ROW (row));
  g_return_if_fail (side != SYNC_SIDE_VALUE);

  gtk_check_button_set_active (side == SYNC_SIDE_REMOTE ? row->remote_button : row->local_button, TRUE);
}

/* What the row becomes without a word about this column. */
static SyncSide
default_side (const SyncComparedColumn *column, SyncSide choice)
{
  return column->kind == SYNC_COMPARED_DISPUTED ? choice : column->suggestion;
}

/**
 * sync_conflict_column_row_get_field:
 * @row: a row
 * @choice: the side that is chosen for the conflict as a whole
 * @field: (out) (nullable): what sync_conflicts_resolve_async() is to be told of this column; %NULL: nothing
 * @error: where to put an error
 *
 * Returns: %FALSE with @error set: SYNC_ERROR_INVALID: what was typed is no value for the column
 */
gboolean
sync_conflict_column_row_get_field (SyncConflictColumnRow *row, SyncSide choice, char **field, GError **error)
{
  const SyncComparedColumn *column;
  g_autofree char *json = NULL;
  SyncSide side;

  g_return_val_if_fail (SYNC_IS_CONFLICT_COLUMN_ROW (row), FALSE);

  column = row->column;
  side = sync_conflict_column_row_get_side (row);
  *field = NULL;
  if (side == SYNC_SIDE_VALUE)
    {
      json = read_input (row, error);
      if (json == NULL)
        return FALSE;
      *field = g_strdup_printf ("%s:=%s", column->name, json);
    }
  else if (side == default_side (column, choice))
    return TRUE;
  else if (column->kind == SYNC_COMPARED_DISPUTED)
    *field = g_strdup_printf ("%s=%s", column->name, side == SYNC_SIDE_LOCAL ? "local" : "remote");
  else /* Nobody disputes it, so the value itself is written on top. */
    *field = g_strdup_printf ("%s:=%s", column->name,
                              side == SYNC_SIDE_LOCAL ? (column->local != NULL ? column->local : "null")
                                                      : (column->remote != NULL ? column->remote : "null"));
  return TRUE;
}
