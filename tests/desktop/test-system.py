#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Automatic runs and the computer: its network, its power and its sleep, on a system bus of its own."""

import os
import subprocess
import sys

import dbus

from desktop import PSYNC, Skip, run, serve, wait_until

MANAGER = "org.freedesktop.NetworkManager"
LOGIN = "org.freedesktop.login1"
PROFILES = "net.hadess.PowerProfiles"
PROPERTIES = "org.freedesktop.DBus.Properties"


def mock(session, name, path, interface):
    """An object of the system's that says what a test lets it say."""
    bus = session.system.connect()
    bus.set_exit_on_disconnect(False)
    session.spawn([sys.executable, "-m", "dbusmock", "--system", name, path, interface],
                  stdout=subprocess.DEVNULL)
    wait_until(lambda: session.has_owner(name, bus), name)
    return bus.get_object(name, path, introspect=False)


def add_network_manager(session, metered):
    """What GNetworkMonitor asks NetworkManager for: three properties."""
    manager = mock(session, MANAGER, "/org/freedesktop/NetworkManager", MANAGER)
    manager.AddProperties(MANAGER, dbus.Dictionary({
        "Metered": dbus.UInt32(1 if metered else 2), "State": dbus.UInt32(70),
        "Connectivity": dbus.UInt32(4), "NetworkingEnabled": True, "Version": "1.42.4"},
        signature="sv"), dbus_interface="org.freedesktop.DBus.Mock")
    session.env["GIO_USE_NETWORK_MONITOR"] = "networkmanager"
    return manager


def change(thing, interface, **values):
    thing.UpdateProperties(interface, dbus.Dictionary(values, signature="sv"),
                           dbus_interface="org.freedesktop.DBus.Mock")


def runs(session):
    return session.sql("SELECT coalesce(sum(1 + repeats), 0) FROM psync_history")[0][0]


def watch(session, prefix=()):
    process = session.spawn([*prefix, PSYNC, "--database", session.database, "watch"],
                            stdout=subprocess.DEVNULL)
    return process


def begin(session, wait=True):
    session.add_database()
    watch(session)
    if wait:
        wait_until(lambda: runs(session) == 1, "the run at the start")


def test_metered(session):
    """a metered network holds automatic runs back until it is none, or a setting says otherwise"""
    manager = add_network_manager(session, metered=True)
    begin(session, wait=False)
    serve(2)
    assert runs(session) == 0
    # Who asks for a run gets it.
    session.psync("sync")
    assert runs(session) == 1
    change(manager, MANAGER, Metered=dbus.UInt32(2))
    wait_until(lambda: runs(session) == 2, "a run")
    change(manager, MANAGER, Metered=dbus.UInt32(1))
    session.sql("INSERT INTO projects (id, name) VALUES ('a', 'A')")
    serve(2)
    session.psync("config", "set", "sync-on-metered", "true")
    wait_until(lambda: not session.sql("SELECT * FROM psync_change"), "that the row is sent")


def test_network_back(session):
    """a network that comes back is tried at once"""
    manager = add_network_manager(session, metered=False)
    begin(session)
    change(manager, MANAGER, State=dbus.UInt32(20), Connectivity=dbus.UInt32(1))
    serve(0.5)
    before = runs(session)
    change(manager, MANAGER, State=dbus.UInt32(70), Connectivity=dbus.UInt32(4))
    wait_until(lambda: runs(session) > before, "a run")


def test_power_saver(session):
    """saving power holds automatic runs back"""
    profiles = mock(session, PROFILES, "/net/hadess/PowerProfiles", PROFILES)
    profiles.AddProperties(PROFILES, dbus.Dictionary({"ActiveProfile": "power-saver"}, signature="sv"),
                           dbus_interface="org.freedesktop.DBus.Mock")
    begin(session, wait=False)
    # Until the profile is known the run at the start may have begun.
    serve(2)
    before = runs(session)
    session.sql("INSERT INTO projects (id, name) VALUES ('a', 'A')")
    serve(8)
    assert runs(session) == before
    change(profiles, PROFILES, ActiveProfile="balanced")
    wait_until(lambda: not session.sql("SELECT * FROM psync_change"), "that the row is sent")


def test_resume(session):
    """after sleep there is a run"""
    login = mock(session, LOGIN, "/org/freedesktop/login1", f"{LOGIN}.Manager")
    begin(session)

    def sleep(begins):
        login.EmitSignal(f"{LOGIN}.Manager", "PrepareForSleep", "b",
                         dbus.Array([begins], signature="v"),
                         dbus_interface="org.freedesktop.DBus.Mock")

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


run([test_metered, test_network_back, test_power_saver, test_resume, test_no_system_bus, test_offline],
    display=False)
