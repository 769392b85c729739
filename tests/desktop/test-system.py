#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Automatic runs and the computer: its network, its power and its sleep, on a system bus of its own."""

import os
import signal
import subprocess

import dbus

from computer import (LOGIN, MANAGER, MOCK, add_network_manager, add_power_profiles, change, mock,
                      set_metered, set_profile)
from desktop import PSYNC, Skip, run, serve, wait_until

METERED = "Waiting for a network that is not metered"
SAVING = "Waiting for the end of power saving"


def runs(session):
    return session.sql("SELECT coalesce(sum(1 + repeats), 0) FROM psync_history")[0][0]


def waiting(session):
    return session.sql("SELECT count(*) FROM psync_change")[0][0]


def is_settled(session):
    """Nothing waits, and no run goes on that would take with it what is changed next."""
    going_on = "SELECT count(*) FROM psync_history WHERE finished_at IS NULL"
    return not waiting(session) and session.sql(going_on) == [(0,)]


def add_row(session, name):
    session.sql(f"INSERT INTO projects (id, name) VALUES ('{name}', '')")


def watch(session, prefix=()):
    """psync watch; what it says is in session.said."""
    session.said = f"{session.folder}/said"
    with open(session.said, "wb") as file:
        return session.spawn([*prefix, PSYNC, "--database", session.database, "watch"], stdout=file)


def has_said(session):
    with open(session.said, encoding="utf-8") as file:
        return file.read()


def begin(session, wait=True):
    session.add_database()
    watch(session)
    if wait:
        wait_until(lambda: runs(session) == 1, "the run at the start")


def hold_back(session, hold, release, words, setting):
    """From the start on, whatever changes, until the reason is gone or a setting says that it is none."""
    begin(session, wait=False)
    wait_until(lambda: words in has_said(session), "what it waits for, in words")
    add_row(session, "a")
    # Longer than after a change, and than the patience for what the system says.
    serve(8)
    assert runs(session) == 0, has_said(session)
    # Who asks for a run gets it, also during a pause, which goes on.
    session.psync("pause")
    session.psync("sync")
    assert (runs(session), waiting(session)) == (1, 0)
    assert '"paused":true' in session.psync("status", "--json").replace(" ", "")
    add_row(session, "b")
    # What the start owes is due at once when nothing keeps it back any more.
    release()
    serve(2)
    assert (runs(session), waiting(session)) == (1, 1), "it ran during a pause"
    hold()
    session.psync("resume")
    serve(2)
    assert (runs(session), waiting(session)) == (1, 1), "it ran while held back"
    release()
    wait_until(lambda: is_settled(session), "that the row is sent")
    before = has_said(session).count(words)
    hold()
    wait_until(lambda: has_said(session).count(words) > before, "the words again")
    add_row(session, "c")
    serve(2)
    assert waiting(session) == 1
    session.psync("config", "set", setting, "true")
    wait_until(lambda: not waiting(session), "that the last row is sent")


def test_metered(session):
    """a metered network holds automatic runs back, in words, until it is none, or a setting says otherwise"""
    manager = add_network_manager(session, metered=True)
    hold_back(session, lambda: set_metered(manager, True), lambda: set_metered(manager, False), METERED,
              "sync-on-metered")


def test_power_saver(session):
    """saving power holds automatic runs back, in words, until that ends, or a setting says otherwise"""
    profiles = add_power_profiles(session, "power-saver")
    hold_back(session, lambda: set_profile(profiles, "power-saver"),
              lambda: set_profile(profiles, "balanced"), SAVING, "sync-in-power-saver")


def test_power_service_gone(session):
    """a power service that ends holds nothing back any more"""
    add_power_profiles(session, "power-saver")
    begin(session, wait=False)
    wait_until(lambda: SAVING in has_said(session), "what it waits for")
    assert runs(session) == 0
    session.processes[-2].terminate()
    wait_until(lambda: runs(session) == 1, "the run at the start")


def test_power_service_slow(session):
    """a power service that does not answer is not waited for without end"""
    add_power_profiles(session, "power-saver")
    service = session.processes[-1]
    service.send_signal(signal.SIGSTOP)
    begin(session, wait=False)
    serve(2)
    assert runs(session) == 0
    wait_until(lambda: runs(session) == 1, "the run at the start")
    service.send_signal(signal.SIGCONT)
    wait_until(lambda: SAVING in has_said(session), "that it is heard, late as it is")


def test_network_back(session):
    """a network that comes back is tried at once"""
    manager = add_network_manager(session, metered=False)
    begin(session)
    change(manager, MANAGER, State=dbus.UInt32(20), Connectivity=dbus.UInt32(1))
    serve(0.5)
    before = runs(session)
    change(manager, MANAGER, State=dbus.UInt32(70), Connectivity=dbus.UInt32(4))
    wait_until(lambda: runs(session) > before, "a run")


def test_resume(session):
    """after sleep there is a run"""
    login = mock(session, LOGIN, "/org/freedesktop/login1", f"{LOGIN}.Manager")
    begin(session)

    def sleep(begins):
        login.EmitSignal(f"{LOGIN}.Manager", "PrepareForSleep", "b",
                         dbus.Array([begins], signature="v"),
                         dbus_interface=MOCK)

    sleep(True)
    serve(3)
    assert runs(session) == 1
    sleep(False)
    wait_until(lambda: runs(session) == 2, "a run")


def test_no_system_bus(session):
    """without a system bus all that works by itself goes on"""
    session.env["DBUS_SYSTEM_BUS_ADDRESS"] = "unix:path=/nonexistent"
    begin(session)
    session.sql("INSERT INTO projects (id, name) VALUES ('a', 'A')")
    wait_until(lambda: not session.sql("SELECT * FROM psync_change"), "that the row is sent")


def test_offline(session):
    """without any network it goes on trying, and a route that appears is tried at once"""
    probe = subprocess.run(["unshare", "--net", "ip", "link", "set", "lo", "up"], capture_output=True,
                           check=False)
    if probe.returncode != 0 or os.geteuid() != 0:
        raise Skip("network namespaces are forbidden here")
    session.env["GIO_USE_NETWORK_MONITOR"] = "netlink"
    session.add_database()
    process = watch(session, ["unshare", "--net"])
    # A vault needs no network: that the system says there is none keeps nothing away.
    wait_until(lambda: runs(session) == 1, "the run at the start")

    def inside(*command):
        subprocess.run(["nsenter", f"--net=/proc/{process.pid}/ns/net", "ip", *command], check=True,
                       capture_output=True)

    try:
        inside("link", "add", "one", "type", "veth", "peer", "name", "two")
        inside("address", "add", "192.0.2.1/24", "dev", "one")
        inside("link", "set", "one", "up")
        inside("link", "set", "two", "up")
        before = runs(session)
        inside("route", "add", "default", "via", "192.0.2.2")
    except subprocess.CalledProcessError as error:
        raise Skip(f"no network can be made here: {error}") from error
    wait_until(lambda: runs(session) > before, "a run")


run([test_metered, test_network_back, test_power_saver, test_power_service_gone, test_power_service_slow,
     test_resume, test_no_system_bus, test_offline], display=False)
