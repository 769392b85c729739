#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Life without a window."""

import os
import signal
import subprocess

import desktop
from desktop import APP, PROGRAM, run, serve, wait_until


def begin(session):
    session.add_database()
    return session.start("--background", "--database", session.database)


def launch(session, *arguments):
    """The program again: a moment's process that asks the one that runs."""
    done = subprocess.run([PROGRAM, *arguments], env=session.env, timeout=desktop.PATIENCE, check=False)
    assert done.returncode == 0, done.returncode


def test_background(session):
    """started for the background it has no window, and works"""
    process = begin(session)
    assert session.window_count() == 0
    session.sql("INSERT INTO projects (id, name) VALUES ('a', 'A')")
    session.sync()
    wait_until(lambda: not session.sql("SELECT * FROM psync_change"), "the run")
    assert process.poll() is None


def test_no_database(session):
    """started for the background without a database it does not stay for nothing"""
    process = session.spawn([PROGRAM, "--background", "--database", session.database])
    wait_until(lambda: process.poll() is not None, "its end")
    assert not os.path.exists(session.database)


def test_second_launch(session):
    """a second launch shows the window, whatever came before"""
    process = begin(session)
    launch(session, "--background")
    serve(0.3)
    assert session.window_count() == 0
    launch(session)
    wait_until(lambda: session.window_count() == 1, "the window")
    launch(session, "--database", session.database)
    serve(0.3)
    assert session.window_count() == 1
    assert process.poll() is None


def test_one_process(session):
    """several launches at once are one process with the database open once"""
    session.add_database()
    launches = [session.spawn([PROGRAM, "--background", "--database", session.database])
                for _ in range(3)]
    wait_until(session.databases, "the application")
    wait_until(lambda: sum(p.poll() is None for p in launches) == 1, "that one is left")
    assert len(session.databases()) == 1


def ends_by(session, number):
    process = begin(session)
    session.sql("INSERT INTO projects (id, name) VALUES ('a', 'A')")
    session.sync()
    process.send_signal(number)
    wait_until(lambda: process.poll() is not None, "its end")
    assert process.poll() == 0, process.poll()
    session.psync("sync")
    assert session.sql("PRAGMA integrity_check") == [("ok",)]
    assert not session.sql("SELECT * FROM psync_change")


def test_sigterm(session):
    """SIGTERM ends it cleanly"""
    ends_by(session, signal.SIGTERM)


def test_sighup(session):
    """SIGHUP ends it cleanly"""
    ends_by(session, signal.SIGHUP)


def test_sigint(session):
    """SIGINT ends it cleanly"""
    ends_by(session, signal.SIGINT)


def test_sigkill(session):
    """SIGKILL loses nothing"""
    process = begin(session)
    for number in range(200):
        session.sql(f"INSERT INTO projects (id, name) VALUES ('{number}', '')")
        if number == 100:
            session.sync()
    process.kill()
    process.wait()
    session.psync("sync")
    assert not session.sql("SELECT * FROM psync_change")
    other = f"{session.folder}/other.db"
    session.add_database(other)
    session.psync("sync", database=other)
    assert session.sql("SELECT count(*) FROM projects", other) == [(200,)]


def test_activation(session):
    """the bus starts it, without a window for an action and with one for itself"""
    session.set("without-tray", "'continue'")
    session.add_database()
    session.psync("status")
    session.add_service(f"{APP}.service", f"[D-BUS Service]\nName={APP}\nExec=/usr/bin/env "
                        f"SYNC_DATABASE={session.database} {PROGRAM} --gapplication-service\n")
    application = session.bus.get_object(APP, desktop.PATH, introspect=False)
    empty = desktop.dbus.Dictionary({}, signature="sv")
    session.sql("INSERT INTO projects (id, name) VALUES ('a', 'A')")
    application.ActivateAction("sync-databases", desktop.dbus.Array([], signature="v"), empty,
                               dbus_interface="org.freedesktop.Application")
    wait_until(lambda: not session.sql("SELECT * FROM psync_change"), "the run")
    assert session.window_count() == 0
    application.Activate(empty, dbus_interface="org.freedesktop.Application")
    wait_until(lambda: session.window_count() == 1, "a window")
    session.activate("quit")
    wait_until(lambda: not session.has_owner(APP), "its end")


def test_close_with_tray(session):
    """with a tray, a window that is closed is gone and all goes on"""
    host = session.add_host()
    process = begin(session)
    host.wait_for_icon()
    launch(session)
    wait_until(lambda: session.window_count() == 1, "the window")
    session.close_window()
    wait_until(lambda: session.window_count() == 0, "that it is gone")
    serve(0.3)
    assert process.poll() is None
    host.click("Open")
    wait_until(lambda: session.window_count() == 1, "the window again")


def test_close_without_tray_continues(session):
    """without a tray it goes on where people chose that, and a launch shows the window again"""
    session.set("without-tray", "'continue'")
    process = begin(session)
    launch(session)
    wait_until(lambda: session.window_count() == 1, "the window")
    session.close_window()
    wait_until(lambda: session.window_count() == 0, "that it is gone")
    serve(0.3)
    assert process.poll() is None
    launch(session)
    wait_until(lambda: session.window_count() == 1, "the window again")


def test_close_without_tray_quits(session):
    """without a tray it quits where people chose that"""
    session.set("without-tray", "'quit'")
    process = begin(session)
    launch(session)
    wait_until(lambda: session.window_count() == 1, "the window")
    session.close_window()
    wait_until(lambda: process.poll() is not None, "its end")


def test_close_without_tray_asks(session):
    """without a tray it asks first, and stays until it is answered"""
    process = begin(session)
    launch(session)
    wait_until(lambda: session.window_count() == 1, "the window")
    session.close_window()
    serve(0.5)
    assert session.window_count() == 1
    assert process.poll() is None


def test_not_in_background(session):
    """where the background is not wanted, closing the last window ends it"""
    session.set("run-in-background", "false")
    session.add_host()
    session.add_database()
    process = session.start("--database", session.database)
    wait_until(lambda: session.window_count() == 1, "the window")
    session.close_window()
    wait_until(lambda: process.poll() is not None, "its end")


run([test_background, test_no_database, test_second_launch, test_one_process, test_sigterm, test_sighup,
     test_sigint, test_sigkill, test_activation, test_close_with_tray, test_close_without_tray_continues,
     test_close_without_tray_quits, test_close_without_tray_asks, test_not_in_background])
