# SPDX-License-Identifier: GPL-3.0-or-later
"""The least that does the same work: curl and the sqlite3 shell, and a plain loop of INSERTs.

They keep no base, know no conflict, and lose what changes while they read; they are what a script would do
at best. curl makes all its requests in one process, on one connection.
"""

import shutil
import tempfile
from pathlib import Path

from device import COLUMNS, Account, Device

PAGE = 1000
NAMES = ', '.join(COLUMNS)
VALUES = ', '.join(f"json_extract(value, '$.{name}')" for name in COLUMNS)
OBJECT = ', '.join(f"'{name}', json(metadata)" if name == 'metadata' else f"'{name}', {name}"
                   for name in COLUMNS)


def sqlite3_command(database, sql):
    return ('sqlite3', '-bail', '-cmd', '.timeout 5000', str(database), sql)


def bare_table(folder):
    """A table of the same columns that nobody watches, in a database with a write-ahead log."""
    path = folder / 'bare.db'
    return path, sqlite3_command(path, f"""
        PRAGMA journal_mode = WAL;
        CREATE TABLE notifications ({NAMES.replace('id,', 'id TEXT PRIMARY KEY NOT NULL,', 1)});
        CREATE TABLE known (id TEXT PRIMARY KEY, version INTEGER) WITHOUT ROWID""")


class Curl:
    def __init__(self, bench, pattern):
        self.bench, self.rows = bench, pattern.rows
        self.account = Account(bench)
        self.device = Device(bench, pattern)
        self.dir = self.device.dir
        self.headers = self.dir / 'headers'
        self.headers.touch(0o600)
        self.headers.write_text(f"apikey: {bench.cloud['ANON_KEY']}\n"
                                f'Authorization: Bearer {self.account.token}\n'
                                'Content-Type: application/json\n')
        self.table = f"{bench.cloud['URL']}/rest/v1/notifications"

    def measure(self, *commands):
        """One command after the other, as one shell would run them."""
        script = self.dir / 'script'
        script.write_text('\n'.join(commands) + '\n')
        cost = self.bench.measure('sh', '-e', str(script))
        cost.pop('output')
        return cost

    def curl(self, config):
        path = self.dir / f'{len(list(self.dir.iterdir()))}.curl'
        path.write_text(config)
        return f'curl --silent --show-error --fail --noproxy "*" --config {path}'

    def shell(self, database, sql):
        path = self.dir / f'{len(list(self.dir.iterdir()))}.sql'
        path.write_text(sql)
        return f'sqlite3 -bail {database} < {path} > /dev/null'

    def compose(self, condition):
        """Writes the rows as batches of a request each."""
        return self.shell(self.device.path, f"""
            WITH numbered AS (SELECT *, (row_number() OVER ()  - 1) / {PAGE} AS n
                              FROM notifications WHERE {condition})
            SELECT writefile('{self.dir}/batch-' || n || '.json', json_group_array(json_object(
              {OBJECT}, 'base_version', coalesce((SELECT version FROM known k WHERE k.id = numbered.id), 0),
              'deleted_at', NULL, 'edited_at', updated_at, 'device_id', 'curl', 'run_id', 'curl')))
            FROM numbered GROUP BY n;""")

    def send(self, rows):
        batches = range((rows + PAGE - 1) // PAGE)
        url = f'{self.table}?on_conflict=user_id,id&select=id,sync_version'
        send = self.curl('next\n'.join(f"""
            url = "{url}"
            header = "@{self.headers}"
            header = "Prefer: resolution=merge-duplicates,return=representation"
            data-binary = "@{self.dir}/batch-{n}.json"
            output = "{self.dir}/answer-{n}.json"
            """ for n in batches))
        note = self.shell(self.device.path, 'BEGIN;' + ''.join(f"""
            INSERT OR REPLACE INTO known
            SELECT json_extract(value, '$.id'), json_extract(value, '$.sync_version')
            FROM json_each(readfile('{self.dir}/answer-{n}.json'));""" for n in batches) + 'COMMIT;')
        return send, note

    def fetch(self, url, pages):
        return self.curl(f"""
            url = "{url}"
            header = "@{self.headers}"
            output = "{self.dir}/page-{'#1' if pages > 1 else '0'}.json"
            compressed
            """)

    def take(self, database, pages):
        return self.shell(database, 'BEGIN;' + ''.join(f"""
            INSERT OR REPLACE INTO notifications ({NAMES}) SELECT {VALUES}
            FROM json_each(readfile('{self.dir}/page-{n}.json'));""" for n in pages) + 'COMMIT;')

    def play(self, changes):
        runs = {}
        self.device.sql('CREATE TABLE known (id TEXT PRIMARY KEY, version INTEGER) WITHOUT ROWID')
        for (name,) in self.device.sql("SELECT name FROM sqlite_master WHERE type = 'trigger'"):
            self.device.sql(f'DROP TRIGGER "{name}"')
        runs['push'] = self.measure(self.compose('TRUE'), *self.send(self.rows))
        runs['push']['requests'] = (self.rows + PAGE - 1) // PAGE

        empty, create = bare_table(self.dir)
        self.bench.measure(*create)
        pages = range(0, self.rows, PAGE)
        last = pages[-1]
        url = f'{self.table}?select={NAMES.replace(" ", "")},sync_version&order=sync_version'
        several = f'{url}&limit={PAGE}&offset=[0-{last}:{PAGE}]'
        runs['pull'] = self.measure(self.fetch(several, len(pages)), self.take(empty, pages))
        runs['pull']['requests'] = len(pages)

        (top,), = self.device.sql('SELECT max(version) FROM known')
        self.device.sql(f'UPDATE notifications SET title = \'here\' WHERE rowid <= {changes}')
        runs['changes'] = self.measure(
            self.compose(f'rowid <= {changes}'), *self.send(changes),
            self.fetch(f'{url}&sync_version=gt.{top}&limit={PAGE}', 1), self.take(empty, [0]))
        runs['changes']['requests'] = 2
        runs['nothing'] = self.measure(self.fetch(f"{self.bench.cloud['URL']}/rest/v1/sync_state", 1))
        runs['nothing']['requests'] = 1
        self.device.remove()
        return runs


def shell_copy(bench, pattern):
    """What a vault does, as the sqlite3 shell would: rows into another file, and out of it again."""
    folder = Path(tempfile.mkdtemp(dir=bench.dir))
    (vault, create), runs = bare_table(folder), {}
    bench.measure(*create)
    back = folder / 'back'
    back.mkdir()
    target, create = bare_table(back)
    bench.measure(*create)
    for step, source, destination in (('push', pattern.path, vault), ('pull', vault, target)):
        cost = bench.measure(*sqlite3_command(destination, f"""
            ATTACH '{source}' AS source;
            INSERT INTO main.notifications ({NAMES}) SELECT {NAMES} FROM source.notifications"""))
        cost.pop('output')
        runs[step] = cost
    shutil.rmtree(folder)
    return runs


def insert_loop(bench, pattern):
    folder = Path(tempfile.mkdtemp(dir=bench.dir))
    target, create = bare_table(folder)
    bench.measure(*create)
    cost = bench.measure(str(bench.build / 'tests/bench/insert-loop'), str(pattern.path), str(target))
    cost.pop('output')
    shutil.rmtree(folder)
    return cost
