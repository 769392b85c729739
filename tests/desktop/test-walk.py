# SPDX-License-Identifier: GPL-3.0-or-later
"""From the first run to the preferences, as a person goes who uses assistive technology. A process walks
one walk: each is a test of its own."""

import os
import signal
import subprocess
import uuid

from desktop import SOURCE, Skip, run, serve, wait_until
from screen import Screen

CLOUD = f"{SOURCE}/tests/server/cloud"
SERVICES = "/usr/share/dbus-1/services"


def first_run(screen):
    """From the page that asks what the first run is to do, to the overview after it."""
    screen.wait_for_text("What Should This Computer Do?")
    screen.act("check box", "Automatic Sync", "toggle")
    screen.press("Begin")
    screen.wait_for_text("Up to date")


def read_values(path):
    with open(path, encoding="utf-8") as file:
        return dict(line.strip().split("=", 1) for line in file)


def read_cloud():
    """Where the cloud is that the suite runs."""
    path = os.environ.get("PSYNC_TEST_CLOUD_POSTGRES")
    if not path:
        raise Skip("PSYNC_TEST_CLOUD_POSTGRES names no test cloud")
    return read_values(path)


def ask_for_account(screen, email, password):
    screen.press("Continue")
    screen.type("text", "Email address", email)
    screen.type("text", "Password", password)
    screen.press("Create Account")


def use_cloud(screen, cloud, email, password, has_keyring=False):
    """With a new account."""
    screen.click_row("Connect to Supabase", "label", "Your Supabase Project")
    screen.type("text", "Project address", cloud["URL"])
    screen.type("text", "Publishable or anon key", cloud["ANON_KEY"])
    ask_for_account(screen, email, password)
    if not has_keyring:
        screen.wait_for_text("Keep the Session in a File?")
        screen.press("Keep in File")
    first_run(screen)


def use_vault(screen, vault):
    screen.click_row("Use a Vault File", "label", "A Vault File")
    screen.click_entry("Or type where it is")
    screen.type("text", "Or type where it is", vault)
    screen.press("Apply")
    first_run(screen)


def sync(screen, desktop):
    """Until nothing waits any more."""
    screen.open_page("Overview")
    screen.press("Sync Now")
    screen.wait(lambda: desktop.sql("SELECT count(*) FROM psync_change") == [(0,)], "all is sent")
    screen.wait_for_text("Up to date")


def send_row(screen, desktop):
    """A row of the owner's goes to the cloud."""
    desktop.sql("INSERT INTO projects (id, name, description) VALUES ('kite', 'Kite', 'A red one')")
    screen.wait_for_text("1 change waiting")
    sync(screen, desktop)


def decide_conflict(screen, desktop, other):
    """One column from here, one from there."""
    desktop.psync("entities", "strategy", "projects", "manual")
    desktop.psync("sync", database=other)
    desktop.sql("UPDATE projects SET name = 'Dragon', description = 'A green one'", other)
    desktop.psync("sync", database=other)
    desktop.sql("UPDATE projects SET name = 'Big kite', description = 'Red, with a tail'")
    screen.wait_for_text("1 change waiting")
    screen.press("Sync Now")
    screen.wait_for_text("1 conflict")
    screen.open_page("Conflicts")
    screen.click_row("Big kite", "label", "Changed on Both Sides")
    screen.click_check("This Device", "name, This Device: Big kite")
    screen.click_check("name, Other Side: Dragon", "Column by Column")
    screen.press("Resolve")
    screen.wait_for_text("No Conflicts")
    assert desktop.sql("SELECT name, description FROM projects") == [("Dragon", "Red, with a tail")]
    sync(screen, desktop)


def rename_device(screen, desktop):
    screen.open_page("Devices")
    screen.wait_for("list item", "desktop")
    screen.choose("Actions for desktop", "Rename…")
    screen.type("text", "Name of the device", "workshop")
    screen.press("Rename")
    screen.wait_for("list item", "workshop")


def use_queue(screen, desktop):
    """A change is looked at, and discarded."""
    desktop.sql("UPDATE projects SET name = 'A slip of the pen'")
    screen.open_page("Queue")
    screen.click_row("projects · kite", "text", "Row as JSON")
    screen.close("Row")
    screen.choose("Actions for projects · kite", "Discard…")
    screen.wait_for_text("A slip of the pen")
    screen.press("Discard")
    # What tells of it goes away by itself.
    screen.wait(lambda: desktop.sql("SELECT name FROM projects") == [("Dragon",)], "the row as it was")
    sync(screen, desktop)
    screen.open_page("Queue")
    screen.wait_for_text("Nothing Is Waiting")
    assert desktop.sql("SELECT name FROM projects") == [("Dragon",)]


def look_at_history(screen):
    screen.open_page("History")
    screen.click_row("Sync", "label", "Duration")
    screen.close("Run")


def set_preferences(screen, desktop):
    screen.choose("Main Menu", "Preferences")
    screen.open_page("Sync")
    screen.act("check box", "At the Start", "toggle")
    screen.wait(lambda: desktop.sql("SELECT value FROM psync_setting WHERE key = 'sync-at-start'"),
                "the setting is stored")
    for page in ("Tables", "Data"):
        screen.open_page(page)
    screen.press("Show…")
    screen.wait_for("list item", "A slip of the pen")
    screen.choose("Actions for A slip of the pen", "Undo")
    screen.wait(lambda: desktop.sql("SELECT name FROM projects") == [("A slip of the pen",)],
                "what was discarded is back")
    screen.close("What Was Decided")
    screen.close("Preferences")


def use_every_page(screen, desktop, other):
    send_row(screen, desktop)
    decide_conflict(screen, desktop, other)
    rename_device(screen, desktop)
    use_queue(screen, desktop)
    look_at_history(screen)
    set_preferences(screen, desktop)
    for name in sorted(screen.nameless):
        print(f"# without a name: {name}")
    assert not screen.nameless


def walk_vault(desktop):
    """a vault is set up, synced, and all pages are used, by what assistive technology is told"""
    screen = Screen(desktop)
    vault = f"{desktop.folder}/notes.vault"
    other = f"{desktop.folder}/desktop.db"
    desktop.psync("init", database=other)
    desktop.psync("connect", "vault", vault, database=other)
    desktop.psync("config", "set", "device-name", "desktop", database=other)
    desktop.psync("sync", database=other)
    screen.start("--database", desktop.database)
    use_vault(screen, vault)
    use_every_page(screen, desktop, other)


def walk_cloud(desktop):
    """a cloud with an account is set up, synced, and all pages are used"""
    cloud = read_cloud()
    screen = Screen(desktop)
    other = f"{desktop.folder}/desktop.db"
    email, password = f"{uuid.uuid4()}@example.org", "correct horse battery"
    screen.start("--database", desktop.database)
    use_cloud(screen, cloud, email, password)
    desktop.psync("init", database=other)
    desktop.psync("connect", "supabase", cloud["URL"], "--anon-key", cloud["ANON_KEY"], database=other)
    desktop.psync("config", "set", "session-in-file", "true", database=other)
    desktop.psync("config", "set", "device-name", "desktop", database=other)
    desktop.psync("login", "--email", email, database=other, said=f"{password}\n")
    desktop.psync("sync", database=other)
    use_every_page(screen, desktop, other)


class BriefCloud:
    """A cloud of its own, whose tokens are good for a short while."""

    def __init__(self, folder, seconds):
        self.folder = f"{folder}/cloud"
        # What is not waited for would be whom the cloud watches.
        subprocess.run([CLOUD, "start", "pglite", "--jwt-expiry", str(seconds), "--watch",
                        str(os.getpid()), self.folder], check=True, stdin=subprocess.DEVNULL,
                       stdout=subprocess.DEVNULL)
        self.values = read_values(f"{self.folder}/env")

    def end_sessions(self):
        """As a new password on another device does."""
        subprocess.run([CLOUD, "sql", self.folder, "-"], check=True, text=True,
                       input="DELETE FROM auth.refresh_tokens; DELETE FROM auth.sessions;")

    def end(self):
        subprocess.run([CLOUD, "stop", self.folder], check=True, stdin=subprocess.DEVNULL)


def change_until_refused(screen, desktop):
    """The token that it has is good for some seconds more."""
    def is_refused():
        texts = [node.name for node in screen.look() if node.role == "label"]
        if "Up to date" in texts:
            desktop.sql("UPDATE projects SET name = name || '!'")
        return "Sign-in needed" in texts
    screen.wait(is_refused, "signing in is needed")


def go_on_after_session(screen, desktop, cloud, email, password):
    """It ends in the cloud while the window is open, and begins again in the window."""
    screen.act("check box", "Automatic Sync", "toggle")
    desktop.sql("INSERT INTO projects (id, name) VALUES ('kite', 'Kite')")
    cloud.end_sessions()
    change_until_refused(screen, desktop)
    desktop.sql("UPDATE projects SET name = 'Long kite'")
    screen.wait_for_text("All changes are safe on this computer; 1 is not in the cloud yet.")
    screen.press("Sign In…")
    screen.wait_for_text("Sign In Again")
    assert screen.find("text", "Email address").text() == email
    assert not screen.find("push button", "Create Account")
    screen.type("text", "Password", "wrong horse battery")
    screen.press("Sign In")
    screen.wait_for_text("The email address or the password is wrong")
    screen.type("text", "Password", password)
    screen.press("Sign In")
    screen.wait_for_text("Up to date")
    assert desktop.sql("SELECT count(*) FROM psync_change") == [(0,)]


def walk_session(desktop):
    """a session that ended in the cloud is said, and what waits goes on after signing in again"""
    read_cloud()
    email, password = f"{uuid.uuid4()}@example.org", "correct horse battery"
    cloud = BriefCloud(desktop.folder, 20)
    try:
        screen = Screen(desktop)
        screen.start("--database", desktop.database)
        use_cloud(screen, cloud.values, email, password)
        go_on_after_session(screen, desktop, cloud, email, password)
    finally:
        cloud.end()


def walk_back(desktop):
    """who goes back while a server keeps silent is where the form is, and hears no more of it"""
    read_cloud()
    cloud = BriefCloud(desktop.folder, 3600)
    pid = int(cloud.values["PID"])
    try:
        screen = Screen(desktop)
        screen.start("--database", desktop.database)
        screen.click_row("Connect to Supabase", "label", "Your Supabase Project")
        screen.type("text", "Project address", cloud.values["URL"])
        screen.type("text", "Publishable or anon key", cloud.values["ANON_KEY"])
        screen.press("Continue")
        screen.wait_for_text("Your Account")
        os.kill(pid, signal.SIGSTOP)
        screen.type("text", "Email address", "late@example.org")
        screen.type("text", "Password", "correct horse battery")
        screen.press("Create Account")
        serve(1)
        screen.press("Back")
        screen.wait_for_text("Your Supabase Project")
        os.kill(pid, signal.SIGCONT)
        serve(3)
        assert not screen.find("label", "Keep the Session in a File?")
        ask_for_account(screen, f"{uuid.uuid4()}@example.org", "correct horse battery")
        screen.press("Keep in File")
        screen.wait_for_text("What Should This Computer Do?")
        screen.press("Back")
        screen.wait_for_text("Your Supabase Project")
        screen.press("Continue")
        first_run(screen)
    finally:
        os.kill(pid, signal.SIGCONT)
        cloud.end()


class Keyboard:
    """Nothing but keys. What clicks would be, with a mouse, is counted."""

    def __init__(self, screen):
        self.screen = screen
        self.clicks = 0

    def key(self, *names):
        number = self.screen.desktop.shown()[-1]
        self.screen.xdotool("windowfocus", number, "key", *names)

    def go_to(self, role, name):
        """From one to the next, until it has the focus."""
        for _ in range(25):
            node = self.screen.wait_for(role, name)
            if node.has("FOCUSED"):
                return
            self.key("Tab")
            serve(0.3)
        raise AssertionError(f"the keyboard does not reach {role} “{name}”")

    def press(self, role, name, key="Return"):
        self.go_to(role, name)
        self.key(key)
        self.clicks += 1

    def type(self, name, text):
        """Into the entry that has the focus, which must be that one: the toolkit does not tell."""
        self.screen.wait_for("text", name)
        self.screen.xdotool("type", "--delay", "20", text)
        self.screen.wait(lambda: self.screen.find("text", name).text() == text, f"“{text}” in {name}")


def walk_keyboard(desktop):
    """a cloud is set up with the keyboard alone, in at most twelve steps that a mouse would click"""
    cloud = read_cloud()
    screen = Screen(desktop)
    keyboard = Keyboard(screen)
    screen.start("--database", desktop.database)
    screen.wait_for_text("Where Should Your Data Be?")
    keyboard.press("list item", "Connect to Supabase")
    screen.wait_for_text("Your Supabase Project")
    keyboard.type("Project address", cloud["URL"])
    keyboard.key("Tab")
    keyboard.type("Publishable or anon key", cloud["ANON_KEY"])
    keyboard.press("push button", "Continue")
    screen.wait_for_text("Your Account")
    keyboard.type("Email address", f"{uuid.uuid4()}@example.org")
    keyboard.key("Tab")
    keyboard.type("Password", "correct horse battery")
    keyboard.press("push button", "Create Account")
    screen.wait_for_text("Keep the Session in a File?")
    keyboard.press("push button", "Keep in File")
    screen.wait_for_text("What Should This Computer Do?")
    keyboard.press("list item", "Back Up What Is Here")
    keyboard.press("push button", "Begin")
    screen.wait_for_text("Up to date")
    print(f"# {keyboard.clicks} steps")
    assert keyboard.clicks <= 12
    keyboard.key("alt+2")
    screen.wait_for_state("page tab", "Devices", "SELECTED")
    keyboard.press("push button", "Look Again")
    keyboard.key("F10")
    screen.wait_for("menu item", "Preferences")


def walk_windows(desktop):
    """windows come and go, and who asks for one that just went does no harm"""
    screen = Screen(desktop)
    keyboard = Keyboard(screen)
    process = screen.start("--database", desktop.database)
    for _ in range(2):
        keyboard.key("ctrl+shift+question")
        screen.wait_for_text("Keyboard shortcuts")
        keyboard.key("Escape")
        screen.wait(lambda: len(screen.root().children()) == 1, "the window is gone")
        for index in range(4):
            screen.root().accessible.get_child_at_index(index)
    assert process.poll() is None and screen.find("frame", "Progressive Sync")


KEYRING_PASSWORD = "tr0ub4dor"


class Keyring:
    """The daemon that a session has, and its prompt, which the bus starts."""

    def __init__(self, desktop):
        self.desktop = desktop
        self.process = None
        name = "org.gnome.keyring.SystemPrompter.service"
        if not os.path.exists(f"{SERVICES}/{name}"):
            raise Skip("there is no program that asks for the password of a keyring")
        desktop.add_service(name, f"{SERVICES}/{name}")

    def start(self, unlocked):
        """As at the login with a password, or as after one without."""
        arguments = ["gnome-keyring-daemon", "--foreground", "--components=secrets"]
        self.process = self.desktop.spawn(arguments + ["--unlock" if unlocked else "--start"],
                                          stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
        if unlocked:
            self.process.stdin.write(KEYRING_PASSWORD)
        self.process.stdin.close()
        wait_until(lambda: self.desktop.has_owner("org.freedesktop.secrets"), "the keyring")

    def end(self):
        self.process.terminate()
        self.process.wait()

    def answer(self, screen):
        """Types into the window of the prompt, as soon as that has the keyboard."""
        def windows():
            find = ["xdotool", "search", "--onlyvisible", "--class", "gcr-prompter"]
            return subprocess.run(find, env=self.desktop.env, capture_output=True, text=True,
                                  check=False).stdout.split()

        def has_closed():
            shown = windows()
            if shown:
                screen.xdotool("windowfocus", shown[-1])
                screen.xdotool("key", "ctrl+a")
                screen.xdotool("type", "--delay", "50", KEYRING_PASSWORD)
                screen.xdotool("key", "Return")
            return not shown

        wait_until(windows, "the keyring asks for its password")
        wait_until(has_closed, "the keyring has its password", 2000)


def walk_keyring(desktop):
    """a session in a keyring that is locked signs nobody out, and goes on when its prompt is answered"""
    cloud = read_cloud()
    keyring = Keyring(desktop)
    keyring.start(unlocked=True)
    screen = Screen(desktop)
    process = screen.start("--database", desktop.database)
    use_cloud(screen, cloud, f"{uuid.uuid4()}@example.org", "correct horse battery", True)
    screen.choose("Main Menu", "Quit")
    process.wait()
    keyring.end()
    keyring.start(unlocked=False)
    desktop.sql("INSERT INTO projects (id, name) VALUES ('kite', 'Kite')")
    screen.start("--database", desktop.database)
    screen.wait_for_text("The keyring is locked")
    assert not screen.find("push button", "Sign In…")
    screen.press("Unlock…")
    keyring.answer(screen)
    screen.wait_for_text("Up to date")
    assert desktop.sql("SELECT count(*) FROM psync_change") == [(0,)]


run([walk_vault, walk_cloud, walk_session, walk_back, walk_keyboard, walk_keyring, walk_windows])
