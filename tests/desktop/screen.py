# SPDX-License-Identifier: GPL-3.0-or-later
"""What a person with assistive technology meets: the nodes of the windows on a desktop, and what can be
done with them. A process looks at one desktop only, since libatspi keeps its connection."""

import os
import re
import subprocess
import time

import gi

gi.require_version("Atspi", "2.0")
from gi.repository import Atspi, GLib  # noqa: E402  pylint: disable=wrong-import-position

from desktop import PATIENCE, PROGRAM, wait_until  # noqa: E402  pylint: disable=wrong-import-position

# A list shows some two hundred rows of however many; nothing here needs more.
MOST_CHILDREN = 60
# There is nothing to find in these.
LEAVES = {"image", "label", "page tab", "scroll bar", "separator"}
# What a person acts on, or is told about: it must say what it is.
SPEAKING = {"alert", "check box", "combo box", "dialog", "entry", "frame", "label", "link", "list",
            "list item", "menu item", "page tab", "password text", "progress bar", "push button",
            "radio button", "slider", "spin button", "table", "text", "toggle button"}
# What a click did not do by then it does not do.
CLICK_PATIENCE = PATIENCE / 4
# The toolkit's name for what has none is that of its type.
TYPE_NAME = re.compile(r"(Gtk|Adw|Sync)[A-Z][A-Za-z]+$")


class Node:
    """A node as it was when it was looked at."""

    def __init__(self, accessible, parent=None):
        self.accessible = accessible
        self.parent = parent
        self.role = accessible.get_role_name()
        self.name = accessible.get_name() or ""
        self.states = accessible.get_state_set()

    def __repr__(self):
        return f"{self.role} “{self.name}”"

    def has(self, state):
        return self.states.contains(getattr(Atspi.StateType, state))

    def is_called(self, name):
        """A name may be a label and what labels it, one after the other, each with its mnemonic."""
        plain = self.name.replace("_", "")
        return plain == name or plain.startswith(f"{name} ") or plain.endswith(f" {name}")

    def lacks_name(self):
        """Whether nobody would know what it is. Labels say what they show, which may be nothing yet; the
        toolkit's buttons with a menu are two, one in the other, of which the inner one is pressed."""
        if self.role not in SPEAKING or self.role == "label":
            return False
        if self.role == "push button" and not self.has("FOCUSABLE"):
            return False
        return self.name == "" or TYPE_NAME.match(self.name) is not None

    def children(self):
        count = min(self.accessible.get_child_count(), MOST_CHILDREN)
        found = (self.accessible.get_child_at_index(i) for i in range(count))
        return [Node(child, self) for child in found if child is not None]

    def walk(self):
        """It and all below it that is shown."""
        yield self
        if self.role in LEAVES or (self.role == "combo box" and not self.has("EXPANDED")):
            return
        for child in self.children():
            if child.has("VISIBLE") or child.role in ("frame", "dialog"):
                yield from child.walk()

    def window(self):
        node = self
        while node.parent is not None and node.parent.role != "application":
            node = node.parent
        return node

    def path(self):
        """What it is in, as far as that says anything."""
        names, node = [], self.parent
        while node is not None and node.role != "application":
            if node.name and not TYPE_NAME.match(node.name):
                names.append(str(node))
            node = node.parent
        return ", ".join(names)

    def text(self):
        """What an entry says."""
        text = self.accessible.get_text_iface()
        if text is None:
            return ""
        count = text.get_character_count()
        return text.get_text(0, count) if count else ""

    def actions(self):
        action = self.accessible.get_action_iface()
        if action is None:
            return []
        return [action.get_action_name(i) for i in range(action.get_n_actions())]

    def do(self, name):
        return self.accessible.get_action_iface().do_action(self.actions().index(name))


class Screen:
    """The windows of the application on a desktop."""

    def __init__(self, desktop):
        self.desktop = desktop
        self.nameless = set()
        desktop.env["GTK_A11Y"] = "atspi"
        desktop.add_service("org.a11y.Bus.service", "/usr/share/dbus-1/services/org.a11y.Bus.service")
        for name in ("AT_SPI_BUS_ADDRESS", "DISPLAY", "WAYLAND_DISPLAY"):
            os.environ.pop(name, None)
        os.environ["DBUS_SESSION_BUS_ADDRESS"] = desktop.session.address
        Atspi.init()
        # What libatspi does not find at first is no fault; G_DEBUG is about the program under test.
        GLib.log_set_always_fatal(GLib.LogLevelFlags.LEVEL_ERROR)
        # Its own 800 ms are soon over on a busy machine, and then nobody knows whether a thing was done.
        Atspi.set_timeout(1000 * PATIENCE, 1000 * PATIENCE)
        # Nothing moves while it is looked at.
        folder = f"{desktop.env['XDG_CONFIG_HOME']}/gtk-4.0"
        os.makedirs(folder)
        with open(f"{folder}/settings.ini", "w", encoding="utf-8") as file:
            file.write("[Settings]\ngtk-enable-animations=false\n")

    def start(self, *arguments):
        """The application, once it has a window. What it finds critical is looked at in the end."""
        env = {name: value for name, value in self.desktop.env.items() if name != "G_DEBUG"}
        with open(self.desktop.log, "a", encoding="utf-8") as log:
            process = self.desktop.spawn([PROGRAM, *arguments], env=env, stderr=log)
        self.wait(lambda: self.find("frame", "Progressive Sync") or process.poll() is not None,
                   "the application shows its window")
        assert process.poll() is None, f"the application ended with {process.poll()}"
        return process

    def wait(self, condition, what):
        """Until something is so. Else all that is shown is printed, for whoever looks into it."""
        try:
            return wait_until(condition, what, 100, 4 * PATIENCE)
        except AssertionError:
            self.dump()
            raise

    # --- Looking --------------------------------------------------------------------------------

    @staticmethod
    def root():
        """The application, if it is there."""
        top = Atspi.get_desktop(0)
        for i in range(top.get_child_count() if top is not None else 0):
            child = top.get_child_at_index(i)
            if child is not None and child.get_name() == "progressive-sync":
                child.clear_cache()
                return Node(child)
        return None

    def look(self):
        """All nodes that are shown; nothing, if some of them go away meanwhile."""
        try:
            root = self.root()
            nodes = list(root.walk()) if root is not None else []
        except GLib.Error:
            return []
        self.nameless.update(f"{node} in {node.path()}" for node in nodes if node.lacks_name())
        return nodes

    def find(self, role, name, action=None):
        """The first node of that role and name, with which that can be done."""
        try:
            for node in self.look():
                if (node.role == role and node.is_called(name)
                        and (not action or action in node.actions())):
                    return node
        except GLib.Error:
            pass  # it went away
        return None

    def wait_for(self, role, name):
        return self.wait(lambda: self.find(role, name), f"a {role} “{name}”")

    def wait_for_none(self, role, name):
        self.wait(lambda: self.look() and not self.find(role, name), f"no {role} “{name}”")

    def wait_for_text(self, part):
        """A label that says so, among other things."""
        return self.wait(lambda: next((node for node in self.look()
                                        if node.role == "label" and part in node.name), None),
                          f"a label with “{part}”")

    def has_state(self, role, name, state, wanted=True):
        node = self.find(role, name)
        return node is not None and node.has(state) == wanted

    def wait_for_state(self, role, name, state, wanted=True):
        self.wait(lambda: self.has_state(role, name, state, wanted), f"a {role} “{name}” that is {'' if wanted else 'not '}{state}")

    # --- Doing ----------------------------------------------------------------------------------

    def try_to_act(self, role, name, action):
        node = self.find(role, name, action)
        if node is None or not node.has("SENSITIVE"):
            return False
        try:
            return node.do(action)
        except GLib.Error:
            return False

    def act(self, role, name, action="click"):
        """Does something with a node as soon as that can be done."""
        self.wait(lambda: self.try_to_act(role, name, action), f"{action} a {role} “{name}”")

    def press(self, name):
        self.act("push button", name)

    def choose(self, button, item):
        """From the menu of a button, which is opened again where something closed it: a window that goes at
        that moment takes the menu along."""
        opened = None

        def try_to_choose():
            nonlocal opened
            if self.try_to_act("menu item", item, "click"):
                return True
            if ((opened is None or time.monotonic() > opened + CLICK_PATIENCE)
                    and self.try_to_act("push button", button, "click")):
                opened = time.monotonic()
            return False

        self.wait(try_to_choose, f"“{item}” from the menu “{button}”")

    def close(self, name):
        self.act("frame", name, "window.close")
        self.wait_for_none("frame", name)

    def open_page(self, name):
        self.act("page tab", name)
        self.wait_for_state("page tab", name, "SELECTED")

    def type(self, role, name, text):
        def try_to_type():
            node = self.find(role, name)
            try:
                field = node.accessible.get_editable_text_iface()
                return (field is not None and field.set_text_contents(text)
                        and self.find(role, name).text() == text)
            except (GLib.Error, AttributeError):
                return False
        self.wait(try_to_type, f"“{text}” in a {role} “{name}”")

    def xdotool(self, *arguments):
        return subprocess.run(["xdotool", *arguments], env=self.desktop.env, capture_output=True,
                              text=True, check=True, timeout=4 * PATIENCE).stdout

    def find_x_window(self, node):
        """The X window in which a node is drawn, and where it is: (number, x, y, width, height)."""
        title = f"^{re.escape(node.window().name)}$"
        places = []
        for number in self.xdotool("search", "--sync", "--onlyvisible", "--name", title).split():
            lines = self.xdotool("getwindowgeometry", "--shell", number).split()
            values = dict(line.split("=") for line in lines)
            places.append((number, *(int(values[name]) for name in ("X", "Y", "WIDTH", "HEIGHT"))))
        # Tooltips and menus have the same title.
        return max(places, key=lambda place: place[3] * place[4])

    def place_of(self, role, name):
        """Where a node is, on the screen: (X window, x, y), or nothing while there is none."""
        node = self.find(role, name)
        try:
            place = node.accessible.get_extents(Atspi.CoordType.WINDOW)
            frame = node.window().accessible.get_extents(Atspi.CoordType.WINDOW)
            number, x, y, width, height = self.find_x_window(node)
        except (AttributeError, GLib.Error, subprocess.CalledProcessError):
            return None
        if place.height <= 0:
            return None
        return (number, x + (width - frame.width) // 2 + place.x + place.width // 3,
                y + (height - frame.height) // 2 + place.y + place.height // 2)

    def click(self, role, name, until):
        """With the mouse, once it stands still: rows and check buttons have no action of their own. What
        comes of it is waited for; where nothing does, because things moved under the pointer or a window had
        just appeared, another click follows, but not before the first had all the time that it may need."""
        place, clicked = None, None

        def try_to_click():
            nonlocal place, clicked
            if until():
                return True
            if clicked is not None and time.monotonic() < clicked + CLICK_PATIENCE:
                return False
            before, place = place, self.place_of(role, name)
            if place is None or place != before:
                return False
            number, x, y = place
            try:
                self.xdotool("windowfocus", "--sync", number, "mousemove", str(x), str(y), "click", "1")
            except subprocess.CalledProcessError:
                return False  # the window is not there any more
            clicked = time.monotonic()
            return False

        self.wait(try_to_click, f"click on a {role} “{name}”")

    def click_row(self, name, role, opens):
        """What it opens has a node of that role, with that in its name."""
        self.click("list item", name,
                   lambda: any(node.role == role and opens in node.name for node in self.look()))

    def click_check(self, name, checks=None):
        """What is checked by it may be something else."""
        self.click("check box", name, lambda: self.has_state("check box", checks or name, "CHECKED"))

    def click_entry(self, name):
        """Until what is typed on the keyboard appears in it, which must be empty."""
        def hears_keys():
            node = self.find("text", name)
            try:
                if node is not None and node.text():
                    return True
            except GLib.Error:
                return False
            self.xdotool("key", "x")
            return False
        self.click("text", name, hears_keys)

    def dump(self):
        for node in self.look():
            if node.role not in ("panel", "filler"):
                print(f"# {node.window().name}: {node} {node.text()!r}")
