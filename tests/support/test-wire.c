/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test-wire.h"

#define JSON "application/json; charset=utf-8"
#define HTML "text/html; charset=UTF-8"
#define PAGE(title) \
  "<!DOCTYPE html>\n<html lang=\"en-US\"><head><title>" title "</title></head><body><h1>" title \
  "</h1><p>cloudflare</p></body></html>\n"

/* As PostgREST, GoTrue and what stands before them answer. */
const TestWireFault test_wire_faults[] = {
  { "refuse", TEST_WIRE_REFUSE },
  { "reset-before", TEST_WIRE_RESET },
  { "reset-after", TEST_WIRE_RESET_AFTER },
  { "reply-dropped", TEST_WIRE_DROP },
  { "reply-cut", TEST_WIRE_CUT },
  { "late", TEST_WIRE_LATE },
  { "twice", TEST_WIRE_TWICE, 1 },
  { "five-replays", TEST_WIRE_TWICE, 5, .like = "twice" },
  { "replica-behind", TEST_WIRE_STALE },
  { "401-expired", TEST_WIRE_ANSWER, 0, 401, JSON, "Proxy-Status: PostgREST; error=PGRST303",
    "{\"code\":\"PGRST303\",\"details\":null,\"hint\":null,\"message\":\"JWT expired\"}" },
  { "401-not-a-token", TEST_WIRE_ANSWER, 0, 401, JSON, "Proxy-Status: PostgREST; error=PGRST301",
    "{\"code\":\"PGRST301\",\"details\":null,\"hint\":null,\"message\":\"No suitable key or wrong key type\"}",
    "401-expired" },
  { "401-issued-at-future", TEST_WIRE_ANSWER, 0, 401, JSON, NULL,
    "{\"code\":\"PGRST303\",\"details\":null,\"hint\":null,\"message\":\"JWT issued at future\"}" },
  { "401-wrong-key", TEST_WIRE_ANSWER, 0, 401, JSON, "sb-error-code: UNAUTHORIZED_INVALID_API_KEY",
    "{\"message\":\"Invalid API key\",\"hint\":\"Double check your Supabase `anon` or `service_role` API key.\"}" },
  { "402-quota", TEST_WIRE_ANSWER, 0, 402, JSON, "x-sb-error-code: exceed_egress_quota",
    "{\"code\":\"exceed_egress_quota\",\"message\":\"Service for this project is restricted due to the following "
    "violations: exceed_egress_quota.\"}",
    "401-wrong-key" },
  { "403-no-grant", TEST_WIRE_ANSWER, 0, 403, JSON, NULL,
    "{\"code\":\"42501\",\"details\":null,\"hint\":\"Grant the required privileges to the current role.\","
    "\"message\":\"permission denied for table notes\"}",
    "401-wrong-key" },
  { "403-policy", TEST_WIRE_ANSWER, 0, 403, JSON, NULL,
    "{\"code\":\"42501\",\"details\":\"Failing row contains @ROW@.\",\"hint\":null,"
    "\"message\":\"new row violates row-level security policy for table \\\"notes\\\"\"}",
    "409-unique" },
  { "404-schema-cache", TEST_WIRE_ANSWER, 0, 404, JSON, NULL,
    "{\"code\":\"PGRST205\",\"details\":null,\"hint\":\"Perhaps you meant the table 'public.note'\","
    "\"message\":\"Could not find the table 'public.notes' in the schema cache\"}",
    "401-wrong-key" },
  { "405-read-only", TEST_WIRE_ANSWER, 0, 405, JSON, NULL,
    "{\"code\":\"25006\",\"details\":null,\"hint\":null,"
    "\"message\":\"cannot execute INSERT in a read-only transaction\"}",
    "401-wrong-key" },
  { "409-unique", TEST_WIRE_ANSWER, 0, 409, JSON, NULL,
    "{\"code\":\"23505\",\"details\":\"Key (title)=@ROW@ already exists.\",\"hint\":null,"
    "\"message\":\"duplicate key value violates unique constraint \\\"notes_title_key\\\"\"}" },
  { "400-check", TEST_WIRE_ANSWER, 0, 400, JSON, NULL,
    "{\"code\":\"23514\",\"details\":\"Failing row contains @ROW@.\",\"hint\":null,"
    "\"message\":\"new row for relation \\\"notes\\\" violates check constraint \\\"notes_rank_check\\\"\"}",
    "409-unique" },
  { "413-body", TEST_WIRE_ANSWER, 0, 413, HTML, NULL, PAGE ("413 Request Entity Too Large") },
  { "429-rate", TEST_WIRE_ANSWER, 0, 429, JSON, "Retry-After: 7", "{\"message\":\"Too many requests\"}" },
  { "500-lock-timeout", TEST_WIRE_ANSWER, 0, 500, JSON, NULL,
    "{\"code\":\"55P03\",\"details\":null,\"hint\":null,\"message\":\"canceling statement due to lock timeout\"}" },
  { "500-deadlock", TEST_WIRE_ANSWER, 0, 500, JSON, NULL,
    "{\"code\":\"40P01\",\"details\":\"Process 1 waits for ShareLock on transaction 2.\",\"hint\":null,"
    "\"message\":\"deadlock detected\"}",
    "500-lock-timeout" },
  { "500-statement-timeout", TEST_WIRE_ANSWER, 0, 500, JSON, NULL,
    "{\"code\":\"57014\",\"details\":null,\"hint\":null,"
    "\"message\":\"canceling statement due to statement timeout\"}" },
  { "500-nothing-said", TEST_WIRE_ANSWER, 0, 500, NULL, NULL, NULL,
    "502-page" },
  { "502-page", TEST_WIRE_ANSWER, 0, 502, HTML, NULL, PAGE ("502 Bad Gateway") },
  { "502-page-after-six-times", TEST_WIRE_ANSWER_AFTER, 5, 502, HTML, NULL, PAGE ("502 Bad Gateway") },
  { "503-schema-cache", TEST_WIRE_ANSWER, 0, 503, JSON, "Retry-After: 5",
    "{\"code\":\"PGRST002\",\"details\":null,\"hint\":null,"
    "\"message\":\"Could not query the database for the schema cache. Retrying.\"}",
    "500-lock-timeout" },
  { "503-page-much-later", TEST_WIRE_ANSWER, 0, 503, HTML, "Retry-After: 120",
    PAGE ("503 Service Temporarily Unavailable"),
    "429-rate" },
  { "504-pool", TEST_WIRE_ANSWER, 0, 504, JSON, NULL,
    "{\"code\":\"PGRST003\",\"details\":null,\"hint\":null,"
    "\"message\":\"Timed out acquiring connection from connection pool.\"}",
    "500-lock-timeout" },
  { "504-after", TEST_WIRE_ANSWER_AFTER, 0, 504, JSON, NULL,
    "{\"message\":\"The upstream server is timing out\"}" },
  { "520-page", TEST_WIRE_ANSWER, 0, 520, HTML, NULL,
    PAGE ("Web server is returning an unknown error | 520"),
    "500-statement-timeout" },
  { "522-after", TEST_WIRE_ANSWER_AFTER, 0, 522, HTML, NULL, PAGE ("Connection timed out | 522"),
    "504-after" },
  { "530-page", TEST_WIRE_ANSWER, 0, 530, HTML, NULL, PAGE ("Origin DNS error"),
    "refuse" },
  { "540-paused", TEST_WIRE_ANSWER, 0, 540, JSON, NULL, "{\"message\":\"Project paused\"}",
    "401-wrong-key" },
  { "544-after", TEST_WIRE_ANSWER_AFTER, 0, 544, JSON, NULL, "{\"message\":\"Database operation timed out\"}",
    "504-after" },
  { "no-json", TEST_WIRE_ANSWER, 0, 200, JSON, NULL, "[{\"id\":\"a1\",\"sync_version\":7,}]" },
  { "no-json-after", TEST_WIRE_ANSWER_AFTER, 0, 201, JSON, NULL, "[{\"id\":\"a1\",\"sync_version\":" },
  { "captive-portal", TEST_WIRE_ANSWER, 0, 200, HTML, NULL, PAGE ("Welcome to our hotel"),
    "no-json" },
  { "redirect", TEST_WIRE_ANSWER, 0, 302, HTML, "Location: http://127.0.0.1:9/login", PAGE ("Found"),
    "no-json" },
  { NULL },
};

const TestWireFault *
test_wire_find (const char *name)
{
  for (const TestWireFault *fault = test_wire_faults; fault->name != NULL; fault++)
    if (g_str_equal (fault->name, name))
      return fault;
  g_error ("No fault is called %s", name);
}

guint
test_wire_count (void)
{
  return G_N_ELEMENTS (test_wire_faults) - 1;
}
