# SPDX-License-Identifier: GPL-3.0-or-later
"""What the figures were measured on, without names of hosts or people."""

import json
import os
import platform
import re
import subprocess
from pathlib import Path


def first_match(path, pattern):
    match = re.search(pattern, Path(path).read_text(), re.M)
    return match[1].strip() if match else 'unknown'


def version_of(*command):
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return 'unknown'
    match = re.search(r'\d+(\.\d+)+', done.stdout)
    return match[0] if match else 'unknown'


def describe():
    return {
        'cpu': first_match('/proc/cpuinfo', r'^model name\s*:\s*(.*)$'),
        'cores': os.cpu_count(),
        'memory_gib': round(int(first_match('/proc/meminfo', r'^MemTotal:\s*(\d+)')) / 1024 ** 2),
        'system': first_match('/etc/os-release', r'^PRETTY_NAME="?([^"\n]*)'),
        'kernel': platform.release().split('-')[0],
        'versions': {
            'GLib': version_of('pkg-config', '--modversion', 'glib-2.0'),
            'libsoup': version_of('pkg-config', '--modversion', 'libsoup-3.0'),
            'SQLite': version_of('pkg-config', '--modversion', 'sqlite3'),
            'PostgreSQL': version_of('psql', '--version'),
            'curl': version_of('curl', '--version'),
            'gcc': version_of('gcc', '--version'),
        },
    }


def describe_build(build):
    done = subprocess.run(['meson', 'introspect', '--buildoptions', build], capture_output=True, text=True,
                          check=True)
    options = {option['name']: option['value'] for option in json.loads(done.stdout)}
    return {'type': options['buildtype'], 'optimization': options['optimization']}
