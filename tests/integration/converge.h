/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "test-rig.h"

/* The same promises whatever the cloud is; all of them, or one of each kind. */
void converge_add_tests (const TestBackend *backend, gboolean all);
