/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test-psync.h"

#include <errno.h>
#include <libsoup/soup.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <glib/gstdio.h>

/* A server that means harm. psync refuses what it says, in bounded memory and time, tells why, and loses nothing. */

#define JSON "application/json; charset=utf-8"
#define STATE(head) \
  "[{\"schema_version\":1,\"oldest_client\":1,\"epoch\":\"e1\",\"server_time\":\"2026-01-01T00:00:00Z\"," \
  "\"user_id\":\"u1\",\"heads\":{\"projects\":" head ",\"notifications\":0,\"user_settings\":0}," \
  "\"horizons\":{\"projects\":0,\"notifications\":0,\"user_settings\":0},\"devices\":[]}]"
#define ROW(id, version) \
  "{\"id\":" id ",\"name\":\"n\",\"sync_version\":" version ",\"deleted_at\":null,\"edited_at\":null," \
  "\"device_id\":null,\"run_id\":null}"

#define MIB (1024L * 1024)
/* Twice the longest answer that is read, and the program. The sanitizers keep what was freed for a while. */
#ifdef __SANITIZE_ADDRESS__
#define MOST_MEMORY (1200 * MIB)
#else
#define MOST_MEMORY (96 * MIB)
#endif
#define MOST_SECONDS 60

typedef struct Attack Attack;
typedef struct
{
  const Attack *attack;
  TestPsync *psync;
  SoupServer *server;
  guint pages;
} Fixture;

typedef void (*AnswerFunc) (Fixture *fixture, SoupServerMessage *message);

/**
 * Attack:
 * @name: in the test's name
 * @state: (nullable): instead of a good one
 * @page: (nullable): the answer to a GET of rows; NULL: no rows
 * @answer: (nullable): makes that answer
 * @reply: (nullable): the answer to a push, NULL: nothing
 * @digest: (nullable): the answer to a question for checksums
 * @others: (nullable): makes the answers to whatever else is asked, NULL: nothing harmful
 * @command: (nullable): what psync is to do, if not to sync
 * @status: the exit status: 1 if it was refused
 * @code: (nullable): of the error
 * @rows: (nullable): the projects afterwards, if not only the one that was there
 */
struct Attack
{
  const char *name;
  const char *state;
  const char *page;
  AnswerFunc answer;
  const char *reply;
  const char *digest;
  AnswerFunc others;
  const char *command;
  int status;
  const char *code;
  const char *rows;
};

static Fixture common;

static void
answer (SoupServerMessage *message, guint status, const char *body)
{
  soup_server_message_set_status (message, status, NULL);
  soup_server_message_set_response (message, JSON, SOUP_MEMORY_COPY, body, strlen (body));
}

/* --- Answers that are not written down ----------------------------------------------------------- */

static void
set_filled (SoupServerMessage *message, const char *begin, const char *filling, gsize size, const char *end)
{
  GString *body = g_string_sized_new (size + 1024);

  g_string_append (body, begin);
  while (body->len < size)
    g_string_append (body, filling);
  g_string_append (body, end);
  soup_server_message_set_response (message, JSON, SOUP_MEMORY_TAKE, body->str, body->len);
  g_string_free (body, FALSE);
}

/* Whatever limit is asked for. */
static void
answer_huge_page (Fixture *fixture, SoupServerMessage *message)
{
  soup_server_message_set_status (message, 200, NULL);
  set_filled (message, "[", ROW ("\"x\"", "5") ",", 40 * MIB, ROW ("\"x\"", "6") "]");
}

static void
answer_huge_value (Fixture *fixture, SoupServerMessage *message)
{
  soup_server_message_set_status (message, 200, NULL);
  set_filled (message, "[{\"id\":\"x\",\"sync_version\":5,\"name\":\"", "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", 40 * MIB,
              "\"}]");
}

static void
answer_deep (Fixture *fixture, SoupServerMessage *message)
{
  soup_server_message_set_status (message, 200, NULL);
  set_filled (message, "[{\"id\":\"x\",\"settings\":", "[[[[[[[[[[[[[[[[", 20 * MIB, "]}]");
}

static void
answer_many_members (Fixture *fixture, SoupServerMessage *message)
{
  soup_server_message_set_status (message, 200, NULL);
  set_filled (message, "[{\"id\":\"x\"", ",\"id\":\"x\",\"zzz\":{}", 20 * MIB, ",\"sync_version\":-1}]");
}

/* 60 MiB of blanks, which travel as 60 KiB. */
static void
answer_bomb (Fixture *fixture, SoupServerMessage *message)
{
  static GBytes *bomb;

  if (bomb == NULL)
    {
      g_autoptr (GConverter) gzip = G_CONVERTER (g_zlib_compressor_new (G_ZLIB_COMPRESSOR_FORMAT_GZIP, 9));
      g_autoptr (GOutputStream) packed = g_memory_output_stream_new_resizable ();
      g_autoptr (GOutputStream) out = g_converter_output_stream_new (packed, gzip);
      g_autofree char *blanks = g_strnfill (MIB, ' ');

      g_output_stream_write_all (out, "[", 1, NULL, NULL, NULL);
      for (guint i = 0; i < 60; i++)
        g_output_stream_write_all (out, blanks, MIB, NULL, NULL, NULL);
      g_output_stream_close (out, NULL, NULL);
      bomb = g_memory_output_stream_steal_as_bytes (G_MEMORY_OUTPUT_STREAM (packed));
    }
  soup_server_message_set_status (message, 200, NULL);
  soup_message_headers_replace (soup_server_message_get_response_headers (message), "Content-Encoding", "gzip");
  soup_server_message_set_response (message, JSON, SOUP_MEMORY_COPY, g_bytes_get_data (bomb, NULL),
                                    g_bytes_get_size (bomb));
}

static void
answer_huge_error (Fixture *fixture, SoupServerMessage *message)
{
  soup_server_message_set_status (message, 403, NULL);
  set_filled (message, "{\"code\":\"42501\",\"message\":\"", "permission denied ", 20 * MIB, "\"}");
}

/* One more row above the last, for ever; the head is never reached. */
static void
answer_endless (Fixture *fixture, SoupServerMessage *message)
{
  g_autofree char *page = g_strdup_printf ("[" ROW ("\"r%u\"", "%u") "]", fixture->pages, 10 + fixture->pages);

  answer (message, 200, page);
}

static gboolean
drip (gpointer data)
{
  SoupServerMessage *message = data;

  soup_message_body_append (soup_server_message_get_response_body (message), SOUP_MEMORY_STATIC, " ", 1);
  soup_server_message_unpause (message);
  return G_SOURCE_CONTINUE;
}

static void
stop_dripping (SoupServerMessage *message, gpointer timer)
{
  g_signal_handlers_disconnect_by_func (message, stop_dripping, timer);
  g_source_remove (GPOINTER_TO_UINT (timer));
}

/* A byte now and then, for ever. */
static void
answer_drip (Fixture *fixture, SoupServerMessage *message)
{
  guint timer = g_timeout_add (20, drip, message);

  soup_server_message_set_status (message, 200, NULL);
  soup_message_headers_set_encoding (soup_server_message_get_response_headers (message), SOUP_ENCODING_CHUNKED);
  soup_message_body_append (soup_server_message_get_response_body (message), SOUP_MEMORY_STATIC, "[", 1);
  g_signal_connect (message, "finished", G_CALLBACK (stop_dripping), GUINT_TO_POINTER (timer));
  g_signal_connect (message, "disconnected", G_CALLBACK (stop_dripping), GUINT_TO_POINTER (timer));
}

/* A thousand columns that nobody asked for, in each of some rows. */
static void
answer_foreign_columns (Fixture *fixture, SoupServerMessage *message)
{
  GString *body = g_string_new ("[");

  for (guint row = 1; row <= 20; row++)
    {
      g_string_append_printf (body, "%s{\"id\":\"x%u\",\"name\":\"n\",\"sync_version\":%u,\"deleted_at\":null,"
                                    "\"edited_at\":null,\"device_id\":null,\"run_id\":null", row > 1 ? "," : "", row,
                              row);
      for (guint column = 0; column < 1000; column++)
        g_string_append_printf (body, ",\"foreign %u\":[\"%u\"]", column, row);
      g_string_append_c (body, '}');
    }
  g_string_append_c (body, ']');
  answer (message, 200, body->str);
  g_string_free (body, TRUE);
}

/* --- The server ---------------------------------------------------------------------------------- */

static void
handle (SoupServer *server, SoupServerMessage *message, const char *path, GHashTable *query, gpointer data)
{
  Fixture *fixture = data;
  const Attack *attack = fixture->attack;
  const char *method = soup_server_message_get_method (message);

  if (strstr (path, "sync_state") != NULL && attack->others == NULL)
    answer (message, 200, attack->state != NULL ? attack->state : STATE ("9000000000000000000"));
  else if (attack->others != NULL && strstr (path, "/projects") == NULL)
    attack->others (fixture, message);
  else if (g_str_has_suffix (path, "/sync_digest"))
    answer (message, 200, attack->digest != NULL ? attack->digest : "[]");
  else if (g_str_has_suffix (path, "/sync_devices"))
    answer (message, 201, soup_server_message_get_request_body (message)->data);
  else if (g_str_equal (method, "POST"))
    answer (message, 201, attack->reply != NULL ? attack->reply : "[]");
  else if (g_str_has_suffix (path, "/projects") && attack->answer != NULL)
    {
      fixture->pages++;
      attack->answer (fixture, message);
    }
  else
    answer (message, 200, g_str_has_suffix (path, "/projects") && attack->page != NULL ? attack->page : "[]");
}

/* --- psync --------------------------------------------------------------------------------------- */

typedef struct
{
  GPid pid;
  int status;
  struct rusage usage;
  gint done;
} Child;

static gpointer
wait_for_child (gpointer data)
{
  Child *child = data;

  while (wait4 (child->pid, &child->status, 0, &child->usage) < 0 && errno == EINTR)
    ;
  g_atomic_int_set (&child->done, 1);
  g_main_context_wakeup (NULL);
  return NULL;
}

static gboolean
interrupt (gpointer data)
{
  kill (((Child *) data)->pid, SIGINT);
  return G_SOURCE_REMOVE;
}

/* Serves it until it ends. Returns: what it printed */
static char *
run_measured (Fixture *fixture, Child *child, guint interrupt_after)
{
  g_autofree char *program = g_build_filename (g_getenv ("PSYNC_TEST_BUILD_ROOT"), "src", "cli", "psync", NULL);
  g_autofree char *database = test_psync_path (fixture->psync, "a.db");
  g_autofree char *home = test_psync_path (fixture->psync, "home");
  g_autofree char *line = g_strdup_printf ("psync --json --database %s %s", database,
                                           fixture->attack->command != NULL ? fixture->attack->command : "sync");
  g_auto (GStrv) argv = g_strsplit (line, " ", -1);
  g_auto (GStrv) environment = g_get_environ ();
  g_autoptr (GError) error = NULL;
  g_autoptr (GThread) thread = NULL;
  g_autofree char *output_path = test_psync_path (fixture->psync, "output");
  char *output = NULL;
  FILE *file = fopen (output_path, "w");
  g_autofree char *input_path = test_psync_path (fixture->psync, "input");
  FILE *input;

  g_file_set_contents (input_path, "a password\n", -1, NULL);
  input = fopen (input_path, "r");
  g_free (argv[0]);
  argv[0] = g_steal_pointer (&program);
  environment = g_environ_setenv (environment, "HOME", home, TRUE);
  environment = g_environ_setenv (environment, "XDG_STATE_HOME", home, TRUE);
  environment = g_environ_setenv (environment, "GIO_USE_PROXY_RESOLVER", "dummy", TRUE);
  if (!g_str_has_prefix (argv[4], "login"))
    environment = g_environ_setenv (environment, "SUPABASE_AUTH_TOKEN", "a.b.c", TRUE);
  g_spawn_async_with_fds (NULL, argv, environment, G_SPAWN_DO_NOT_REAP_CHILD, NULL, NULL, &child->pid, fileno (input),
                          fileno (file), -1, &error);
  g_assert_no_error (error);
  fclose (file);
  fclose (input);
  if (interrupt_after > 0)
    g_timeout_add (interrupt_after, interrupt, child);
  thread = g_thread_new ("wait", wait_for_child, child);
  while (!g_atomic_int_get (&child->done))
    g_main_context_iteration (NULL, TRUE);
  g_thread_join (g_steal_pointer (&thread));
  g_file_get_contents (output_path, &output, NULL, &error);
  g_assert_no_error (error);
  return output;
}

/* One server and one home for all; each attack has a copy of the database. */
static void
begin_all (Fixture *fixture)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *line = NULL;
  GSList *uris;

  fixture->psync = test_psync_new ();
  fixture->server = soup_server_new (NULL, NULL);
  soup_server_add_handler (fixture->server, NULL, handle, fixture, NULL);
  soup_server_listen_local (fixture->server, 0, SOUP_SERVER_LISTEN_IPV4_ONLY, &error);
  g_assert_no_error (error);
  uris = soup_server_get_uris (fixture->server);
  line = g_strdup_printf ("connect supabase http://127.0.0.1:%d --anon-key sb_publishable_x",
                          g_uri_get_port (uris->data));
  g_slist_free_full (uris, (GDestroyNotify) g_uri_unref);
  g_free (test_psync_run (fixture->psync, "whole.db", 0, "init"));
  g_free (test_psync_run (fixture->psync, "whole.db", 0, line));
  g_free (test_psync_sql (fixture->psync, "whole.db",
                          "INSERT INTO projects (id, name) VALUES ('mine', 'dear to me')"));
}

static void
end_all (Fixture *fixture)
{
  g_clear_object (&fixture->server);
  g_clear_pointer (&fixture->psync, test_psync_free);
}

static void
begin (const Attack *attack)
{
  static const char *const sides[] = { "a.db-wal", "a.db-shm" };
  g_autofree char *whole = test_psync_path (common.psync, "whole.db");
  g_autofree char *path = test_psync_path (common.psync, "a.db");
  g_autofree char *contents = NULL;
  g_autoptr (GError) error = NULL;
  gsize length;

  common.attack = attack;
  common.pages = 0;
  for (guint i = 0; i < G_N_ELEMENTS (sides); i++)
    {
      g_autofree char *side = test_psync_path (common.psync, sides[i]);

      g_unlink (side);
    }
  g_file_get_contents (whole, &contents, &length, &error);
  g_assert_no_error (error);
  g_file_set_contents_full (path, contents, (gssize) length, G_FILE_SET_CONTENTS_NONE, 0600, &error);
  g_assert_no_error (error);
}

static void
expect_bounded (const Child *child)
{
  gint64 seconds = child->usage.ru_utime.tv_sec + child->usage.ru_stime.tv_sec;

  g_test_message ("peak %ld MiB, %" G_GINT64_FORMAT " s of processor", child->usage.ru_maxrss / 1024, seconds);
  g_assert_cmpint (child->usage.ru_maxrss, <, MOST_MEMORY / 1024);
  g_assert_cmpint (seconds, <, MOST_SECONDS);
}

static void
test_attack (gconstpointer data)
{
  const Attack *attack = data;
  Child child = { 0 };
  g_autofree char *output = (begin (attack), run_measured (&common, &child, 0));
  g_autofree char *expected
      = g_strconcat (attack->rows != NULL ? attack->rows : "mine dear to me", "|ok", NULL);
  g_autofree char *code = attack->code != NULL ? g_strdup_printf ("\"code\":\"%s\"", attack->code) : NULL;
  g_auto (GStrv) parts = g_strsplit (output, "\" : \"", -1);
  g_autofree char *dense = g_strjoinv ("\":\"", parts);

  g_assert_true (WIFEXITED (child.status));
  if (WEXITSTATUS (child.status) != attack->status || (code != NULL && strstr (dense, code) == NULL))
    g_error ("exit status %d: %s", WEXITSTATUS (child.status), output);
  expect_bounded (&child);
  test_psync_expect (common.psync, "a.db",
                     "SELECT id || ' ' || name, integrity_check FROM projects, pragma_integrity_check ORDER BY id",
                     expected);
}

/* Who cannot come to an end can be stopped, and did not grow. */
static void
test_endless (gconstpointer data)
{
  Child child = { 0 };
  g_autofree char *output = (begin (data), run_measured (&common, &child, 2000));

  g_assert_cmpuint (common.pages, >, common.attack->answer == answer_drip ? 0 : 20);
  g_assert_true (WIFEXITED (child.status));
  g_assert_cmpint (WEXITSTATUS (child.status), !=, 0);
  expect_bounded (&child);
  test_psync_expect (common.psync, "a.db", "SELECT name FROM projects WHERE id = 'mine'", "dear to me");
}

#define PAGE(rows) "[" rows "]"

static const Attack attacks[] = {
  { "huge-page", .answer = answer_huge_page, .status = 1, .code = "too-large" },
  { "huge-value", .answer = answer_huge_value, .status = 1, .code = "too-large" },
  { "deep", .answer = answer_deep, .status = 1, .code = "protocol" },
  { "many-members", .answer = answer_many_members, .status = 1, .code = "protocol" },
  { "gzip-bomb", .answer = answer_bomb, .status = 1, .code = "too-large" },
  { "huge-error", .answer = answer_huge_error, .status = 1 },
  { "rows-that-are-numbers", .page = "[1,2,3]", .status = 1, .code = "protocol" },
  { "rows-that-are-lists", .page = "[[{}],[]]", .status = 1, .code = "protocol" },
  { "no-list", .page = "{\"rows\":[]}", .status = 1, .code = "protocol" },
  { "version-that-is-a-text", .page = PAGE (ROW ("\"x\"", "\"7\"")), .status = 1, .code = "protocol" },
  { "version-that-is-a-fraction", .page = PAGE (ROW ("\"x\"", "7.5")), .status = 1, .code = "protocol" },
  { "version-too-large", .page = PAGE (ROW ("\"x\"", "92233720368547758070")), .status = 1, .code = "protocol" },
  { "no-version", .page = "[{\"id\":\"x\",\"name\":\"n\"}]", .status = 1, .code = "protocol" },
  { "negative-version", .page = PAGE (ROW ("\"x\"", "-7")), .status = 1, .code = "protocol" },
  { "repeated-version", .page = PAGE (ROW ("\"x\"", "7") "," ROW ("\"y\"", "7")), .status = 1, .code = "protocol" },
  { "falling-version", .page = PAGE (ROW ("\"x\"", "7") "," ROW ("\"y\"", "6")), .status = 1, .code = "protocol" },
  { "the-same-page-again", .page = PAGE (ROW ("\"mine\"", "7")), .status = 1, .code = "protocol",
    .rows = "mine n" },
  { "no-key", .page = PAGE (ROW ("null", "7")), .status = 1, .code = "protocol" },
  { "deleted-at-that-is-a-list", .page = "[{\"id\":\"x\",\"sync_version\":7,\"deleted_at\":[]}]", .status = 1,
    .code = "protocol" },
  { "invalid-utf-8", .page = PAGE (ROW ("\"\xff\xfe\"", "7")), .status = 1, .code = "protocol" },
  { "overlong-utf-8", .page = PAGE (ROW ("\"\xc0\x80\"", "7")), .status = 1, .code = "protocol" },
  { "nothing-at-all", .page = "", .status = 1, .code = "protocol" },
  { "state-that-is-a-number", .state = "[5]", .status = 1, .code = "protocol" },
  { "state-without-members", .state = "[{}]", .status = 1, .code = "protocol" },
  { "state-with-wrong-heads", .state = STATE ("\"many\""), .status = 1, .code = "protocol" },
  { "state-of-a-later-schema", .state = "[{\"schema_version\":99,\"oldest_client\":99,\"epoch\":\"e\","
                                        "\"user_id\":\"u\",\"heads\":{},\"horizons\":{},\"devices\":[]}]",
    .status = 1 },
  { "push-reply-of-strangers", .state = STATE ("0"), .reply = PAGE ("{\"id\":\"stranger\",\"sync_version\":5,"
                                                                     "\"run_id\":null}"), .status = 1 },
  { "push-reply-with-wrong-version", .state = STATE ("0"), .reply = PAGE ("{\"id\":\"mine\",\"sync_version\":-5,"
                                                                           "\"run_id\":null}"), .status = 1,
    .code = "protocol" },
  { "push-reply-that-is-no-list", .state = STATE ("0"), .reply = "{}", .status = 1, .code = "protocol" },
  { "foreign-columns", .answer = answer_foreign_columns, .status = 6, .code = "protocol" },
  { "wrong-types", .page = PAGE ("{\"id\":\"x\",\"name\":{\"a\":[1]},\"settings\":false,\"created_at\":[],"
                                 "\"sync_version\":7,\"deleted_at\":null,\"edited_at\":7,\"device_id\":9,"
                                 "\"run_id\":{}}"),
    .status = 1, .code = "protocol" },
  { "an-object-in-a-text-is-text",
    .page = PAGE ("{\"id\":\"x\",\"name\":{\"a\":[1]},\"settings\":false,\"created_at\":[],\"sync_version\":7,"
                  "\"deleted_at\":null,\"edited_at\":null,\"device_id\":null,\"run_id\":null}"),
    .status = 1, .code = "protocol", .rows = "mine dear to me|ok\nx {\"a\":[1]}" },
  { "digest-that-is-no-list", .state = STATE ("0"), .digest = "{}", .command = "verify", .status = 1, .code = "protocol" },
  { "digest-of-texts", .state = STATE ("0"), .digest = "[{\"bucket\":7,\"n\":\"many\",\"hash\":[]}]",
    .command = "verify", .status = 1, .code = "protocol" },
  { "digest-with-negative-numbers", .state = STATE ("0"),
    .digest = "[{\"bucket\":\"0\",\"n\":-5,\"hash\":1}]", .command = "verify", .status = 1, .code = "protocol" },
  { "digest-that-always-differs", .state = STATE ("0"), .digest = "[{\"bucket\":\"0\",\"n\":9000000000000,"
                                                                  "\"hash\":12345}]", .command = "verify", .status = 1, .code = "protocol" },
  { "huge-state", .others = answer_huge_page, .status = 1, .code = "too-large" },
  { "deep-state", .others = answer_deep, .status = 1, .code = "protocol" },
  { "state-that-is-a-bomb", .others = answer_bomb, .status = 1, .code = "too-large" },
  { "sign-in-that-is-huge", .others = answer_huge_value, .command = "login --email a@example.org", .status = 1 },
  { "sign-in-that-is-a-bomb", .others = answer_bomb, .command = "login --email a@example.org", .status = 1 },
  { "sign-in-that-is-deep", .others = answer_deep, .command = "login --email a@example.org", .status = 1 },
};

static const Attack endless = { "endless", .answer = answer_endless };
static const Attack dripping = { "dripping", .answer = answer_drip };

int
main (int argc, char *argv[])
{
  int status;

  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (attacks); i++)
    {
      g_autofree char *path = g_strconcat ("/hostile/", attacks[i].name, NULL);

      g_test_add_data_func (path, &attacks[i], test_attack);
    }
  g_test_add_data_func ("/hostile/pages-without-end", &endless, test_endless);
  g_test_add_data_func ("/hostile/a-slow-drip", &dripping, test_endless);
  begin_all (&common);
  status = g_test_run ();
  end_all (&common);
  return status;
}
