/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

void sync_folders_ignore_relative (void);
