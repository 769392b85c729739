/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-words-private.h"

#include <string.h>

#include <glib/gi18n.h>

/* A name for machines and the words for it. */
typedef struct
{
  const char *name;
  const char *words;
} Entry;

static const Entry states[] = {
  { "idle", N_("Up to date") },
  { "syncing", N_("Syncing") },
  { "paused", N_("Paused") },
  { "offline", N_("Offline") },
  { "local-only", N_("Local only") },
  { "sign-in-needed", N_("Sign-in needed") },
  { "error", N_("Needs attention") },
};

static const Entry holds[] = {
  { "metered", N_("Waiting for a network that is not metered") },
  { "power-saver", N_("Waiting for the end of power saving") },
};

static const Entry healths[] = {
  { "no-provider", N_("No cloud is connected to this database") },
  { "disconnected", N_("The cloud does not answer") },
  { "invalid", N_("The cloud answers, but sync cannot work with it") },
  { "healthy", N_("The connection works") },
};

static const Entry run_kinds[] = {
  { "sync", N_("Sync") },
  { "seed", N_("Back up everything") },
  { "hydrate", N_("Restore everything") },
};

static const Entry outcomes[] = {
  { "running", N_("Running, or interrupted") },
  { "done", N_("Done") },
  { "nothing", N_("Nothing to do") },
  { "failed", N_("Failed") },
  { "cancelled", N_("Cancelled") },
  { "stopped", N_("Stopped for safety") },
};

static const Entry conflict_kinds[] = {
  { "edit-edit", N_("Changed on both sides") },
  { "edit-delete", N_("Changed here, deleted elsewhere") },
  { "delete-edit", N_("Deleted here, changed elsewhere") },
  { "overwritten", N_("Overwritten by the cloud’s row") },
  { "cascade", N_("Deleted together with the row it belongs to") },
  { "scan", N_("Deleted elsewhere long ago") },
  { "discard", N_("Local change discarded") },
  { "seed", N_("Cloud’s row overwritten by an upload") },
};

static const Entry resolutions[] = {
  { "local", N_("This device’s version was kept") },
  { "remote", N_("The cloud’s version was kept") },
  { "merged", N_("Both versions were merged") },
  { "both", N_("Both versions were kept") },
};

static const Entry strategies[] = {
  { "newest", N_("The newer change wins") },
  { "local", N_("This device wins") },
  { "remote", N_("The cloud wins") },
  { "manual", N_("Ask me") },
  { "notifications", N_("Read wins over unread, then the higher priority, then the newer change") },
  { "projects",
    N_("Names from the cloud, settings from this device, the rest by the newer change") },
  { "user-settings", N_("This device’s settings win") },
  { "rules", N_("A rule for each column") },
  { "custom", N_("The application decides") },
  { "user", N_("Decided by hand") },
  { "merge", N_("Different columns had changed") },
  { "equal", N_("Both sides had become equal") },
  { "new-key", N_("Two rows had the same number: this device’s got a new one") },
  { "foreign-key", N_("The row that it belongs to was deleted") },
  { "purged", N_("Deleted elsewhere, and forgotten there since") },
  { "reset", N_("The cloud was another one, or had been restored") },
};

static const Entry check_steps[] = {
  { "reach", N_("Reach the server") },
  { "key", N_("Use the key") },
  { "schema", N_("Find the tables for sync") },
  { "sign-in", N_("Sign in") },
  { "row-security", N_("Keep rows private") },
  { "clock", N_("Compare clocks") },
};

static const Entry change_states[] = {
  { "pending", N_("Waiting") },
  { "refused", N_("Refused by the cloud") },
  { "failed", N_("Failed too often") },
};

static const Entry operations[] = {
  { "insert", N_("New") },
  { "update", N_("Edited") },
  { "delete", N_("Deleted") },
};

static char *
find_words (const Entry *entries, guint n_entries, const char *name)
{
  for (guint i = 0; i < n_entries; i++)
    if (g_strcmp0 (entries[i].name, name) == 0)
      return g_strdup (_(entries[i].words));
  return g_strdup (name != NULL ? name : "");
}

#define FIND_WORDS(entries, name) find_words (entries, G_N_ELEMENTS (entries), name)

static const char *
find_name (const SyncWordsNames *names, const char *text, gsize length)
{
  if (length == 7 && strncmp (text, "subject", length) == 0)
    return names->subject;
  if (length == 6 && strncmp (text, "column", length) == 0)
    return names->column;
  g_return_val_if_fail (length == 4 && strncmp (text, "code", length) == 0, NULL);
  return names->code;
}

/*
 * sync_words_fill:
 * @sentence: (nullable): a translated sentence with `{subject}`, `{column}` and `{code}`
 * @plain: (nullable): the sentence for when one of them is not known
 * @names: what they stand for
 *
 * Returns: (transfer full) (nullable): the sentence with the names in their places
 */
char *
sync_words_fill (const char *sentence, const char *plain, const SyncWordsNames *names)
{
  g_autoptr (GString) filled = g_string_new (NULL);
  const char *open;

  if (sentence == NULL)
    return NULL;
  while ((open = strchr (sentence, '{')) != NULL)
    {
      const char *close = strchr (open, '}');
      const char *name;

      g_return_val_if_fail (close != NULL, NULL);
      name = find_name (names, open + 1, close - open - 1);
      if (name == NULL || *name == '\0')
        return sync_words_fill (plain, NULL, names);
      g_string_append_len (filled, sentence, open - sentence);
      g_string_append (filled, name);
      sentence = close + 1;
    }
  g_string_append (filled, sentence);
  return g_string_free (g_steal_pointer (&filled), FALSE);
}

/**
 * sync_words_for_state:
 * @state: (nullable): `idle`, `syncing`, `paused`, `offline`, `local-only`, `sign-in-needed`,
 *   `error`
 *
 * Returns: (transfer full): how sync stands
 */
char *
sync_words_for_state (const char *state)
{
  return FIND_WORDS (states, state);
}

/**
 * sync_words_for_hold:
 * @hold: (nullable): `metered`, `power-saver`
 *
 * Returns: (transfer full): what automatic runs wait for
 */
char *
sync_words_for_hold (const char *hold)
{
  return FIND_WORDS (holds, hold);
}

/**
 * sync_words_for_health:
 * @health: (nullable): `no-provider`, `disconnected`, `invalid`, `healthy`
 *
 * Returns: (transfer full): how the connection to the cloud is
 */
char *
sync_words_for_health (const char *health)
{
  return FIND_WORDS (healths, health);
}

/**
 * sync_words_for_run_kind:
 * @kind: (nullable): `sync`, `seed`, `hydrate`
 *
 * Returns: (transfer full): what the run is for
 */
char *
sync_words_for_run_kind (const char *kind)
{
  return FIND_WORDS (run_kinds, kind);
}

/**
 * sync_words_for_outcome:
 * @outcome: (nullable): `running`, `done`, `nothing`, `failed`, `cancelled`, `stopped`
 *
 * Returns: (transfer full): how the run ended
 */
char *
sync_words_for_outcome (const char *outcome)
{
  return FIND_WORDS (outcomes, outcome);
}

/**
 * sync_words_for_conflict_kind:
 * @kind: (nullable): `edit-edit`, `edit-delete`, `delete-edit`, or a record: `overwritten`,
 *   `cascade`, `scan`, `discard`, `seed`
 *
 * Returns: (transfer full): what happened to the row
 */
char *
sync_words_for_conflict_kind (const char *kind)
{
  return FIND_WORDS (conflict_kinds, kind);
}

/**
 * sync_words_for_resolution:
 * @resolution: (nullable): `local`, `remote`, `merged`, `both`
 *
 * Returns: (transfer full): how the conflict was resolved
 */
char *
sync_words_for_resolution (const char *resolution)
{
  return FIND_WORDS (resolutions, resolution);
}

/**
 * sync_words_for_check:
 * @step: (nullable): `reach`, `key`, `schema`, `sign-in`, `row-security`, `clock`
 *
 * Returns: (transfer full): what is tried in that step of a test of the connection
 */
char *
sync_words_for_check (const char *step)
{
  return FIND_WORDS (check_steps, step);
}

/**
 * sync_words_for_strategy:
 * @strategy: (nullable): an entity's strategy, or what resolved a conflict
 *
 * Returns: (transfer full): what decides
 */
char *
sync_words_for_strategy (const char *strategy)
{
  return FIND_WORDS (strategies, strategy);
}

/**
 * sync_words_for_change_state:
 * @state: (nullable): `pending`, `refused`, `failed`
 *
 * Returns: (transfer full): how a row in the outbox stands
 */
char *
sync_words_for_change_state (const char *state)
{
  return FIND_WORDS (change_states, state);
}

/**
 * sync_words_for_operation:
 * @operation: (nullable): `insert`, `update`, `delete`
 *
 * Returns: (transfer full): what was done to a row
 */
char *
sync_words_for_operation (const char *operation)
{
  return FIND_WORDS (operations, operation);
}

/**
 * sync_words_for_vault_warning:
 * @code_name: `network-filesystem` or `conflicted-copy`
 * @subject: (nullable): the file system's type, or the copy's path
 *
 * Returns: (transfer full): what may harm the vault, and what to do
 */
char *
sync_words_for_vault_warning (const char *code_name, const char *subject)
{
  const SyncWordsNames names = { .subject = subject };

  if (g_strcmp0 (code_name, "network-filesystem") == 0)
    return sync_words_fill (_("The vault lies on a network file system ({subject}), whose locks "
                              "may fail. Use it from one computer at a time."),
                            _("The vault lies on a network file system, whose locks may fail. Use "
                              "it from one computer at a time."),
                            &names);
  if (g_strcmp0 (code_name, "conflicted-copy") == 0)
    return sync_words_fill (_("A program that copies files between computers has left another "
                              "version of the vault: {subject}. Keep such programs away from the "
                              "vault’s folder."),
                            _("A program that copies files between computers has left another "
                              "version of the vault. Keep such programs away from its folder."),
                            &names);
  return g_strdup (code_name != NULL ? code_name : "");
}

static const char *
phase_words (const char *phase, gboolean with_entity)
{
  if (g_strcmp0 (phase, "connect") == 0)
    return _("Connecting");
  if (g_strcmp0 (phase, "pull") == 0)
    return with_entity ? _("Receiving {subject}") : _("Receiving");
  if (g_strcmp0 (phase, "push") == 0)
    return with_entity ? _("Sending {subject}") : _("Sending");
  if (g_strcmp0 (phase, "check") == 0)
    return with_entity ? _("Checking {subject}") : _("Checking");
  if (g_strcmp0 (phase, "done") == 0)
    return _("Finished");
  return NULL;
}

/**
 * sync_words_for_progress:
 * @phase: (nullable): `connect`, `pull`, `push`, `check`, `done`
 * @entity: (nullable): with which entity
 * @current: rows done in this phase
 * @total: rows of this phase, 0 if not known
 *
 * Returns: (transfer full): what a run is doing
 */
char *
sync_words_for_progress (const char *phase, const char *entity, guint64 current, guint64 total)
{
  gboolean with_entity = entity != NULL && *entity != '\0';
  const SyncWordsNames names = { .subject = entity };
  const char *words = phase_words (phase, with_entity);
  g_autofree char *what = NULL;

  if (words == NULL)
    return g_strdup (phase != NULL ? phase : "");
  what = sync_words_fill (words, NULL, &names);
  if (total > 0)
    /* Translators: what a run is doing and how far it is, like “Sending notes: 3 of 7” */
    return g_strdup_printf (_("%s: %lu of %lu"), what, (gulong) MIN (current, total),
                            (gulong) total);
  if (current > 0)
    /* Translators: what a run is doing and how many rows it did, like “Receiving notes: 3” */
    return g_strdup_printf (_("%s: %lu"), what, (gulong) current);
  return g_steal_pointer (&what);
}

static const char *
count_words (const char *name, gulong n)
{
  if (g_strcmp0 (name, "records") == 0)
    return ngettext ("%lu row", "%lu rows", n);
  if (g_strcmp0 (name, "pulled") == 0)
    return ngettext ("%lu row received", "%lu rows received", n);
  if (g_strcmp0 (name, "pushed") == 0)
    return ngettext ("%lu row sent", "%lu rows sent", n);
  if (g_strcmp0 (name, "deleted") == 0)
    return ngettext ("%lu row deleted", "%lu rows deleted", n);
  if (g_strcmp0 (name, "merged") == 0)
    return ngettext ("%lu row merged", "%lu rows merged", n);
  if (g_strcmp0 (name, "conflicts") == 0)
    return ngettext ("%lu conflict", "%lu conflicts", n);
  if (g_strcmp0 (name, "refused") == 0)
    return ngettext ("%lu row refused", "%lu rows refused", n);
  if (g_strcmp0 (name, "held") == 0)
    return ngettext ("%lu row held back", "%lu rows held back", n);
  if (g_strcmp0 (name, "pending") == 0)
    return ngettext ("%lu change waiting", "%lu changes waiting", n);
  if (g_strcmp0 (name, "failed") == 0)
    return ngettext ("%lu change failed", "%lu changes failed", n);
  if (g_strcmp0 (name, "requests") == 0)
    return ngettext ("%lu request", "%lu requests", n);
  if (g_strcmp0 (name, "devices") == 0)
    return ngettext ("%lu device", "%lu devices", n);
  if (g_strcmp0 (name, "repeats") == 0)
    return ngettext ("%lu more run with nothing to do", "%lu more runs with nothing to do", n);
  return "%lu";
}

/**
 * sync_words_for_count:
 * @name: what is counted, by its name in the JSON output: `records`, `pulled`, `pushed`, `deleted`,
 *   `merged`, `conflicts`, `refused`, `held`, `pending`, `failed`, `requests`, `devices`, `repeats`
 * @count: how many
 *
 * Returns: (transfer full): the number with what it counts
 */
char *
sync_words_for_count (const char *name, guint64 count)
{
  gulong n = count;
  g_autofree char *number = g_strdup_printf ("%lu", n);
  g_auto (GStrv) parts = g_strsplit (count_words (name, n), "%lu", 2);

  return g_strjoinv (number, parts);
}
