#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tray on a real panel: xfce4-panel, its icon and its menu clicked with a mouse."""

import os
import re
import subprocess
import time

from desktop import PATIENCE, Skip, run, wait_until

CONFIGURATION = "org.xfce.Xfconf.service"
WATCHER = "org.kde.StatusNotifierWatcher"
HEIGHT = 32
PANEL = """<?xml version="1.0" encoding="UTF-8"?>
<channel name="xfce4-panel" version="1.0">
  <property name="configver" type="int" value="2"/>
  <property name="panels" type="array">
    <value type="int" value="1"/>
    <property name="panel-1" type="empty">
      <property name="position" type="string" value="p=6;x=0;y=0"/>
      <property name="length" type="uint" value="100"/>
      <property name="size" type="uint" value="{height}"/>
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
# The menu's entries, each as high as the others; what is between them is next to nothing.
ENTRIES = ["status", "open", "sync-now", "auto-sync", "pause", "conflicts", "preferences", "quit"]
# A menu that did not open by then does not open; another click would close one that did.
CLICK_PATIENCE = PATIENCE / 4


class Panel:
    """The panel and a hand on a mouse."""

    def __init__(self, session):
        self.session = session
        service = f"/usr/share/dbus-1/services/{CONFIGURATION}"
        if not os.path.exists(service):
            raise Skip("there is no xfconf")
        folder = f"{session.env['XDG_CONFIG_HOME']}/xfce4/xfconf/xfce-perchannel-xml"
        os.makedirs(folder)
        with open(f"{folder}/xfce4-panel.xml", "w", encoding="utf-8") as file:
            file.write(PANEL.format(height=HEIGHT))
        session.add_service(CONFIGURATION, service)
        self.env = {k: v for k, v in session.env.items()
                    if not k.startswith(("G_DEBUG", "GSK_", "GTK_A11Y"))}
        self.spawn("xfwm4", "--compositor=off")
        self.process = None
        self.start()

    def spawn(self, *command):
        return self.session.spawn(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                  env=self.env)

    def start(self):
        self.process = self.spawn("xfce4-panel", "--disable-wm-check")
        wait_until(lambda: self.session.has_owner(WATCHER), "the panel's tray")

    def crash(self):
        self.process.kill()
        wait_until(lambda: not self.session.has_owner(WATCHER), "the panel is gone")

    def has_icon(self):
        """Whether the panel's tray knows of one."""
        watcher = self.session.bus.get_object(WATCHER, "/StatusNotifierWatcher", introspect=False)
        return watcher.Get(WATCHER, "RegisteredStatusNotifierItems",
                           dbus_interface="org.freedesktop.DBus.Properties")

    def visible(self):
        """(x, y, width, height) of what the tray shows: itself, in the panel, and its menus."""
        found = subprocess.run(["xdotool", "search", "--onlyvisible", "--class", "wrapper-2.0",
                                "getwindowgeometry", "--shell", "%@"], env=self.env,
                               capture_output=True, text=True, check=False).stdout
        pattern = r"^X=(\d+)\nY=(\d+)\nWIDTH=(\d+)\nHEIGHT=(\d+)$"
        return [tuple(map(int, numbers)) for numbers in re.findall(pattern, found, re.MULTILINE)]

    def menu(self):
        return next((place for place in self.visible() if place[3] > HEIGHT + 1), None)

    def point_at_icon(self):
        """While it has none, the tray is as good as not there."""
        place = next((place for place in self.visible() if HEIGHT // 2 < place[3] <= HEIGHT + 1
                      and place[2] > HEIGHT // 2), None)
        return place and (place[0] + place[2] // 2, place[1] + place[3] // 2)

    def click(self, x, y):
        subprocess.run(["xdotool", "mousemove", "--sync", str(x), str(y), "click", "1"], env=self.env,
                       check=True)

    def open_menu(self):
        """The panel may make room before it shows the icon there: a click on nothing does nothing."""
        while True:
            self.click(*wait_until(self.point_at_icon, "room for the icon"))
            end = time.monotonic() + CLICK_PATIENCE
            menu = wait_until(lambda: self.menu() or time.monotonic() > end, "the menu")
            if menu is not True:
                return menu

    def choose(self, entry):
        x, y, width, height = self.open_menu()
        self.click(x + width // 2, y + height * (2 * ENTRIES.index(entry) + 1) // (2 * len(ENTRIES)))
        wait_until(lambda: not self.menu(), "the menu closes")


def test_panel(session):
    """a click on the icon opens the menu, and a click in it is done, also when the panel began anew"""
    panel = Panel(session)
    session.add_database()
    session.start("--background", "--database", session.database)
    wait_until(panel.has_icon, "the icon in the tray")
    wait_until(lambda: session.get("State") == "idle", "the application is ready")
    panel.choose("auto-sync")
    wait_until(lambda: session.action_state("auto-sync"), "automatic sync is on")
    panel.crash()
    panel.start()
    wait_until(panel.has_icon, "the icon in the new tray")
    panel.choose("open")
    wait_until(lambda: session.window_count() == 1, "the window")


run([test_panel])
