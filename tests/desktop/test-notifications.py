#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Notifications, as a notification daemon sees them."""

import subprocess
import sys

import dbus

from desktop import run, serve, wait_until

NAME = "org.freedesktop.Notifications"


class Daemon:
    """A notification daemon that remembers what it was asked."""

    def __init__(self, session):
        self.session = session
        session.spawn([sys.executable, "-m", "dbusmock", "--session", "--template",
                       "notification_daemon"], stdout=subprocess.DEVNULL)
        wait_until(lambda: session.has_owner(NAME), "the notification daemon")
        self.mock = dbus.Interface(session.bus.get_object(NAME, "/org/freedesktop/Notifications"),
                                   "org.freedesktop.DBus.Mock")

    def calls(self, method):
        return [call[1] for call in self.mock.GetMethodCalls(method)]

    def titles(self):
        return [str(call[3]) for call in self.calls("Notify")]

    def wait_for(self, title):
        wait_until(lambda: title in self.titles(), f"{title}, not {self.titles()}")
        return [call for call in self.calls("Notify") if call[3] == title][-1]

    def wait_for_withdrawal(self):
        wait_until(lambda: self.calls("CloseNotification"), "that it is taken back")

    def click(self, number, action):
        self.mock.EmitSignal(NAME, "ActionInvoked", "us",
                             dbus.Array([dbus.UInt32(number), action], signature="v"))


def begin(session):
    daemon = Daemon(session)
    session.start("--background", "--database", session.database)
    return daemon


def add_conflict(session, name="a", status=0):
    other = f"{session.folder}/other.db"
    session.sql(f"INSERT INTO projects (id, name) VALUES ('{name}', 'A')")
    session.psync("sync", status=status)
    session.psync("sync", database=other)
    session.sql(f"UPDATE projects SET name = 'there' WHERE id = '{name}'", other)
    session.psync("sync", database=other)
    session.sql(f"UPDATE projects SET name = 'here' WHERE id = '{name}'")


def test_conflicts(session):
    """a conflict is told of once, and taken back when it is solved"""
    session.add_database()
    session.add_database(f"{session.folder}/other.db")
    session.psync("entities", "strategy", "projects", "manual")
    add_conflict(session)
    daemon = begin(session)
    session.sync()
    call = daemon.wait_for("1 Conflict Waits for a Decision")
    assert "laptop.db" in call[4], call
    assert "Resolve" in call[5], call[5]
    # Runs that find it again say nothing.
    for _ in range(3):
        session.sync()
        wait_until(lambda: session.get("State") == "idle", "the end of the run")
    assert len(daemon.titles()) == 1, daemon.titles()
    session.psync("conflicts", "resolve", "--all", "local")
    daemon.wait_for_withdrawal()


def test_resolve(session):
    """Resolve opens the conflicts"""
    session.add_database()
    session.add_database(f"{session.folder}/other.db")
    session.psync("entities", "strategy", "projects", "manual")
    add_conflict(session)
    daemon = begin(session)
    session.sync()
    call = daemon.wait_for("1 Conflict Waits for a Decision")
    daemon.click(1, call[5][list(call[5]).index("Resolve") - 1])
    wait_until(lambda: session.window_count() == 1, "the window")


def test_more_conflicts(session):
    """more conflicts are news"""
    session.add_database()
    session.add_database(f"{session.folder}/other.db")
    session.psync("entities", "strategy", "projects", "manual")
    add_conflict(session)
    daemon = begin(session)
    session.sync()
    daemon.wait_for("1 Conflict Waits for a Decision")
    add_conflict(session, "b", status=5)
    session.sync()
    daemon.wait_for("2 Conflicts Wait for a Decision")


def test_refused(session):
    """rows that are refused are told of, and taken back when they are mended"""
    session.add_database()
    other = f"{session.folder}/other.db"
    session.add_database(other)
    session.psync("sync")
    session.psync("sync", database=other)
    # What the table here does not take is held.
    session.sql("CREATE TRIGGER picky BEFORE INSERT ON projects WHEN NEW.name = 'ugly' "
                "BEGIN SELECT RAISE(ABORT, 'ugly'); END")
    session.sql("INSERT INTO projects (id, name) VALUES ('u', 'ugly')", other)
    session.psync("sync", database=other)
    daemon = begin(session)
    session.sync()
    daemon.wait_for("1 Row Was Refused")
    session.sql("DROP TRIGGER picky")
    session.sync()
    daemon.wait_for_withdrawal()


def test_first_backup(session):
    """the first backup is told of, and no routine run"""
    session.add_database()
    session.sql("INSERT INTO projects (id, name) VALUES ('a', 'A')")
    daemon = begin(session)
    wait_until(lambda: session.get("PendingCount") == 1, "the count")
    session.sync()
    call = daemon.wait_for("First Backup Done")
    for number in range(3):
        session.sql(f"INSERT INTO projects (id, name) VALUES ('{number}', '')")
        session.sync()
        wait_until(lambda: not session.sql("SELECT * FROM psync_change"), "the run")
    serve(0.5)
    assert daemon.titles() == ["First Backup Done"], daemon.titles()
    daemon.click(1, call[5][0])
    wait_until(lambda: session.window_count() == 1, "the window")


def test_revoked(session):
    """a device that was revoked is told so"""
    session.add_database()
    other = f"{session.folder}/other.db"
    session.add_database(other)
    session.psync("sync")
    session.psync("sync", database=other)
    session.psync("devices", "rename", "laptop")
    session.psync("devices", "revoke", "laptop", database=other)
    daemon = begin(session)
    session.sync()
    daemon.wait_for("This Device Was Revoked")
    session.psync("devices", "register")
    session.sync()
    daemon.wait_for_withdrawal()


def test_off(session):
    """switched off, nothing is told"""
    session.set("notifications", "false")
    session.add_database()
    session.sql("INSERT INTO projects (id, name) VALUES ('a', 'A')")
    daemon = begin(session)
    session.sync()
    wait_until(lambda: not session.sql("SELECT * FROM psync_change"), "the run")
    serve(0.5)
    assert not daemon.titles(), daemon.titles()


def test_no_daemon(session):
    """without a notification daemon all goes on"""
    session.add_database()
    session.sql("INSERT INTO projects (id, name) VALUES ('a', 'A')")
    session.start("--background", "--database", session.database)
    session.sync()
    wait_until(lambda: not session.sql("SELECT * FROM psync_change"), "the run")
    wait_until(lambda: session.get("State") == "idle", "the end of the run")


run([test_conflicts, test_resolve, test_more_conflicts, test_refused, test_first_backup, test_revoked, test_off,
     test_no_daemon])
