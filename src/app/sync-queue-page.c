/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-queue-page.h"

#include <glib/gi18n.h>
#include <string.h>

#include "sync-export.h"
#include "sync-file-choice.h"
#include "sync-form.h"
#include "sync-json.h"
#include "sync-list-model.h"
#include "sync-list-row.h"
#include "sync-row-window.h"
#include "sync-toast.h"
#include "sync-value-text.h"
#include "sync-words.h"

/* Of a value that would be lost, so much is shown. */
#define LONGEST_VALUE 120

/**
 * SyncQueuePage:
 *
 * A database's page: what waits to be sent, and what was refused.
 */
struct _SyncQueuePage
{
  AdwBin parent_instance;

  SyncProfile *profile;      /* (owned) */
  SyncListModel *rows;       /* (owned) */
  SyncListModel *held;       /* (owned): what came from the cloud, and this computer's table refused */
  GSimpleActionGroup *actions; /* (owned) */

  GtkWidget *bar;
  GtkDropDown *filter;
  GtkButton *retry_button;
  GtkButton *export_button;
  GtkStack *stack;
  GtkListView *list;
};

G_DEFINE_FINAL_TYPE (SyncQueuePage, sync_queue_page, ADW_TYPE_BIN)

/* In the order of the drop-down, in which held rows come last. */
static const char *const states[] = { NULL, "pending", "refused,failed" };

/* --- Rows ------------------------------------------------------------------------------------- */

static void
add_item (GMenu *menu, const char *label, const char *action, const SyncChange *change)
{
  g_autoptr (GMenuItem) item = g_menu_item_new (label, NULL);

  g_menu_item_set_action_and_target (item, action, "(ss)", change->entity, change->id);
  g_menu_append_item (menu, item);
}

static GMenuModel *
make_menu (const SyncChange *change)
{
  GMenu *menu = g_menu_new ();

  add_item (menu, _("_Try Again"), "queue.retry", change);
  add_item (menu, _("_Show as JSON"), "queue.show", change);
  add_item (menu, _("_Discard…"), "queue.discard", change);
  return G_MENU_MODEL (menu);
}

static void
add_words (GString *text, const char *words)
{
  if (words != NULL && *words != '\0')
    g_string_append_printf (text, "%s%s", text->len > 0 ? " · " : "", words);
}

static char *
describe (const SyncChange *change)
{
  GString *text = g_string_new (NULL);
  gint64 now = g_get_real_time ();
  g_autofree char *state = sync_words_for_change_state (change->state);
  g_autofree char *operation = sync_words_for_operation (change->operation);

  add_words (text, state);
  add_words (text, operation);
  if (change->error_code != NULL)
    {
      g_autofree char *why
          = sync_words_for_reason (change->error_code, change->reason, change->column);

      add_words (text, why);
    }
  if (change->next_attempt_at > now)
    {
      g_autofree char *time = sync_words_for_time (change->next_attempt_at, now);
      /* Translators: a time in words, like “in 12 seconds” */
      g_autofree char *next = g_strdup_printf (_("Next try %s"), time);

      add_words (text, next);
    }
  return g_string_free (text, FALSE);
}

static void
show_change (SyncListRow *row, gconstpointer value, gpointer user_data)
{
  const SyncChange *change = value;
  g_autofree char *name = sync_row_to_title (NULL, change->id);
  g_autofree char *title = g_strdup_printf ("%s · %s", change->entity, name);
  g_autofree char *subtitle = describe (change);
  g_autoptr (GMenuModel) menu = make_menu (change);

  sync_list_row_set_texts (row, title, subtitle);
  sync_list_row_set_icon (row, g_str_equal (change->state, "pending")
                                   ? "content-loading-symbolic"
                                   : "dialog-warning-symbolic");
  sync_list_row_set_menu (row, menu);
}

static void
show_held (SyncListRow *row, gconstpointer value, gpointer user_data)
{
  const SyncHeld *held = value;
  g_autofree char *name = sync_row_to_title (NULL, held->id);
  g_autofree char *title = g_strdup_printf ("%s · %s", held->entity, name);
  g_autofree char *subtitle = sync_words_for_held (held->reason, held->detail);

  sync_list_row_set_texts (row, title, subtitle);
  sync_list_row_set_icon (row, "dialog-warning-symbolic");
  sync_list_row_set_menu (row, NULL);
}

/* --- Which rows ------------------------------------------------------------------------------- */

static gboolean
shows_held (SyncQueuePage *self)
{
  return gtk_drop_down_get_selected (self->filter) == G_N_ELEMENTS (states);
}

static gboolean
is_empty (SyncListModel *list)
{
  return g_list_model_get_n_items (G_LIST_MODEL (list)) == 0;
}

static void
show_list_or_none (SyncQueuePage *self)
{
  guint chosen = gtk_drop_down_get_selected (self->filter);
  gboolean any = !is_empty (shows_held (self) ? self->held : self->rows);
  gboolean others = chosen > 0 || !is_empty (self->held);

  gtk_stack_set_visible_child_name (self->stack, any      ? "list"
                                                 : others ? "none"
                                                          : "empty");
  gtk_widget_set_visible (self->bar, any || others);
}

static void
set_list (SyncQueuePage *self, SyncListModel *rows, SyncListRowFunc show)
{
  g_autoptr (GtkListItemFactory) factory = sync_list_row_factory_new (show, NULL);
  g_autoptr (GtkNoSelection) selection
      = gtk_no_selection_new (G_LIST_MODEL (g_object_ref (rows)));

  gtk_list_view_set_model (self->list, NULL);
  gtk_list_view_set_factory (self->list, factory);
  gtk_list_view_set_model (self->list, GTK_SELECTION_MODEL (selection));
}

static void
choose_filter (SyncQueuePage *self)
{
  guint chosen = gtk_drop_down_get_selected (self->filter);

  if (self->rows == NULL)
    return;
  if (chosen < G_N_ELEMENTS (states))
    sync_list_model_set_filter (self->rows,
                                &(SyncListFilter){ .state = (char *) states[chosen] });
  if (shows_held (self))
    set_list (self, self->held, show_held);
  else
    set_list (self, self->rows, show_change);
  g_simple_action_set_enabled (G_SIMPLE_ACTION (g_action_map_lookup_action (
                                   G_ACTION_MAP (self->actions), "export")),
                               !shows_held (self));
  show_list_or_none (self);
}

/* --- What can be done ------------------------------------------------------------------------- */

static SyncQueue *
get_queue (SyncQueuePage *self)
{
  return sync_profile_get_queue (self->profile);
}

static void
retried (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (SyncQueuePage) self = user_data;
  g_autoptr (GError) error = NULL;
  gssize n = sync_queue_retry_finish (SYNC_QUEUE (object), result, &error);
  g_autofree char *text = NULL;

  if (n < 0)
    {
      sync_toast_show_error (GTK_WIDGET (self), error);
      return;
    }
  /* Those that only wait are not among them. */
  if (n == 0)
    {
      sync_toast_show (GTK_WIDGET (self), _("Nothing was refused: what waits is sent with the next sync"));
      return;
    }
  text = g_strdup_printf (g_dngettext (NULL, "%d row will be sent again",
                                       "%d rows will be sent again", (gulong) n),
                          (int) n);
  sync_toast_show (GTK_WIDGET (self), text);
}

static void
retry (GSimpleAction *action, GVariant *target, gpointer user_data)
{
  SyncQueuePage *self = user_data;
  const char *entity = NULL, *id = NULL;

  if (target != NULL)
    g_variant_get (target, "(&s&s)", &entity, &id);
  sync_queue_retry_async (get_queue (self), entity, id, NULL, retried, g_object_ref (self));
}

static void
json_read (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (SyncQueuePage) self = user_data;
  GtkRoot *root = gtk_widget_get_root (GTK_WIDGET (self));
  g_autoptr (GError) error = NULL;
  g_autofree char *json = sync_queue_get_json_finish (SYNC_QUEUE (object), result, &error);

  if (root == NULL)
    return;
  if (json != NULL)
    gtk_window_present (sync_row_window_new (GTK_WINDOW (root), _("Row"), json));
  else
    sync_toast_show_error (GTK_WIDGET (self), error);
}

static void
show_json (SyncQueuePage *self, const char *entity, const char *id)
{
  sync_queue_get_json_async (get_queue (self), entity, id, NULL, json_read, g_object_ref (self));
}

static void
show (GSimpleAction *action, GVariant *target, gpointer user_data)
{
  const char *entity, *id;

  g_variant_get (target, "(&s&s)", &entity, &id);
  show_json (user_data, entity, id);
}

static void
open_row (SyncQueuePage *self, guint position)
{
  g_autoptr (SyncListItem) item = g_list_model_get_item (G_LIST_MODEL (self->rows), position);
  const SyncChange *change
      = item != NULL && !shows_held (self) ? sync_list_item_get_value (item) : NULL;

  if (change != NULL)
    show_json (self, change->entity, change->id);
}

/* --- Discarding ------------------------------------------------------------------------------- */

/* What is to be discarded while somebody is asked. */
typedef struct
{
  SyncQueuePage *page; /* (owned) */
  char *entity;
  char *id;
} Discard;

static void
discard_free (Discard *discard)
{
  g_object_unref (discard->page);
  g_free (discard->entity);
  g_free (discard->id);
  g_free (discard);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Discard, discard_free)

static void
add_value (GString *text, SyncSpan value)
{
  g_autofree char *part = g_strndup (value.text, value.length);
  glong length = g_utf8_strlen (part, -1);

  if (length > LONGEST_VALUE)
    *g_utf8_offset_to_pointer (part, LONGEST_VALUE) = '\0';
  g_string_append_printf (text, "%s%s", part, length > LONGEST_VALUE ? "…" : "");
}

/* Each column that is not as it was last synced: what it was, and what it is. */
static char *
describe_loss (const char *json)
{
  SyncSpan document = { json, strlen (json) }, row, base = { NULL, 0 }, name, value, before;
  GString *text = g_string_new (NULL);
  SyncJsonReader reader;
  gboolean known;

  if (!sync_json_get_member (document, "row", &row) || sync_json_type (row) != SYNC_JSON_OBJECT)
    {
      g_string_append (text, _("The row was deleted on this computer."));
      return g_string_free (text, FALSE);
    }
  known = sync_json_get_member (document, "base", &base)
          && sync_json_type (base) == SYNC_JSON_OBJECT;
  sync_json_reader_init (&reader, row.text, row.length);
  if (sync_json_enter_object (&reader))
    while (sync_json_next_member (&reader, &name) && sync_json_read_value (&reader, &value))
      {
        g_autofree char *column = sync_json_dup_name (name);
        gboolean had = known && column != NULL && sync_json_get_member (base, column, &before);

        if (had && sync_json_equal (before, value))
          continue;
        g_string_append_printf (text, "%s%s: ", text->len > 0 ? "\n" : "", column);
        if (had)
          {
            add_value (text, before);
            g_string_append (text, " → ");
          }
        add_value (text, value);
      }
  return g_string_free (text, FALSE);
}

static void
discarded (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (SyncQueuePage) self = user_data;
  g_autoptr (GError) error = NULL;

  if (sync_queue_discard_finish (SYNC_QUEUE (object), result, &error) < 0)
    sync_toast_show_error (GTK_WIDGET (self), error);
  else
    sync_toast_show (GTK_WIDGET (self), _("Change discarded; it can be put back for 30 days"));
}

static void
discard_answered (AdwMessageDialog *dialog, const char *response, gpointer user_data)
{
  const Discard *discard = user_data;

  if (g_str_equal (response, "discard"))
    sync_queue_discard_async (get_queue (discard->page), discard->entity, discard->id, NULL,
                              discarded, g_object_ref (discard->page));
}

static GtkWidget *
make_loss_view (const char *text)
{
  GtkWidget *label = gtk_label_new (text);
  GtkWidget *scroller = gtk_scrolled_window_new ();

  gtk_label_set_wrap (GTK_LABEL (label), TRUE);
  gtk_label_set_wrap_mode (GTK_LABEL (label), PANGO_WRAP_WORD_CHAR);
  gtk_label_set_xalign (GTK_LABEL (label), 0);
  gtk_label_set_selectable (GTK_LABEL (label), TRUE);
  gtk_widget_set_can_focus (label, FALSE);
  gtk_widget_add_css_class (label, "monospace");
  gtk_scrolled_window_set_policy (GTK_SCROLLED_WINDOW (scroller), GTK_POLICY_NEVER,
                                  GTK_POLICY_AUTOMATIC);
  gtk_scrolled_window_set_propagate_natural_height (GTK_SCROLLED_WINDOW (scroller), TRUE);
  gtk_scrolled_window_set_max_content_height (GTK_SCROLLED_WINDOW (scroller), 240);
  gtk_scrolled_window_set_child (GTK_SCROLLED_WINDOW (scroller), label);
  return scroller;
}

/* What becomes of the row. */
static const char *
name_outcome (const char *json)
{
  SyncSpan document = { json, strlen (json) }, row, base;

  if (!sync_json_get_member (document, "row", &row) || sync_json_type (row) != SYNC_JSON_OBJECT)
    return _("The row comes back as it was last synced.");
  if (!sync_json_get_member (document, "base", &base) || sync_json_type (base) != SYNC_JSON_OBJECT)
    return _("The cloud never had this row: it is taken out of this database. What is lost is kept "
             "in the record for 30 days:");
  return _("The cloud’s row is taken with the next sync. What is lost here is kept in the record "
           "for 30 days:");
}

static void
ask_to_discard (Discard *discard, const char *json)
{
  GtkRoot *root = gtk_widget_get_root (GTK_WIDGET (discard->page));
  g_autofree char *loss = describe_loss (json);
  GtkWidget *dialog = adw_message_dialog_new (GTK_WINDOW (root), _("Discard This Change?"),
                                              name_outcome (json));

  adw_message_dialog_add_responses (ADW_MESSAGE_DIALOG (dialog), "cancel", _("_Cancel"), "discard",
                                    _("_Discard"), NULL);
  adw_message_dialog_set_response_appearance (ADW_MESSAGE_DIALOG (dialog), "discard",
                                              ADW_RESPONSE_DESTRUCTIVE);
  adw_message_dialog_set_default_response (ADW_MESSAGE_DIALOG (dialog), "cancel");
  adw_message_dialog_set_close_response (ADW_MESSAGE_DIALOG (dialog), "cancel");
  adw_message_dialog_set_extra_child (ADW_MESSAGE_DIALOG (dialog), make_loss_view (loss));
  g_object_set_data_full (G_OBJECT (dialog), "sync-discard", discard,
                          (GDestroyNotify) discard_free);
  g_signal_connect (dialog, "response", G_CALLBACK (discard_answered), discard);
  gtk_window_present (GTK_WINDOW (dialog));
}

static void
loss_read (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Discard) discard = user_data;
  g_autoptr (GError) error = NULL;
  g_autofree char *json = sync_queue_get_json_finish (SYNC_QUEUE (object), result, &error);

  if (json == NULL)
    sync_toast_show_error (GTK_WIDGET (discard->page), error);
  else if (gtk_widget_get_root (GTK_WIDGET (discard->page)) != NULL)
    ask_to_discard (g_steal_pointer (&discard), json);
}

static void
discard_row (GSimpleAction *action, GVariant *target, gpointer user_data)
{
  SyncQueuePage *self = user_data;
  Discard *discard = g_new0 (Discard, 1);

  discard->page = g_object_ref (self);
  g_variant_get (target, "(ss)", &discard->entity, &discard->id);
  sync_queue_get_json_async (get_queue (self), discard->entity, discard->id, NULL, loss_read,
                             discard);
}

/* --- Exporting -------------------------------------------------------------------------------- */

static void
exported (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (SyncQueuePage) self = user_data;
  g_autoptr (GError) error = NULL;
  gssize n = sync_export_finish (SYNC_MANAGER (object), result, &error);
  g_autofree char *text = NULL;

  if (n < 0)
    {
      sync_toast_show_error (GTK_WIDGET (self), error);
      return;
    }
  text = g_strdup_printf (g_dngettext (NULL, "%d row saved", "%d rows saved", (gulong) n), (int) n);
  sync_toast_show (GTK_WIDGET (self), text);
}

static void
file_chosen (const char *path, gpointer user_data)
{
  SyncQueuePage *self = user_data;
  guint chosen = gtk_drop_down_get_selected (self->filter);

  sync_export_unsent_async (sync_profile_get_manager (self->profile),
                            states[MIN (chosen, G_N_ELEMENTS (states) - 1)], path, NULL, NULL, NULL,
                            exported, g_object_ref (self));
}

static void
export_rows (GSimpleAction *action, GVariant *target, gpointer user_data)
{
  sync_file_choice_save (user_data, _("Save Unsent Rows"), "unsent-rows.json", file_chosen);
}

/* --- The object ------------------------------------------------------------------------------- */

static void
add_actions (SyncQueuePage *self)
{
  static const GActionEntry entries[] = {
    { .name = "retry", .activate = retry, .parameter_type = "(ss)" },
    { .name = "retry-all", .activate = retry },
    { .name = "show", .activate = show, .parameter_type = "(ss)" },
    { .name = "discard", .activate = discard_row, .parameter_type = "(ss)" },
    { .name = "export", .activate = export_rows },
  };

  self->actions = g_simple_action_group_new ();
  g_action_map_add_action_entries (G_ACTION_MAP (self->actions), entries, G_N_ELEMENTS (entries),
                                   self);
  gtk_widget_insert_action_group (GTK_WIDGET (self), "queue", G_ACTION_GROUP (self->actions));
}

static void
sync_queue_page_dispose (GObject *object)
{
  SyncQueuePage *self = SYNC_QUEUE_PAGE (object);

  gtk_widget_insert_action_group (GTK_WIDGET (self), "queue", NULL);
  g_clear_object (&self->actions);
  g_clear_object (&self->rows);
  g_clear_object (&self->held);
  g_clear_object (&self->profile);

  G_OBJECT_CLASS (sync_queue_page_parent_class)->dispose (object);
}

static void
sync_queue_page_class_init (SyncQueuePageClass *class)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (class);

  G_OBJECT_CLASS (class)->dispose = sync_queue_page_dispose;

  gtk_widget_class_set_template_from_resource (
      widget_class, "/io/github/progressive_sync/ProgressiveSync/sync-queue-page.ui");
  gtk_widget_class_bind_template_child (widget_class, SyncQueuePage, bar);
  gtk_widget_class_bind_template_child (widget_class, SyncQueuePage, filter);
  gtk_widget_class_bind_template_child (widget_class, SyncQueuePage, retry_button);
  gtk_widget_class_bind_template_child (widget_class, SyncQueuePage, export_button);
  gtk_widget_class_bind_template_child (widget_class, SyncQueuePage, stack);
  gtk_widget_class_bind_template_child (widget_class, SyncQueuePage, list);
  gtk_widget_class_bind_template_callback (widget_class, choose_filter);
  gtk_widget_class_bind_template_callback (widget_class, open_row);
}

static void
sync_queue_page_init (SyncQueuePage *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  sync_form_let_shrink (self->filter);
  sync_form_let_wrap (self->retry_button);
  sync_form_let_wrap (self->export_button);
  add_actions (self);
}

/**
 * sync_queue_page_new: (constructor)
 * @profile: the database
 *
 * Returns: (transfer floating): its page
 */
SyncQueuePage *
sync_queue_page_new (SyncProfile *profile)
{
  SyncManager *manager;
  SyncQueuePage *self;

  g_return_val_if_fail (SYNC_IS_PROFILE (profile), NULL);

  self = g_object_new (SYNC_TYPE_QUEUE_PAGE, NULL);
  self->profile = g_object_ref (profile);
  manager = sync_profile_get_manager (profile);
  self->rows = sync_list_model_new (manager, &sync_list_of_queue);
  self->held = sync_list_model_new (manager, &sync_list_of_held);
  set_list (self, self->rows, show_change);
  g_signal_connect_object (self->rows, "items-changed", G_CALLBACK (show_list_or_none), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (self->held, "items-changed", G_CALLBACK (show_list_or_none), self,
                           G_CONNECT_SWAPPED);
  show_list_or_none (self);
  return self;
}
