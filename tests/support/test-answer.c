/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test-answer.h"

#include <string.h>

#include "sync-json.h"

void
test_answer_free (TestAnswer *answer)
{
  soup_message_headers_unref (answer->headers);
  g_bytes_unref (answer->body);
  g_free (answer);
}

TestAnswer *
test_answer_new (guint status, const char *type, const char *body)
{
  TestAnswer *answer = g_new0 (TestAnswer, 1);

  answer->status = status;
  answer->headers = soup_message_headers_new (SOUP_MESSAGE_HEADERS_RESPONSE);
  if (type != NULL)
    soup_message_headers_replace (answer->headers, "Content-Type", type);
  answer->body = g_bytes_new (body, body != NULL ? strlen (body) : 0);
  return answer;
}

/* --- What hosted Supabase says differently ------------------------------------------------------- */

static char *
dup_member (SyncSpan object, const char *name)
{
  SyncSpan value;

  return sync_json_get_member (object, name, &value) ? sync_json_dup_string (value) : NULL;
}

/* Returns whether the answer is an error in JSON. */
static gboolean
get_error (const TestAnswer *answer, SyncSpan *object)
{
  SyncJsonReader reader;
  gsize length;
  const char *text = g_bytes_get_data (answer->body, &length);

  if (answer->status < 400 || length == 0)
    return FALSE;
  sync_json_reader_init (&reader, text, length);
  return sync_json_read_value (&reader, object) && sync_json_type (*object) == SYNC_JSON_OBJECT;
}

static void
take_body (TestAnswer *answer, GString *body)
{
  g_bytes_unref (answer->body);
  answer->body = g_string_free_to_bytes (body);
}

static void
append_member (GString *out, const char *name, const char *value)
{
  g_string_append_printf (out, "%c\"%s\":", out->len > 0 ? ',' : '{', name);
  if (value != NULL)
    sync_json_append_string (out, value, strlen (value));
  else
    g_string_append (out, "null");
}

/* Of PostgreSQL's errors the test cloud has its own names for some, and for the others one code and the status 500. */
static void
name_error (TestAnswer *answer, char **code, char *message)
{
  static const struct
  {
    const char *words;
    const char *code;
    guint status;
  } known[] = {
    { "violates check constraint", "23514", 400 },
    { "violates not-null constraint", "23502", 400 },
    { "violates foreign key constraint", "23503", 409 },
    { "violates unique constraint", "23505", 409 },
    { "violates row-level security policy", "42501", 403 },
    { "invalid input syntax for type", "22P02", 400 },
    { "is out of range for type", "22003", 400 },
    { "deadlock detected", "40P01", 500 },
    { "canceling statement due to lock timeout", "55P03", 500 },
    { "canceling statement due to statement timeout", "57014", 500 },
  };
  static const char prefix[] = "PostgresError: ";

  if (!g_str_equal (*code, "SUP"))
    return;
  if (g_str_has_prefix (message, prefix))
    memmove (message, message + strlen (prefix), strlen (message + strlen (prefix)) + 1);
  for (gsize i = 0; i < G_N_ELEMENTS (known); i++)
    if (strstr (message, known[i].words) != NULL)
      {
        g_free (*code);
        *code = g_strdup (known[i].code);
        answer->status = known[i].status;
        return;
      }
}

/* PostgreSQL's details have the row. */
void
test_answer_speak_as_postgrest (TestAnswer *answer, const char *row)
{
  SyncSpan object;
  gboolean said = get_error (answer, &object);
  g_autofree char *code = said ? dup_member (object, "code") : NULL;
  g_autofree char *message = said ? dup_member (object, "message") : NULL;
  GString *body;

  if (code == NULL || message == NULL)
    return;
  name_error (answer, &code, message);
  body = g_string_new (NULL);
  append_member (body, "code", code);
  if (g_str_has_prefix (code, "2") || g_str_has_prefix (code, "P0"))
    g_string_append_printf (body, ",\"details\":\"Failing row contains %s.\"", row);
  else
    append_member (body, "details", NULL);
  append_member (body, "hint", NULL);
  append_member (body, "message", message);
  g_string_append_c (body, '}');
  take_body (answer, body);
}

/* The form that the client's version of the API asks for. */
void
test_answer_speak_as_gotrue (TestAnswer *answer, const char *version)
{
  SyncSpan object;
  gboolean said = get_error (answer, &object);
  g_autofree char *code = said ? dup_member (object, "error_code") : NULL;
  g_autofree char *message = said ? dup_member (object, "msg") : NULL;
  GString *body;

  if (code == NULL || message == NULL)
    return;
  soup_message_headers_replace (answer->headers, "x-sb-error-code", code);
  if (version == NULL || strcmp (version, "2024-01-01") < 0)
    return;
  body = g_string_new (NULL);
  append_member (body, "code", code);
  append_member (body, "message", message);
  g_string_append_c (body, '}');
  take_body (answer, body);
}

/* PostgREST's own have a code of its, or PostgreSQL's. */
static gboolean
is_code_of_postgrest (const char *code)
{
  return g_str_has_prefix (code, "PGRST")
         || (strlen (code) == 5 && strspn (code, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ") == 5);
}

/* Says the code in a header, too, for those whose answer has no body; what comes after PostgREST 14 may leave out the
 * details and the hint. */
void
test_answer_sign (TestAnswer *answer, gboolean terse)
{
  g_autofree char *code = NULL;
  g_autofree char *message = NULL;
  g_autofree char *status = NULL;
  SyncSpan object;
  GString *body;

  if (!get_error (answer, &object))
    return;
  code = dup_member (object, "code");
  message = dup_member (object, "message");
  if (code == NULL || message == NULL || !is_code_of_postgrest (code))
    return;
  status = g_strconcat ("PostgREST; error=", code, NULL);
  soup_message_headers_replace (answer->headers, "Proxy-Status", status);
  if (!terse)
    return;
  body = g_string_new (NULL);
  append_member (body, "code", code);
  append_member (body, "message", message);
  g_string_append_c (body, '}');
  take_body (answer, body);
}
