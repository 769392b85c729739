// SPDX-License-Identifier: GPL-3.0-or-later
//
// Loads a generated script into a database of its own, twice, and tries on each of its tables what every
// synced table must do, whatever its names and types. Usage: load.mjs DRIVER ENV-FILE SCRIPT

import assert from 'node:assert/strict';
import fs from 'node:fs';
import { openScratch } from '../server/scratch.mjs';
import { readEnv } from './env.mjs';

const [driver, env, script] = process.argv.slice (2);
const sql = fs.readFileSync (script, 'utf8');
const db = await openScratch (driver, readEnv (env), { schema: sql });

// Two keys and a change of each type.
const VALUES = {
  'text': [`it's "a"`, 'b, c', ''], 'bigint': [-7, 9007199254740991, 0], 'double precision': [0.1, 1e300, -2.5],
  'bytea': ['\\xdead00', '\\x', '\\x01'], 'jsonb': [{ a: [1] }, 'text', null], 'boolean': [true, false, true],
  'timestamp with time zone': ['2026-01-01T00:00:00.123Z', '1999-12-31T23:59:59Z', '2026-06-01T00:00:00Z'],
};

const quote = (name) => `"${name.replaceAll ('"', '""')}"`;

async function tryTable (table, keys)
{
  const user = await db.newUser ();
  const columns = await db.root (`
    select attname as name, format_type (atttypid, null) as type from pg_attribute
     where attrelid = 'public.${quote (table).replaceAll ("'", "''")}'::regclass and attnum > 0 and not attisdropped`);
  const own = columns.filter (({ name }) => !['user_id', 'deleted_at', 'edited_at', 'sync_version', 'base_version',
                                               'device_id', 'run_id'].includes (name));
  const make = (n, base, more = {}) => ({
    ...Object.fromEntries (own.map (({ name, type }) => [name, VALUES[type][n]])),
    deleted_at: null, base_version: base, run_id: 'r', ...more,
  });
  const read = async () => (await db.as (user, `select * from public.${quote (table)} order by sync_version`));
  const push = (...rows) => db.as (user, `
    insert into public.${quote (table)} (${Object.keys (rows[0]).map (quote)})
    select ${Object.keys (rows[0]).map (quote)} from json_populate_recordset (null::public.${quote (table)}, $1::text::json)
    on conflict (user_id, ${keys.map (quote)}) do update set ${Object.keys (rows[0]).map ((c) => `${quote (c)} = excluded.${quote (c)}`)}
    returning sync_version, run_id`, [JSON.stringify (rows)]);

  const first = await push (make (0, 0), make (1, 0));
  assert.deepEqual (first.map (({ run_id: run }) => run), ['r', 'r']);
  assert.equal ((await push (make (0, 0))).length, 0);
  assert.equal ((await push (make (0, first[0].sync_version))).length, 1);

  const key = keys.map ((name) => make (0)[name]);
  const fetched = await db.as (user, 'select r::text as r from public.sync_fetch_now ($1, $2) r', [table, JSON.stringify ([key])]);
  assert.equal (fetched.length, 1);
  const count = async () => (await db.as (user, 'select sum (n)::int as n from public.sync_digest ($1)', [table]))[0].n;
  assert.equal (await count (), 2);

  await db.as (user, `delete from public.${quote (table)} where sync_version = $1`, [first[1].sync_version]);
  assert.equal (await count (), 1);
  assert.ok ((await read ()).at (-1).deleted_at);
  await db.as (user, `insert into public.${quote (table)} (${keys.map (quote)})
    select ${keys.map (quote)} from json_populate_recordset (null::public.${quote (table)}, $1::text::json)`, [JSON.stringify ([make (1)])]);
  assert.equal (await count (), 2);

  // Away with the second, and the first takes its key.
  await db.as (user, `delete from public.${quote (table)} where run_id is null`);
  await db.as (user, `update public.${quote (table)} t set ${keys.map ((name) => `${quote (name)} = n.${quote (name)}`)}
    from json_populate_recordset (null::public.${quote (table)}, $1::text::json) n where t.run_id = 'r'`, [JSON.stringify ([make (1)])]);
  const rows = await read ();
  assert.deepEqual (rows.map (({ deleted_at: gone }) => gone !== null), [false, true]);
}

async function run ()
{
  await db.owner (sql);
  const tables = await db.root ('select name, key_columns from sync_private.synced_table order by position');
  assert.ok (tables.length > 0);
  for (const { name, key_columns: keys } of tables)
    await tryTable (name, keys);
}

try {
  await run ();
} catch (error) {
  console.error (error.code, error.stack, error.where ?? '');
  process.exitCode = 1;
}
await db.close ();
process.exit ();
