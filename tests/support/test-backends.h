/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "test-rig.h"

G_BEGIN_DECLS

/* The test cloud on each of its drivers, if it runs: each rig is a new user of it. */
extern const TestBackend test_cloud_backends[2];

G_END_DECLS
