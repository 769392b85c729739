/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

guint sync_backoff_delay_ms (guint attempt, guint retry_after_seconds, GRand *random);

G_END_DECLS
