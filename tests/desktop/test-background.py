#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Life without a window."""

import os
import shlex
import signal
import sqlite3
import subprocess
import sys
import time

import desktop
from desktop import (APP, BUILD, PROGRAM, Daemon, count_wakeups, read_memory, run, serve,
                     wait_until)

GOES_ON = "Progressive Sync Runs in the Background"


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
    """started for the background without a database it does not stay for nothing, says so, and ends no other"""
    def start():
        process = session.spawn([PROGRAM, "--background", "--database", missing], stderr=subprocess.PIPE,
                                text=True)
        wait_until(lambda: process.poll() is not None, "its end")
        said = process.communicate()[1]
        assert process.returncode == 1, process.returncode
        assert "progressive-sync: missing.db is not" in said, said

    missing = f"{session.folder}/missing.db"
    start()
    assert not os.path.exists(missing)
    process = begin(session)
    start()
    assert process.poll() is None and session.window_count() == 0


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
    """In the middle of a run, which waits for the vault: nothing is lost, and nothing sent twice."""
    process = begin(session)
    session.sql("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000) "
                "INSERT INTO projects (id, name) SELECT i, 'row' FROM n")
    vault = sqlite3.connect(f"{session.folder}/vault.db", isolation_level=None)
    vault.execute("BEGIN IMMEDIATE")
    session.sync()
    wait_until(lambda: session.get("State") == "syncing", "the run")
    process.send_signal(number)
    wait_until(lambda: process.poll() is not None or not session.databases(), "that it heard")
    vault.close()
    wait_until(lambda: process.poll() is not None, "its end")
    assert process.poll() == 0, process.poll()
    assert session.sql("PRAGMA integrity_check") == [("ok",)]
    assert session.sql("SELECT count(*) FROM psync_change")[0][0] > 0, "the run went on to its end"
    session.psync("sync")
    assert not session.sql("SELECT * FROM psync_change")
    assert session.sql("SELECT sum(pushed) FROM psync_history") == [(5000,)]


def test_sigterm(session):
    """SIGTERM ends it cleanly, also in the middle of a run"""
    ends_by(session, signal.SIGTERM)


def test_sighup(session):
    """SIGHUP ends it cleanly, also in the middle of a run"""
    ends_by(session, signal.SIGHUP)


def test_sigint(session):
    """SIGINT ends it cleanly, also in the middle of a run"""
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


def activatable(session):
    """As it is when it is installed."""
    session.add_service(f"{APP}.service", f"[D-BUS Service]\nName={APP}\nExec=/usr/bin/env "
                        f"{shlex.quote(f'SYNC_DATABASE={session.database}')} {shlex.quote(PROGRAM)} "
                        "--gapplication-service\n")


def test_activation(session):
    """the bus starts it, without a window for an action and with one for itself"""
    session.add_database()
    activatable(session)
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
    """without a tray it goes on where people chose that, says so, and comes back on request"""
    session.set("without-tray", "'continue'")
    daemon = Daemon(session)
    process = begin(session)
    for come_back in (lambda: daemon.click_last(GOES_ON, "Open"), lambda: launch(session)):
        launch(session)
        session.close_window()
        wait_until(lambda: session.window_count() == 0, "that it is gone")
        daemon.wait_for(GOES_ON)
        assert process.poll() is None
        come_back()
        wait_until(lambda: session.window_count() == 1, "the window again")
    daemon.wait_for_withdrawal()


def test_close_without_tray_quits(session):
    """without a tray it quits where people chose that"""
    session.set("without-tray", "'quit'")
    process = begin(session)
    launch(session)
    session.close_window()
    wait_until(lambda: process.poll() is not None, "its end")
    assert process.poll() == 0


def ask_to_close(session):
    """The question, which is answered by the keyboard."""
    process = session.start("--database", session.database)
    session.close_window()
    session.wait_for_shown(2)
    assert session.window_count() == 1
    assert process.poll() is None
    return process


def test_close_without_tray_asks(session):
    """without a tray it asks first; who cancels keeps the window, and who goes on loses only that"""
    session.add_database()
    process = ask_to_close(session)
    session.press("Escape")
    session.wait_for_shown(1)
    assert session.window_count() == 1
    session.close_window()
    session.wait_for_shown(2)
    session.press("Return")
    wait_until(lambda: session.window_count() == 0, "that it is gone")
    assert process.poll() is None
    launch(session)
    session.close_window()
    session.wait_for_shown(2)


def test_close_without_tray_remembers(session):
    """who wants the same next time is not asked again"""
    session.add_database()
    process = ask_to_close(session)
    session.press("alt+s")
    session.press_until(lambda: session.window_count() == 0, "that it is gone", "alt+k")
    launch(session)
    session.close_window()
    wait_until(lambda: session.window_count() == 0, "that it is gone again")
    assert process.poll() is None


def test_close_without_tray_quits_when_told(session):
    """who is asked can quit, by an answer or in any other way"""
    session.add_database()
    process = ask_to_close(session)
    session.press_until(lambda: process.poll() is not None, "its end", "alt+q")
    assert process.poll() == 0
    process = ask_to_close(session)
    session.activate("quit")
    wait_until(lambda: process.poll() is not None, "its end")
    assert process.poll() == 0


def chosen(session, action):
    """As an application menu does, which goes on afterwards, when people choose an action of the desktop file."""
    choose = ("from gi.repository import Gio; import sys; "
              "Gio.DesktopAppInfo.new_from_filename(sys.argv[1]).launch_action(sys.argv[2], None); "
              "Gio.bus_get_sync(Gio.BusType.SESSION).flush_sync(); sys.stdin.read()")
    return session.spawn([sys.executable, "-c", choose, f"{BUILD}/data/{APP}.desktop", action],
                         env={**session.env, "PATH": f"{BUILD}/src/app:{os.environ['PATH']}"},
                         stdin=subprocess.PIPE)


def executed(session, action):
    """As one does that knows no D-Bus activation."""
    with open(f"{BUILD}/data/{APP}.desktop", encoding="utf-8") as file:
        text = file.read().split(f"[Desktop Action {action}]")[1]
    command = next(line[5:] for line in text.splitlines() if line.startswith("Exec="))
    return session.spawn(command.split(), stdin=subprocess.PIPE)


def test_window_actions(session):
    """an action that needs a window is done in one, also where the bus had to start it for that"""
    session.add_database()
    activatable(session)
    for action in ("preferences", "seed", "hydrate", "about", "shortcuts"):
        session.bus.get_object(APP, desktop.PATH, introspect=False).ActivateAction(
            action, desktop.dbus.Array([], signature="v"), desktop.dbus.Dictionary({}, signature="sv"),
            dbus_interface="org.freedesktop.Application")
        session.wait_for_shown(2)
        # Asked for once more, it is there once all the same.
        session.activate(action)
        serve(0.5)
        assert len(session.shown()) == 2, (action, session.shown())
        session.activate("quit")
        wait_until(lambda: not session.has_owner(APP), "its end")


def test_desktop_actions(session):
    """the desktop file's Sync Now and Pause start it where it does not run, and show no window"""
    session.add_database()
    activatable(session)
    for number, choose in enumerate((chosen, executed)):
        session.sql(f"INSERT INTO projects (id, name) VALUES ('{number}', '')")
        with choose(session, "sync-databases"):
            wait_until(lambda: not session.sql("SELECT * FROM psync_change"), "the run")
        with choose(session, "pause-databases"):
            wait_until(lambda: session.get("PausedUntil") > 0, "the pause")
        assert 3500 < session.get("PausedUntil") / 1e6 - time.time() < 3601
        assert session.window_count() == 0
        session.activate("quit")
        wait_until(lambda: not session.has_owner(APP), "its end")
        session.psync("resume")


def test_idle(session):
    """idle it hardly wakes up, with its window nor without, and without takes little memory"""
    session.set("without-tray", "'continue'")
    session.add_database()
    session.psync("config", "set", "auto-sync", "true")
    process = session.start("--database", session.database)
    session.wait_for_shown(1)
    # What a start leaves to be done later is done some time. With its window it looks at the clock.
    wait_until(lambda: count_wakeups(process.pid, 2) < 6, "a window that keeps still")
    session.close_window()
    wait_until(lambda: session.window_count() == 0, "that it is gone")
    wait_until(lambda: count_wakeups(process.pid, 3) < 3, "less than one wake-up a second")
    with open(f"/proc/{process.pid}/maps", encoding="utf-8") as file:
        if "libasan" not in file.read():
            assert read_memory(process.pid)[0] < 60, read_memory(process.pid)


def test_start_at_login(session):
    """where people want it, the session starts it without a window"""
    path = f"{session.env['XDG_CONFIG_HOME']}/autostart/{APP}.desktop"
    begin(session)
    session.set("start-at-login", "true")
    wait_until(lambda: os.path.exists(path), "the file that the session reads")
    with open(path, encoding="utf-8") as file:
        assert "\nExec=progressive-sync --background\n" in file.read()
    session.set("start-at-login", "false")
    wait_until(lambda: not os.path.exists(path), "that it is taken away")


def test_not_in_background(session):
    """where the background is not wanted, closing the last window ends it"""
    session.set("run-in-background", "false")
    session.add_host()
    session.add_database()
    process = session.start("--database", session.database)
    wait_until(lambda: session.window_count() == 1, "the window")
    session.close_window()
    wait_until(lambda: process.poll() is not None, "its end")


def test_no_session_bus(session):
    """without a session bus nobody could bring a window back: it works, and ends with its last window"""
    session.env["DBUS_SESSION_BUS_ADDRESS"] = "unix:path=/nonexistent"
    session.set("without-tray", "'continue'")
    session.add_database()
    session.psync("config", "set", "auto-sync", "true")
    process = session.spawn([PROGRAM, "--database", session.database])
    session.wait_for_shown(1)
    # What would be notified of.
    session.sql("CREATE TRIGGER picky BEFORE INSERT ON projects BEGIN SELECT RAISE(ABORT, 'ugly'); END")
    other = f"{session.folder}/other.db"
    session.add_database(other)
    session.sql("INSERT INTO projects (id, name) VALUES ('u', 'ugly')", other)
    session.psync("sync", database=other)
    session.sql("INSERT INTO notifications (id, title) VALUES ('n', 'N')")
    wait_until(lambda: session.sql("SELECT count(*) FROM psync_held") == [(1,)], "a row that is held back")
    serve(0.5)
    assert process.poll() is None, process.poll()
    session.close_window()
    wait_until(lambda: process.poll() is not None, "its end")
    assert process.poll() == 0, process.poll()


run([test_background, test_no_database, test_second_launch, test_one_process, test_sigterm, test_sighup,
     test_sigint, test_sigkill, test_activation, test_window_actions, test_desktop_actions, test_idle,
     test_start_at_login, test_close_with_tray, test_close_without_tray_continues, test_close_without_tray_quits,
     test_close_without_tray_asks, test_close_without_tray_remembers,
     test_close_without_tray_quits_when_told, test_not_in_background, test_no_session_bus])
