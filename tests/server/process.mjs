// SPDX-License-Identifier: GPL-3.0-or-later

import fs from 'node:fs';

// When the process started, in clock ticks since boot: null when it is gone or only waits to be reaped.
export function startTime (pid)
{
  try {
    const fields = fs.readFileSync (`/proc/${pid}/stat`, 'utf8').split (') ').pop ().split (' ');
    return fields[0] === 'Z' ? null : fields[19];
  } catch {
    return null;
  }
}

export const isRunning = (pid) => startTime (pid) !== null;
