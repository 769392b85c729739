# SPDX-License-Identifier: GPL-3.0-or-later
"""Devices that run the real psync, and the rows that they hold."""

import hashlib
import json
import os
import shutil
import sqlite3
import subprocess
import tempfile
import urllib.request
import uuid
from pathlib import Path

COLUMNS = ('id', 'title', 'content', 'type', 'status', 'priority', 'category', 'metadata', 'created_at',
           'updated_at', 'expires_at')
PASSWORD = 'a long enough password'
SET_APART = ('SUPABASE_', 'SYNC_', 'G_MESSAGES_DEBUG', 'G_DEBUG', 'DBUS_SESSION_BUS_ADDRESS', 'DISPLAY',
             'http_proxy', 'https_proxy', 'HTTP_PROXY', 'HTTPS_PROXY')


def read_env(path):
    return dict(line.split('=', 1) for line in path.read_text().splitlines() if '=' in line)


class Bench:
    """Where everything is: programs, the cloud, and a folder of its own."""

    def __init__(self, build, cloud, folder):
        self.build, self.dir = build, folder
        self.cloud = read_env(cloud)
        self.psync = build / 'src/cli/psync'
        self.environment = {name: value for name, value in os.environ.items()
                            if not name.startswith(SET_APART)}
        self.environment['LC_ALL'] = 'C.UTF-8'
        for name in ('HOME', 'XDG_CACHE_HOME', 'XDG_CONFIG_HOME', 'XDG_DATA_HOME', 'XDG_STATE_HOME',
                     'XDG_RUNTIME_DIR'):
            self.environment[name] = str(folder / 'home' / name)
            (folder / 'home' / name).mkdir(parents=True, mode=0o700)
        self.empty = Pattern(self, 0)

    def measure(self, *command, metered=False, **options):
        """Runs a command to its end; its cost, and what it printed as `output`."""
        program = self.build / 'tests/bench/measure'
        figures, meter = self.dir / 'figures.json', self.dir / 'meter.json'
        environment = dict(self.environment)
        if metered:
            environment['PSYNC_METER'] = str(meter)
            command = ('env', f"LD_PRELOAD={self.build / 'tests/bench/libmeter.so'}", *command)
        done = subprocess.run([program, figures, *command], env=environment, stdout=subprocess.PIPE,
                              check=True, **options)
        cost = json.loads(figures.read_text())
        return {
            'wall': cost['wall'], 'cpu': round(cost['user'] + cost['system'], 4),
            'memory_mib': round(cost['memory_kib'] / 1024, 1), 'output': done.stdout,
            'meter': json.loads(meter.read_text()) if metered else None,
        }


class Account:
    """A new user of the cloud."""

    def __init__(self, bench):
        self.bench = bench
        self.email = f'{uuid.uuid4()}@example.org'
        request = urllib.request.Request(
            f"{bench.cloud['URL']}/auth/v1/signup", method='POST',
            headers={'apikey': bench.cloud['ANON_KEY'], 'Content-Type': 'application/json'},
            data=json.dumps({'email': self.email, 'password': PASSWORD}).encode())
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(request) as reply:
            self.token = json.load(reply)['access_token']

    def connect(self, device):
        cloud = self.bench.cloud
        device.run('connect', 'supabase', cloud['URL'], '--anon-key', cloud['ANON_KEY'])
        device.run('login', '--email', self.email, text=PASSWORD + '\n')


class Pattern:
    """A database as psync init makes it, to be copied."""

    def __init__(self, bench, rows):
        self.rows, self.row_bytes = rows, 0
        self.path = Path(tempfile.mkdtemp(dir=bench.dir)) / 'pattern.db'
        subprocess.run([bench.psync, '--database', self.path, '--quiet', 'init'], env=bench.environment,
                       check=True)
        # Whoever begins with it is a device of its own, not a copy of another one, where each row would be doubted.
        database = sqlite3.connect(self.path)
        with database:
            database.execute("DELETE FROM psync_meta WHERE key = 'place'")
        database.close()


def make_row(number):
    """A row as a build server would note it. Ids are as random UUIDs: they go anywhere in an index."""
    digits = hashlib.md5(str(number).encode()).hexdigest()
    ident = '-'.join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))
    return (ident, f'Build {number} finished',
            'The build of the branch main has finished after four minutes without errors; the report is attached, and the packages wait in the usual place.',
            'info', 'unread', 'normal', 'ci', f'{{"build":{number},"ok":true}}', '2026-01-01T00:00:00.000Z',
            '2026-01-01T00:00:00.000Z', None)


def fill(bench, rows):
    """A database whose owner has just written all these rows, with plain SQL."""
    pattern = Pattern(bench, rows)
    database = sqlite3.connect(pattern.path, isolation_level=None)
    database.execute('BEGIN')
    database.executemany(f"INSERT INTO notifications ({', '.join(COLUMNS)}) "
                         f"VALUES ({', '.join('?' * len(COLUMNS))})", map(make_row, range(rows)))
    database.execute('COMMIT')
    names = ', '.join(f"'{name}', {name}" for name in COLUMNS)
    (total,) = database.execute(
        f'SELECT avg(length(json_object({names}))) FROM (SELECT * FROM notifications LIMIT 1000)').fetchone()
    pattern.row_bytes = total
    database.execute('PRAGMA wal_checkpoint(TRUNCATE)')
    database.close()
    return pattern


class Device:
    def __init__(self, bench, pattern):
        self.bench = bench
        self.dir = Path(tempfile.mkdtemp(dir=bench.dir))
        self.path = self.dir / 'device.db'
        shutil.copy(pattern.path, self.path)

    def command(self, *words):
        return (str(self.bench.psync), '--database', str(self.path), *words)

    def run(self, *words, text=None):
        subprocess.run(self.command('--quiet', *words), env=self.bench.environment, check=True, input=text,
                       text=True)

    def measure(self, verb, metered=False, plain=False):
        """Runs it and tells what it did; plain: as a timer would, which wants to know nothing."""
        cost = self.bench.measure(*self.command('--quiet' if plain else '--json', verb), metered=metered)
        output = cost.pop('output')
        if plain:
            return cost
        run = json.loads(output)['run']
        for name in ('requests', 'pulled', 'pushed'):
            cost[name] = run[name] if name in run else run['total'][name]
        return cost

    def sql(self, text):
        database = sqlite3.connect(self.path)
        with database:
            answer = database.execute(text).fetchall()
        database.close()
        return answer

    def count(self):
        return self.sql('SELECT count(*) FROM notifications')[0][0]

    def remove(self):
        shutil.rmtree(self.dir)
