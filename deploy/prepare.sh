#!/bin/sh
# Makes .venv ready for `run`, `check` or `test`. Does nothing that is done already, so that a
# second start costs no time. Called by the Makefile from the repository's folder.
set -eu

purpose=${1:-run}
venv=.venv
needed="Python 3.12 or newer"

say() { printf '%s\n' "$*" >&2; }
stop() {
    say "$*"
    exit 1
}

is_suitable() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 12))' >/dev/null 2>&1; }
has_venv() { "$1" -c 'import ensurepip, venv' >/dev/null 2>&1; }

# Prints the first interpreter that is new enough and can make environments.
find_python() {
    without_venv=
    for candidate in python3.13 python3.14 python3.12 python3 \
        "${PYENV_ROOT:-${HOME:-}/.pyenv}"/versions/3.1[2-9]*/bin/python3 \
        "${UV_PYTHON_INSTALL_DIR:-${XDG_DATA_HOME:-${HOME:-}/.local/share}/uv/python}"/cpython-3.1[2-9]*/bin/python3 \
        /usr/local/bin/python3 /opt/homebrew/bin/python3; do
        is_suitable "$candidate" || continue
        if has_venv "$candidate"; then
            printf '%s\n' "$candidate"
            return
        fi
        without_venv=${without_venv:-$candidate}
    done
    [ -z "$without_venv" ] || stop "$without_venv lacks the venv module; on Debian and Ubuntu: apt-get install python3-venv"
    stop "Videorama needs $needed; install it, or name one with: make $purpose PYTHON=/path/to/python3"
}

choose_python() {
    if [ -z "${PYTHON:-}" ]; then
        find_python
    elif ! is_suitable "$PYTHON"; then
        stop "Videorama needs $needed; PYTHON=$PYTHON is not that."
    elif ! has_venv "$PYTHON"; then
        stop "$PYTHON lacks the venv module; on Debian and Ubuntu: apt-get install python3-venv"
    else
        printf '%s\n' "$PYTHON"
    fi
}

pip_install() {
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-input "$@" ||
        stop "Installing Python packages failed; the lines above say why. Run the command again to continue."
}

# install_once FILE LABEL ARGS...: installs only when FILE differs from the copy of the last time.
install_once() {
    source=$1 stamp=$venv/installed-$1 label=$2
    shift 2
    cmp -s "$source" "$stamp" && return
    say "$label"
    # Dependency groups need pip 25.1; one version everywhere makes installs equal.
    pip_install pip==26.3
    pip_install "$@"
    cp "$source" "$stamp"
}

prepare_venv() {
    if ! is_suitable "$venv/bin/python"; then
        python=$(choose_python) || exit 1
        "$python" -m venv --clear "$venv" || stop "Making $venv with $python failed."
    fi
    install_once requirements.txt "Installing what Videorama runs on (once, about 400 MB on disk)" \
        -r requirements.txt
    [ "$purpose" = run ] ||
        install_once pyproject.toml "Installing what the checks need" --group dev
}

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi
}

# apt_install NAME...: quietly, where there is apt and we may; else nothing.
apt_install() {
    command -v apt-get >/dev/null 2>&1 && as_root true 2>/dev/null || return 0
    say "Installing $* for the tests"
    [ -n "${updated:-}" ] || as_root apt-get update -qq >/dev/null 2>&1 || true
    updated=yes
    for package in "$@"; do
        # None of them may start as a service of this machine.
        as_root env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 \
            apt-get install -y -qq --no-install-recommends "$package" >/dev/null 2>&1 || true
    done
}

has_browser() { "$venv/bin/python" -m videorama.tests.browser >/dev/null 2>&1; }

prepare_browser() {
    has_browser && return
    apt_install chromium
    has_browser || apt_install chromium-browser
    has_browser || stop "The tests need Chromium, which is missing and could not be installed: install it, or name one with CHROMIUM=/path/to/chromium"
}

missing_services() { "$venv/bin/python" -m videorama.tests.services; }

prepare_services() {
    [ -n "$(missing_services)" ] || return 0
    # The names are those of the Debian packages.
    apt_install $(missing_services)
    still=$(missing_services)
    [ -z "$still" ] || stop "The tests in scale mode need $(echo $still), which could not be installed: install it, or run MODE=embedded only."
}

prepare_venv
if [ "$purpose" = test ]; then
    prepare_browser
    [ "${MODE:-}" = embedded ] || prepare_services
fi
