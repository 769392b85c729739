#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Measures psync, and beside it the least that does the same work.

usage: bench.py [--rows N] [--vault-rows N] [--repeat N] [--only supabase|vault] BUILD CLOUD-ENV OUTPUT

BUILD is the build folder, CLOUD-ENV the file that describes a running test cloud. The figures go to
OUTPUT as JSON, and to the terminal as a table. tests/bench/README.md says what is measured.
"""

import argparse
import json
import os
import shutil
import statistics
import sys
import tempfile
from pathlib import Path

import machine
from device import Account, Bench, Device, fill
from rivals import Curl, insert_loop, shell_copy

CHANGES = 100
SMALL = 1000
IDLE_RUNS = 9


def best(runs):
    """The run with the least CPU time: what disturbs a run only ever adds to it."""
    return min(runs, key=lambda run: run['cpu'])


def typical(runs):
    """The run in the middle, where one of few milliseconds would flatter."""
    middle = statistics.median_low([run['cpu'] for run in runs])
    return next(run for run in runs if run['cpu'] == middle)


def change(device, first, text):
    device.sql(f"UPDATE notifications SET title = '{text}', updated_at = '2026-02-01T00:00:00.000Z' "
               f'WHERE rowid BETWEEN {first} AND {first + CHANGES - 1}')


def play(bench, pattern, connect, metered):
    """Seeds a cloud from one device, fills another from it, lets both change rows, then does nothing."""
    runs = {}
    first = Device(bench, pattern)
    connect(first)
    runs['push'] = first.measure('seed', metered=metered)
    first.run('sync')  # from here on both know how far they have read
    second = Device(bench, bench.empty)
    connect(second)
    runs['pull'] = second.measure('sync', metered=metered)
    assert second.count() == first.count(), 'the second device has the rows of the first'
    change(second, 1, 'changed there')
    second.run('sync')
    change(first, 1 + CHANGES, 'changed here')
    runs['changes'] = first.measure('sync', metered=metered)
    assert runs['changes']['pulled'] == runs['changes']['pushed'] == CHANGES
    told = first.measure('sync')
    assert told['pulled'] + told['pushed'] == 0
    idle = [first.measure('sync', metered=metered, plain=True) for _ in range(1 if metered else IDLE_RUNS)]
    runs['nothing'] = typical(idle) | {'requests': told['requests']}
    first.remove()
    second.remove()
    return runs


def collect(bench, pattern, connect, repeat):
    """The best of several runs, and from one more run what only a meter inside of the program sees."""
    runs = [play(bench, pattern, connect(), False) for _ in range(repeat)]
    metered = play(bench, pattern, connect(), True)
    figures = {}
    for step in runs[0]:
        figures[step] = best([run[step] for run in runs])
        figures[step]['cpu_of_all'] = [run[step]['cpu'] for run in runs]
        figures[step]['meter'] = metered[step]['meter']
    return figures


def measure_supabase(bench, rows, repeat):
    def connect():
        account = Account(bench)
        return account.connect

    pattern = fill(bench, rows)
    small = fill(bench, SMALL)
    curl = [Curl(bench, pattern).play(CHANGES) for _ in range(repeat)]
    figures = {
        'rows': rows, 'row_bytes': pattern.row_bytes,
        'psync': collect(bench, pattern, connect, repeat),
        'curl': {step: best([run[step] for run in curl]) for step in curl[0]},
        'floor': best([insert_loop(bench, pattern) for _ in range(repeat)]),
        'small': {'rows': SMALL, 'psync': collect(bench, small, connect, 1)},
    }
    return figures


def measure_vault(bench, rows):
    def connect():
        vault = tempfile.mkdtemp(dir=bench.dir) + '/vault.db'
        return lambda device: device.run('connect', 'vault', vault)

    pattern = fill(bench, rows)
    return {
        'rows': rows, 'row_bytes': pattern.row_bytes,
        'psync': collect(bench, pattern, connect, 1),
        'sqlite3': shell_copy(bench, pattern),
        'floor': insert_loop(bench, pattern),
    }


def print_line(name, run):
    meter = run.get('meter') or {}
    print(f"  {name:28} {run['wall']:8.2f} {run['cpu']:8.3f} {run['memory_mib']:8.1f} "
          f"{run.get('requests') or '':>8} {meter.get('longest_lock_ms', ''):>8} "
          f"{meter.get('longest_dispatch_ms', ''):>8} {meter.get('vm_steps', ''):>10}")


def print_figures(title, figures):
    print(f"\n{title}: {figures['rows']} rows of {figures['row_bytes']:.0f} bytes")
    print(f"  {'':28} {'wall s':>8} {'CPU s':>8} {'MiB':>8} {'requests':>8} {'lock ms':>8} {'loop ms':>8} "
          f"{'VM steps':>10}")
    for step, run in figures['psync'].items():
        print_line(f'psync, {step}', run)
    for rival in ('curl', 'sqlite3'):
        for step, run in figures.get(rival, {}).items():
            print_line(f'{rival}, {step}', run)
    if 'floor' in figures:
        print_line('insert loop', figures['floor'])
    if 'small' in figures:
        print_figures(title, figures['small'] | {'row_bytes': figures['row_bytes']})


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument('--rows', type=int, default=100000)
    parser.add_argument('--vault-rows', type=int, default=1000000)
    parser.add_argument('--repeat', type=int, default=3)
    parser.add_argument('--only', choices=('supabase', 'vault'))
    parser.add_argument('build', type=Path)
    parser.add_argument('cloud', type=Path)
    parser.add_argument('output', type=Path)
    options = parser.parse_args()

    folder = Path(tempfile.mkdtemp(prefix='psync-bench-'))
    figures = {'machine': machine.describe(), 'build': machine.describe_build(options.build),
               'load_before': os.getloadavg()[0]}
    try:
        bench = Bench(options.build.resolve(), options.cloud, folder)
        if options.only != 'vault':
            figures['supabase'] = measure_supabase(bench, options.rows, options.repeat)
            print_figures('Supabase', figures['supabase'])
        if options.only != 'supabase':
            figures['vault'] = measure_vault(bench, options.vault_rows)
            print_figures('Vault', figures['vault'])
    finally:
        shutil.rmtree(folder)
    figures['load_after'] = os.getloadavg()[0]
    options.output.write_text(json.dumps(figures, indent=2) + '\n')


if __name__ == '__main__':
    sys.exit(main())
