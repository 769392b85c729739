/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <adwaita.h>

G_BEGIN_DECLS

/* Pages of a stack that are not shown are hidden from assistive technology too, for as long as the
 * stack lives. */
void sync_accessible_follow_stack (GtkStack *stack);
void sync_accessible_follow_view_stack (AdwViewStack *stack);

G_END_DECLS
