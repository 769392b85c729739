/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tray-indicator.h"

#include <libayatana-appindicator/app-indicator.h>

#define ICON_ACTION "tray-icon"
#define ICON_TYPE G_VARIANT_TYPE ("(sbs)")
#define FIRST_ICON "progressive-sync-idle-symbolic"

/**
 * TrayIndicator:
 *
 * The icon in the tray.
 */
struct _TrayIndicator
{
  GObject parent_instance;

  GActionGroup *actions;   /* (owned) */
  AppIndicator *indicator; /* (owned) */
};

G_DEFINE_FINAL_TYPE (TrayIndicator, tray_indicator, G_TYPE_OBJECT)

/* The description is what screen readers and tooltips tell. */
static void
show_icon (TrayIndicator *self, GVariant *state)
{
  const char *icon, *tooltip;
  gboolean attention;

  if (state == NULL || !g_variant_is_of_type (state, ICON_TYPE))
    return;
  g_variant_get (state, "(&sb&s)", &icon, &attention, &tooltip);
  app_indicator_set_icon_full (self->indicator, icon, tooltip);
  app_indicator_set_attention_icon_full (self->indicator, icon, tooltip);
  app_indicator_set_title (self->indicator, tooltip);
  app_indicator_set_status (self->indicator, attention ? APP_INDICATOR_STATUS_ATTENTION
                                                       : APP_INDICATOR_STATUS_ACTIVE);
}

static void
look (TrayIndicator *self)
{
  g_autoptr (GVariant) state = g_action_group_get_action_state (self->actions, ICON_ACTION);

  show_icon (self, state);
}

static void
tray_indicator_dispose (GObject *object)
{
  TrayIndicator *self = TRAY_INDICATOR (object);

  g_clear_object (&self->indicator);
  g_clear_object (&self->actions);

  G_OBJECT_CLASS (tray_indicator_parent_class)->dispose (object);
}

static void
tray_indicator_class_init (TrayIndicatorClass *class)
{
  G_OBJECT_CLASS (class)->dispose = tray_indicator_dispose;
}

static void
tray_indicator_init (TrayIndicator *self)
{
}

TrayIndicator *
tray_indicator_new (GActionGroup *actions, GtkMenu *menu, const char *icon_path)
{
  TrayIndicator *self = g_object_new (TRAY_TYPE_INDICATOR, NULL);

  self->actions = g_object_ref (actions);
  self->indicator = app_indicator_new_with_path (
      "progressive-sync", FIRST_ICON, APP_INDICATOR_CATEGORY_APPLICATION_STATUS, icon_path);
  app_indicator_set_menu (self->indicator, menu);
  app_indicator_set_status (self->indicator, APP_INDICATOR_STATUS_ACTIVE);
  g_signal_connect_object (actions, "action-added::" ICON_ACTION, G_CALLBACK (look), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (actions, "action-state-changed::" ICON_ACTION, G_CALLBACK (look), self,
                           G_CONNECT_SWAPPED);
  look (self);
  return self;
}
