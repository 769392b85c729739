/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-row-window.h"

#include <glib/gi18n.h>

#include "sync-plain-window.h"

static void
break_line (GString *text, guint depth)
{
  g_string_append_c (text, '\n');
  for (guint i = 0; i < depth; i++)
    g_string_append (text, "  ");
}

/* Returns: where the text that begins there ends */
static const char *
copy_text (GString *text, const char *json)
{
  const char *end = json + 1;

  while (*end != '\0' && *end != '"')
    end += end[0] == '\\' && end[1] != '\0' ? 2 : 1;
  if (*end == '"')
    end++;
  g_string_append_len (text, json, end - json);
  return end;
}

static gboolean
is_empty_container (const char *json)
{
  const char *next = json + 1;

  while (g_ascii_isspace (*next))
    next++;
  return *next == '}' || *next == ']';
}

static void
lay_out_character (GString *text, char character, gboolean empty, guint *depth)
{
  if (character == '}' || character == ']')
    {
      *depth -= *depth > 0;
      if (!empty)
        break_line (text, *depth);
    }
  g_string_append_c (text, character);
  if (character == ':')
    g_string_append_c (text, ' ');
  if (character == '{' || character == '[')
    ++*depth;
  if (((character == '{' || character == '[') && !empty) || character == ',')
    break_line (text, *depth);
}

/**
 * sync_row_window_lay_out:
 * @json: a JSON text
 *
 * Returns: (transfer full): the same, a line for each member. Numbers are not read: they stay exact.
 */
char *
sync_row_window_lay_out (const char *json)
{
  GString *text = g_string_new (NULL);
  guint depth = 0;
  gboolean empty = FALSE;

  while (*json != '\0')
    {
      if (*json == '"')
        {
          json = copy_text (text, json);
          continue;
        }
      if (*json == '{' || *json == '[')
        empty = is_empty_container (json);
      if (!g_ascii_isspace (*json))
        lay_out_character (text, *json, empty, &depth);
      if (*json == '}' || *json == ']')
        empty = FALSE;
      json++;
    }
  return g_string_free (text, FALSE);
}

static void
copy (GtkTextBuffer *buffer)
{
  g_autofree char *text = NULL;

  g_object_get (buffer, "text", &text, NULL);
  gdk_clipboard_set_text (gdk_display_get_clipboard (gdk_display_get_default ()), text);
}

static GtkWidget *
make_view (const char *json)
{
  GtkWidget *view = gtk_text_view_new ();
  GtkTextBuffer *buffer = gtk_text_view_get_buffer (GTK_TEXT_VIEW (view));
  g_autofree char *text = sync_row_window_lay_out (json);

  gtk_text_buffer_set_text (buffer, text, -1);
  gtk_text_view_set_editable (GTK_TEXT_VIEW (view), FALSE);
  gtk_text_view_set_monospace (GTK_TEXT_VIEW (view), TRUE);
  gtk_text_view_set_wrap_mode (GTK_TEXT_VIEW (view), GTK_WRAP_WORD_CHAR);
  g_object_set (view, "left-margin", 12, "right-margin", 12, "top-margin", 12, "bottom-margin", 12,
                NULL);
  gtk_accessible_update_property (GTK_ACCESSIBLE (view), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                  _("Row as JSON"), -1);
  return view;
}

/**
 * sync_row_window_new:
 * @parent: over which window
 * @title: what it is about
 * @json: a JSON text
 *
 * Returns: (transfer none): a window that shows it
 */
GtkWindow *
sync_row_window_new (GtkWindow *parent, const char *title, const char *json)
{
  GtkWidget *button = gtk_button_new_with_mnemonic (_("_Copy"));
  GtkWidget *scroller = gtk_scrolled_window_new ();
  GtkWidget *view = make_view (json);

  g_signal_connect_object (button, "clicked", G_CALLBACK (copy),
                           gtk_text_view_get_buffer (GTK_TEXT_VIEW (view)), G_CONNECT_SWAPPED);
  gtk_scrolled_window_set_child (GTK_SCROLLED_WINDOW (scroller), view);
  return sync_plain_window_new (parent, title, button, scroller, 480);
}
