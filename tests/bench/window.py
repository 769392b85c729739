#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Measures how long the window stands still at worst while rows are restored from a vault.

usage: window.py [--rows N] BUILD OUTPUT

The figures go to OUTPUT as JSON, and to the terminal. The window shows the overview, whose progress moves.
"""

import argparse
import json
import os
import signal
import sys
import time
from pathlib import Path

parser = argparse.ArgumentParser(usage=__doc__)
parser.add_argument('--rows', type=int, default=100000)
parser.add_argument('build', type=Path)
parser.add_argument('output', type=Path)
arguments = parser.parse_args()

root = Path(__file__).resolve().parents[2]
os.environ.setdefault('PSYNC_TEST_BUILD_ROOT', str(arguments.build.resolve()))
os.environ.setdefault('PSYNC_TEST_SOURCE_ROOT', str(root))
sys.path.insert(0, str(root / 'tests' / 'desktop'))
from desktop import PROGRAM, Desktop, serve, wait_until  # noqa: E402  pylint: disable=wrong-import-position

FILL = """WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {rows})
  INSERT INTO notifications (id, title, status, priority)
  SELECT 'n' || i, 'Reminder ' || i || ' ' || hex (randomblob (150)), 'unread', 'low' FROM n"""


def restore(desktop, rows):
    """The meter's figures, and the seconds that the restoring took."""
    other = f'{desktop.folder}/other.db'
    meter = Path(desktop.folder) / 'meter.json'
    desktop.add_database(other)
    desktop.sql(FILL.format(rows=rows), other)
    desktop.psync('sync', database=other)
    desktop.add_database()
    process = desktop.spawn([PROGRAM, '--database', desktop.database], env={
        **desktop.env, 'PSYNC_METER': str(meter),
        'LD_PRELOAD': str(arguments.build.resolve() / 'tests/bench/libmeter.so')})
    wait_until(desktop.databases, 'the database is open')
    wait_until(desktop.window_count, 'its window is there')
    serve(3)
    process.send_signal(signal.SIGUSR1)
    began = time.monotonic()
    desktop.sync(kind='hydrate')
    wait_until(lambda: desktop.get('State') == 'syncing', 'it begins')
    wait_until(lambda: desktop.get('State') != 'syncing', 'all is restored', patience=900)
    seconds = time.monotonic() - began
    serve(1)
    process.terminate()
    process.wait()
    assert desktop.sql('SELECT count(*) FROM notifications') == [(rows,)]
    return json.loads(meter.read_text()), seconds


session = Desktop()
try:
    figures, duration = restore(session, arguments.rows)
finally:
    session.end()
figures = {'rows': arguments.rows, 'seconds': round(duration, 1), **figures}
arguments.output.write_text(json.dumps(figures) + '\n')
print(f"{figures['rows']} rows restored in {figures['seconds']} s; the window stood still for at most "
      f"{figures['longest_dispatch_ms']:.1f} ms, {figures['longest_dispatch_cpu_ms']:.1f} ms of it by work of its "
      f"own; the owner was locked out for at most "
      f"{figures['longest_lock_ms']:.1f} ms")
