#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Notifications, as a notification daemon sees them."""

import os
import uuid

from desktop import Daemon, Skip, run, serve, wait_until

PASSWORD = "correct horse battery staple\n"
# What a table here does not take is held.
PICKY = ("CREATE TRIGGER picky BEFORE INSERT ON projects WHEN NEW.name = 'ugly' "
         "BEGIN SELECT RAISE(ABORT, 'ugly'); END")


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
    """Resolve opens the conflicts, also where the preferences are in front of them"""
    session.add_database()
    session.add_database(f"{session.folder}/other.db")
    session.psync("entities", "strategy", "projects", "manual")
    add_conflict(session)
    daemon = begin(session)
    session.sync()
    daemon.wait_for("1 Conflict Waits for a Decision")
    session.activate("preferences")
    session.wait_for_shown(2)
    daemon.click_last("1 Conflict Waits for a Decision", "Resolve")
    session.wait_for_page("conflicts")
    session.wait_for_shown(1)


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
    session.sql(PICKY)
    session.sql("INSERT INTO projects (id, name) VALUES ('u', 'ugly')", other)
    session.psync("sync", database=other)
    daemon = begin(session)
    session.sync()
    daemon.wait_for("1 Row Was Refused")
    session.sql("DROP TRIGGER picky")
    session.sync()
    daemon.wait_for_withdrawal()
    session.sql(PICKY)
    session.sql("INSERT INTO projects (id, name) VALUES ('v', 'ugly')", other)
    session.psync("sync", database=other)
    session.sync()
    daemon.click_last("1 Row Was Refused")
    session.wait_for_page("queue")


def test_first_backup(session):
    """the first backup is told of, and no routine run"""
    session.add_database()
    session.sql("INSERT INTO projects (id, name) VALUES ('a', 'A')")
    daemon = begin(session)
    wait_until(lambda: session.get("PendingCount") == 1, "the count")
    session.sync()
    daemon.wait_for("First Backup Done")
    for number in range(3):
        session.sql(f"INSERT INTO projects (id, name) VALUES ('{number}', '')")
        session.sync()
        wait_until(lambda: not session.sql("SELECT * FROM psync_change"), "the run")
    serve(0.5)
    assert daemon.titles() == ["First Backup Done"], daemon.titles()
    daemon.click_last("First Backup Done")
    session.wait_for_page("overview")


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
    session.psync("devices", "revoke", "laptop", database=other)
    session.sync()
    daemon.click_last("This Device Was Revoked")
    session.wait_for_page("devices")


def test_sign_in(session):
    """that somebody must sign in is told, and taken back when somebody did"""
    given = os.environ.get("PSYNC_TEST_CLOUD_PGLITE")
    if not given:
        raise Skip("PSYNC_TEST_CLOUD_PGLITE names no test cloud")
    with open(given, encoding="utf-8") as file:
        cloud = dict(line.strip().split("=", 1) for line in file if "=" in line)
    account = ["--email", f"{uuid.uuid4()}@example.org"]
    session.psync("init")
    session.psync("config", "set", "session-in-file", "true")
    session.psync("connect", "supabase", cloud["URL"], "--anon-key", cloud["ANON_KEY"])
    session.psync("signup", *account, said=PASSWORD)
    session.psync("sync")
    session.psync("logout")
    daemon = begin(session)
    session.sync()
    daemon.wait_for("Sign-In Needed")
    session.psync("login", *account, said=PASSWORD)
    session.sync()
    daemon.wait_for_withdrawal()
    session.psync("logout")
    session.sync()
    daemon.click_last("Sign-In Needed")
    session.wait_for_page("overview")


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


def test_switched_off(session):
    """what is shown is taken back when it is switched off"""
    session.add_database()
    other = f"{session.folder}/other.db"
    session.add_database(other)
    session.psync("sync")
    session.psync("devices", "rename", "laptop")
    session.psync("sync", database=other)
    session.psync("devices", "revoke", "laptop", database=other)
    daemon = begin(session)
    session.sync()
    daemon.wait_for("This Device Was Revoked")
    session.set("notifications", "false")
    daemon.wait_for_withdrawal()


def test_no_daemon(session):
    """without a notification daemon all goes on"""
    session.add_database()
    session.sql("INSERT INTO projects (id, name) VALUES ('a', 'A')")
    session.start("--background", "--database", session.database)
    session.sync()
    wait_until(lambda: not session.sql("SELECT * FROM psync_change"), "the run")
    wait_until(lambda: session.get("State") == "idle", "the end of the run")


run([test_conflicts, test_resolve, test_more_conflicts, test_refused, test_first_backup, test_revoked,
     test_sign_in, test_off, test_switched_off, test_no_daemon])
