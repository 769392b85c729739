/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test-gateway.h"

#include <gio/gio.h>
#include <stdio.h>

struct _TestGateway
{
  GSubprocess *process;     /* (owned): ends with its standard input */
  GOutputStream *input;
  GDataInputStream *output; /* (owned) */
  char *url;                /* (owned) */
};

const char *const test_gateway_faults[] = {
  /* Not even the whole request has arrived. */
  "reset-in-request", "gone-in-request",
  /* Nothing was carried out. */
  "refused-stream", "reset-stream", "calm-down", "goaway-without-it", "goaway-error", "gone", "silent",
  /* It was. */
  "goaway-with-it", "reset-after", "gone-after", "cut", "gone-in-answer", "late", "half-late", NULL,
};

static char *
find_file (const char *folder, const char *name)
{
  return g_build_filename (g_getenv ("PSYNC_TEST_SOURCE_ROOT"), "tests", folder, name, NULL);
}

static char *
read_line (TestGateway *gateway)
{
  g_autoptr (GError) error = NULL;
  char *line = g_data_input_stream_read_line (gateway->output, NULL, NULL, &error);

  g_assert_no_error (error);
  g_assert_nonnull (line);
  return line;
}

static char *
ask (TestGateway *gateway, const char *question)
{
  g_autofree char *line = g_strconcat (question, "\n", NULL);
  g_autoptr (GError) error = NULL;

  g_output_stream_write_all (gateway->input, line, strlen (line), NULL, NULL, &error);
  g_assert_no_error (error);
  return read_line (gateway);
}

static void
trust (const char *pem)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GTlsDatabase) database = NULL;

  if (pem != NULL)
    database = g_tls_file_database_new (pem, &error);
  g_assert_no_error (error);
  g_tls_backend_set_default_database (g_tls_backend_get_default (), database);
}

TestGateway *
test_gateway_new (const char *target)
{
  TestGateway *gateway = g_new0 (TestGateway, 1);
  g_autofree char *node = find_file ("server", "node_modules/.bin/node");
  g_autofree char *script = find_file ("server", "gateway.mjs");
  g_autofree char *pem = find_file ("data", "gateway.pem");
  g_autofree char *port = NULL;
  g_autoptr (GError) error = NULL;

  gateway->process = g_subprocess_new (G_SUBPROCESS_FLAGS_STDIN_PIPE | G_SUBPROCESS_FLAGS_STDOUT_PIPE, &error, node,
                                       script, target, pem, NULL);
  g_assert_no_error (error);
  gateway->input = g_subprocess_get_stdin_pipe (gateway->process);
  gateway->output = g_data_input_stream_new (g_subprocess_get_stdout_pipe (gateway->process));
  port = read_line (gateway);
  gateway->url = g_strconcat ("https://localhost:", port, NULL);
  trust (pem);
  return gateway;
}

void
test_gateway_free (TestGateway *gateway)
{
  g_autoptr (GError) error = NULL;

  g_output_stream_close (gateway->input, NULL, &error);
  g_assert_no_error (error);
  g_subprocess_wait (gateway->process, NULL, &error);
  g_assert_no_error (error);
  g_object_unref (gateway->output);
  g_object_unref (gateway->process);
  g_free (gateway->url);
  g_free (gateway);
}

const char *
test_gateway_get_url (TestGateway *gateway)
{
  return gateway->url;
}

void
test_gateway_set_fault (TestGateway *gateway, const char *name, guint at)
{
  g_autofree char *line = g_strdup_printf ("fault %s %u", name != NULL ? name : "none", at);
  g_autofree char *answer = ask (gateway, line);

  g_assert_cmpstr (answer, ==, "ready");
}

void
test_gateway_count (TestGateway *gateway, guint *requests, guint *connections, gboolean *happened)
{
  g_autofree char *answer = ask (gateway, "count");
  guint flag;

  g_assert_cmpint (sscanf (answer, "%u %u %u", requests, connections, &flag), ==, 3);
  if (happened != NULL)
    *happened = flag != 0;
}

void
test_gateway_distrust (void)
{
  trust (NULL);
}
