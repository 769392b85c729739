// SPDX-License-Identifier: GPL-3.0-or-later
//
// A private PostgreSQL: own data directory, own socket, no TCP, so that it meets no other cluster. It never
// runs as root, and the kernel ends it when the process that started it dies, however that happens.

import { execFileSync, spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

const PORT = 5432;

function findBinaries ()
{
  const root = '/usr/lib/postgresql';
  const versions = fs.existsSync (root) ? fs.readdirSync (root).filter ((v) => Number (v) >= 15) : [];
  for (const version of versions.sort ((a, b) => Number (a) - Number (b))) {
    const bin = path.join (root, version, 'bin');
    if (fs.existsSync (path.join (bin, 'initdb')))
      return bin;
  }
  throw new Error ('PostgreSQL 15 or newer is not installed (package postgresql-15)');
}

// The user to run as: ourselves, but "postgres" or "nobody" when we are root.
function findUser ()
{
  if (process.getuid () !== 0)
    return null;
  for (const name of ['postgres', 'nobody']) {
    try {
      const [uid, gid] = ['-u', '-g'].map ((flag) =>
        Number (execFileSync ('id', [flag, name], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })));
      return { uid, gid };
    } catch {
      continue;
    }
  }
  throw new Error ('PostgreSQL refuses to run as root, and there is no user postgres or nobody');
}

function asUser (user, command)
{
  const drop = user ? [`--reuid=${user.uid}`, `--regid=${user.gid}`, '--clear-groups'] : [];
  return ['setpriv', [...drop, '--pdeathsig', 'INT', ...command]];
}

function canUse (user, directory)
{
  const [program, args] = asUser (user, ['test', '-w', directory]);
  try {
    execFileSync (program, args, { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

// Under the given directory, unless the user cannot get there (a checkout in /root) or the path of the
// socket would be too long: then in the system's directory for temporary files.
function makeHome (user, directory)
{
  const homes = [
    () => path.join (directory, 'pg'),
    () => fs.mkdtempSync (path.join (os.tmpdir (), 'psync-pg-')),
  ];
  for (const make of homes) {
    const home = make ();
    fs.mkdirSync (home, { recursive: true, mode: 0o700 });
    if (user)
      fs.chownSync (home, user.uid, user.gid);
    if (home.length < 80 && canUse (user, home))
      return home;
    fs.rmSync (home, { recursive: true });
  }
  throw new Error (`no directory for PostgreSQL can be made in ${directory} or ${os.tmpdir ()}`);
}

export async function startPostgres (directory)
{
  const bin = findBinaries ();
  const user = findUser ();
  const home = makeHome (user, directory);
  const data = path.join (home, 'data');

  const [initdb, initdbArgs] = asUser (user, [path.join (bin, 'initdb'), '-D', data, '-U', 'postgres',
    '--auth=trust', '--no-sync', '--encoding=UTF8', '--no-locale']);
  execFileSync (initdb, initdbArgs, { stdio: 'ignore', cwd: home });

  const settings = ['listen_addresses=', `port=${PORT}`, `unix_socket_directories=${home}`,
    'unix_socket_permissions=0700', 'fsync=off', 'synchronous_commit=off', 'full_page_writes=off',
    'max_connections=60', 'shared_buffers=128MB', 'timezone=UTC', 'log_timezone=UTC'];
  const [program, args] = asUser (user, [path.join (bin, 'postgres'), '-D', data,
    ...settings.flatMap ((setting) => ['-c', setting])]);
  const child = spawn (program, args, { stdio: ['ignore', 'inherit', 'inherit'], cwd: home });
  const ended = new Promise ((resolve) => child.on ('exit', resolve));

  return {
    host: home, port: PORT, ended,
    async stop () {
      child.kill ('SIGINT');
      await ended;
      fs.rmSync (home, { recursive: true, force: true });
    },
  };
}
