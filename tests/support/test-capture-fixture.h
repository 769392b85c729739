/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-capture.h"
#include "test-database.h"

G_BEGIN_DECLS

/**
 * TestCapture:
 * @folder: (owned): where it is
 * @connection: (owned): an owner's database, captured
 * @entities: (owned) (element-type SyncEntity): its tables, by name
 */
typedef struct
{
  char *folder;
  SyncConnection *connection;
  GPtrArray *entities;
} TestCapture;

TestCapture *test_capture_new (const char *journal_mode, const char *schema);
void test_capture_free (TestCapture *capture);
/* `table:id`, one a line, with a line's end before the first. */
char *test_capture_read_notes (TestCapture *capture);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TestCapture, test_capture_free)

G_END_DECLS
