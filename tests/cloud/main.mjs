// SPDX-License-Identifier: GPL-3.0-or-later
//
// The cloud's own tests, at SQL level in a database of their own and at REST level on the running cloud.
// Usage: main.mjs DRIVER ENV-FILE PART…

import fs from 'node:fs';
import { openScratch } from '../server/scratch.mjs';
import { run } from './tap.mjs';

const [driver, file, ...parts] = process.argv.slice (2);
const env = Object.fromEntries (fs.readFileSync (file, 'utf8').trim ().split ('\n').map ((line) => {
  const at = line.indexOf ('=');
  return [line.slice (0, at), line.slice (at + 1)];
}));

const db = await openScratch (driver, env);
for (const part of parts) {
  const module = await import (`./${part}.mjs`);
  for (const register of Object.values (module))
    register (db, driver, env);
}
const failed = await run ();
await db.close ();
process.exit (failed ? 1 : 0);
