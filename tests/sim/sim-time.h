/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Nothing in a simulation asks the computer for time or chance: both are as the schedule has them.
 */
void sim_time_reset (void);
/* How much later it is each time somebody looks at how long something took. */
void sim_time_set_pace (gint64 microseconds);
/* How long everybody slept since this was asked last. */
gint64 sim_time_take_slept (void);

G_END_DECLS
