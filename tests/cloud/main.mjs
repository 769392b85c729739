// SPDX-License-Identifier: GPL-3.0-or-later
//
// The cloud's own tests, at SQL level in a database of their own and at REST level on the running cloud.
// Usage: main.mjs DRIVER ENV-FILE PART…

import { openScratch } from '../server/scratch.mjs';
import { readEnv } from './env.mjs';
import { run } from './tap.mjs';

const [driver, file, ...parts] = process.argv.slice (2);
const env = readEnv (file);
const db = await openScratch (driver, env);
for (const part of parts) {
  const module = await import (`./${part}.mjs`);
  for (const register of Object.values (module))
    register (db, driver, env);
}
const failed = await run ();
await db.close ();
process.exit (failed ? 1 : 0);
