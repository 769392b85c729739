/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* What each target defines, and libFuzzer calls, or the driver here. */
int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);
