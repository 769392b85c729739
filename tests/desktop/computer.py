# SPDX-License-Identifier: GPL-3.0-or-later
"""The computer around a session: what its system bus says of the network, of power and of sleep."""

import sys
import subprocess

import dbus

from desktop import wait_until

MANAGER = "org.freedesktop.NetworkManager"
LOGIN = "org.freedesktop.login1"
PROFILES = "net.hadess.PowerProfiles"
MOCK = "org.freedesktop.DBus.Mock"


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
        signature="sv"), dbus_interface=MOCK)
    session.env["GIO_USE_NETWORK_MONITOR"] = "networkmanager"
    return manager


def set_metered(manager, metered):
    change(manager, MANAGER, Metered=dbus.UInt32(1 if metered else 2))


def add_power_profiles(session, profile):
    """What tells programs whether the computer saves power."""
    profiles = mock(session, PROFILES, "/net/hadess/PowerProfiles", PROFILES)
    profiles.AddProperties(PROFILES, dbus.Dictionary({"ActiveProfile": profile}, signature="sv"),
                           dbus_interface=MOCK)
    return profiles


def set_profile(profiles, profile):
    change(profiles, PROFILES, ActiveProfile=profile)


def change(thing, interface, **values):
    thing.UpdateProperties(interface, dbus.Dictionary(values, signature="sv"), dbus_interface=MOCK)
