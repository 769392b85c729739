#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tray, end to end, with a small host of ours."""

import os
import signal
import time

import desktop
from computer import add_network_manager, add_power_profiles, set_metered, set_profile
from desktop import Daemon, Host, run, serve, wait_until

MENU = ["Up to date", "Open", "Sync Now", "Automatic Sync", "Pause", "Conflicts", "Preferences", "Quit"]


def begin(session, *settings):
    session.add_database()
    session.psync("sync")
    for name, value in settings:
        session.psync("config", "set", name, value)
    host = session.add_host()
    application = session.start("--background", "--database", session.database)
    host.wait_for_icon()
    return host, application


def make_conflict(session):
    other = f"{session.folder}/other.db"
    session.psync("entities", "strategy", "projects", "manual")
    session.sql("INSERT INTO projects (id, name) VALUES ('a', 'A')")
    session.psync("sync")
    session.add_database(other)
    session.psync("sync", database=other)
    session.sql("UPDATE projects SET name = 'there'", other)
    session.psync("sync", database=other)
    session.sql("UPDATE projects SET name = 'here'")
    session.psync("sync", status=5)


def tray_pids(session):
    found = []
    for process in os.listdir("/proc"):
        try:
            if os.readlink(f"/proc/{process}/exe") == desktop.TRAY:
                with open(f"/proc/{process}/environ", "rb") as file:
                    if session.session.address.encode() in file.read():
                        found.append(int(process))
        except OSError:
            pass
    return found


def test_layout(session):
    """the menu has every entry, as a plain one but for the one that can be checked"""
    host, _ = begin(session)
    wait_until(lambda: host.labels() == MENU, f"the menu {MENU}, not {host.labels()}")
    for _, label, properties, _ in host.layout():
        kind = properties.get("toggle-type")
        assert kind == ("checkmark" if label == "Automatic Sync" else None), (label, kind)
    wait_until(lambda: [child[1] for child in host.find("Pause")[3]]
               == ["For 1 Hour", "Until Tomorrow", "Until Resumed"], "the kinds of pause")
    assert host.find("Up to date")[2].get("enabled") is not None, "the status can be clicked"
    assert host.find("Conflicts")[2].get("enabled") is not None, "no conflicts can be clicked"
    assert "Up to date" in host.property("Title")
    wait_until(lambda: host.icon() == "progressive-sync-idle-symbolic", "the idle icon")


def test_icons_of_any_prefix(session):
    """a panel is told where the icons are, wherever the program is installed"""
    session.env.pop("PROGRESSIVE_SYNC_ICONS")
    host, _ = begin(session)
    assert host.property("IconThemePath") == f"{os.environ['PSYNC_TEST_PREFIX']}/share/icons"


def test_toggle(session):
    """automatic sync is switched by the menu and shown by it"""
    host, _ = begin(session)
    wait_until(lambda: host.labels() == MENU, "the menu")
    host.click("Automatic Sync")
    wait_until(lambda: session.psync("config", "get", "auto-sync").strip() == "true", "it is on")
    wait_until(lambda: host.find("Automatic Sync")[2].get("toggle-state") == 1, "it is shown")
    session.actions().SetState("auto-sync", desktop.dbus.Boolean(False, variant_level=1),
                               desktop.dbus.Dictionary({}, signature="sv"))
    wait_until(lambda: host.find("Automatic Sync")[2].get("toggle-state") == 0, "it is shown as off")
    assert session.psync("config", "get", "auto-sync").strip() == "false"


def test_pause(session):
    """a pause of each kind is begun, shown and ended by the menu, and a run in it does not end it"""
    host, _ = begin(session)
    wait_until(lambda: host.labels() == MENU, "the menu")
    now = time.time()
    midnight = time.mktime((*time.localtime(now)[:2], time.localtime(now)[2] + 1, 0, 0, 0, 0, 0, -1))
    for kind, until in (("For 1 Hour", now + 3600), ("Until Tomorrow", midnight), ("Until Resumed", None)):
        host.click("Pause", kind)
        host.wait_for_icon_named("paused")
        wait_until(lambda: host.status().startswith("Paused"), "the status")
        wait_until(lambda: "Resume" in host.labels() and "Pause" not in host.labels(), "Resume")
        shown = session.get("PausedUntil")
        assert shown == 2 ** 63 - 1 if until is None else abs(shown / 1e6 - until) < 600, (kind, shown)
        session.sql(f"INSERT INTO projects (id, name) VALUES ('{kind}', '')")
        host.click("Sync Now")
        wait_until(lambda: not session.sql("SELECT * FROM psync_change"), "the run")
        wait_until(lambda: session.get("State") == "paused", "the end of the run")
        assert session.get("PausedUntil") == shown
        host.click("Resume")
        host.wait_for_icon_named("idle")
        wait_until(lambda: "Resume" not in host.labels(), "Pause again")


def test_sync(session):
    """a run is begun by the menu"""
    host, _ = begin(session)
    wait_until(lambda: host.labels() == MENU, "the menu")
    session.sql("INSERT INTO projects (id, name) VALUES ('n', 'N')")
    host.click("Sync Now")
    wait_until(lambda: not session.sql("SELECT * FROM psync_change"), "the row is sent")
    wait_until(lambda: session.get("State") == "idle", "the end of the run")


def test_syncing(session):
    """a run under way has an icon, and Cancel ends it"""
    host, _ = begin(session)
    wait_until(lambda: host.labels() == MENU, "the menu")
    lock = session.hold_run()
    session.sync()
    host.wait_for_icon_named("syncing")
    wait_until(lambda: "Cancel Sync" in host.labels(), "Cancel Sync")
    host.click("Cancel Sync")
    host.wait_for_icon_named("idle")
    wait_until(lambda: "Cancel Sync" not in host.labels(), "no Cancel Sync")
    lock.close()


def test_offline(session):
    """being offline has an icon"""
    host, _ = begin(session)
    os.rename(f"{session.folder}/vault.db", f"{session.folder}/away.db")
    wait_until(lambda: host.labels() == MENU, "the menu")
    host.click("Sync Now")
    host.wait_for_icon_named("offline")
    wait_until(lambda: host.status() == "Offline", "the status")


def test_held_back(session):
    """what keeps automatic runs back has an icon and is told, and a run that somebody asks for goes on"""
    manager = add_network_manager(session, metered=False)
    profiles = add_power_profiles(session, "power-saver")
    host, _ = begin(session, ("auto-sync", "true"))
    host.wait_for_icon_named("paused")
    wait_until(lambda: host.status() == "Waiting for the end of power saving", "the status")
    assert session.get("Hold") == "power-saver"
    session.sql("INSERT INTO projects (id, name) VALUES ('n', 'N')")
    host.click("Sync Now")
    wait_until(lambda: not session.sql("SELECT * FROM psync_change"), "the row is sent")
    host.wait_for_icon_named("paused")
    set_metered(manager, True)
    wait_until(lambda: host.status() == "Waiting for a network that is not metered", "the other status")
    set_metered(manager, False)
    set_profile(profiles, "balanced")
    host.wait_for_icon_named("idle")
    wait_until(lambda: host.labels() == MENU, "the menu")
    assert session.get("NextSyncTime") > time.time() * 1e6


def test_attention(session):
    """attention outranks paused, and the entry tells how many conflicts there are"""
    session.add_database()
    make_conflict(session)
    session.psync("pause")
    host = session.add_host()
    session.start("--background", "--database", session.database)
    host.wait_for_icon()
    host.wait_for_icon_named("attention")
    assert host.property("Status") == "NeedsAttention"
    wait_until(lambda: "Conflicts (1)" in host.labels(), "the number of conflicts")
    assert "onflict" in host.status(), host.labels()
    host.click("Conflicts (1)")
    session.wait_for_page("conflicts")
    session.psync("conflicts", "resolve", "--all", "local")
    session.psync("sync")
    host.wait_for_icon_named("paused")
    assert host.property("Status") == "Active"


def test_refused(session):
    """rows that were refused need attention, also while paused"""
    host, _ = begin(session)
    other = f"{session.folder}/other.db"
    session.add_database(other)
    session.sql("CREATE TRIGGER picky BEFORE INSERT ON projects BEGIN SELECT RAISE(ABORT, 'ugly'); END")
    session.sql("INSERT INTO projects (id, name) VALUES ('u', 'ugly')", other)
    session.psync("sync", database=other)
    session.psync("pause")
    host.wait_for_icon_named("paused")
    host.click("Sync Now")
    host.wait_for_icon_named("attention")
    wait_until(lambda: "1 row" in host.status(), f"the status, not {host.labels()}")
    wait_until(lambda: host.status() in host.property("Title"), "the same in the tooltip")


def test_no_host(session):
    """without a tray there is no helper, and the application works"""
    session.add_database()
    session.start("--background", "--database", session.database)
    session.activate("sync-now")
    wait_until(lambda: session.sql("SELECT * FROM psync_history"), "a run")
    serve(0.5)
    assert not tray_pids(session)


def test_watcher_without_host(session):
    """a watcher that knows no host is no tray"""
    session.add_database()
    host = Host(session, registered=False)
    session.hosts.append(host)
    session.start("--background", "--database", session.database)
    serve(0.5)
    assert not tray_pids(session)
    host.set_registered(True)
    host.wait_for_icon()
    host.set_registered(False)
    wait_until(lambda: not tray_pids(session), "the helper ends")


def test_host_late_and_restarting(session):
    """the icon comes with a panel, and comes back with it"""
    session.add_database()
    session.start("--background", "--database", session.database)
    for _ in range(2):
        host = session.add_host()
        host.wait_for_icon()
        wait_until(lambda: len(host.labels()) == len(MENU), "the menu")
        host.end()
        wait_until(lambda: not tray_pids(session), "the helper ends")


def test_helper_killed(session):
    """a helper that crashes begins again"""
    host, _ = begin(session)
    first = tray_pids(session)
    os.kill(first[0], signal.SIGKILL)
    wait_until(lambda: tray_pids(session) not in ([], first), "another helper")
    host.wait_for_icon()
    wait_until(lambda: host.labels() == MENU, "the menu")


def test_helper_gives_up(session):
    """a helper that crashes all the time is left alone, which is told, and a new panel is a new chance"""
    helper, starts, works = (f"{session.folder}/{name}" for name in ("helper", "starts", "works"))
    with open(helper, "w", encoding="utf-8") as file:
        file.write(f"#!/bin/sh\necho >> '{starts}'\n[ ! -e '{works}' ] || exec '{desktop.TRAY}' \"$@\"\nexit 1\n")
    os.chmod(helper, 0o700)
    session.env["PROGRESSIVE_SYNC_TRAY"] = helper
    session.add_database()
    daemon = Daemon(session)
    host = session.add_host()
    session.start("--background", "--database", session.database)
    daemon.wait_for("Progressive Sync Runs in the Background")
    assert os.path.getsize(starts) == 5 and not host.living()
    daemon.click_last("Progressive Sync Runs in the Background", "Open")
    wait_until(lambda: session.window_count() == 1, "the window")
    host.end()
    with open(works, "w", encoding="utf-8"):
        host = session.add_host()
    host.wait_for_icon()
    assert os.path.getsize(starts) == 6


def test_application_killed(session):
    """the helper ends with the application, also when that is killed"""
    host, application = begin(session)
    application.send_signal(signal.SIGKILL)
    host.wait_for_no_icon()
    wait_until(lambda: not tray_pids(session), "the helper ends")


def test_quit(session):
    """Quit ends the application and the helper"""
    host, application = begin(session)
    wait_until(lambda: host.labels() == MENU, "the menu")
    host.click("Quit")
    wait_until(lambda: application.poll() == 0, "the end of the application")
    wait_until(lambda: not tray_pids(session), "the helper ends")


def test_open(session):
    """Open shows a window, and Preferences what can be set"""
    host, _ = begin(session)
    wait_until(lambda: host.labels() == MENU, "the menu")
    assert session.window_count() == 0
    host.click("Open")
    wait_until(lambda: session.window_count() == 1, "a window")
    session.wait_for_shown(1)
    host.click("Preferences")
    session.wait_for_shown(2)


def test_two_databases(session):
    """several databases are summed up by the most pressing one"""
    host, _ = begin(session)
    other = f"{session.folder}/second_one.db"
    session.add_database(other)
    session.psync("pause", database=other)
    session.spawn([desktop.PROGRAM, "--background", "--database", other])
    host.wait_for_icon_named("paused")
    wait_until(lambda: host.status() == "second_one.db: Paused", f"its name, {host.labels()}")


run([test_layout, test_icons_of_any_prefix, test_toggle, test_pause, test_sync, test_syncing, test_offline, test_held_back, test_attention,
     test_refused, test_no_host, test_watcher_without_host, test_host_late_and_restarting, test_helper_killed,
     test_helper_gives_up, test_application_killed, test_quit, test_open, test_two_databases])
