#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What meson install puts where, and whether those who read it are content."""

import fcntl
import os
import pty
import re
import select
import shutil
import struct
import subprocess
import sys
import tempfile
import termios
import time
import traceback

APP = "io.github.progressive_sync.ProgressiveSync"
BUILD = os.environ["PSYNC_TEST_BUILD_ROOT"]
# Nothing waits so long unless it is broken.
PATIENCE = 60
STATES = ["idle", "syncing", "paused", "offline", "attention"]
FILES = [
    "bin/progressive-sync",
    "bin/psync",
    "libexec/progressive-sync-tray",
    "lib/systemd/user/psync-watch.service",
    f"share/applications/{APP}.desktop",
    "share/bash-completion/completions/psync",
    "share/dbus-1/interfaces/io.github.progressive_sync.Sync1.xml",
    f"share/dbus-1/services/{APP}.service",
    f"share/glib-2.0/schemas/{APP}.gschema.xml",
    f"share/icons/hicolor/scalable/apps/{APP}.svg",
    f"share/icons/hicolor/symbolic/apps/{APP}-symbolic.svg",
    *[f"share/icons/hicolor/symbolic/apps/progressive-sync-{state}-symbolic.svg" for state in STATES],
    "share/man/man1/progressive-sync.1",
    "share/man/man1/progressive-sync-tray.1",
    "share/man/man1/psync.1",
    "share/man/man5/psync-json.5",
    f"share/metainfo/{APP}.metainfo.xml",
    "share/zsh/site-functions/_psync",
]


def check(*command, **options):
    done = subprocess.run(command, capture_output=True, text=True, check=False, **options)
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout}{done.stderr}"
    return done.stdout + done.stderr


def test_tree(root, prefix):
    """everything is in its place below DESTDIR, and nothing elsewhere"""
    missing = [name for name in FILES if not os.path.isfile(f"{prefix}/{name}")]
    assert not missing, missing
    strangers = [os.path.join(folder, name) for folder, _, names in os.walk(root) for name in names
                 if not os.path.join(folder, name).startswith(prefix + "/")]
    assert not strangers, strangers


def test_libraries(_root, prefix):
    """no program carries both toolkits, and psync none"""
    linked = {name: check("ldd", f"{prefix}/{name}") for name in FILES[:3]}
    assert "libgtk-4" in linked["bin/progressive-sync"] and "libgtk-3" not in linked["bin/progressive-sync"]
    assert "libgtk-3" in linked["libexec/progressive-sync-tray"]
    assert "libgtk-4" not in linked["libexec/progressive-sync-tray"]
    assert "libgtk" not in linked["bin/psync"]


def test_desktop_file(_root, prefix):
    """the desktop file is valid, and its actions are there"""
    path = f"{prefix}/share/applications/{APP}.desktop"
    assert "error" not in check("desktop-file-validate", path)
    with open(path, encoding="utf-8") as file:
        text = file.read()
    assert "DBusActivatable=true" in text
    for action in ("sync-databases", "pause-databases"):
        assert f"[Desktop Action {action}]" in text, action


def test_metainfo(_root, prefix):
    """the metainfo is valid"""
    check("appstreamcli", "validate", "--no-net", f"{prefix}/share/metainfo/{APP}.metainfo.xml")


def test_service(_root, prefix):
    """the bus starts the program where it is installed"""
    with open(f"{prefix}/share/dbus-1/services/{APP}.service", encoding="utf-8") as file:
        lines = file.read().splitlines()
    assert f"Name={APP}" in lines
    program = [line for line in lines if line.startswith("Exec=")][0][5:].split()[0]
    assert program.endswith("/bin/progressive-sync") and prefix.endswith(os.path.dirname(
        os.path.dirname(program))), program


def test_unit(root, prefix):
    """systemd takes the user unit"""
    with open(f"{prefix}/lib/systemd/user/psync-watch.service", encoding="utf-8") as file:
        text = file.read()
    # Only programs that are there are taken.
    text = text.replace("ExecStart=", f"ExecStart={root}")
    path = f"{root}/verify/psync-watch.service"
    os.makedirs(os.path.dirname(path))
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    os.makedirs(f"{root}/verify/run", mode=0o700)
    said = check("systemd-analyze", "--user", "--man=no", "verify", path,
                 env={**os.environ, "XDG_RUNTIME_DIR": f"{root}/verify/run"})
    said = [line for line in said.splitlines() if "psync" in line]
    assert not said, said
    shutil.rmtree(f"{root}/verify")


def test_schema(root, prefix):
    """the settings' schema is valid"""
    check("glib-compile-schemas", "--strict", f"--targetdir={root}", f"{prefix}/share/glib-2.0/schemas")


def read_page(prefix, page):
    """A manual page without its fonts and quotation marks."""
    with open(f"{prefix}/share/man/man{page[-1]}/{page}", encoding="utf-8") as file:
        text = file.read().replace("\\-", "-").replace('"', "")
    return re.sub(r"\\f[BIRP]", "", text)


def list_options(help_text):
    return set(re.findall(r"^ +(?:-\w, )?(--[a-z-]+)", help_text, re.MULTILINE))


def test_manual(_root, prefix):
    """the manual pages tell of every command and option that the programs have, and of no others"""
    programs = {"progressive-sync": "bin", "progressive-sync-tray": "libexec", "psync": "bin"}
    for program, folder in programs.items():
        helped = check(f"{prefix}/{folder}/{program}", "--help")
        text = read_page(prefix, f"{program}.1")
        options = list_options(helped)
        # What the toolkits bring is not ours to describe.
        own = {o for o in options if not o.startswith("--help") and o != "--display"}
        if program == "psync":
            commands = re.findall(r"^  ([a-z-]+(?: [a-z-]+)?)  +[A-Z]", helped, re.MULTILINE)
            assert len(commands) > 40, commands
            missing = [name for name in commands if f"psync {name}" not in text]
            assert not missing, missing
            for name in commands:
                options |= list_options(check(f"{prefix}/bin/psync", *name.split(), "--help"))
            own = options
        assert not own - set(re.findall(r"--[a-z-]+", text)), (program, own - set(
            re.findall(r"--[a-z-]+", text)))
        described = set(re.findall(r"^\.B[RI]* (?:-\w , )?(--[a-z-]+)", text, re.MULTILINE))
        assert described and not described - options, (program, described - options)


def test_manual_rendered(_root, prefix):
    """the manual pages are formatted without a complaint, also on a narrow terminal, and have a summary"""
    if shutil.which("man") is None:
        return "there is no man"
    for page in ("progressive-sync.1", "progressive-sync-tray.1", "psync.1", "psync-json.5"):
        path = f"{prefix}/share/man/man{page[-1]}/{page}"
        for width in ("60", "100"):
            done = subprocess.run(["man", "--local-file", "--warnings", path], capture_output=True, check=False,
                                  text=True, env={**os.environ, "MANWIDTH": width, "LC_ALL": "C.UTF-8"})
            assert done.returncode == 0 and not done.stderr, done.stderr
            assert "NAME" in done.stdout and "DESCRIPTION" in done.stdout, page
        assert f"{page[:-2]} - " in check("lexgrog", path)
    return None


class Shell:
    """A shell at a terminal, in which Ctrl+X and l tells what is on the command line."""

    def __init__(self, prefix, *command):
        self.process, self.terminal = pty.fork()
        if self.process == 0:
            os.environ.update(PATH=f"{prefix}/bin:{os.environ['PATH']}", TERM="vt100", HISTFILE="",
                              PS1="ready>")
            os.execvp(command[0], command)
        self.shown = ""
        # As wide as no line is long.
        fcntl.ioctl(self.terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 100, 500, 0, 0))

    def until(self, text):
        """What the shell shows from now on up to that."""
        end = time.monotonic() + PATIENCE
        while text not in self.shown:
            assert time.monotonic() < end, f"waited in vain for {text}: {self.shown!r}"
            if select.select([self.terminal], [], [], 1)[0]:
                self.shown += os.read(self.terminal, 65536).decode()
        before, self.shown = self.shown.split(text, 1)
        return before

    def do(self, line):
        """The answer is put together by the shell, so that it is not mistaken for the line itself."""
        self.until("ready>")
        os.write(self.terminal, f"{line}; echo do''ne\n".encode())
        self.until("done")

    def complete(self, typed, becomes):
        """The list, if there is one, once what was typed became something else."""
        os.write(self.terminal, f"\x15{typed}\t\x18l".encode())
        return self.until(f"<{becomes}>")

    def end(self):
        os.close(self.terminal)
        os.waitpid(self.process, 0)


def check_completion(shell, prefix):
    shell.until("ready>")
    shell.complete("psync sy", "psync sync ")
    shell.complete("psync conf", "psync conf")
    shell.complete("psync confl", "psync conflicts ")
    listed = shell.complete("psync conflicts ", "psync conflicts ")
    assert all(word in listed for word in ("list", "show", "resolve", "undo")), listed
    shell.complete("psync sync --dr", "psync sync --dry-run ")
    shell.complete("psync -d x.db conflicts resolve --li", "psync -d x.db conflicts resolve --like ")
    shell.complete(f"psync --database {prefix}/bin/psy", f"psync --database {prefix}/bin/psync ")
    shell.end()
    return listed


def test_bash(_root, prefix):
    """bash completes commands, their second words, options and files"""
    shell = Shell(prefix, "bash", "--norc", "--noprofile", "-i")
    shell.do("bind 'set show-all-if-ambiguous on'; bind 'set enable-bracketed-paste off'")
    shell.do("bind -x '\"\\C-xl\": printf \"<%s>\" \"$READLINE_LINE\"'")
    shell.do(f"source {prefix}/share/bash-completion/completions/psync")
    check_completion(shell, prefix)


def test_zsh(_root, prefix):
    """zsh completes the same, and tells what it is"""
    if shutil.which("zsh") is None:
        return "there is no zsh"
    shell = Shell(prefix, "zsh", "-f", "-i")
    shell.do(f"fpath=({prefix}/share/zsh/site-functions $fpath); autoload -Uz compinit; compinit -u -D")
    shell.do("tell () { print -rn -- \"<$BUFFER>\" }; zle -N tell; bindkey '^Xl' tell")
    assert "Decide a conflict" in check_completion(shell, prefix)
    return None


TESTS = [test_tree, test_libraries, test_desktop_file, test_metainfo, test_service, test_unit, test_schema,
         test_manual, test_manual_rendered, test_bash, test_zsh]


def main():
    root = tempfile.mkdtemp(prefix="psync-install-")
    failed = False
    print(f"1..{len(TESTS)}")
    try:
        check(*os.environ["PSYNC_TEST_MESON"].split(), "install", "-C", BUILD, "--no-rebuild", "--destdir", root)
        prefix = root + os.environ["PSYNC_TEST_PREFIX"]
        for number, test in enumerate(TESTS, 1):
            try:
                reason = test(root, prefix)
                print(f"ok {number} {test.__doc__}{' # SKIP ' + reason if reason else ''}", flush=True)
            except Exception:  # pylint: disable=broad-except
                failed = True
                for line in traceback.format_exc().splitlines():
                    print(f"# {line}")
                print(f"not ok {number} {test.__doc__}", flush=True)
    finally:
        shutil.rmtree(root)
    sys.exit(failed)


main()
