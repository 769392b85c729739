// SPDX-License-Identifier: GPL-3.0-or-later
//
// A new cluster for PGlite.

import { PGlite } from '@electric-sql/pglite';
import fs from 'node:fs';
import path from 'node:path';

// initdb takes longer than all the rest, and its result is always the same.
export async function loadCluster ()
{
  const modules = path.join (import.meta.dirname, 'node_modules');
  const { version } = JSON.parse (fs.readFileSync (path.join (modules, '@electric-sql/pglite/package.json')));
  const file = path.join (modules, '.cache', `pglite-${version}.tar`);
  if (!fs.existsSync (file)) {
    const fresh = await PGlite.create ();
    const dump = Buffer.from (await (await fresh.dumpDataDir ('none')).arrayBuffer ());
    await fresh.close ();
    fs.mkdirSync (path.dirname (file), { recursive: true });
    fs.writeFileSync (`${file}.${process.pid}`, dump);
    fs.renameSync (`${file}.${process.pid}`, file);
  }
  return new Blob ([fs.readFileSync (file)]);
}
