#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tray on a real panel: xfce4-panel, its menu clicked with a mouse."""

import os
import re
import subprocess

import desktop
from desktop import Skip, run, wait_until

PANEL = """<?xml version="1.0" encoding="UTF-8"?>
<channel name="xfce4-panel" version="1.0">
  <property name="configver" type="int" value="2"/>
  <property name="panels" type="array">
    <value type="int" value="1"/>
    <property name="panel-1" type="empty">
      <property name="position" type="string" value="p=6;x=0;y=0"/>
      <property name="length" type="uint" value="100"/>
      <property name="size" type="uint" value="32"/>
      <property name="plugin-ids" type="array">
        <value type="int" value="1"/>
        <value type="int" value="2"/>
      </property>
    </property>
  </property>
  <property name="plugins" type="empty">
    <property name="plugin-1" type="string" value="separator">
      <property name="expand" type="bool" value="true"/>
    </property>
    <property name="plugin-2" type="string" value="systray"/>
  </property>
</channel>
"""


def find_icon(session):
    """Where the panel's tray is, once there is something in it: (x, y)."""
    tree = subprocess.run(["xwininfo", "-root", "-tree"], env=session.env, capture_output=True, text=True,
                          check=True).stdout
    for line in tree.splitlines():
        found = re.search(r'"wrapper-2\.0".*?(\d+)x(\d+)\+\d+\+\d+ +\+(\d+)\+(\d+)', line)
        if found and int(found[1]) > 10 and int(found[2]) > 10:
            width, height, x, y = map(int, found.groups())
            return x + width // 2, y + height // 2
    return None


def icons(session):
    """What the panel's tray knows of."""
    watcher = session.bus.get_object("org.kde.StatusNotifierWatcher", "/StatusNotifierWatcher",
                                     introspect=False)
    return watcher.Get("org.kde.StatusNotifierWatcher", "RegisteredStatusNotifierItems",
                       dbus_interface="org.freedesktop.DBus.Properties")


def click(session, x, y, button):
    subprocess.run(["xdotool", "mousemove", str(x), str(y), "click", str(button)], env=session.env,
                   check=True)


def test_panel(session):
    """a click on the icon opens the menu, and a click in it is done"""
    folder = f"{session.env['XDG_CONFIG_HOME']}/xfce4/xfconf/xfce-perchannel-xml"
    os.makedirs(folder)
    with open(f"{folder}/xfce4-panel.xml", "w", encoding="utf-8") as file:
        file.write(PANEL)
    for service in ("org.xfce.Xfconf.service",):
        source = f"/usr/share/dbus-1/services/{service}"
        if not os.path.exists(source):
            raise Skip("there is no xfconf")
        os.symlink(source, f"{session.session.services}/{service}")
    session.bus.get_object("org.freedesktop.DBus", "/org/freedesktop/DBus").ReloadConfig(
        dbus_interface="org.freedesktop.DBus")
    subprocess.run(["dbus-update-activation-environment", *[f"{k}={v}" for k, v in session.env.items() if k.startswith(("XDG_", "DISPLAY", "HOME"))]],
                   env=session.env, check=False, capture_output=True)
    environment = {k: v for k, v in session.env.items() if not k.startswith(("GSK_", "GTK_A11Y"))}
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "env": environment}
    session.spawn(["xfwm4", "--compositor=off"], **quiet)
    session.spawn(["xfce4-panel", "--disable-wm-check"], **quiet)
    wait_until(lambda: session.has_owner("org.kde.StatusNotifierWatcher"), "the panel's tray")
    session.add_database()
    session.start("--background", "--database", session.database)
    wait_until(lambda: icons(session), "the icon in the tray")
    wait_until(lambda: session.get("State") == "idle", "the application is ready")

    def opened():
        """The panel may still be about to make room. Open is the first entry that can be chosen."""
        place = find_icon(session)
        if place is None:
            return False
        click(session, *place, 3)
        desktop.serve(0.7)
        subprocess.run(["xdotool", "key", "Down", "key", "Return"], env=session.env, check=True)
        desktop.serve(0.7)
        if session.window_count() == 1:
            return True
        subprocess.run(["xdotool", "key", "Escape"], env=session.env, check=True)
        return False

    wait_until(opened, "the window, opened by the menu")


run([test_panel])
