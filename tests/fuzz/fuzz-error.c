/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fuzz.h"

#include <string.h>

#include "sync-supabase-error.h"

/* The body of an answer that is no success, of the REST API and of Auth. What becomes of it holds nothing but
 * codes, and names that we gave. The first two bytes are the status. */

static void
check (GError *error)
{
  SyncErrorDetail *detail = sync_error_get_detail (error);

  g_assert (detail != NULL);
  g_assert (g_utf8_validate (error->message, -1, NULL));
  g_assert (strlen (error->message) < 160);
  g_assert (detail->reason == NULL || strlen (detail->reason) < 80);
  g_assert (detail->column == NULL || g_str_equal (detail->column, "title") || g_str_equal (detail->column, "id")
            || strchr (detail->column, '_') != NULL);
  g_error_free (error);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  static SyncEntity *entity;
  SyncHttpReply reply = { 0 };

  if (size < 2)
    return 0;
  if (entity == NULL)
    {
      entity = sync_entity_new ("notes", NULL, NULL);
      sync_entity_add_column (entity, "id", SYNC_CODEC_TEXT, TRUE);
      sync_entity_add_column (entity, "title", SYNC_CODEC_TEXT, FALSE);
    }
  reply.status = 400 + ((guint) data[0] << 8 | data[1]) % 200;
  reply.headers = soup_message_headers_new (SOUP_MESSAGE_HEADERS_RESPONSE);
  reply.body = g_bytes_new (data + 2, size - 2);
  check (sync_supabase_error_from_rest (&reply, "host", "notes", entity, 0));
  check (sync_supabase_error_from_rest (&reply, "host", NULL, NULL, 0));
  check (sync_supabase_error_from_auth (&reply, "host", 0));
  soup_message_headers_unref (reply.headers);
  g_bytes_unref (reply.body);
  return 0;
}
