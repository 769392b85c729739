#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""psync beside the application: one run a database, the same words and exit statuses, and no loss when
one of them ends."""

import os
import re
import signal
import sqlite3
import subprocess

from desktop import PATIENCE, PSYNC, run, serve, wait_until

ROWS = 5000
TIMES = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d(:\d\d)?")


class Device:
    """A database in a folder of its own, and its vault; beside the application or alone."""

    def __init__(self, session, name, together):
        self.session = session
        self.folder = f"{session.folder}/{name}"
        self.database = f"{self.folder}/laptop.db"
        self.vault = f"{self.folder}/vault.db"
        self.other = f"{self.folder}/other.db"
        self.env = session.env if together else {**session.env, "DBUS_SESSION_BUS_ADDRESS": ""}
        os.mkdir(self.folder)
        self.psync("init")

    def begin(self, *arguments, database=None):
        return subprocess.Popen([PSYNC, "--database", database or self.database, *arguments], env=self.env,
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                text=True)

    def psync(self, *arguments, database=None):
        """(arguments, status, what it said), without what differs by its nature."""
        process = self.begin(*arguments, database=database)
        # The application answers while its part of the bus is served.
        wait_until(lambda: process.poll() is not None, f"the end of psync {arguments}")
        said, complained = process.communicate()
        text = f"{said}---\n{complained}".replace(self.folder, "FOLDER")
        return arguments, process.returncode, TIMES.sub("TIME", text)

    def sql(self, text, database=None):
        return self.session.sql(text, database or self.database)

    def add_other(self):
        self.psync("init", database=self.other)
        self.psync("connect", "vault", self.vault, database=self.other)
        self.psync("sync", database=self.other)


def play(device):
    """What runs meet, one after the other; all that psync said."""
    psync, said = device.psync, []

    def note(*arguments):
        said.append(psync(*arguments))

    note("sync")  # not connected
    psync("connect", "vault", device.vault)
    note("sync")
    note("sync")
    device.sql("INSERT INTO projects (id, name) VALUES ('a', 'A'), ('b', 'B')")
    note("sync", "--dry-run")
    note("sync", "--entity", "nothing")
    note("sync", "--strategy", "coin")
    note("sync", "--quiet")
    device.sql("INSERT INTO projects (id, name) VALUES ('c', 'C')")
    note("pause")
    note("sync")
    note("pause", "--for", "60")
    note("resume")
    device.add_other()
    device.sql("UPDATE projects SET name = 'there' WHERE id = 'a'", device.other)
    psync("sync", database=device.other)
    device.sql("UPDATE projects SET name = 'here' WHERE id = 'a'")
    note("sync", "--strategy", "manual")  # a conflict
    note("seed")
    note("hydrate")
    psync("conflicts", "resolve", "--all", "local")
    note("sync")
    device.sql("CREATE TRIGGER picky BEFORE INSERT ON projects BEGIN SELECT RAISE(ABORT, 'ugly'); END")
    device.sql("INSERT INTO projects (id, name) VALUES ('u', 'ugly')", device.other)
    psync("sync", database=device.other)
    note("sync")  # a row that is refused here
    device.sql("DROP TRIGGER picky")
    note("sync")
    device.sql("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 60) "
               "INSERT INTO notifications (id, title) SELECT i, 'row' FROM n")
    note("sync")
    psync("sync", database=device.other)
    device.sql("DELETE FROM notifications", device.other)
    psync("sync", database=device.other)
    note("sync")  # the brake
    note("sync", "--allow-mass-change")
    os.rename(device.vault, f"{device.folder}/away.db")
    note("sync")  # offline
    os.rename(f"{device.folder}/away.db", device.vault)
    note("sync")
    psync("devices", "revoke", psync_id(device), "--yes", database=device.other)
    note("sync")  # revoked
    return said


def psync_id(device):
    """The device's own id."""
    text = device.psync("--verbose", "status")[2]
    return re.search(r"Device id +(\S+)", text)[1]


def test_same_words(session):
    """what psync says and how it ends does not depend on who does the run"""
    alone = play(Device(session, "alone", together=False))
    device = Device(session, "together", together=True)
    session.database = device.database
    session.start("--background", "--database", device.database)
    together = play(device)
    runs = device.sql("SELECT count(*) FROM psync_history")
    assert runs[0][0] > 8, runs
    for one, two in zip(alone, together, strict=True):
        assert one == two, f"alone: {one}\ntogether: {two}"
    assert {status for _, status, _ in alone} >= {0, 1, 2, 3, 5, 6, 8}, {s for _, s, _ in alone}


def begin_long_run(session):
    """A run that psync asked the application for, and that waits for the vault; (application, psync, vault)."""
    session.add_database()
    session.psync("sync")
    application = session.start("--background", "--database", session.database)
    session.sql(f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {ROWS}) "
                "INSERT INTO projects (id, name) SELECT i, 'row' FROM n")
    vault = sqlite3.connect(f"{session.folder}/vault.db", isolation_level=None)
    vault.execute("BEGIN IMMEDIATE")
    psync = subprocess.Popen([PSYNC, "--database", session.database, "sync"], env=session.env,
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    wait_until(lambda: session.get("State") == "syncing", "the run")
    return application, psync, vault


def application_ends(session, number):
    """psync does the rest by itself, and says what it would have said."""
    application, psync, vault = begin_long_run(session)
    application.send_signal(number)
    wait_until(lambda: application.poll() is not None or not session.databases(), "that it heard")
    vault.close()
    wait_until(lambda: psync.poll() is not None, "the end of psync")
    said, complained = psync.communicate()
    assert psync.returncode == 0, (psync.returncode, said, complained)
    assert said == f"Synchronised.\n  projects: {ROWS} rows sent\n", said
    assert complained == "", complained
    assert not session.sql("SELECT * FROM psync_change")
    assert session.sql("SELECT count(*) FROM vault_row", f"{session.folder}/vault.db") == [(ROWS,)]


def test_application_killed(session):
    """where the application is killed during a run, psync does the rest by itself"""
    application_ends(session, signal.SIGKILL)


def test_application_quits(session):
    """so it does where the application is ended"""
    application_ends(session, signal.SIGTERM)


def test_psync_killed(session):
    """a run goes on to its end although psync, which asked for it, was killed"""
    _, psync, vault = begin_long_run(session)
    psync.kill()
    psync.communicate()
    serve(0.5)
    vault.close()
    wait_until(lambda: not session.sql("SELECT * FROM psync_change"), "the rest of the run")
    wait_until(lambda: session.get("State") == "idle", "the end of the run")
    assert session.sql("SELECT sum(pushed) FROM psync_history") == [(ROWS,)]


def test_interrupted(session):
    """Ctrl+C in psync stops the application's run"""
    _, psync, vault = begin_long_run(session)
    psync.send_signal(signal.SIGINT)
    # Nor does it wait for the vault any longer.
    wait_until(lambda: psync.poll() is not None, "the end of psync")
    _, complained = psync.communicate()
    assert psync.returncode == 1 and complained.startswith("psync: Cancelled\n"), complained
    wait_until(lambda: session.get("State") == "idle", "the end of the run")
    vault.close()
    assert session.sql("SELECT count(*) FROM psync_change") == [(ROWS,)]


def test_one_run(session):
    """many psyncs at once are one run at a time, and all of them end well"""
    session.add_database()
    session.start("--background", "--database", session.database)
    started = []
    for number in range(8):
        session.sql(f"INSERT INTO projects (id, name) VALUES ('{number}', '')")
        started.append(subprocess.Popen(
            [PSYNC, "--database", session.database, "sync", "--wait", str(PATIENCE)], stdout=subprocess.PIPE,
            env=session.env if number % 2 else {**session.env, "DBUS_SESSION_BUS_ADDRESS": ""}, text=True))
    wait_until(lambda: all(process.poll() is not None for process in started), "their end")
    assert [process.returncode for process in started] == [0] * 8, [p.communicate() for p in started]
    times = session.sql("SELECT started_at, finished_at FROM psync_history ORDER BY started_at")
    assert all(one[1] <= two[0] for one, two in zip(times, times[1:])), times
    assert session.sql("SELECT sum(pushed) FROM psync_history") == [(8,)]
    for process in started:
        process.communicate()


run([test_same_words, test_application_killed, test_application_quits, test_psync_killed, test_interrupted,
     test_one_run])
