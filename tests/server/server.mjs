// SPDX-License-Identifier: GPL-3.0-or-later
//
// The server process: Supabase's REST and Auth API over PGlite or a private PostgreSQL, with sql/supabase/
// schema.sql in it, and one more path, /owner/sql, which plays the dashboard's SQL editor.

import { App, generateApiKey } from '@supabase/lite';
import { serve } from '@hono/node-server';
import crypto from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { openPglite, openPostgres } from './drivers.mjs';
import { keepTexts } from './exact.mjs';
import { likeHosted } from './hosted.mjs';
import { startTime } from './process.mjs';

const options = JSON.parse (process.argv[2]);
const inDir = (name) => path.join (options.dir, name);

// What hosted Supabase has from the start.
const BASE = `
do $$
declare
  r text;
begin
  foreach r in array array['anon', 'authenticated', 'service_role'] loop
    if not exists (select from pg_roles where rolname = r) then
      execute format ('create role %I nologin', r);
    end if;
  end loop;
end
$$;
alter role service_role bypassrls;
grant usage on schema public, auth to anon, authenticated, service_role;
grant execute on all functions in schema auth to anon, authenticated, service_role;
`;

// The server grants everything to everybody when it starts; a new project grants nothing.
const AS_A_NEW_PROJECT = `
revoke all on all tables in schema public, sync_private from anon, authenticated, service_role;
revoke all on all sequences in schema public, sync_private from anon, authenticated, service_role;
alter default privileges in schema public revoke all on tables from anon, authenticated, service_role;
alter default privileges in schema public revoke all on sequences from anon, authenticated, service_role;
alter default privileges in schema sync_private revoke all on tables from anon, authenticated, service_role;
alter default privileges in schema sync_private revoke all on sequences from anon, authenticated, service_role;
`;

async function prepare (app, database, schema)
{
  await app.init ();
  await app.ensureSystemSchema ();
  await database.exec (BASE);
  if (!schema)
    return;
  await database.exec (schema);
  await app.connection.ensureRlsContext ();
  await database.exec (AS_A_NEW_PROJECT);
  await database.exec (schema);
}

const JSON_COLUMNS = `select table_name, column_name from information_schema.columns
  where table_schema = 'public' and data_type in ('json', 'jsonb')`;
let jsonColumns = null; // table → names, until the owner's SQL changes them

async function findJsonColumns (database, table)
{
  jsonColumns ??= Map.groupBy ((await database.rows (JSON_COLUMNS)).flat (), ([name]) => name);
  return (jsonColumns.get (table) ?? []).map (([, column]) => column);
}

// What is written, so that the server understands it as PostgREST would.
async function likePostgrest (request, database)
{
  const [, table] = new URL (request.url).pathname.match (/^\/rest\/v1\/([^/]+)$/) ?? [];
  const columns = table && ['POST', 'PATCH'].includes (request.method)
    ? await findJsonColumns (database, decodeURIComponent (table)) : [];
  if (columns.length === 0)
    return request;
  const { url, method, headers } = request;
  return new Request (url, { method, headers, body: keepTexts (await request.text (), columns) });
}

// One line a row, columns separated by "|", like psql -At.
const asText = (results) => results.flat ().map ((row) => `${row.map ((v) => v ?? '').join ('|')}\n`).join ('');

async function runAsOwner (app, database, key, request)
{
  if (request.method !== 'POST' || request.headers.get ('authorization') !== key)
    return new Response ('', { status: 401 });
  try {
    return new Response (asText (await database.rows (await request.text ())));
  } catch (error) {
    return new Response (`${error.code ?? ''} ${error.message}\n`, { status: 400 });
  } finally {
    jsonColumns = null;
    await app.connection.clearSchemaCache ();
  }
}

function writeEnv (values)
{
  const text = Object.entries (values).map (([key, value]) => `${key}=${value}\n`).join ('');
  fs.writeFileSync (inDir ('env.new'), text, { mode: 0o600 });
  fs.renameSync (inDir ('env.new'), inDir ('env'));
}

const database = await (options.driver === 'pglite' ? openPglite () : openPostgres (options.dir));
const publishable = await generateApiKey ('publishable');
const secret = await generateApiKey ('secret');
const app = new App ({
  connection: database.connection,
  api: { max_rows: 1000 },
  auth: {
    enabled: true, enable_signup: true, jwt_secret: crypto.randomBytes (32).toString ('hex'),
    jwt_expiry: options.jwtExpiry, publishable_key: publishable.key, secret_key: secret.key,
    email: { enable_signup: true, enable_confirmations: false },
  },
  options: { server: { admin: false, disableStudio: true } },
});

const end = async (status) => {
  fs.rmSync (inDir ('env'), { force: true });
  await database.close ().catch (() => {});
  process.exit (status);
};
process.on ('SIGTERM', () => end (0));
process.on ('SIGINT', () => end (0));
database.ended?.then (() => end (1));

const watched = startTime (options.watch);
setInterval (() => {
  if (startTime (options.watch) !== watched)
    end (0);
}, 500);

const schema = path.resolve (import.meta.dirname, '../../sql/supabase/schema.sql');
await prepare (app, database, options.schema ? fs.readFileSync (schema, 'utf8') : null);

const ownerKey = crypto.randomBytes (16).toString ('hex');
fs.writeFileSync (inDir ('owner-key'), ownerKey, { mode: 0o600 });

serve ({
  hostname: '127.0.0.1', port: 0, overrideGlobalObjects: false,
  fetch: async (request) => new URL (request.url).pathname === '/owner/sql'
    ? runAsOwner (app, database, ownerKey, request)
    : likeHosted (await likePostgrest (request, database), (inner) => app.fetch (inner, { peerAddress: '127.0.0.1' })),
}, async ({ port }) => {
  const url = `http://127.0.0.1:${port}`;
  const reply = await fetch (`${url}/auth/v1/settings`, { headers: { apikey: publishable.key } });
  if (!reply.ok)
    throw new Error (`the server answers ${reply.status}`);
  writeEnv ({ DRIVER: options.driver, URL: url, ANON_KEY: publishable.key, SECRET_KEY: secret.key, DIR: options.dir,
              PID: process.pid, ...database.env });
});
