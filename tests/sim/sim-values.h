/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sim-shape.h"

G_BEGIN_DECLS

/**
 * SimValues:
 * @there: (array): by number, how often it is there
 *
 * Some of the values that were written. A value looks like `v17v`, with its mark behind; nobody
 * writes one twice, but a row whose key changed is in two places for a while. Those of another user
 * look like `w17w`.
 */
typedef struct
{
  GByteArray *there;
} SimValues;

void sim_values_init (SimValues *values);
void sim_values_clear (SimValues *values);
void sim_values_reset (SimValues *values);
void sim_values_add (SimValues *values, guint number);
gboolean sim_values_has (const SimValues *values, guint number);
/* All that a text mentions. */
void sim_values_add_text (SimValues *values, const char *text);
/* Those that are more often in `before` than in `after`. */
void sim_values_add_difference (SimValues *values, const SimValues *before, const SimValues *after);
char *sim_value_to_text (guint number, guint user, SimMark mark);
/* Whether a text mentions another user's. */
gboolean sim_text_is_foreign (const char *text);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (SimValues, sim_values_clear)

G_END_DECLS
