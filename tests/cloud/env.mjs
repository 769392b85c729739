// SPDX-License-Identifier: GPL-3.0-or-later

import fs from 'node:fs';

// The file that describes a running cloud.
export const readEnv = (file) => Object.fromEntries (fs.readFileSync (file, 'utf8').trim ().split ('\n').map ((line) => {
  const at = line.indexOf ('=');
  return [line.slice (0, at), line.slice (at + 1)];
}));
