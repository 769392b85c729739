/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fuzz.h"

#include <string.h>

#include "sync-column-rule.h"
#include "sync-resolver.h"

/* Four lines: rules as they are kept, and the base, the local and the remote value of a column, which every rule
 * decides for every codec. */

static SyncRow *
make_row (const SyncEntity *entity, const char *text)
{
  SyncRow *row = sync_row_new (entity);
  SyncJsonReader reader;
  SyncSpan value;

  sync_json_reader_init (&reader, text, strlen (text));
  if (sync_json_read_value (&reader, &value) && sync_json_at_end (&reader))
    sync_row_set (row, 1, value);
  return row;
}

static void
decide (const SyncEntity *entity, char **lines)
{
  g_autoptr (SyncRow) base = make_row (entity, lines[1]);
  g_autoptr (SyncRow) local = make_row (entity, lines[2]);
  g_autoptr (SyncRow) remote = make_row (entity, lines[3]);
  SyncDispute dispute = { .entity = entity, .base = base, .local = local, .remote = remote };

  for (SyncColumnRule rule = SYNC_RULE_NEWEST; rule <= SYNC_RULE_UNION; rule++)
    {
      g_autoptr (SyncRow) result = sync_row_new (entity);
      g_autoptr (SyncRow) again = sync_row_new (entity);
      SyncDispute swapped = dispute;
      SyncSide side = sync_column_rule_apply (rule, &dispute, 1, SYNC_SIDE_LOCAL, result);
      SyncSpan value = sync_row_get (result, 1);

      if (side == SYNC_SIDE_VALUE)
        g_assert (sync_json_is_valid (value.text, value.length));
      /* Both devices come to the same, whichever of them looks. */
      swapped.local = remote;
      swapped.remote = local;
      if (rule == SYNC_RULE_MAX || rule == SYNC_RULE_MIN)
        {
          SyncSide other = sync_column_rule_apply (rule, &swapped, 1, SYNC_SIDE_REMOTE, again);
          const SyncRow *here = side == SYNC_SIDE_VALUE ? result : side == SYNC_SIDE_LOCAL ? local : remote;
          const SyncRow *there = other == SYNC_SIDE_VALUE ? again : other == SYNC_SIDE_LOCAL ? remote : local;

          g_assert (sync_row_column_equal (here, there, 1));
        }
    }
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  static const SyncCodec codecs[] = { SYNC_CODEC_TEXT, SYNC_CODEC_INTEGER, SYNC_CODEC_REAL, SYNC_CODEC_BLOB,
                                      SYNC_CODEC_JSON, SYNC_CODEC_BOOLEAN, SYNC_CODEC_TIMESTAMP };
  g_autofree char *text = g_strndup ((const char *) data, size);
  g_auto (GStrv) lines = g_strsplit (text, "\n", 5);
  g_autoptr (GError) error = NULL;
  g_autoptr (SyncResolver) resolver = NULL;

  if (g_strv_length (lines) < 4)
    return 0;
  resolver = sync_resolver_new ("rules", lines[0], &error);
  g_assert ((resolver == NULL) == (error != NULL));
  for (guint i = 0; i < G_N_ELEMENTS (codecs); i++)
    {
      g_autoptr (SyncEntity) entity = sync_entity_new ("e", NULL, NULL);

      sync_entity_add_column (entity, "id", SYNC_CODEC_TEXT, TRUE);
      sync_entity_add_column (entity, "value", codecs[i], FALSE);
      decide (entity, lines);
    }
  return 0;
}
