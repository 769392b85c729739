/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-error.h"

G_BEGIN_DECLS

/* Errors as the history and the outbox keep them: {"code":…,"reason":…,"subject":…,"column":…},
 * without their text, which is for logs. */
char *sync_error_to_json (const GError *error);
GError *sync_error_from_json (const char *json);

G_END_DECLS
