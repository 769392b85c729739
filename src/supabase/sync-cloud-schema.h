/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-entity.h"

G_BEGIN_DECLS

char *sync_cloud_schema_generate (GPtrArray *entities, GError **error);

G_END_DECLS
