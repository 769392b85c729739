/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-table-row.h"

#include <glib/gi18n.h>
#include <json-glib/json-glib.h>

#include "sync-toast.h"
#include "sync-words.h"

/* In the order of the lists that offer them. `custom` is a program's to choose. */
static const char *const strategies[] = { "newest", "local", "remote", "manual", "rules",
                                          "notifications", "projects", "user-settings", "custom" };
static const char *const rules[] = { "newest", "local", "remote", "max", "min", "union" };

/**
 * SyncTableRow:
 *
 * What can be configured for one table.
 */
struct _SyncTableRow
{
  AdwExpanderRow parent_instance;

  AdwComboRow *strategy_row;
  GPtrArray *rule_rows;      /* (owned) (element-type AdwComboRow): for columns, unowned */
  SyncEntities *entities;    /* (owned) */
  SyncEntity *entity;        /* (owned) (nullable) */
  gboolean showing;          /* the program itself changes the controls */
  GCancellable *cancellable; /* (owned) */
};

G_DEFINE_FINAL_TYPE (SyncTableRow, sync_table_row, ADW_TYPE_EXPANDER_ROW)

static guint
find_position (const char *const *names, guint n, const char *name)
{
  for (guint i = 0; i < n; i++)
    if (g_strcmp0 (names[i], name) == 0)
      return i;
  return 0;
}

/* --- Storing ---------------------------------------------------------------------------------- */

static void show_entity (SyncTableRow *self);

static void
configured (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (SyncTableRow) self = user_data;
  g_autoptr (GError) error = NULL;

  if (sync_entities_configure_finish (SYNC_ENTITIES (object), result, &error)
      || sync_error_is_cancelled (error))
    return;
  sync_toast_show_error (GTK_WIDGET (self), error);
  show_entity (self);
}

static void
configure (SyncTableRow *self, int enabled, const char *strategy, const char *column_rules)
{
  sync_entities_configure_async (self->entities, self->entity->name, enabled, strategy, column_rules,
                                 self->cancellable, configured, g_object_ref (self));
}

static void
enabled_changed (SyncTableRow *self)
{
  if (!self->showing)
    configure (self, adw_expander_row_get_enable_expansion (ADW_EXPANDER_ROW (self)), NULL, NULL);
}

/* A JSON object of the columns whose rule is not the usual one. */
static char *
dup_rules (SyncTableRow *self)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  g_autoptr (JsonNode) root = NULL;

  json_builder_begin_object (builder);
  for (guint i = 0; i < self->rule_rows->len; i++)
    {
      guint selected = adw_combo_row_get_selected (self->rule_rows->pdata[i]);

      if (selected == 0 || selected >= G_N_ELEMENTS (rules))
        continue;
      json_builder_set_member_name (builder,
                                    self->entity->columns[self->entity->n_keys + i].name);
      json_builder_add_string_value (builder, rules[selected]);
    }
  json_builder_end_object (builder);
  root = json_builder_get_root (builder);
  return json_to_string (root, FALSE);
}

static void
show_rule_rows (SyncTableRow *self)
{
  gboolean by_rules = adw_combo_row_get_selected (self->strategy_row)
                      == find_position (strategies, G_N_ELEMENTS (strategies), "rules");

  for (guint i = 0; i < self->rule_rows->len; i++)
    gtk_widget_set_visible (self->rule_rows->pdata[i], by_rules);
}

static void
strategy_changed (SyncTableRow *self)
{
  guint selected = adw_combo_row_get_selected (self->strategy_row);
  g_autofree char *column_rules = NULL;

  show_rule_rows (self);
  if (self->showing || selected >= G_N_ELEMENTS (strategies))
    return;
  if (g_str_equal (strategies[selected], "rules"))
    column_rules = dup_rules (self);
  configure (self, -1, strategies[selected], column_rules);
}

static void
rule_changed (SyncTableRow *self)
{
  g_autofree char *column_rules = NULL;

  if (self->showing)
    return;
  column_rules = dup_rules (self);
  configure (self, -1, "rules", column_rules);
}

/* --- Showing ---------------------------------------------------------------------------------- */

static GListModel *
name_strategies (void)
{
  GtkStringList *list = gtk_string_list_new (NULL);

  for (guint i = 0; i < G_N_ELEMENTS (strategies); i++)
    gtk_string_list_take (list, sync_words_for_strategy (strategies[i]));
  return G_LIST_MODEL (list);
}

static GListModel *
name_rules (void)
{
  GtkStringList *list = gtk_string_list_new (NULL);

  gtk_string_list_append (list, _("The newer change"));
  gtk_string_list_append (list, _("This device’s value"));
  gtk_string_list_append (list, _("The other side’s value"));
  gtk_string_list_append (list, _("The larger value"));
  gtk_string_list_append (list, _("The smaller value"));
  gtk_string_list_append (list, _("Both lists together"));
  return G_LIST_MODEL (list);
}

static void
add_rule_row (SyncTableRow *self, const char *column)
{
  g_autoptr (GListModel) names = name_rules ();
  g_autofree char *title = g_markup_escape_text (column, -1);
  GtkWidget *row = g_object_new (ADW_TYPE_COMBO_ROW, "title", title, "model", names, "subtitle",
                                 _("Column"), NULL);

  adw_expander_row_add_row (ADW_EXPANDER_ROW (self), row);
  g_signal_connect_object (row, "notify::selected", G_CALLBACK (rule_changed), self,
                           G_CONNECT_SWAPPED);
  g_ptr_array_add (self->rule_rows, row);
}

/* Key columns are the same on both sides. */
static void
make_rule_rows (SyncTableRow *self)
{
  for (guint i = 0; i < self->rule_rows->len; i++)
    adw_expander_row_remove (ADW_EXPANDER_ROW (self), self->rule_rows->pdata[i]);
  g_ptr_array_set_size (self->rule_rows, 0);
  for (guint i = self->entity->n_keys; i < self->entity->n_columns; i++)
    add_rule_row (self, self->entity->columns[i].name);
}

static void
show_rules (SyncTableRow *self)
{
  g_autoptr (JsonNode) root
      = self->entity->rules != NULL ? json_from_string (self->entity->rules, NULL) : NULL;

  for (guint i = 0; i < self->rule_rows->len; i++)
    {
      const char *column = self->entity->columns[self->entity->n_keys + i].name;
      const char *rule = root != NULL && JSON_NODE_HOLDS_OBJECT (root)
                             ? json_object_get_string_member_with_default (
                                 json_node_get_object (root), column, NULL)
                             : NULL;

      adw_combo_row_set_selected (self->rule_rows->pdata[i],
                                  find_position (rules, G_N_ELEMENTS (rules), rule));
    }
}

static void
show_entity (SyncTableRow *self)
{
  g_autofree char *title = g_markup_escape_text (self->entity->name, -1);
  g_autofree char *subtitle = sync_words_for_strategy (self->entity->strategy);

  self->showing = TRUE;
  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (self), title);
  adw_expander_row_set_subtitle (ADW_EXPANDER_ROW (self), subtitle);
  adw_expander_row_set_enable_expansion (ADW_EXPANDER_ROW (self), self->entity->enabled);
  adw_combo_row_set_selected (
      self->strategy_row,
      find_position (strategies, G_N_ELEMENTS (strategies), self->entity->strategy));
  show_rules (self);
  show_rule_rows (self);
  self->showing = FALSE;
}

static gboolean
has_same_columns (const SyncEntity *a, const SyncEntity *b)
{
  if (a == NULL || a->n_columns != b->n_columns || a->n_keys != b->n_keys)
    return FALSE;
  for (guint i = 0; i < a->n_columns; i++)
    if (!g_str_equal (a->columns[i].name, b->columns[i].name))
      return FALSE;
  return TRUE;
}

/**
 * sync_table_row_set_entity:
 * @row: the row
 * @entity: its table
 *
 * Shows how a table is configured.
 */
void
sync_table_row_set_entity (SyncTableRow *row, const SyncEntity *entity)
{
  gboolean same;

  g_return_if_fail (SYNC_IS_TABLE_ROW (row));
  g_return_if_fail (entity != NULL);

  same = has_same_columns (row->entity, entity);
  g_clear_pointer (&row->entity, sync_entity_unref);
  row->entity = sync_entity_ref ((SyncEntity *)entity);
  row->showing = TRUE;
  if (!same)
    make_rule_rows (row);
  show_entity (row);
}

/* --- The object ------------------------------------------------------------------------------- */

static void
sync_table_row_dispose (GObject *object)
{
  SyncTableRow *self = SYNC_TABLE_ROW (object);

  self->showing = TRUE;
  g_clear_object (&self->entities);

  G_OBJECT_CLASS (sync_table_row_parent_class)->dispose (object);
}

static void
sync_table_row_finalize (GObject *object)
{
  SyncTableRow *self = SYNC_TABLE_ROW (object);

  g_clear_pointer (&self->entity, sync_entity_unref);
  g_ptr_array_unref (self->rule_rows);
  g_object_unref (self->cancellable);

  G_OBJECT_CLASS (sync_table_row_parent_class)->finalize (object);
}

static void
sync_table_row_class_init (SyncTableRowClass *class)
{
  G_OBJECT_CLASS (class)->dispose = sync_table_row_dispose;
  G_OBJECT_CLASS (class)->finalize = sync_table_row_finalize;
}

static void
sync_table_row_init (SyncTableRow *self)
{
  g_autoptr (GListModel) names = name_strategies ();

  self->showing = TRUE; /* until there is something to show: making it notifies too */
  self->cancellable = g_cancellable_new ();
  self->rule_rows = g_ptr_array_new ();
  adw_expander_row_set_show_enable_switch (ADW_EXPANDER_ROW (self), TRUE);
  self->strategy_row
      = g_object_new (ADW_TYPE_COMBO_ROW, "title", _("A column changed on both sides"), "model",
                      names, NULL);
  adw_expander_row_add_row (ADW_EXPANDER_ROW (self), GTK_WIDGET (self->strategy_row));
  g_signal_connect_object (self->strategy_row, "notify::selected", G_CALLBACK (strategy_changed),
                           self, G_CONNECT_SWAPPED);
  g_signal_connect (self, "notify::enable-expansion", G_CALLBACK (enabled_changed), NULL);
}

/**
 * sync_table_row_new: (constructor)
 * @entities: the tables
 *
 * Returns: (transfer floating): a row that shows nothing yet
 */
GtkWidget *
sync_table_row_new (SyncEntities *entities)
{
  SyncTableRow *self;

  g_return_val_if_fail (SYNC_IS_ENTITIES (entities), NULL);

  self = g_object_new (SYNC_TYPE_TABLE_ROW, NULL);
  self->entities = g_object_ref (entities);
  return GTK_WIDGET (self);
}
