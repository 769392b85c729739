/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <libsoup/soup.h>

G_BEGIN_DECLS

/**
 * TestAnswer:
 * @status: the HTTP status
 * @headers: (owned)
 * @body: (owned)
 *
 * What a server said.
 */
typedef struct
{
  guint status;
  SoupMessageHeaders *headers;
  GBytes *body;
} TestAnswer;

/* `type`, a Content-Type, and `body` may be NULL. */
TestAnswer *test_answer_new (guint status, const char *type, const char *body);
void test_answer_free (TestAnswer *answer);

/* Makes the test cloud's errors those of hosted Supabase. `row`: what was sent, as it is quoted inside of JSON's
 * quotes; `version` (nullable): of the API that the client asked for. */
void test_answer_speak_as_postgrest (TestAnswer *answer, const char *row);
void test_answer_speak_as_gotrue (TestAnswer *answer, const char *version);
/* PostgREST's errors say their code in a header, too; terse ones, as of its next version, nothing but a message
 * beside it. */
void test_answer_sign (TestAnswer *answer, gboolean terse);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TestAnswer, test_answer_free)

G_END_DECLS
