/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-overview-page.h"

#include <glib/gi18n.h>

#include "sync-demo-group.h"
#include "sync-display-path.h"
#include "sync-entity-row.h"
#include "sync-error-row.h"
#include "sync-form.h"
#include "sync-status.h"
#include "sync-ticker.h"
#include "sync-words.h"

/* How long the progress bar takes to where it is to be, milliseconds: longer than from one word
 * about it to the next, so that it never stands still in between. */
#define GLIDE 250

/**
 * SyncOverviewPage:
 *
 * A database's page: how it stands, and each of its tables.
 */
struct _SyncOverviewPage
{
  AdwBin parent_instance;

  GtkBox *groups;
  GtkImage *icon;
  GtkLabel *state;
  GtkLabel *times;
  GtkLabel *safety;
  GtkWidget *running;
  GtkProgressBar *progress_bar;
  GtkLabel *phase;
  GtkWidget *sync_button;
  GtkWidget *cancel_button;
  GtkButton *next_button;
  GtkWidget *problems;
  SyncErrorRow *error_row;
  AdwActionRow *cloud_row;
  AdwActionRow *auto_row;
  AdwPreferencesGroup *tables;
  GtkWidget *others;
  AdwActionRow *others_row;

  SyncProfile *profile;      /* (owned) */
  GHashTable *rows;          /* (owned) (element-type utf8 SyncEntityRow): in the group */
  AdwAnimation *glide;       /* (owned) */
  GCancellable *cancellable; /* (owned) */
  gboolean listing;
  gboolean list_again;
};

G_DEFINE_FINAL_TYPE (SyncOverviewPage, sync_overview_page, ADW_TYPE_BIN)

/* --- Tables ----------------------------------------------------------------------------------- */

static void list_entities (SyncOverviewPage *self);

static void
drop_rows_except (SyncOverviewPage *self, GHashTable *kept)
{
  GHashTableIter iter;
  gpointer name, row;

  g_hash_table_iter_init (&iter, self->rows);
  while (g_hash_table_iter_next (&iter, &name, &row))
    if (!g_hash_table_contains (kept, name))
      {
        adw_preferences_group_remove (self->tables, row);
        g_hash_table_iter_remove (&iter);
      }
}

static void
show_entities (SyncOverviewPage *self, GPtrArray *entities)
{
  g_autoptr (GHashTable) kept = g_hash_table_new (g_str_hash, g_str_equal);

  for (guint i = 0; i < entities->len; i++)
    {
      const SyncEntityStatus *status = entities->pdata[i];
      SyncEntityRow *row = g_hash_table_lookup (self->rows, status->entity->name);

      if (row == NULL)
        {
          row = sync_entity_row_new ();
          adw_preferences_group_add (self->tables, GTK_WIDGET (row));
          g_hash_table_insert (self->rows, g_strdup (status->entity->name), row);
        }
      sync_entity_row_set_status (row, status);
      g_hash_table_add (kept, status->entity->name);
    }
  drop_rows_except (self, kept);
  adw_preferences_group_set_description (
      self->tables, entities->len > 0 ? NULL : _("No table is synced yet"));
}

static void
entities_listed (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (SyncOverviewPage) self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) entities
      = sync_entities_list_finish (SYNC_ENTITIES (object), result, &error);

  self->listing = FALSE;
  if (g_cancellable_is_cancelled (self->cancellable))
    return;
  if (entities != NULL)
    show_entities (self, entities);
  else
    g_debug ("The tables cannot be listed: %s", error->message);
  if (self->list_again)
    list_entities (self);
}

/* What is in the file and goes nowhere. */
static void
others_listed (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (SyncOverviewPage) self = user_data;
  g_autoptr (GPtrArray) others
      = sync_entities_list_others_finish (SYNC_ENTITIES (object), result, NULL);
  g_autofree char *names = NULL, *markup = NULL;

  if (others == NULL || g_cancellable_is_cancelled (self->cancellable))
    return;
  gtk_widget_set_visible (self->others, others->len > 0);
  g_ptr_array_add (others, NULL);
  names = g_strjoinv (", ", (char **)others->pdata);
  markup = g_markup_escape_text (names, -1);
  adw_action_row_set_subtitle (self->others_row, markup);
}

/* What happens in between is looked at once, afterwards. */
static void
list_entities (SyncOverviewPage *self)
{
  self->list_again = self->listing;
  if (self->listing)
    return;
  self->listing = TRUE;
  sync_entities_list_async (sync_profile_get_entities (self->profile), self->cancellable,
                            entities_listed, g_object_ref (self));
  sync_entities_list_others_async (sync_profile_get_entities (self->profile), self->cancellable,
                                   others_listed, g_object_ref (self));
}

/* --- How it stands ---------------------------------------------------------------------------- */

static char *
dup_times (const SyncStatus *status, gint64 now)
{
  g_autofree char *last = NULL, *next = NULL;

  if (status->kind == SYNC_STATUS_SYNCING || status->kind == SYNC_STATUS_LOCAL_ONLY)
    return NULL;
  if (status->last_sync != SYNC_TIME_UNKNOWN)
    {
      g_autofree char *time = sync_words_for_time (status->last_sync, now);

      /* Translators: a time in words, like “5 minutes ago” */
      last = g_strdup_printf (_("Last synced %s"), time);
    }
  if (status->next_sync != SYNC_TIME_UNKNOWN)
    {
      g_autofree char *time = sync_words_for_time (MAX (status->next_sync, now + 1), now);

      /* Translators: a time in words, like “in 12 seconds” */
      next = status->kind == SYNC_STATUS_OFFLINE || status->kind == SYNC_STATUS_ERROR
                 ? g_strdup_printf (_("Next try %s"), time)
                 : g_strdup_printf (_("Next sync %s"), time);
    }
  else if (status->hold != SYNC_HOLD_NONE)
    next = sync_status_dup_hold (status);
  else if (status->elsewhere)
    next = g_strdup (_("Another program syncs by itself"));
  if (last != NULL && next != NULL)
    /* Translators: two sentences, about the last and the next sync */
    return g_strdup_printf (_("%s · %s"), last, next);
  if (last == NULL && next == NULL)
    return status->kind != SYNC_STATUS_NEVER_SYNCED ? g_strdup (_("Never synced yet")) : NULL;
  return last != NULL ? g_steal_pointer (&last) : g_steal_pointer (&next);
}

/* Whether a change is safe here, and whether it is in the cloud. */
static char *
dup_safety (const SyncStatus *status)
{
  guint missing = status->pending + status->failed;

  if (status->kind == SYNC_STATUS_LOCAL_ONLY)
    return g_strdup (_("All rows are on this computer, and only here."));
  if (missing > 0)
    return g_strdup_printf (ngettext ("All changes are safe on this computer; %u is not in the "
                                      "cloud yet.",
                                      "All changes are safe on this computer; %u are not in the "
                                      "cloud yet.",
                                      missing),
                            missing);
  if (status->last_sync == SYNC_TIME_UNKNOWN)
    return g_strdup (_("All rows are safe on this computer; what the cloud has is not known yet."));
  return g_strdup (_("All changes are safe on this computer and in the cloud."));
}

/* Nothing is known of the rows of a file that is damaged, or not there any more. */
static gboolean
is_file_in_doubt (SyncProfile *profile)
{
  g_autoptr (GError) error = NULL;

  g_object_get (sync_profile_get_manager (profile), "last-error", &error, NULL);
  return g_error_matches (error, SYNC_ERROR, SYNC_ERROR_NOT_FOUND)
         || g_error_matches (error, SYNC_ERROR, SYNC_ERROR_NOT_DATABASE)
         || g_error_matches (error, SYNC_ERROR, SYNC_ERROR_CORRUPT);
}

static void
set_label (GtkLabel *label, const char *text)
{
  gtk_widget_set_visible (GTK_WIDGET (label), text != NULL && *text != '\0');
  if (g_strcmp0 (gtk_label_get_label (label), text) != 0)
    gtk_label_set_label (label, text != NULL ? text : "");
}

static void
set_next_step (SyncOverviewPage *self, const char *label, const char *action, const char *target)
{
  gtk_widget_set_visible (GTK_WIDGET (self->next_button), label != NULL);
  if (label == NULL)
    return;
  gtk_button_set_label (self->next_button, label);
  sync_form_let_wrap (self->next_button);
  /* An action is looked up as soon as it has a name, with the target that is there then. */
  gtk_actionable_set_action_name (GTK_ACTIONABLE (self->next_button), NULL);
  gtk_actionable_set_action_target_value (
      GTK_ACTIONABLE (self->next_button), target != NULL ? g_variant_new_string (target) : NULL);
  gtk_actionable_set_action_name (GTK_ACTIONABLE (self->next_button), action);
}

static void
offer_next_step (SyncOverviewPage *self, SyncStatusKind kind)
{
  switch (kind)
    {
    case SYNC_STATUS_CONFLICTS:
      set_next_step (self, _("_Review Conflicts"), "win.show-page", "conflicts");
      break;
    case SYNC_STATUS_REFUSED:
      set_next_step (self, _("_Show Rows"), "win.show-page", "queue");
      break;
    case SYNC_STATUS_LOCAL_ONLY:
      set_next_step (self, _("_Connect a Cloud"), "win.connect", NULL);
      break;
    case SYNC_STATUS_SIGN_IN:
      set_next_step (self, _("Sign _In…"), "win.sign-in", NULL);
      break;
    case SYNC_STATUS_PAUSED:
      set_next_step (self, _("_Resume"), "win.pause", "off");
      break;
    default:
      set_next_step (self, NULL, NULL, NULL);
      break;
    }
}

static void
set_suggested (GtkWidget *button, gboolean suggested)
{
  if (suggested)
    gtk_widget_add_css_class (button, "suggested-action");
  else
    gtk_widget_remove_css_class (button, "suggested-action");
}

/* What only a person can do comes before what is done by itself, too. */
static void
show_buttons (SyncOverviewPage *self, SyncStatusKind kind)
{
  gboolean syncing = kind == SYNC_STATUS_SYNCING;

  gtk_widget_set_visible (self->running, syncing);
  gtk_widget_set_visible (self->cancel_button, syncing);
  gtk_widget_set_visible (self->sync_button, !syncing && kind != SYNC_STATUS_LOCAL_ONLY
                                                 && kind != SYNC_STATUS_SIGN_IN);
  offer_next_step (self, kind);
  set_suggested (GTK_WIDGET (self->next_button), kind != SYNC_STATUS_PAUSED);
  set_suggested (self->sync_button, kind == SYNC_STATUS_PAUSED
                                        || !gtk_widget_get_visible (GTK_WIDGET (self->next_button)));
}

static void
show_times (SyncOverviewPage *self, const SyncStatus *status)
{
  g_autofree char *times = dup_times (status, g_get_real_time ());

  set_label (self->times, times);
}

/* Also the same icon once more would be faded in, and keep the window drawing each second. */
static void
set_icon (GtkImage *image, const char *name)
{
  if (g_strcmp0 (gtk_image_get_icon_name (image), name) != 0)
    gtk_image_set_from_icon_name (image, name);
}

static void
show_status (SyncOverviewPage *self)
{
  SyncStatus status;
  g_autofree char *title = NULL, *safety = NULL;

  sync_status_read (&status, self->profile);
  title = sync_status_dup_title (&status);
  safety = is_file_in_doubt (self->profile) ? NULL : dup_safety (&status);
  set_label (self->state, title);
  set_label (self->safety, safety);
  show_times (self, &status);
  set_icon (self->icon, sync_status_get_icon (&status));
  show_buttons (self, status.kind);
}

/* --- A run ------------------------------------------------------------------------------------ */

static const char *
name_phase (SyncPhase phase)
{
  static const char *const names[] = { "connect", "pull", "push", "check", "done" };

  return phase <= SYNC_PHASE_DONE ? names[phase] : "";
}

static void
glide_to (SyncOverviewPage *self, double fraction)
{
  double now = gtk_progress_bar_get_fraction (self->progress_bar);

  adw_timed_animation_set_value_from (ADW_TIMED_ANIMATION (self->glide), now);
  adw_timed_animation_set_value_to (ADW_TIMED_ANIMATION (self->glide), CLAMP (fraction, now, 1.0));
  adw_animation_play (self->glide);
}

static void
show_progress (SyncOverviewPage *self)
{
  g_autoptr (SyncProgress) progress = NULL;
  g_autofree char *words = NULL;

  g_object_get (sync_profile_get_manager (self->profile), "progress", &progress, NULL);
  if (progress == NULL)
    {
      adw_animation_reset (self->glide);
      gtk_progress_bar_set_fraction (self->progress_bar, 0.0);
      gtk_label_set_label (self->phase, "");
    }
  else
    {
      words = sync_words_for_progress (name_phase (progress->phase), progress->entity,
                                       progress->current, progress->total);
      gtk_label_set_label (self->phase, words);
      glide_to (self, progress->fraction);
    }
  show_status (self);
}

/* --- What is wrong ---------------------------------------------------------------------------- */

/* What a button can do about it. */
static void
offer_remedy (SyncOverviewPage *self, const GError *error)
{
  static const struct
  {
    SyncError code;
    const char *label;
    const char *action;
  } remedies[] = {
    { SYNC_ERROR_WRONG_KEY, N_("_Change…"), "win.connect" },
    { SYNC_ERROR_SECRET_KEY, N_("_Change…"), "win.connect" },
    { SYNC_ERROR_INSECURE, N_("_Change…"), "win.connect" },
    { SYNC_ERROR_OTHER_CLOUD, N_("_Change…"), "win.connect" },
    { SYNC_ERROR_SCHEMA_MISSING, N_("_Set Up…"), "win.connect" },
    { SYNC_ERROR_SCHEMA_OLD, N_("_Set Up…"), "win.connect" },
    { SYNC_ERROR_SCHEMA, N_("_Set Up…"), "win.connect" },
    { SYNC_ERROR_REVOKED, N_("_Show Devices"), "win.show-page::devices" },
    { SYNC_ERROR_BRAKE, N_("_Allow Once…"), "win.allow-mass-change" },
  };

  sync_error_row_set_action (self->error_row, NULL, NULL);
  if (g_error_matches (error, SYNC_ERROR, SYNC_ERROR_SECRETS)
      && g_strcmp0 (sync_error_get_detail (error)->reason, "locked") == 0)
    sync_error_row_set_action (self->error_row, _("_Unlock…"), "win.unlock");
  for (guint i = 0; i < G_N_ELEMENTS (remedies); i++)
    if (g_error_matches (error, SYNC_ERROR, remedies[i].code))
      sync_error_row_set_action (self->error_row, _(remedies[i].label), remedies[i].action);
}

/* That somebody must sign in is how it stands, which is said above, with a button. */
static void
show_error (SyncOverviewPage *self)
{
  g_autoptr (GError) error = NULL;

  g_object_get (sync_profile_get_manager (self->profile), "last-error", &error, NULL);
  if (g_error_matches (error, SYNC_ERROR, SYNC_ERROR_SIGN_IN))
    g_clear_error (&error);
  sync_error_row_set_error (self->error_row, error);
  offer_remedy (self, error);
  gtk_widget_set_visible (self->problems, error != NULL);
}

/* --- The cloud -------------------------------------------------------------------------------- */

static void
show_cloud (SyncOverviewPage *self)
{
  SyncProvider *provider
      = sync_manager_get_provider (sync_profile_get_manager (self->profile));
  const char *email = sync_profile_get_email (self->profile);
  g_autofree char *text = NULL, *markup = NULL;

  if (provider == NULL)
    text = g_strdup (_("None: everything works on this computer alone"));
  else if (email != NULL)
    /* Translators: the address of a server, and who is signed in there */
    text = g_strdup_printf (_("%s, signed in as %s"), sync_provider_get_location (provider), email);
  else
    text = sync_display_path (sync_provider_get_location (provider));
  markup = g_markup_escape_text (text, -1);
  adw_action_row_set_subtitle (self->cloud_row, markup);
}

static void
show_all (SyncOverviewPage *self)
{
  show_cloud (self);
  show_error (self);
  show_progress (self);
}

static void
tick (GtkWidget *widget)
{
  SyncOverviewPage *self = SYNC_OVERVIEW_PAGE (widget);
  SyncManager *manager = sync_profile_get_manager (self->profile);
  GHashTableIter iter;
  gpointer row;
  SyncState state;

  /* A pause ends by itself, and nobody says so. */
  g_object_get (manager, "state", &state, NULL);
  if (state != sync_manager_get_state (manager))
    sync_manager_refresh (manager);
  show_status (self);
  g_hash_table_iter_init (&iter, self->rows);
  while (g_hash_table_iter_next (&iter, NULL, &row))
    sync_entity_row_update_time (row);
}

/* --- The object ------------------------------------------------------------------------------- */

static void
sync_overview_page_dispose (GObject *object)
{
  SyncOverviewPage *self = SYNC_OVERVIEW_PAGE (object);

  g_cancellable_cancel (self->cancellable);
  if (self->glide != NULL)
    adw_animation_reset (self->glide);
  g_clear_object (&self->glide);

  G_OBJECT_CLASS (sync_overview_page_parent_class)->dispose (object);
}

static void
sync_overview_page_finalize (GObject *object)
{
  SyncOverviewPage *self = SYNC_OVERVIEW_PAGE (object);

  g_clear_object (&self->profile);
  g_hash_table_unref (self->rows);
  g_object_unref (self->cancellable);

  G_OBJECT_CLASS (sync_overview_page_parent_class)->finalize (object);
}

static void
sync_overview_page_class_init (SyncOverviewPageClass *class)
{
  GObjectClass *object_class = G_OBJECT_CLASS (class);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (class);

  object_class->dispose = sync_overview_page_dispose;
  object_class->finalize = sync_overview_page_finalize;

  g_type_ensure (SYNC_TYPE_ERROR_ROW);
  gtk_widget_class_set_template_from_resource (
      widget_class, "/io/github/progressive_sync/ProgressiveSync/sync-overview-page.ui");
  gtk_widget_class_bind_template_child (widget_class, SyncOverviewPage, groups);
  gtk_widget_class_bind_template_child (widget_class, SyncOverviewPage, icon);
  gtk_widget_class_bind_template_child (widget_class, SyncOverviewPage, state);
  gtk_widget_class_bind_template_child (widget_class, SyncOverviewPage, times);
  gtk_widget_class_bind_template_child (widget_class, SyncOverviewPage, safety);
  gtk_widget_class_bind_template_child (widget_class, SyncOverviewPage, running);
  gtk_widget_class_bind_template_child (widget_class, SyncOverviewPage, progress_bar);
  gtk_widget_class_bind_template_child (widget_class, SyncOverviewPage, phase);
  gtk_widget_class_bind_template_child (widget_class, SyncOverviewPage, sync_button);
  gtk_widget_class_bind_template_child (widget_class, SyncOverviewPage, cancel_button);
  gtk_widget_class_bind_template_child (widget_class, SyncOverviewPage, next_button);
  gtk_widget_class_bind_template_child (widget_class, SyncOverviewPage, problems);
  gtk_widget_class_bind_template_child (widget_class, SyncOverviewPage, error_row);
  gtk_widget_class_bind_template_child (widget_class, SyncOverviewPage, cloud_row);
  gtk_widget_class_bind_template_child (widget_class, SyncOverviewPage, auto_row);
  gtk_widget_class_bind_template_child (widget_class, SyncOverviewPage, tables);
  gtk_widget_class_bind_template_child (widget_class, SyncOverviewPage, others);
  gtk_widget_class_bind_template_child (widget_class, SyncOverviewPage, others_row);
}

static void
sync_overview_page_init (SyncOverviewPage *self)
{
  self->cancellable = g_cancellable_new ();
  self->rows = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  gtk_widget_init_template (GTK_WIDGET (self));
  sync_form_let_wrap (GTK_BUTTON (self->sync_button));
  sync_form_let_wrap (GTK_BUTTON (self->cancel_button));
  self->glide = adw_timed_animation_new (
      GTK_WIDGET (self->progress_bar), 0.0, 1.0, GLIDE,
      adw_property_animation_target_new (G_OBJECT (self->progress_bar), "fraction"));
  adw_timed_animation_set_easing (ADW_TIMED_ANIMATION (self->glide), ADW_LINEAR);
}

static void
connect_manager (SyncOverviewPage *self)
{
  static const struct
  {
    const char *signal;
    GCallback callback;
  } handlers[] = {
    { "notify::state", G_CALLBACK (show_progress) },
    { "notify::progress", G_CALLBACK (show_progress) },
    { "notify::last-error", G_CALLBACK (show_all) },
    { "notify::provider", G_CALLBACK (show_all) },
    { "notify::paused-until", G_CALLBACK (show_status) },
    { "notify::last-sync-time", G_CALLBACK (show_status) },
    { "data-changed", G_CALLBACK (show_all) },
    { "data-changed", G_CALLBACK (list_entities) },
  };
  SyncManager *manager = sync_profile_get_manager (self->profile);

  for (guint i = 0; i < G_N_ELEMENTS (handlers); i++)
    g_signal_connect_object (manager, handlers[i].signal, handlers[i].callback, self,
                             G_CONNECT_SWAPPED);
  g_signal_connect_object (sync_profile_get_scheduler (self->profile), "notify",
                           G_CALLBACK (show_status), self, G_CONNECT_SWAPPED);
}

/**
 * sync_overview_page_new: (constructor)
 * @profile: the database
 *
 * Returns: (transfer floating): its page
 */
SyncOverviewPage *
sync_overview_page_new (SyncProfile *profile)
{
  SyncOverviewPage *self;
  GtkWidget *demo;

  g_return_val_if_fail (SYNC_IS_PROFILE (profile), NULL);

  self = g_object_new (SYNC_TYPE_OVERVIEW_PAGE, NULL);
  self->profile = g_object_ref (profile);
  demo = sync_demo_group_new ();
  /* Before the tables, so that it is seen without scrolling. */
  if (demo != NULL)
    gtk_box_insert_child_after (self->groups, demo,
                                gtk_widget_get_prev_sibling (GTK_WIDGET (self->tables)));
  connect_manager (self);
  show_all (self);
  list_entities (self);
  sync_ticker_add (GTK_WIDGET (self), tick);
  return self;
}
