/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test-system.h"

struct _TestSystem
{
  SyncSystem parent_instance;

  gboolean watched;
};

G_DEFINE_FINAL_TYPE (TestSystem, test_system, SYNC_TYPE_SYSTEM)

static void
test_system_watch (SyncSystem *system)
{
  TEST_SYSTEM (system)->watched = TRUE;
}

static void
test_system_unwatch (SyncSystem *system)
{
  TEST_SYSTEM (system)->watched = FALSE;
}

static void
test_system_class_init (TestSystemClass *class)
{
  SYNC_SYSTEM_CLASS (class)->watch = test_system_watch;
  SYNC_SYSTEM_CLASS (class)->unwatch = test_system_unwatch;
}

static void
test_system_init (TestSystem *self)
{
}

SyncSystem *
test_system_new (void)
{
  return g_object_new (TEST_TYPE_SYSTEM, NULL);
}

gboolean
test_system_is_watched (SyncSystem *system)
{
  return TEST_SYSTEM (system)->watched;
}

void
test_system_tell_network_back (SyncSystem *system)
{
  sync_system_tell_network (system, TRUE);
}
