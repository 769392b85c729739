/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-entity.h"
#include "sync-json.h"

G_BEGIN_DECLS

gboolean sync_codec_append (GString *out, SyncCodec codec, SyncSpan value);

G_END_DECLS
