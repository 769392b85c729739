/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim-step.h"

#include <gio/gio.h>
#include <string.h>

/* How schedules are written down: a step a line, `name argument=value …`, arguments that are 0 left
 * out. What happens during a run is indented and says when: `@3` before the fourth request, `+3`
 * after it, `!3` before the fourth commit. A `#` begins a comment. */

#define NAMES(...)                                                                                 \
  {                                                                                                \
    __VA_ARGS__, NULL                                                                              \
  }

static const struct
{
  const char *name;
  const char *args[SIM_MAX_ARGS + 1];
} kinds[SIM_N_KINDS] = {
  [SIM_WORLD] = { "world", NAMES ("shape", "devices", "keys", "strict") },
  [SIM_CONFIGURE] = { "configure", NAMES ("device", "table", "strategy") },
  [SIM_WRITE] = { "write", NAMES ("device", "op", "table", "key", "other", "rest", "mark") },
  [SIM_RUN] = { "run", NAMES ("device", "kind", "only", "batch", "cap", "slow", "discard") },
  [SIM_VERIFY] = { "verify", NAMES ("device", "all", "heal") },
  [SIM_RESOLVE] = { "resolve", NAMES ("device", "which", "choice", "field") },
  [SIM_UNDO] = { "undo", NAMES ("device", "which") },
  [SIM_DISCARD] = { "discard", NAMES ("device", "which") },
  [SIM_RETRY] = { "retry", NAMES ("device") },
  [SIM_CLONE] = { "clone", NAMES ("device") },
  [SIM_SAVE] = { "save", NAMES ("device") },
  [SIM_LOAD] = { "load", NAMES ("device") },
  [SIM_UNTRIGGER] = { "untrigger", NAMES ("device") },
  [SIM_ENABLE] = { "enable", NAMES ("device", "table", "on") },
  [SIM_CLOCK] = { "clock", NAMES ("device", "seconds") },
  [SIM_WAIT] = { "wait", NAMES ("seconds") },
  [SIM_WEB] = { "web", NAMES ("op", "table", "key", "other", "rest", "who", "open") },
  [SIM_END] = { "end", NAMES ("which", "rollback") },
  [SIM_SAVE_CLOUD] = { "save-cloud", { NULL } },
  [SIM_RESTORE] = { "restore", NAMES ("silent") },
  [SIM_EPOCH] = { "epoch", { NULL } },
  [SIM_REPLACE] = { "replace", { NULL } },
  [SIM_PURGE] = { "purge", { NULL } },
  [SIM_SERVER] = { "server", NAMES ("rule", "on") },
  [SIM_HIDE] = { "hide", NAMES ("table", "key", "on") },
  [SIM_REVOKE] = { "revoke", NAMES ("device", "on") },
  [SIM_FAULT] = { "fault", NAMES ("kind", "much") },
  [SIM_CRASH] = { "crash", NAMES ("power") },
  [SIM_CANCEL] = { "cancel", { NULL } },
};

static const char marks[] = "@+!";

SimSchedule *
sim_schedule_new (guint32 seed)
{
  SimSchedule *schedule = g_new0 (SimSchedule, 1);

  schedule->seed = seed;
  schedule->steps = g_array_new (FALSE, TRUE, sizeof (SimStep));
  return schedule;
}

SimSchedule *
sim_schedule_copy (const SimSchedule *schedule)
{
  SimSchedule *copy = sim_schedule_new (schedule->seed);

  g_array_append_vals (copy->steps, schedule->steps->data, schedule->steps->len);
  return copy;
}

void
sim_schedule_free (SimSchedule *schedule)
{
  g_array_unref (schedule->steps);
  g_free (schedule);
}

void
sim_schedule_add (SimSchedule *schedule, const SimStep *step)
{
  g_array_append_vals (schedule->steps, step, 1);
}

guint
sim_schedule_span (const SimSchedule *schedule, guint index)
{
  guint end = index + 1;

  while (end < schedule->steps->len
         && SIM_STEP (schedule, end)->depth > SIM_STEP (schedule, index)->depth)
    end++;
  return end - index;
}

gboolean
sim_schedule_has (const SimSchedule *schedule, SimKind kind)
{
  for (guint i = 0; i < schedule->steps->len; i++)
    {
      if (SIM_STEP (schedule, i)->kind == kind)
        return TRUE;
    }
  return FALSE;
}

/* --- Writing ---------------------------------------------------------------------------------- */

char *
sim_step_to_text (const SimStep *step)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < step->depth; i++)
    g_string_append (text, "  ");
  if (step->depth > 0)
    g_string_append_printf (text, "%c%u ", marks[step->when], step->at);
  g_string_append (text, kinds[step->kind].name);
  for (guint i = 0; kinds[step->kind].args[i] != NULL; i++)
    {
      if (step->args[i] != 0)
        g_string_append_printf (text, " %s=%d", kinds[step->kind].args[i], step->args[i]);
    }
  return g_string_free (text, FALSE);
}

char *
sim_schedule_to_text (const SimSchedule *schedule)
{
  GString *text = g_string_new (NULL);

  if (schedule->seed != 0)
    g_string_append_printf (text, "# seed %u\n", schedule->seed);
  for (guint i = 0; i < schedule->steps->len; i++)
    {
      g_autofree char *line = sim_step_to_text (SIM_STEP (schedule, i));

      g_string_append_printf (text, "%s\n", line);
    }
  return g_string_free (text, FALSE);
}

/* --- Reading ---------------------------------------------------------------------------------- */

static gboolean
find_kind (const char *name, SimKind *kind)
{
  for (guint i = 0; i < SIM_N_KINDS; i++)
    {
      if (g_str_equal (kinds[i].name, name))
        {
          *kind = (SimKind) i;
          return TRUE;
        }
    }
  return FALSE;
}

static gboolean
read_argument (SimStep *step, const char *text)
{
  const char *sign = strchr (text, '=');

  for (guint i = 0; sign != NULL && kinds[step->kind].args[i] != NULL; i++)
    {
      gint64 value;

      if (strlen (kinds[step->kind].args[i]) != (gsize) (sign - text)
          || !g_str_has_prefix (text, kinds[step->kind].args[i])
          || !g_ascii_string_to_signed (sign + 1, 10, G_MININT, G_MAXINT, &value, NULL))
        continue;
      step->args[i] = (int) value;
      return TRUE;
    }
  return FALSE;
}

/* `@3`, before the step's name. */
static gboolean
read_moment (SimStep *step, const char *text)
{
  const char *mark = strchr (marks, *text);
  guint64 at;

  if (*text == '\0' || mark == NULL
      || !g_ascii_string_to_unsigned (text + 1, 10, 0, G_MAXINT, &at, NULL))
    return FALSE;
  step->when = (SimWhen) (mark - marks);
  step->at = (guint) at;
  return TRUE;
}

static gboolean
read_step (const char *line, SimStep *step)
{
  g_auto (GStrv) words = NULL;
  guint indent = (guint) strspn (line, " ");
  guint i = 0;

  words = g_strsplit (line + indent, " ", -1);
  step->depth = indent / 2;
  if (step->depth > 0 && !read_moment (step, words[i++]))
    return FALSE;
  if (words[i] == NULL || !find_kind (words[i++], &step->kind))
    return FALSE;
  for (; words[i] != NULL; i++)
    {
      if (*words[i] != '\0' && !read_argument (step, words[i]))
        return FALSE;
    }
  return TRUE;
}

SimSchedule *
sim_schedule_from_text (const char *text, GError **error)
{
  g_autoptr (SimSchedule) schedule = sim_schedule_new (0);
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);

  for (guint i = 0; lines[i] != NULL; i++)
    {
      SimStep step = { 0 };
      char *comment = strchr (lines[i], '#');

      if (comment != NULL)
        *comment = '\0';
      g_strchomp (lines[i]);
      if (*lines[i] == '\0')
        continue;
      if (!read_step (lines[i], &step) || (step.kind == SIM_WORLD) != (schedule->steps->len == 0)
          || (step.depth > 0
              && step.depth > SIM_STEP (schedule, schedule->steps->len - 1)->depth + 1))
        {
          g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "Line %u is no step: %s", i + 1,
                       lines[i]);
          return NULL;
        }
      sim_schedule_add (schedule, &step);
    }
  if (schedule->steps->len > 0)
    return g_steal_pointer (&schedule);
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "There is no step");
  return NULL;
}
