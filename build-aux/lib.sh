# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
#
# What build-aux/run and build-aux/test have in common. Bash reads it; it is no program of its own.

set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
cd "$root"

# The packages that are needed, in order, and what each is for.
packages=()
declare -A package_use

say ()
{
  printf '%s\n' "$*"
}

die ()
{
  printf '%s: %s\n' "${0##*/}" "$1" >&2
  exit "${2:-1}"
}

# needs USE PACKAGE…: notes that the packages are needed, and what for.
needs ()
{
  local use=$1 package
  shift
  for package in "$@"; do
    packages+=("$package")
    package_use[$package]=$use
  done
}

needs_build ()
{
  needs "compile the programs" gcc libc6-dev meson ninja-build pkgconf gettext
  needs "be built on: GLib, JSON, SQLite, HTTP, keyring" \
    libglib2.0-dev libjson-glib-dev libsqlite3-dev libsoup-3.0-dev libsecret-1-dev
  needs "be the windows' toolkit" libgtk-4-dev libadwaita-1-dev
  needs "show an icon in the tray" libgtk-3-dev libayatana-appindicator3-dev
  needs "tell desktops of the program when it is installed" desktop-file-utils gtk-update-icon-cache
  needs "draw the windows' icons" adwaita-icon-theme librsvg2-common
  needs "reach a cloud over https" glib-networking ca-certificates
}

# What test clouds are made of.
needs_server ()
{
  needs "be the database of a test cloud" postgresql-15 postgresql-client-15
  if ! command -v npm >/dev/null; then
    # npm without its Node would bring Debian's beside the one that somebody chose.
    if command -v node >/dev/null && ! is_installed nodejs; then
      die "there is a Node ($(command -v node)) without npm; install the npm that belongs to it"
    fi
    needs "run the test clouds" nodejs npm
  fi
}

is_installed ()
{
  [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

# Asks for a password only where somebody can type one.
can_sudo ()
{
  command -v sudo >/dev/null || return 1
  sudo -n true 2>/dev/null && return
  [ -t 0 ] && [ -t 2 ] && sudo -v
}

# one_at_a_time NAME: waits while another process has this name in this checkout, and keeps it until
# the program ends. What it starts and leaves running must not inherit descriptor 9.
one_at_a_time ()
{
  mkdir -p build
  exec 9> "build/$1.lock"
  flock --nonblock 9 || { say "Another ./build-aux/$1 is at work here; waiting for it"; flock 9; }
}

# Installs what is missing of the needed packages, or ends with status 3 where that is not allowed.
install_packages ()
{
  local package missing=() sudo=()

  command -v dpkg-query >/dev/null || {
    say "This is not a Debian system, so nothing is installed. What is needed is called there:"
    say "  ${packages[*]}"
    return
  }
  for package in "${packages[@]}"; do
    is_installed "$package" || missing+=("$package")
  done
  ((${#missing[@]})) || return 0

  say "These Debian packages are missing and will be installed, each with what it is needed to do:"
  for package in "${missing[@]}"; do
    printf '  %-24s %s\n' "$package" "${package_use[$package]}"
  done
  if [ "$(id -u)" != 0 ]; then
    can_sudo || {
      say "You may not install packages here. Please ask an administrator to run this line:"
      say "  apt-get update && apt-get install --no-install-recommends ${missing[*]}"
      exit 3
    }
    sudo=(sudo)
  fi
  "${sudo[@]}" "$root/build-aux/apt-install" "${missing[@]}" </dev/null
}

# build_tree DIR OPTION…: compiles the checkout in DIR, anew if the options are not those of last time.
build_tree ()
{
  local dir=$1 options
  shift
  options="$root $*"
  if [ ! -e "$dir/build.ninja" ] || [ "$(cat "$dir/configured-with" 2>/dev/null)" != "$options" ]; then
    rm -rf "$dir"
    meson setup "$dir" "$@" || return
    printf '%s\n' "$options" > "$dir/configured-with"
  fi
  ninja -C "$dir"
}

# The server's packages, when the lock file is not the one they were installed from.
install_server ()
{
  local modules=tests/server/node_modules bundle=/etc/ssl/certs/ca-certificates.crt
  cmp -s tests/server/package-lock.json "$modules/installed-from.json" && return
  say "Installing the test cloud's packages"
  if [ -r $bundle ]; then
    # Node brings its own list of authorities; behind a proxy with its own one, npm would hang.
    export NODE_EXTRA_CA_CERTS=${NODE_EXTRA_CA_CERTS-$bundle}
  fi
  (cd tests/server && npm_config_cache=$root/build/npm npm ci </dev/null) || return
  cp tests/server/package-lock.json "$modules/installed-from.json"
}
