/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-toast.h"

#include "sync-words.h"

static void
add_toast (GtkWidget *widget, AdwToast *toast)
{
  GtkWidget *overlay = gtk_widget_get_ancestor (widget, ADW_TYPE_TOAST_OVERLAY);

  if (overlay != NULL)
    adw_toast_overlay_add_toast (ADW_TOAST_OVERLAY (overlay), toast);
  else
    g_object_unref (g_object_ref_sink (toast));
}

static AdwToast *
make_toast (const char *text)
{
  g_autofree char *markup = g_markup_escape_text (text, -1);

  return adw_toast_new (markup);
}

/**
 * sync_toast_show:
 * @widget: a widget in a window with an [class@Adw.ToastOverlay]
 * @text: what to say, without markup
 *
 * Says something that needs no answer.
 */
void
sync_toast_show (GtkWidget *widget, const char *text)
{
  add_toast (widget, make_toast (text));
}

/**
 * sync_toast_show_error:
 * @widget: a widget in a window with an [class@Adw.ToastOverlay]
 * @error: what went wrong
 *
 * Says what went wrong, unless somebody cancelled it.
 */
void
sync_toast_show_error (GtkWidget *widget, const GError *error)
{
  g_autofree char *title = NULL, *detail = NULL, *next_step = NULL;

  if (sync_error_is_cancelled (error))
    return;
  sync_words_for_error (error, &title, &detail, &next_step);
  sync_toast_show (widget, title);
}

/**
 * sync_toast_show_action:
 * @widget: a widget in a window with an [class@Adw.ToastOverlay]
 * @text: what to say, without markup
 * @button: what can be done about it
 * @action: the action that does it
 * @target: (nullable): its target; taken if floating
 *
 * Says something about which something can be done.
 */
void
sync_toast_show_action (GtkWidget *widget, const char *text, const char *button,
                        const char *action, GVariant *target)
{
  AdwToast *toast = make_toast (text);

  adw_toast_set_button_label (toast, button);
  adw_toast_set_action_name (toast, action);
  adw_toast_set_action_target_value (toast, target);
  add_toast (widget, toast);
}
