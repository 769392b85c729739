# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tests of life on a desktop have in common: a bus and a display of their own, the programs as
they were built, and the parts of a desktop that they meet. A test is a function whose docstring is the
promise that it holds."""

import fcntl
import hashlib
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
import traceback
from urllib.parse import quote

import dbus
import dbus.mainloop.glib
import dbus.service
from gi.repository import GLib

APP = "io.github.progressive_sync.ProgressiveSync"
PATH = "/io/github/progressive_sync/ProgressiveSync"
BUILD = os.environ["PSYNC_TEST_BUILD_ROOT"]
SOURCE = os.environ["PSYNC_TEST_SOURCE_ROOT"]
PSYNC = f"{BUILD}/src/cli/psync"
PROGRAM = f"{BUILD}/src/app/progressive-sync"
TRAY = f"{BUILD}/src/tray/progressive-sync-tray"
# Nothing waits so long unless it is broken; with sanitizers and on a busy machine all is slower.
PATIENCE = 60

dbus.mainloop.glib.DBusGMainLoop(set_as_default=True)
context = GLib.MainContext.default()


class Skip(Exception):
    """Why a test cannot run here."""


def wait_until(condition, what, pause=20, patience=PATIENCE):
    """Serves the bus until something is so, which is looked at after each pause (ms)."""
    end = time.monotonic() + patience
    tick = GLib.timeout_add(pause, lambda: True)
    try:
        while True:
            result = condition()
            if result:
                return result
            if time.monotonic() > end:
                raise AssertionError(f"waited in vain: {what}")
            context.iteration(True)
    finally:
        GLib.source_remove(tick)


def serve(seconds):
    """Serves the bus for a while, to see that something does not happen."""
    end = time.monotonic() + seconds
    tick = GLib.timeout_add(20, lambda: True)
    while time.monotonic() < end:
        context.iteration(True)
    GLib.source_remove(tick)


def read_memory(pid):
    """What a process takes, in MiB: its part of what it shares, and what is its alone."""
    with open(f"/proc/{pid}/smaps_rollup", encoding="utf-8") as file:
        sizes = [line.split() for line in file if line.endswith(" kB\n")]
    pss = sum(int(size[1]) for size in sizes if size[0] == "Pss:")
    private = sum(int(size[1]) for size in sizes if size[0].startswith("Private_"))
    return pss / 1024, private / 1024


def read_wakeups(pid):
    """How often each thread went to sleep so far, and was woken up again."""
    found = {}
    for task in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{task}/status", encoding="utf-8") as file:
            found[task] = next(int(line.split()[1]) for line in file
                               if line.startswith("voluntary_ctxt_switches:"))
    return found


def count_wakeups(pid, seconds):
    """How often it was woken up while nobody asked it for anything."""
    before = read_wakeups(pid)
    serve(seconds)
    return sum(count - before.get(task, 0) for task, count in read_wakeups(pid).items())


SESSION = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>{kind}</type>
  <listen>unix:tmpdir={folder}</listen>
  <servicedir>{services}</servicedir>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
    <allow user="*"/>
  </policy>
</busconfig>
"""


class Bus:
    """A message bus with nothing on it but what a test puts there."""

    def __init__(self, folder, kind, env):
        self.services = f"{folder}/{kind}-services"
        os.makedirs(self.services)
        config = f"{folder}/{kind}.conf"
        with open(config, "w", encoding="utf-8") as file:
            file.write(SESSION.format(kind=kind, folder=quote(folder), services=self.services))
        self.process = subprocess.Popen(["dbus-daemon", f"--config-file={config}", "--nofork",
                                         "--print-address"], stdout=subprocess.PIPE, text=True,
                                        stderr=subprocess.DEVNULL, env=env)
        self.address = self.process.stdout.readline().strip()

    def connect(self):
        return dbus.bus.BusConnection(self.address)

    def end(self):
        self.process.terminate()
        self.process.wait()
        self.process.stdout.close()


class Desktop:
    """A user's session: folders, buses and a display."""

    def __init__(self, display=True):
        self.folder = tempfile.mkdtemp(prefix="psync-desktop-")
        self.processes = []
        self.hosts = []
        self.keys = {}
        self.env = {k: v for k, v in os.environ.items()
                    if not k.startswith(("SYNC_", "SUPABASE_", "DBUS_", "WAYLAND_"))}
        for name in ("CACHE_HOME", "CONFIG_HOME", "DATA_HOME", "STATE_HOME", "RUNTIME_DIR"):
            path = f"{self.folder}/{name}"
            os.makedirs(path, mode=0o700)
            self.env[f"XDG_{name}"] = path
        os.makedirs(f"{self.env['XDG_CONFIG_HOME']}/glib-2.0/settings")
        self.env.update(HOME=self.folder, GDK_BACKEND="x11", GSK_RENDERER="cairo",
                        GDK_DEBUG="gl-disable", GTK_A11Y="none", GSETTINGS_BACKEND="keyfile",
                        GSETTINGS_SCHEMA_DIR=f"{BUILD}/data", PROGRESSIVE_SYNC_TRAY=TRAY,
                        PROGRESSIVE_SYNC_ICONS=f"{SOURCE}/data/icons", NO_AT_BRIDGE="1")
        # Toolkits keep what they have until the end.
        self.env["ASAN_OPTIONS"] = self.env.get("ASAN_OPTIONS", "") + ":detect_leaks=0"
        self.env.pop("DISPLAY", None)
        if display:
            self.start_display()
        self.session = Bus(self.folder, "session", self.env)
        self.system = Bus(self.folder, "system", self.env)
        self.env.update(DBUS_SESSION_BUS_ADDRESS=self.session.address,
                        DBUS_SYSTEM_BUS_ADDRESS=self.system.address)
        self.bus = self.session.connect()
        self.bus.set_exit_on_disconnect(False)
        self.database = f"{self.folder}/laptop.db"
        self.log = f"{self.folder}/application.log"

    def read_log(self):
        if not os.path.exists(self.log):
            return ""
        with open(self.log, encoding="utf-8", errors="replace") as log:
            return log.read()

    def check_log(self):
        """Nothing was critical."""
        critical = [line for line in self.read_log().splitlines() if "-CRITICAL **" in line]
        assert not critical, critical

    def start_display(self):
        # A number that it finds itself may be that of a screen that is just ending, and removes its socket.
        number = f":{1000 + os.getpid() % 50000}"
        reader, writer = os.pipe()
        # It would begin anew where the first to come is the last to go, and who comes then is thrown out.
        self.spawn(["Xvfb", number, "-displayfd", str(writer), "-screen", "0", "1000x800x24", "-nolisten",
                    "tcp", "-noreset"], pass_fds=[writer], stderr=subprocess.DEVNULL)
        os.close(writer)
        with os.fdopen(reader) as file:
            self.env["DISPLAY"] = f":{file.readline().strip()}"

    def spawn(self, arguments, **options):
        options.setdefault("env", self.env)
        process = subprocess.Popen(arguments, **options)
        self.processes.append(process)
        return process

    def add_service(self, name, source):
        """What the session's bus can start from now on; source is a file, or what is in it."""
        path = f"{self.session.services}/{name}"
        if source.startswith("/"):
            os.symlink(source, path)
        else:
            with open(path, "w", encoding="utf-8") as file:
                file.write(source)
        self.bus.get_object("org.freedesktop.DBus", "/org/freedesktop/DBus").ReloadConfig(
            dbus_interface="org.freedesktop.DBus")

    def psync(self, *arguments, database=None, status=0, said=""):
        done = subprocess.run([PSYNC, "--database", database or self.database, *arguments],
                              env={**self.env, "DBUS_SESSION_BUS_ADDRESS": ""}, input=said,
                              capture_output=True, text=True, check=False)
        assert done.returncode == status, f"psync {arguments}: {done.returncode} {done.stderr}"
        return done.stdout

    def sql(self, text, database=None):
        connection = sqlite3.connect(database or self.database, timeout=20)
        with connection:
            rows = connection.execute(text).fetchall()
        connection.close()
        return rows

    def add_database(self, database=None):
        self.psync("init", database=database)
        self.psync("connect", "vault", f"{self.folder}/vault.db", database=database)

    def set(self, key, value):
        """Sets a key of the application's."""
        folder = f"{self.env['XDG_CONFIG_HOME']}/glib-2.0/settings"
        self.keys[key] = value
        with open(f"{folder}/new", "w", encoding="utf-8") as file:
            file.write("[io/github/progressive_sync/ProgressiveSync]\n")
            file.writelines(f"{key}={value}\n" for key, value in self.keys.items())
        os.rename(file.name, f"{folder}/keyfile")

    def hold_run(self):
        """Holds the lock that a run needs, as another program would, until it is closed."""
        digest = hashlib.sha256(os.path.realpath(self.database).encode()).hexdigest()
        folder = f"{self.env['XDG_STATE_HOME']}/progressive-sync/locks"
        file = open(f"{folder}/{digest[:32]}.run.lock", "rb+")
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return file

    # --- The application ------------------------------------------------------------------------

    def start(self, *arguments):
        """The application, once its database is on the bus."""
        process = self.spawn([PROGRAM, *arguments])
        wait_until(lambda: self.databases() or process.poll() is not None,
                   "the application opens its database")
        assert process.poll() is None, f"the application ended with {process.poll()}"
        return process

    def has_owner(self, name, bus=None):
        return (bus or self.bus).name_has_owner(name)

    def databases(self):
        if not self.has_owner(APP):
            return []
        try:
            text = self.bus.get_object(APP, PATH, introspect=False).Introspect(
                dbus_interface="org.freedesktop.DBus.Introspectable")
            if "databases" not in text:
                return []
            text = self.bus.get_object(APP, f"{PATH}/databases", introspect=False).Introspect(
                dbus_interface="org.freedesktop.DBus.Introspectable")
        except dbus.DBusException:
            return []
        return [part.split('"')[1] for part in text.split("<node name=")[1:]]

    def sync(self, **options):
        """Asks the application for a run, after one that goes on perhaps, and does not wait for it."""
        options.setdefault("wait", dbus.UInt32(PATIENCE))
        self.database_object().Sync(dbus.Dictionary(options, signature="sv"),
                                    dbus_interface="io.github.progressive_sync.Sync1",
                                    reply_handler=lambda _: None, error_handler=lambda _: None,
                                    timeout=PATIENCE)

    def database_object(self):
        return self.bus.get_object(APP, f"{PATH}/databases/{self.databases()[0]}", introspect=False)

    def get(self, name):
        return self.database_object().Get("io.github.progressive_sync.Sync1", name,
                                          dbus_interface="org.freedesktop.DBus.Properties")

    def actions(self, path=PATH):
        return dbus.Interface(self.bus.get_object(APP, path, introspect=False), "org.gtk.Actions")

    def activate(self, action, *parameter):
        self.actions().Activate(action, dbus.Array(parameter, signature="v"),
                                dbus.Dictionary({}, signature="sv"))

    def action_state(self, action):
        state = self.actions().Describe(action)[2]
        return state[0] if state else None

    def windows(self):
        """Where the windows are on the bus; one that is closed is not there any more."""
        text = ""
        for path in (PATH, f"{PATH}/window"):
            text = self.bus.get_object(APP, path, introspect=False).Introspect(
                dbus_interface="org.freedesktop.DBus.Introspectable")
            if path == PATH and '"window"' not in text:
                return []
        return [f"{PATH}/window/" + part.split('"')[1] for part in text.split("<node name=")[1:]]

    def window_count(self):
        return len(self.windows())

    def wait_for_page(self, page):
        """Until the one window that there is shows it."""

        def shown():
            windows = self.windows()
            return [self.actions(window).Describe("show-page")[2][0] for window in windows] == [page]

        wait_until(shown, f"a window with the page {page}")

    def shown(self):
        """The numbers of the application's windows and dialogs on the screen, the topmost last."""
        find = ["xdotool", "search", "--onlyvisible", "--class", "progressive-sync"]
        return subprocess.run(find, env=self.env, capture_output=True, text=True, check=False,
                              timeout=PATIENCE).stdout.split()

    def wait_for_shown(self, count):
        return wait_until(lambda: len(self.shown()) == count and self.shown(), f"{count} on the screen")

    def press(self, *keys):
        """As a person does, in the topmost window or dialog."""
        subprocess.run(["xdotool", "windowfocus", "--sync", self.shown()[-1], "key", *keys],
                       env=self.env, check=True, timeout=PATIENCE)

    def press_until(self, condition, what, *keys):
        """A letter of a dialog that is not laid out yet belongs to more than one button, and does nothing."""
        last = 0

        def press_again():
            nonlocal last
            if condition():
                return True
            shown = self.shown()
            if time.monotonic() > last + 2 and shown:
                last = time.monotonic()
                # Which may be gone at this moment.
                subprocess.run(["xdotool", "windowfocus", shown[-1], "key", *keys], env=self.env,
                               check=False, stderr=subprocess.DEVNULL, timeout=PATIENCE)
            return False

        wait_until(press_again, what)

    def close_window(self):
        self.wait_for_shown(1)
        self.press("ctrl+w")

    def add_host(self):
        host = Host(self)
        self.hosts.append(host)
        return host

    def end(self):
        for process in reversed(self.processes):
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        for process in reversed(self.processes):
            try:
                process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        for host in self.hosts:
            host.end()
        self.bus.close()
        self.session.end()
        self.system.end()
        shutil.rmtree(self.folder)


# --- A tray -------------------------------------------------------------------------------------


class Watcher(dbus.service.Object):
    """org.kde.StatusNotifierWatcher, as panels have it."""

    NAME = "org.kde.StatusNotifierWatcher"

    def __init__(self, host):
        super().__init__(host.connection, "/StatusNotifierWatcher")
        self.host = host

    @dbus.service.method(NAME, in_signature="s", sender_keyword="sender")
    def RegisterStatusNotifierItem(self, service, sender):
        path = service if service.startswith("/") else "/StatusNotifierItem"
        self.host.items.append((sender, path))

    @dbus.service.method("org.freedesktop.DBus.Properties", in_signature="ss", out_signature="v")
    def Get(self, _interface, name):
        return {"IsStatusNotifierHostRegistered": dbus.Boolean(self.host.registered),
                "ProtocolVersion": dbus.Int32(0),
                "RegisteredStatusNotifierItems": dbus.Array(
                    [a + b for a, b in self.host.items], signature="s")}[name]

    @dbus.service.method("org.freedesktop.DBus.Properties", in_signature="s", out_signature="a{sv}")
    def GetAll(self, interface):
        names = ["IsStatusNotifierHostRegistered", "ProtocolVersion", "RegisteredStatusNotifierItems"]
        return {name: self.Get(interface, name) for name in names}

    @dbus.service.signal(NAME)
    def StatusNotifierHostRegistered(self):
        pass

    @dbus.service.signal(NAME)
    def StatusNotifierHostUnregistered(self):
        pass


class Host:
    """A tray: the watcher and a host in one, on a connection of its own."""

    def __init__(self, desktop, registered=True):
        self.desktop = desktop
        self.items = []
        self.registered = registered
        self.connection = desktop.session.connect()
        self.connection.set_exit_on_disconnect(False)
        self.watcher = Watcher(self)
        self.connection.request_name(Watcher.NAME)

    def set_registered(self, registered):
        self.registered = registered
        if registered:
            self.watcher.StatusNotifierHostRegistered()
        else:
            self.watcher.StatusNotifierHostUnregistered()

    def end(self):
        if self.connection is not None:
            self.connection.close()
        self.connection = None

    def living(self):
        return [item for item in self.items if self.connection.name_has_owner(item[0])]

    def wait_for_icon(self):
        return wait_until(self.living, "an icon appears in the tray")[0]

    def wait_for_no_icon(self):
        wait_until(lambda: not self.living(), "the icon leaves the tray")

    def property(self, name):
        sender, path = self.living()[0]
        return self.connection.get_object(sender, path, introspect=False).Get(
            "org.kde.StatusNotifierItem", name, dbus_interface="org.freedesktop.DBus.Properties")

    def icon(self):
        """The icon that a panel shows: another one where it asks for attention."""
        try:
            attention = self.property("Status") == "NeedsAttention"
            return str(self.property("AttentionIconName" if attention else "IconName"))
        except (dbus.DBusException, IndexError):
            return None

    def wait_for_icon_named(self, state):
        name = f"progressive-sync-{state}-symbolic"
        wait_until(lambda: self.icon() == name, f"the icon {name}, not {self.icon()}")

    def menu(self):
        sender, _ = self.living()[0]
        return dbus.Interface(self.connection.get_object(sender, self.property("Menu"),
                                                         introspect=False), "com.canonical.dbusmenu")

    def layout(self):
        """(id, label, properties, children) of what the menu shows."""

        def read(node):
            number, properties, children = node
            inside = [read(child) for child in children]
            return (int(number), str(properties.get("label", "")).replace("__", "\0").replace(
                "_", "").replace("\0", "_"), properties,
                [child for child in inside if child[2].get("visible", True)])

        _, root = self.menu().GetLayout(0, -1, dbus.Array([], signature="s"))
        return read(root)[3]

    def labels(self):
        try:
            return [label for _, label, properties, _ in self.layout()
                    if properties.get("type") != "separator"]
        except (dbus.DBusException, IndexError):
            return []

    def status(self):
        """The menu's first line; empty while there is none."""
        return next(iter(self.labels()), "")

    def find(self, *labels):
        nodes = self.layout()
        for label in labels:
            found = [node for node in nodes if node[1] == label]
            if not found:
                return None
            nodes = found[0][3]
        return found[0]

    def click(self, *labels):
        """As a person does, who sees the menu that is there now."""

        def try_click():
            node = self.find(*labels)
            if node is None:
                return False
            try:
                self.menu().Event(node[0], "clicked", dbus.String("", variant_level=1), dbus.UInt32(0))
            except dbus.DBusException:
                return False
            return True

        wait_until(try_click, f"an entry {labels}")


# --- Notifications ------------------------------------------------------------------------------


class Daemon:
    """A notification daemon that remembers what it was asked."""

    NAME = "org.freedesktop.Notifications"

    def __init__(self, session):
        self.session = session
        session.spawn([sys.executable, "-m", "dbusmock", "--session", "--template",
                       "notification_daemon"], stdout=subprocess.DEVNULL)
        wait_until(lambda: session.has_owner(self.NAME), "the notification daemon")
        self.mock = dbus.Interface(session.bus.get_object(self.NAME, "/org/freedesktop/Notifications"),
                                   "org.freedesktop.DBus.Mock")

    def calls(self, method):
        return [call[1] for call in self.mock.GetMethodCalls(method)]

    def titles(self):
        return [str(call[3]) for call in self.calls("Notify")]

    def wait_for(self, title):
        wait_until(lambda: title in self.titles(), f"{title}, not {self.titles()}")
        return [call for call in self.calls("Notify") if call[3] == title][-1]

    def wait_for_withdrawal(self):
        """Of one that nobody clicked: the others are gone already."""
        wait_until(lambda: self.calls("CloseNotification"), "that it is taken back")

    def click_last(self, title, label=""):
        """On the notification itself, or on one of its buttons, once there is one that was not taken back."""

        def living():
            return self.titles().count(title) > len(self.calls("CloseNotification"))

        wait_until(living, f"{title}, not {self.titles()}")
        names = self.wait_for(title)[5]
        number = len(self.titles()) - self.titles()[::-1].index(title)
        self.mock.EmitSignal(self.NAME, "ActionInvoked", "us", dbus.Array(
            [dbus.UInt32(number), names[names.index(label) - 1]], signature="v"))


# --- TAP ----------------------------------------------------------------------------------------


def run(tests, display=True):
    """Runs each test on a desktop of its own."""
    failed = False
    chosen = [test for test in tests if len(sys.argv) < 2 or test.__name__ in sys.argv[1:]]
    print(f"1..{len(chosen)}", flush=True)
    for number, test in enumerate(chosen, 1):
        began = time.monotonic()
        desktop = None
        try:
            desktop = Desktop(display)
            test(desktop)
            desktop.check_log()
            result, note = "ok", ""
        except Skip as reason:
            result, note = "ok", f" # SKIP {reason}"
        except Exception:  # pylint: disable=broad-except
            failed = True
            result, note = "not ok", ""
            for line in traceback.format_exc().splitlines():
                print(f"# {line}")
            if desktop is not None:
                sys.stderr.write(desktop.read_log())
        finally:
            if desktop is not None:
                desktop.end()
        print(f"{result} {number} {test.__doc__}{note}")
        print(f"# {time.monotonic() - began:.1f} s", flush=True)
    sys.exit(failed)
