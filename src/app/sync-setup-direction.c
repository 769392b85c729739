/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-setup-direction.h"

#include <glib/gi18n.h>

#include "sync-device-name.h"
#include "sync-display-path.h"
#include "sync-error-row.h"
#include "sync-words.h"

/**
 * SyncSetupDirection:
 *
 * The last page of setting up: what the first run is to do.
 */
struct _SyncSetupDirection
{
  AdwBin parent_instance;

  GtkWidget *problems;
  SyncErrorRow *error_row;
  AdwActionRow *here_row;
  GtkLabel *here_count;
  AdwActionRow *there_row;
  GtkLabel *there_count;
  GtkCheckButton *merge_check;
  GtkCheckButton *seed_check;
  GtkCheckButton *hydrate_check;
  GtkEditable *name_row;
  GtkSwitch *auto_switch;
  GtkWidget *begin_button;

  SyncProfile *profile;      /* (owned) (nullable) */
  SyncSides *sides;          /* (owned) (nullable): what is here and there, once it is counted */
  GCancellable *cancellable; /* (owned) */
  gboolean beginning;
};

enum
{
  SIGNAL_BEGIN,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (SyncSetupDirection, sync_setup_direction, ADW_TYPE_BIN)

static void
set_error (SyncSetupDirection *self, const GError *error)
{
  sync_error_row_set_error (self->error_row, error);
  sync_error_row_set_action (self->error_row, _("_Try Again"), "setup-direction.count");
  gtk_widget_set_visible (self->problems, error != NULL);
}

static void
update (SyncSetupDirection *self)
{
  g_autofree char *name = g_strstrip (g_strdup (gtk_editable_get_text (self->name_row)));

  gtk_widget_set_sensitive (self->begin_button,
                            self->sides != NULL && !self->beginning
                                && sync_settings_is_device_name (name));
}

/* --- Counting --------------------------------------------------------------------------------- */

static gboolean
is_vault (SyncSetupDirection *self)
{
  SyncProvider *provider
      = sync_manager_get_provider (sync_profile_get_manager (self->profile));

  return provider != NULL && g_str_equal (sync_provider_get_name (provider), "vault");
}

/* Restoring keeps what was not sent, so it does no harm where another device filled the vault. */
static GtkCheckButton *
suggest (SyncSetupDirection *self, const SyncSides *sides)
{
  if (sides->synced_before)
    return self->merge_check;
  if (sides->cloud > 0 && (sides->local == 0 || is_vault (self)))
    return self->hydrate_check;
  return sides->cloud == 0 && sides->local > 0 ? self->seed_check : self->merge_check;
}

static void
show_count (AdwActionRow *row, GtkLabel *label, guint64 count)
{
  g_autofree char *words = sync_words_for_count ("records", count);

  gtk_label_set_label (label, words);
}

static void
counted (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (SyncSetupDirection) self = user_data;
  g_autoptr (GError) error = NULL;
  SyncSides *sides = sync_profile_count_sides_finish (SYNC_PROFILE (object), result, &error);

  if (sync_error_is_cancelled (error))
    return;
  set_error (self, error);
  g_clear_pointer (&self->sides, sync_sides_free);
  self->sides = sides;
  if (sides != NULL)
    {
      show_count (self->here_row, self->here_count, sides->local);
      show_count (self->there_row, self->there_count, sides->cloud);
      gtk_check_button_set_active (suggest (self, sides), TRUE);
    }
  update (self);
}

static void
count (SyncSetupDirection *self)
{
  g_clear_pointer (&self->sides, sync_sides_free);
  update (self);
  gtk_label_set_label (self->here_count, "…");
  gtk_label_set_label (self->there_count, "…");
  sync_profile_count_sides_async (self->profile, self->cancellable, counted, g_object_ref (self));
}

static void
count_again (GtkWidget *widget, const char *action, GVariant *parameter)
{
  count (SYNC_SETUP_DIRECTION (widget));
}

/* --- The name --------------------------------------------------------------------------------- */

static void
name_found (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (SyncSetupDirection) self = user_data;
  g_autoptr (GError) error = NULL;
  g_autofree char *name = sync_device_name_suggest_finish (SYNC_DEVICES (object), result, &error);

  if (sync_error_is_cancelled (error))
    return;
  if (name != NULL && *gtk_editable_get_text (self->name_row) == '\0')
    gtk_editable_set_text (self->name_row, name);
}

/* --- Beginning -------------------------------------------------------------------------------- */

static SyncRunKind
get_kind (SyncSetupDirection *self)
{
  if (gtk_check_button_get_active (self->seed_check))
    return SYNC_RUN_SEED;
  return gtk_check_button_get_active (self->hydrate_check) ? SYNC_RUN_HYDRATE : SYNC_RUN_SYNC;
}

static void
settings_stored (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (SyncSetupDirection) self = user_data;
  g_autoptr (GError) error = NULL;
  gboolean good = sync_settings_set_finish (SYNC_SETTINGS (object), result, &error);

  if (sync_error_is_cancelled (error))
    return;
  self->beginning = FALSE;
  set_error (self, error);
  update (self);
  if (good)
    g_signal_emit (self, signals[SIGNAL_BEGIN], 0, (int)get_kind (self));
}

static void
begin (SyncSetupDirection *self)
{
  g_autoptr (GHashTable) values = g_hash_table_new (g_str_hash, g_str_equal);
  g_autofree char *name = g_strstrip (g_strdup (gtk_editable_get_text (self->name_row)));
  gboolean automatic = gtk_switch_get_active (self->auto_switch);

  self->beginning = TRUE;
  update (self);
  g_hash_table_insert (values, (char *)"device-name", name);
  g_hash_table_insert (values, (char *)"auto-sync", (char *)(automatic ? "true" : "false"));
  sync_settings_set_all_async (sync_profile_get_settings (self->profile), values,
                               self->cancellable, settings_stored, g_object_ref (self));
}

/**
 * sync_setup_direction_set_profile:
 * @page: the page
 * @profile: a database with a cloud
 *
 * Counts what is on both sides.
 */
void
sync_setup_direction_set_profile (SyncSetupDirection *page, SyncProfile *profile)
{
  SyncProvider *provider;
  g_autofree char *location = NULL, *markup = NULL;

  g_return_if_fail (SYNC_IS_SETUP_DIRECTION (page));
  g_return_if_fail (SYNC_IS_PROFILE (profile));

  g_set_object (&page->profile, profile);
  /* What was counted in another cloud may still be on its way. */
  g_cancellable_cancel (page->cancellable);
  g_object_unref (page->cancellable);
  page->cancellable = g_cancellable_new ();
  provider = sync_manager_get_provider (sync_profile_get_manager (profile));
  g_return_if_fail (provider != NULL);
  location = sync_display_path (sync_provider_get_location (provider));
  markup = g_markup_escape_text (location, -1);
  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (page->there_row),
                                 is_vault (page) ? _("In the Vault") : _("In the Cloud"));
  adw_action_row_set_subtitle (page->there_row, markup);
  count (page);
  sync_device_name_suggest_async (sync_profile_get_devices (profile), page->cancellable, name_found,
                                  g_object_ref (page));
}

/* --- The object ------------------------------------------------------------------------------- */

static void
sync_setup_direction_dispose (GObject *object)
{
  SyncSetupDirection *self = SYNC_SETUP_DIRECTION (object);

  g_cancellable_cancel (self->cancellable);
  g_clear_object (&self->profile);

  G_OBJECT_CLASS (sync_setup_direction_parent_class)->dispose (object);
}

static void
sync_setup_direction_finalize (GObject *object)
{
  SyncSetupDirection *self = SYNC_SETUP_DIRECTION (object);

  g_clear_pointer (&self->sides, sync_sides_free);
  g_object_unref (self->cancellable);

  G_OBJECT_CLASS (sync_setup_direction_parent_class)->finalize (object);
}

static void
sync_setup_direction_class_init (SyncSetupDirectionClass *class)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (class);

  G_OBJECT_CLASS (class)->dispose = sync_setup_direction_dispose;
  G_OBJECT_CLASS (class)->finalize = sync_setup_direction_finalize;

  signals[SIGNAL_BEGIN] = g_signal_new ("begin", SYNC_TYPE_SETUP_DIRECTION, G_SIGNAL_RUN_LAST, 0,
                                        NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_INT);

  g_type_ensure (SYNC_TYPE_ERROR_ROW);
  gtk_widget_class_install_action (widget_class, "setup-direction.count", NULL, count_again);
  gtk_widget_class_set_template_from_resource (
      widget_class, "/io/github/progressive_sync/ProgressiveSync/sync-setup-direction.ui");
  gtk_widget_class_bind_template_child (widget_class, SyncSetupDirection, problems);
  gtk_widget_class_bind_template_child (widget_class, SyncSetupDirection, error_row);
  gtk_widget_class_bind_template_child (widget_class, SyncSetupDirection, here_row);
  gtk_widget_class_bind_template_child (widget_class, SyncSetupDirection, here_count);
  gtk_widget_class_bind_template_child (widget_class, SyncSetupDirection, there_row);
  gtk_widget_class_bind_template_child (widget_class, SyncSetupDirection, there_count);
  gtk_widget_class_bind_template_child (widget_class, SyncSetupDirection, merge_check);
  gtk_widget_class_bind_template_child (widget_class, SyncSetupDirection, seed_check);
  gtk_widget_class_bind_template_child (widget_class, SyncSetupDirection, hydrate_check);
  gtk_widget_class_bind_template_child (widget_class, SyncSetupDirection, name_row);
  gtk_widget_class_bind_template_child (widget_class, SyncSetupDirection, auto_switch);
  gtk_widget_class_bind_template_child (widget_class, SyncSetupDirection, begin_button);
  gtk_widget_class_bind_template_callback (widget_class, update);
  gtk_widget_class_bind_template_callback (widget_class, begin);
}

static void
sync_setup_direction_init (SyncSetupDirection *self)
{
  self->cancellable = g_cancellable_new ();
  gtk_widget_init_template (GTK_WIDGET (self));
  update (self);
}
