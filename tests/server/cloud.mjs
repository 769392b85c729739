// SPDX-License-Identifier: GPL-3.0-or-later
//
// cloud start|sql|stop: starts the server process, talks to it and ends it.

import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { isRunning } from './process.mjs';

const USAGE = `usage: cloud start [--driver] pglite|postgres [--watch PID] [--jwt-expiry S] [--no-schema] DIR
       cloud sql DIR FILE|-
       cloud stop DIR`;

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

function fail (message, status = 1)
{
  console.error (`cloud: ${message}`);
  process.exit (status);
}

function readEnv (dir)
{
  const env = path.join (dir, 'env');
  if (!fs.existsSync (env))
    fail (`no server runs in ${dir}`);
  const text = fs.readFileSync (env, 'utf8');
  return Object.fromEntries (text.trim ().split ('\n').map ((line) => {
    const at = line.indexOf ('=');
    return [line.slice (0, at), line.slice (at + 1)];
  }));
}

async function start (dir, options)
{
  const env = path.join (dir, 'env');
  if (fs.existsSync (env) && isRunning (Number (readEnv (dir).PID)))
    fail (`${dir} has a server already: stop it first`);
  await stop (dir);
  fs.mkdirSync (dir, { recursive: true, mode: 0o755 });

  const log = fs.openSync (path.join (dir, 'log'), 'a', 0o600);
  const server = spawn (process.execPath, [path.join (import.meta.dirname, 'server.mjs'), JSON.stringify ({
    dir, driver: options.driver, schema: !options['no-schema'], jwtExpiry: Number (options['jwt-expiry']),
    watch: Number (options.watch ?? process.ppid),
  })], { detached: true, stdio: ['ignore', log, log], cwd: import.meta.dirname });
  let ended = false;
  server.on ('exit', () => { ended = true; });

  while (!fs.existsSync (env)) {
    if (ended) {
      process.stderr.write (fs.readFileSync (path.join (dir, 'log'), 'utf8').split ('\n').slice (-20).join ('\n'));
      fail ('the server did not start');
    }
    await sleep (25);
  }
  process.stdout.write (fs.readFileSync (env, 'utf8').replace (/^SECRET_KEY=.*\n/m, ''));
  server.unref ();
}

// What several writers of definitions do to each other; all of it was rolled back.
const AGAIN = /^(40P01|55P03|XX000 tuple concurrently)/;
const MAX_TRIES = 10;

async function sql (dir, file)
{
  const { URL: url } = readEnv (dir);
  const body = fs.readFileSync (file === '-' ? 0 : file, 'utf8');
  const authorization = fs.readFileSync (path.join (dir, 'owner-key'), 'utf8');
  for (let tries = 1; ; tries++) {
    const reply = await fetch (`${url}/owner/sql`, { method: 'POST', headers: { authorization }, body });
    const text = await reply.text ();
    if (reply.ok) {
      process.stdout.write (text);
      return;
    }
    if (tries === MAX_TRIES || !AGAIN.test (text))
      fail (text);
    await sleep (100 * tries);
  }
}

async function stop (dir)
{
  if (!fs.existsSync (path.join (dir, 'env')))
    return;
  const { PID: pid, PGHOST: home } = readEnv (dir);
  for (let waited = 0; isRunning (pid); waited += 50) {
    if (waited === 0)
      process.kill (Number (pid), 'SIGTERM');
    else if (waited === 10000)
      process.kill (Number (pid), 'SIGKILL');
    await sleep (50);
  }
  // A server that was killed could not do this itself.
  if (home)
    fs.rmSync (home, { recursive: true, force: true });
  for (const name of ['env', 'owner-key'])
    fs.rmSync (path.join (dir, name), { force: true });
}

const { values, positionals: [verb, ...rest] } = parseArgs ({
  allowPositionals: true,
  options: {
    driver: { type: 'string' }, watch: { type: 'string' }, 'jwt-expiry': { type: 'string', default: '3600' },
    'no-schema': { type: 'boolean', default: false },
  },
});
if (verb === 'start')
  values.driver ??= rest.shift ();
const [dir, file] = rest;

if (verb === 'start' && dir && ['pglite', 'postgres'].includes (values.driver))
  await start (path.resolve (dir), values);
else if (verb === 'sql' && dir && file)
  await sql (path.resolve (dir), file);
else if (verb === 'stop' && dir)
  await stop (path.resolve (dir));
else
  fail (USAGE, 2);
process.exit (0);
