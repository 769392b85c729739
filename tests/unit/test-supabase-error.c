/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-supabase-error.h"

#include <string.h>

/* What no error may hold: every body here has it somewhere. */
#define ROW "Annas-Geheimnis"
#define NOW G_GINT64_CONSTANT (1767323045000000)

static SyncHttpReply *
new_reply (guint status, const char *body)
{
  SyncHttpReply *reply = g_new0 (SyncHttpReply, 1);

  reply->status = status;
  reply->headers = soup_message_headers_new (SOUP_MESSAGE_HEADERS_RESPONSE);
  reply->body = g_bytes_new (body, strlen (body));
  return reply;
}

static SyncEntity *
new_entity (void)
{
  SyncEntity *entity = sync_entity_new ("projects", "projects", "projects");

  sync_entity_add_column (entity, "id", SYNC_CODEC_TEXT, TRUE);
  sync_entity_add_column (entity, "name", SYNC_CODEC_TEXT, FALSE);
  sync_entity_add_column (entity, "due_date", SYNC_CODEC_TIMESTAMP, FALSE);
  return entity;
}

static GError *
from_code (guint status, const char *code, const char *message)
{
  g_autofree char *body = g_strdup_printf (
      "{\"code\":\"%s\",\"message\":\"%s\",\"details\":\"Failing row contains (" ROW
      ").\",\"hint\":\"" ROW "\"}",
      code, message);
  g_autoptr (SyncHttpReply) reply = new_reply (status, body);
  g_autoptr (SyncEntity) entity = new_entity ();

  return sync_supabase_error_from_rest (reply, "host", "projects", entity, NOW);
}

static void
assert_silent (const GError *error)
{
  SyncErrorDetail *detail = sync_error_get_detail (error);
  const char *texts[] = { error->message, detail->reason, detail->subject, detail->column };

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    g_assert_true (texts[i] == NULL || strstr (texts[i], ROW) == NULL);
}

static void
test_the_code_decides (void)
{
  static const struct
  {
    guint status;
    const char *code;
    const char *message;
    SyncError expected;
  } cases[] = {
    { 400, "22001", ROW, SYNC_ERROR_ROW_REFUSED },
    { 400, "22003", ROW, SYNC_ERROR_ROW_REFUSED },
    { 400, "22007", ROW, SYNC_ERROR_ROW_REFUSED },
    { 400, "22P02", ROW, SYNC_ERROR_ROW_REFUSED },
    { 400, "22P05", ROW, SYNC_ERROR_ROW_REFUSED },
    { 400, "23502", ROW, SYNC_ERROR_ROW_REFUSED },
    { 409, "23503", ROW, SYNC_ERROR_ROW_REFUSED },
    { 409, "23503", "violates foreign key constraint \\\"projects_name_user_id_fkey\\\"",
      SYNC_ERROR_ROW_REFUSED },
    { 409, "23503", "violates foreign key constraint \\\"projects_user_id_fkey\\\"",
      SYNC_ERROR_SIGN_IN },
    { 409, "23505", ROW, SYNC_ERROR_ROW_REFUSED },
    { 400, "23514", ROW, SYNC_ERROR_ROW_REFUSED },
    { 400, "23P01", ROW, SYNC_ERROR_ROW_REFUSED },
    { 400, "P0001", ROW, SYNC_ERROR_ROW_REFUSED },
    { 400, "P0002", ROW, SYNC_ERROR_ROW_REFUSED },
    { 400, "44000", ROW, SYNC_ERROR_ROW_REFUSED },
    { 400, "Q1234", ROW, SYNC_ERROR_ROW_REFUSED },
    { 403, "42501", "new row violates row-level security policy for table",
      SYNC_ERROR_ROW_REFUSED },
    { 500, "21000", ROW, SYNC_ERROR_ROW_REFUSED },
    { 500, "54000", ROW, SYNC_ERROR_ROW_REFUSED },
    { 400, "PGRST100", ROW, SYNC_ERROR_SCHEMA },
    { 400, "PGRST102", ROW, SYNC_ERROR_SCHEMA },
    { 400, "PGRST125", ROW, SYNC_ERROR_SCHEMA },
    { 400, "PGRST204", ROW, SYNC_ERROR_SCHEMA },
    { 400, "42703", ROW, SYNC_ERROR_SCHEMA },
    { 400, "42P10", ROW, SYNC_ERROR_SCHEMA },
    { 400, "0A000", ROW, SYNC_ERROR_SCHEMA },
    { 404, "PGRST205", ROW, SYNC_ERROR_SCHEMA_MISSING },
    { 404, "PGRST202", ROW, SYNC_ERROR_SCHEMA_MISSING },
    { 404, "42P01", ROW, SYNC_ERROR_SCHEMA_MISSING },
    { 404, "42883", ROW, SYNC_ERROR_SCHEMA_MISSING },
    { 406, "PGRST106", ROW, SYNC_ERROR_SCHEMA },
    { 403, "42501", "permission denied for table " ROW, SYNC_ERROR_SCHEMA },
    { 401, "42501", "permission denied for sequence " ROW, SYNC_ERROR_SCHEMA },
    { 500, "57014", ROW, SYNC_ERROR_TOO_LARGE },
    { 500, "40001", ROW, SYNC_ERROR_LATER },
    { 500, "40P01", ROW, SYNC_ERROR_LATER },
    { 500, "55P03", ROW, SYNC_ERROR_LATER },
    { 500, "XX000", ROW, SYNC_ERROR_LATER },
    { 503, "08006", ROW, SYNC_ERROR_LATER },
    { 503, "53300", ROW, SYNC_ERROR_LATER },
    { 503, "57P01", ROW, SYNC_ERROR_LATER },
    { 503, "57P03", ROW, SYNC_ERROR_LATER },
    { 500, "58030", ROW, SYNC_ERROR_LATER },
    { 500, "SUP", ROW, SYNC_ERROR_LATER },
    { 503, "PGRST000", ROW, SYNC_ERROR_LATER },
    { 503, "PGRST001", ROW, SYNC_ERROR_LATER },
    { 503, "PGRST002", ROW, SYNC_ERROR_LATER },
    { 504, "PGRST003", ROW, SYNC_ERROR_LATER },
    { 500, "PGRSTX00", ROW, SYNC_ERROR_LATER },
    { 401, "PGRST301", "JWT expired", SYNC_ERROR_SIGN_IN },
    { 401, "PGRST303", "JWT expired", SYNC_ERROR_SIGN_IN },
    { 401, "PGRST301", "No suitable key", SYNC_ERROR_SIGN_IN },
    { 401, "PGRST303", "JWT issued at future", SYNC_ERROR_CLOCK },
    { 405, "25006", ROW, SYNC_ERROR_STORAGE_FULL },
    { 418, "something_new", ROW, SYNC_ERROR_FAILED },
    { 500, "something_new", ROW, SYNC_ERROR_LATER },
    { 401, "something_new", ROW, SYNC_ERROR_WRONG_KEY },
    { 402, "exceed_egress_quota", ROW, SYNC_ERROR_QUOTA },
    { 429, "over_request_rate_limit", ROW, SYNC_ERROR_LATER },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = from_code (cases[i].status, cases[i].code, cases[i].message);

      g_test_message ("%u %s", cases[i].status, cases[i].code);
      g_assert_cmpstr (sync_error_code_name (error->code), ==,
                       sync_error_code_name (cases[i].expected));
      g_assert_cmpstr (sync_error_get_detail (error)->reason, ==, cases[i].code);
      g_assert_cmpuint (sync_error_get_detail (error)->status, ==, cases[i].status);
      g_assert_cmpstr (sync_error_get_detail (error)->subject, ==, "projects");
      assert_silent (error);
    }
}

/* PostgreSQL's own words under a code that nobody knows. */
static void
test_unknown_codes_yield_to_known_words (void)
{
  static const struct
  {
    const char *message;
    const char *sqlstate;
    SyncError expected;
  } cases[] = {
    { "PostgresError: new row for relation violates check constraint", "23514",
      SYNC_ERROR_ROW_REFUSED },
    { "new row violates row-level security policy for table", "42501", SYNC_ERROR_ROW_REFUSED },
    { "PostgresError: deadlock detected", "40P01", SYNC_ERROR_LATER },
    { "PostgresError: canceling statement due to lock timeout", "55P03", SYNC_ERROR_LATER },
    { "PostgresError: tuple concurrently updated", "SUP", SYNC_ERROR_LATER },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = from_code (500, "SUP", cases[i].message);

      g_test_message ("%s", cases[i].message);
      g_assert_cmpstr (sync_error_code_name (error->code), ==,
                       sync_error_code_name (cases[i].expected));
      g_assert_cmpstr (sync_error_get_detail (error)->reason, ==, cases[i].sqlstate);
      assert_silent (error);
    }
}

static void
test_without_a_code_the_status_decides (void)
{
  static const struct
  {
    guint status;
    SyncError expected;
  } cases[] = {
    { 400, SYNC_ERROR_PROTOCOL },  { 401, SYNC_ERROR_WRONG_KEY }, { 402, SYNC_ERROR_QUOTA },
    { 403, SYNC_ERROR_PROTOCOL },  { 404, SYNC_ERROR_PROTOCOL },  { 407, SYNC_ERROR_OFFLINE },
    { 408, SYNC_ERROR_LATER },     { 413, SYNC_ERROR_TOO_LARGE }, { 414, SYNC_ERROR_TOO_LARGE },
    { 429, SYNC_ERROR_LATER },     { 500, SYNC_ERROR_LATER },     { 502, SYNC_ERROR_LATER },
    { 503, SYNC_ERROR_LATER },     { 504, SYNC_ERROR_TOO_LARGE }, { 511, SYNC_ERROR_PROTOCOL },
    { 520, SYNC_ERROR_TOO_LARGE }, { 521, SYNC_ERROR_LATER },     { 522, SYNC_ERROR_TOO_LARGE },
    { 524, SYNC_ERROR_TOO_LARGE }, { 530, SYNC_ERROR_OFFLINE },   { 540, SYNC_ERROR_PAUSED },
    { 544, SYNC_ERROR_TOO_LARGE },
  };
  static const char *const bodies[] = { "",
                                        "<!DOCTYPE html><html>" ROW "</html>",
                                        "{\"message\":\"" ROW "\"}",
                                        "{\"code\":null}",
                                        "{\"code\":"
                                        "\"" ROW ": not a code\"}",
                                        "[1]",
                                        "{\"code\":\"23505\"" };
  g_autoptr (SyncEntity) entity = new_entity ();

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    for (guint j = 0; j < G_N_ELEMENTS (bodies); j++)
      {
        g_autoptr (SyncHttpReply) reply = new_reply (cases[i].status, bodies[j]);
        g_autoptr (GError) error
            = sync_supabase_error_from_rest (reply, "host", "projects", entity, NOW);

        g_test_message ("%u %s", cases[i].status, bodies[j]);
        g_assert_cmpstr (sync_error_code_name (error->code), ==,
                         sync_error_code_name (cases[i].expected));
        g_assert_null (sync_error_get_detail (error)->reason);
        g_assert_cmpstr (sync_error_get_detail (error)->subject, ==, "host");
        assert_silent (error);
      }
}

static void
test_only_our_own_columns_are_named (void)
{
  static const struct
  {
    const char *code;
    const char *message;
    const char *column;
  } cases[] = {
    { "PGRST204", "Could not find the 'name' column of 'projects' in the schema cache", "name" },
    { "PGRST204", "Could not find the 'base_version' column of 'projects'", "base_version" },
    { "PGRST204", "Could not find the '" ROW "' column of 'projects'", NULL },
    { "42703", "column \\\"name\\\" of relation \\\"projects\\\" does not exist", "name" },
    { "42703", "column projects.due_date does not exist", "due_date" },
    { "42703", "column projects." ROW " does not exist", NULL },
    { "42703", "column", NULL },
    { "23502", "null value in column \\\"name\\\" of relation \\\"projects\\\" violates", "name" },
    { "23502", "null value in column \\\"" ROW "\\\" violates", NULL },
    { "23502", "null value in column \\\"name", NULL },
    { "23505", "duplicate key value violates unique constraint \\\"projects_name_key\\\"", "name" },
    { "23505", "duplicate key value violates unique constraint \\\"projects_due_date_idx\\\"",
      "due_date" },
    { "23505", "duplicate key value violates unique constraint \\\"" ROW "\\\"", NULL },
    { "23505", "duplicate key value violates unique constraint \\\"projects_" ROW "_key\\\"",
      NULL },
    { "23505", "duplicate key value violates unique constraint \\\"projects_\\\"", NULL },
    { "23505", "duplicate key value violates unique constraint \\\"projects\\\"", NULL },
    { "23505", "duplicate key value violates unique constraint \\\"\\\"", NULL },
    { "23514",
      "new row for relation \\\"name\\\" violates check constraint \\\"projects_name_check\\\"",
      "name" },
    { "23514", "new row for relation \\\"name\\\" violates check constraint", NULL },
    { "22P02", "invalid input syntax for type bigint: \\\"name\\\"", NULL },
    { "P0001", "\\\"name\\\"", NULL },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = from_code (400, cases[i].code, cases[i].message);

      g_test_message ("%s %s", cases[i].code, cases[i].message);
      g_assert_cmpstr (sync_error_get_detail (error)->column, ==, cases[i].column);
      assert_silent (error);
    }
}

static void
test_expiry_asks_for_another_token_and_nothing_else_does (void)
{
  static const struct
  {
    guint status;
    const char *code;
    const char *message;
    gboolean expired;
  } cases[] = {
    { 401, "PGRST301", "JWT expired", TRUE },
    { 401, "PGRST303", "JWT expired", TRUE },
    { 401, "PGRST303", "JWT issued at future", FALSE },
    { 401, "42501", "permission denied", FALSE },
    { 403, "42501", "new row violates row-level security", FALSE },
    { 500, "PGRST301", "", FALSE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = from_code (cases[i].status, cases[i].code, cases[i].message);

      g_assert_cmpint (sync_supabase_error_is_expired_token (error), ==, cases[i].expired);
      g_assert_false (sync_supabase_error_ends_session (error));
    }
  g_assert_false (sync_supabase_error_is_expired_token (NULL));
}

static void
test_a_token_from_the_future_is_tried_again_soon (void)
{
  g_autoptr (GError) error = from_code (401, "PGRST303", "JWT issued at future");

  g_assert_true (sync_error_is_transient (error));
  g_assert_cmpuint (sync_error_get_detail (error)->retry_after, >=, 2);
  g_assert_cmpuint (sync_error_get_detail (error)->retry_after, <=, 10);
}

static void
test_retry_after_is_seconds_or_a_date (void)
{
  static const struct
  {
    const char *value;
    guint seconds;
  } cases[] = {
    { "7", 7 },
    { "0", 0 },
    { "-3", 0 },
    { "99999999999999", 24 * 60 * 60 },
    { "Fri, 02 Jan 2026 03:05:00 GMT", 55 },
    { "Fri, 02 Jan 2026 03:04:00 GMT", 0 },
    { "Fri, 02 Jan 2099 03:04:00 GMT", 24 * 60 * 60 },
    { "soon", 0 },
    { "", 0 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (SyncHttpReply) reply = new_reply (503, "");
      g_autoptr (GError) error = NULL;

      soup_message_headers_append (reply->headers, "Retry-After", cases[i].value);
      error = sync_supabase_error_from_rest (reply, "host", "projects", NULL, NOW);
      g_test_message ("%s", cases[i].value);
      g_assert_cmpuint (sync_error_get_detail (error)->retry_after, ==, cases[i].seconds);
    }
}

/* A date is one of the clock that wrote it, whatever ours says. */
static void
test_retry_after_is_by_the_servers_clock (void)
{
  g_autoptr (SyncHttpReply) reply = new_reply (503, "");
  g_autoptr (GError) error = NULL;

  soup_message_headers_append (reply->headers, "Date", "Fri, 02 Jan 2026 06:04:00 GMT");
  soup_message_headers_append (reply->headers, "Retry-After", "Fri, 02 Jan 2026 06:04:30 GMT");
  error = sync_supabase_error_from_rest (reply, "host", "projects", NULL, NOW);
  g_assert_cmpuint (sync_error_get_detail (error)->retry_after, ==, 30);
}

static void
test_sign_in_errors_are_told_apart (void)
{
  static const struct
  {
    guint status;
    const char *header;
    const char *body;
    SyncError expected;
    const char *reason;
    gboolean ends;
  } cases[] = {
    { 400, "invalid_credentials", "{\"code\":\"other\"}", SYNC_ERROR_CREDENTIALS,
      "invalid_credentials", FALSE },
    { 400, NULL, "{\"code\":400,\"error_code\":\"invalid_credentials\",\"msg\":\"" ROW "\"}",
      SYNC_ERROR_CREDENTIALS, "invalid_credentials", FALSE },
    { 400, NULL, "{\"code\":\"email_not_confirmed\",\"message\":\"" ROW "\"}",
      SYNC_ERROR_CONFIRM_EMAIL, "email_not_confirmed", FALSE },
    { 400, NULL, "{\"error\":\"invalid_grant\",\"error_description\":\"" ROW "\"}",
      SYNC_ERROR_CREDENTIALS, "invalid_grant", FALSE },
    { 400, NULL, "{\"code\":\"user_banned\"}", SYNC_ERROR_FAILED, "user_banned", FALSE },
    { 422, NULL, "{\"code\":\"user_already_exists\"}", SYNC_ERROR_EXISTS, "user_already_exists",
      FALSE },
    { 422, NULL, "{\"code\":\"weak_password\"}", SYNC_ERROR_WEAK_PASSWORD, "weak_password", FALSE },
    { 422, NULL, "{\"code\":\"signup_disabled\"}", SYNC_ERROR_FAILED, "signup_disabled", FALSE },
    { 400, NULL, "{\"code\":\"email_address_invalid\"}", SYNC_ERROR_INVALID,
      "email_address_invalid", FALSE },
    { 400, NULL, "{\"code\":\"refresh_token_already_used\"}", SYNC_ERROR_SIGN_IN,
      "refresh_token_already_used", TRUE },
    { 400, NULL, "{\"code\":\"refresh_token_not_found\"}", SYNC_ERROR_SIGN_IN,
      "refresh_token_not_found", TRUE },
    { 400, NULL, "{\"code\":\"session_not_found\"}", SYNC_ERROR_SIGN_IN, "session_not_found",
      TRUE },
    { 400, NULL, "{\"code\":\"session_expired\"}", SYNC_ERROR_SIGN_IN, "session_expired", TRUE },
    { 409, NULL, "{\"code\":\"conflict\"}", SYNC_ERROR_LATER, "conflict", FALSE },
    { 409, "refresh_token_not_found", "", SYNC_ERROR_LATER, "refresh_token_not_found", FALSE },
    { 429, NULL, "{\"code\":\"over_request_rate_limit\"}", SYNC_ERROR_LATER,
      "over_request_rate_limit", FALSE },
    { 500, NULL, "{\"code\":\"unexpected_failure\"}", SYNC_ERROR_LATER, "unexpected_failure",
      FALSE },
    { 504, NULL, "{\"code\":\"request_timeout\"}", SYNC_ERROR_LATER, "request_timeout", FALSE },
    { 504, NULL, "<html>" ROW, SYNC_ERROR_LATER, NULL, FALSE },
    { 401, NULL, "{\"message\":\"Invalid API key\"}", SYNC_ERROR_WRONG_KEY, NULL, FALSE },
    { 402, NULL, "{\"message\":\"" ROW "\"}", SYNC_ERROR_QUOTA, NULL, FALSE },
    { 540, NULL, "", SYNC_ERROR_PAUSED, NULL, FALSE },
    { 404, NULL, "<html>" ROW, SYNC_ERROR_PROTOCOL, NULL, FALSE },
    { 400, ROW " !", "{\"code\":\"" ROW " !\"}", SYNC_ERROR_PROTOCOL, NULL, FALSE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (SyncHttpReply) reply = new_reply (cases[i].status, cases[i].body);
      g_autoptr (GError) error = NULL;

      if (cases[i].header != NULL)
        soup_message_headers_append (reply->headers, "x-sb-error-code", cases[i].header);
      error = sync_supabase_error_from_auth (reply, "host", NOW);
      g_test_message ("%u %s", cases[i].status, cases[i].body);
      g_assert_cmpstr (sync_error_code_name (error->code), ==,
                       sync_error_code_name (cases[i].expected));
      g_assert_cmpstr (sync_error_get_detail (error)->reason, ==, cases[i].reason);
      g_assert_cmpint (sync_supabase_error_ends_session (error), ==, cases[i].ends);
      assert_silent (error);
    }
}

static void
test_a_hostile_body_does_no_harm (void)
{
  g_autofree char *deep = g_strnfill (100 * 1000, '[');
  g_autofree char *long_code = g_strnfill (60 * 1000, 'A');
  g_autofree char *long_body = g_strdup_printf ("{\"code\":\"%s\"}", long_code);
  const char *bodies[] = { deep,
                           long_body,
                           "{\"code\":\"\\ud800\"}",
                           "{\"code\":\"\\u0000\"}",
                           "{\"code\":{\"code\":\"23505\"}}",
                           "\xff{}",
                           "{\"code\":\"" };

  for (guint i = 0; i < G_N_ELEMENTS (bodies); i++)
    {
      g_autoptr (SyncHttpReply) reply = new_reply (500, bodies[i]);
      g_autoptr (GError) rest = sync_supabase_error_from_rest (reply, "host", "t", NULL, NOW);
      g_autoptr (GError) auth = sync_supabase_error_from_auth (reply, "host", NOW);

      g_assert_error (rest, SYNC_ERROR, SYNC_ERROR_LATER);
      g_assert_error (auth, SYNC_ERROR, SYNC_ERROR_LATER);
      g_assert_null (sync_error_get_detail (rest)->reason);
      g_assert_null (sync_error_get_detail (auth)->reason);
    }
}

/* The words may quote a whole row. */
static void
test_long_words_hide_no_code (void)
{
  g_autofree char *row = g_strnfill (2 * 1000 * 1000, 'x');
  g_autofree char *body = g_strdup_printf ("{\"code\":\"P0001\",\"details\":null,\"hint\":null,\"message\":\"%s\"}", row);
  g_autoptr (SyncHttpReply) reply = new_reply (400, body);
  g_autoptr (GError) error = sync_supabase_error_from_rest (reply, "host", "projects", NULL, NOW);

  g_assert_error (error, SYNC_ERROR, SYNC_ERROR_ROW_REFUSED);
  g_assert_cmpstr (sync_error_get_detail (error)->reason, ==, "P0001");
}

/* Where no rows are on their way there is no smaller batch: the cloud is busy, or its gateway does not reach it. */
static void
test_without_rows_nothing_is_too_slow (void)
{
  static const struct
  {
    guint status;
    const char *body;
    SyncError expected;
  } cases[] = {
    { 500, "{\"code\":\"57014\"}", SYNC_ERROR_LATER },
    { 504, "<html>", SYNC_ERROR_LATER },
    { 520, "<html>", SYNC_ERROR_LATER },
    { 522, "<html>", SYNC_ERROR_LATER },
    { 524, "<html>", SYNC_ERROR_LATER },
    { 544, "{}", SYNC_ERROR_LATER },
    { 431, "<html>", SYNC_ERROR_TOO_LARGE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (SyncHttpReply) reply = new_reply (cases[i].status, cases[i].body);
      g_autoptr (GError) error = sync_supabase_error_from_rest (reply, "host", "sync_state", NULL, NOW);

      g_assert_error (error, SYNC_ERROR, (int) cases[i].expected);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/supabase/error/unknown-codes-yield-to-known-words",
                   test_unknown_codes_yield_to_known_words);
  g_test_add_func ("/supabase/error/the-code-decides", test_the_code_decides);
  g_test_add_func ("/supabase/error/without-a-code-the-status-decides",
                   test_without_a_code_the_status_decides);
  g_test_add_func ("/supabase/error/only-our-own-columns-are-named",
                   test_only_our_own_columns_are_named);
  g_test_add_func ("/supabase/error/expiry-asks-for-another-token-and-nothing-else-does",
                   test_expiry_asks_for_another_token_and_nothing_else_does);
  g_test_add_func ("/supabase/error/a-token-from-the-future-is-tried-again-soon",
                   test_a_token_from_the_future_is_tried_again_soon);
  g_test_add_func ("/supabase/error/retry-after-is-seconds-or-a-date",
                   test_retry_after_is_seconds_or_a_date);
  g_test_add_func ("/supabase/error/retry-after-is-by-the-servers-clock", test_retry_after_is_by_the_servers_clock);
  g_test_add_func ("/supabase/error/sign-in-errors-are-told-apart",
                   test_sign_in_errors_are_told_apart);
  g_test_add_func ("/supabase/error/a-hostile-body-does-no-harm", test_a_hostile_body_does_no_harm);
  g_test_add_func ("/supabase/error/long-words-hide-no-code", test_long_words_hide_no_code);
  g_test_add_func ("/supabase/error/without-rows-nothing-is-too-slow", test_without_rows_nothing_is_too_slow);
  return g_test_run ();
}
