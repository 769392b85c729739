/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * TestWireKind:
 * @TEST_WIRE_REFUSE: from this request on nobody listens, until all is well again
 * @TEST_WIRE_RESET: the connection is reset; nothing was carried out
 * @TEST_WIRE_RESET_AFTER: it was carried out, then the connection is reset
 * @TEST_WIRE_DROP: it was carried out, then the connection is closed without a word
 * @TEST_WIRE_CUT: it was carried out; the answer ends in the middle
 * @TEST_WIRE_LATE: no answer at all; it is carried out when the next request of anybody arrives
 * @TEST_WIRE_TWICE: it was carried out `replays` more times; the answer is that of the last one
 * @TEST_WIRE_ANSWER: another answer; nothing was carried out
 * @TEST_WIRE_ANSWER_AFTER: it was carried out, `replays` more times; another answer
 * @TEST_WIRE_STALE: what a replica that is behind says: the answer that the same GET had before
 *
 * What happens to a request between a client and hosted Supabase.
 */
typedef enum
{
  TEST_WIRE_REFUSE,
  TEST_WIRE_RESET,
  TEST_WIRE_RESET_AFTER,
  TEST_WIRE_DROP,
  TEST_WIRE_CUT,
  TEST_WIRE_LATE,
  TEST_WIRE_TWICE,
  TEST_WIRE_ANSWER,
  TEST_WIRE_ANSWER_AFTER,
  TEST_WIRE_STALE,
} TestWireKind;

/**
 * TestWireFault:
 * @name: in tests' names and in what a failed one says
 * @kind: what happens
 * @replays: how often the gateway sends it again
 * @status: of another answer
 * @type: (nullable): its Content-Type
 * @header: (nullable): one more header, "Name: value"
 * @body: (nullable): @ROW@ stands for what was sent, as PostgreSQL's details quote rows
 * @like: (nullable): the fault that asks a client for the same reaction
 */
typedef struct
{
  const char *name;
  TestWireKind kind;
  guint replays;
  guint status;
  const char *type;
  const char *header;
  const char *body;
  const char *like;
} TestWireFault;

/* All of them. The last has no name. */
extern const TestWireFault test_wire_faults[];

const TestWireFault *test_wire_find (const char *name);
guint test_wire_count (void);

G_END_DECLS
