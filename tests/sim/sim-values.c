/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim-values.h"

#include <stdlib.h>
#include <string.h>

void
sim_values_init (SimValues *values)
{
  values->there = g_byte_array_new ();
}

void
sim_values_clear (SimValues *values)
{
  g_clear_pointer (&values->there, g_byte_array_unref);
}

void
sim_values_reset (SimValues *values)
{
  g_byte_array_set_size (values->there, 0);
}

void
sim_values_add (SimValues *values, guint number)
{
  guint before = values->there->len;

  if (number >= before)
    {
      g_byte_array_set_size (values->there, number + 1);
      memset (values->there->data + before, 0, number + 1 - before);
    }
  if (values->there->data[number] < G_MAXUINT8)
    values->there->data[number]++;
}

static guint8
count (const SimValues *values, guint number)
{
  return number < values->there->len ? values->there->data[number] : 0;
}

gboolean
sim_values_has (const SimValues *values, guint number)
{
  return count (values, number) > 0;
}

/* The number of a value of this kind that begins here, and its end. */
static gboolean
read_value (const char *at, char kind, guint *number, const char **end)
{
  char *behind;

  if (!g_ascii_isdigit (at[1]))
    return FALSE;
  *number = (guint) strtoul (at + 1, &behind, 10);
  *end = behind + 1;
  return *behind == kind;
}

void
sim_values_add_text (SimValues *values, const char *text)
{
  while (text != NULL && (text = strchr (text, 'v')) != NULL)
    {
      guint number;

      if (read_value (text, 'v', &number, &text))
        sim_values_add (values, number);
      else
        text++;
    }
}

void
sim_values_add_difference (SimValues *values, const SimValues *before, const SimValues *after)
{
  for (guint i = 0; i < before->there->len; i++)
    {
      if (count (before, i) > count (after, i))
        sim_values_add (values, i);
    }
}

char *
sim_value_to_text (guint number, guint user, SimMark mark)
{
  static const char *const endings[] = { "", ".c", ".i", ".l" };
  char kind = user == 0 ? 'v' : 'w';

  return g_strdup_printf ("%c%u%c%s", kind, number, kind, endings[mark]);
}

gboolean
sim_text_is_foreign (const char *text)
{
  while ((text = strchr (text, 'w')) != NULL)
    {
      const char *end;
      guint number;

      if (read_value (text++, 'w', &number, &end))
        return TRUE;
    }
  return FALSE;
}
