# SPDX-License-Identifier: GPL-3.0-or-later
"""Measures the application while nobody looks at it.

usage: idle.py SECONDS OUTPUT

The folders of the build and the source come from the environment, as for the tests of the desktop.
"""

import json
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / 'desktop'))

import desktop  # noqa: E402
import machine  # noqa: E402

# Until what a start and a window left to be done later is done.
SETTLE_SECONDS = 5


def watch(pids, seconds):
    """Nobody asks them anything meanwhile."""
    figures = {}
    for name, pid in pids.items():
        desktop.serve(SETTLE_SECONDS)
        wakeups = desktop.count_wakeups(pid, seconds)
        pss, private = desktop.read_memory(pid)
        figures[name] = {'pss_mib': round(pss, 1), 'private_mib': round(private, 1),
                         'wakeups_per_second': round(wakeups / seconds, 2)}
    return figures


def find_helper(application):
    children = Path(f'/proc/{application}/task/{application}/children').read_text().split()
    return next(int(pid) for pid in children if os.readlink(f'/proc/{pid}/exe') == desktop.TRAY)


def measure(session, seconds):
    session.add_database()
    session.sql("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000) "
                "INSERT INTO projects (id, name) SELECT i, 'row' FROM n")
    session.psync('config', 'set', 'auto-sync', 'true')
    host = session.add_host()
    application = session.start('--background', '--database', session.database)
    host.wait_for_icon()
    desktop.wait_until(lambda: session.sql('SELECT * FROM psync_history'), 'the run at the start')
    pids = {'application': application.pid}
    figures = {'started for the background': watch(pids, seconds)}
    session.activate('open-window')
    session.wait_for_shown(1)
    figures['with its window'] = watch(pids, seconds)
    session.close_window()
    desktop.wait_until(lambda: session.window_count() == 0, 'the window is gone')
    figures['its window closed'] = watch(pids | {'helper': find_helper(application.pid)}, seconds)
    return figures


def show(figures):
    print(f"{'':28}{'PSS MiB':>10}{'private MiB':>13}{'wake-ups/s':>12}")
    for state, processes in figures['states'].items():
        for name, run in processes.items():
            label = state if name == 'application' else f'  beside it, the {name}'
            print(f"{label:28}{run['pss_mib']:>10}{run['private_mib']:>13}{run['wakeups_per_second']:>12}")


def main():
    seconds, output = int(sys.argv[1]), Path(sys.argv[2])
    session = desktop.Desktop()
    try:
        figures = {'seconds': seconds, 'states': measure(session, seconds), 'machine': machine.describe(),
                   'build': machine.describe_build(desktop.BUILD)}
    finally:
        session.end()
    show(figures)
    output.write_text(json.dumps(figures, indent=2) + '\n')


if __name__ == '__main__':
    main()
