/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <adwaita.h>

G_BEGIN_DECLS

/* What has no name of its own, such as a button with an icon, is called by its tooltip or by the title above it;
 * pages of stacks that are not shown are hidden from assistive technology. For all windows of the program. */
void sync_accessible_start (void);

G_END_DECLS
