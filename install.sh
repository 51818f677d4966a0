#!/bin/sh
# Sets up what is needed in .venv beside this file, then runs the demo or the tests.
#
#   ./install.sh demo [OPTIONS]       the whole store on this machine (gateway demo OPTIONS)
#   ./install.sh test [PYTEST ARGS]   ruff, mypy, pytest
#
# Every message goes to standard error: what the demo prints with --json stands alone on standard output.
# Python packages come from the hash-locked lists in requirements/, never from anything looser.
# A stamp per list makes the second run start at once. Exit: 0 done, 1 failed, 2 wrong use or a missing part.
set -eu

HERE=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)
VENV=$HERE/.venv
VENV_PYTHON=$VENV/bin/python
BUSY=$VENV/tablepass-installing # there while packages are being unpacked: found at the start, it means "torn"

say() { printf 'tablepass: %s · %s\n' "$1" "$2" >&2; }

stop() {
    say "$1" "$2"
    exit 2
}

usage() {
    cat >&2 <<'END'
用法 / Usage:
  ./install.sh demo [选项]      在本机运行整间演示餐厅(--help 查看选项)
                                run the whole demo store on this machine (--help lists the options)
  ./install.sh test [参数]      安装测试所需并运行全部测试，参数交给 pytest
                                set up and run every test; the arguments go to pytest
END
    exit 2
}

is_root() { [ "$(id -u)" = 0 ]; }

# A machine's own packages --------------------------------------------------------------------------------

has_apt() { command -v apt-get >/dev/null 2>&1; }

apt_install() { # PACKAGE...; as root only; 0 when all of them are there afterwards
    say "正在用 apt 安装：$*" "Installing with apt: $*"
    # RUNLEVEL=1 asks Debian's start scripts not to start what is installed: the demo runs its own broker.
    set -- env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get -q -y --no-install-recommends install "$@"
    "$@" </dev/null >&2 2>/dev/null && return 0
    # The first try fails where the lists are missing or older than the mirror. Fetch them, once, and try again.
    [ -n "${APT_UPDATED:-}" ] || { apt-get -q update </dev/null >&2 || true; }
    APT_UPDATED=yes
    "$@" </dev/null >&2
}

has_program() { # NAME; a user's PATH often lacks the sbin folders
    command -v "$1" >/dev/null 2>&1 || [ -x "/usr/sbin/$1" ] || [ -x "/usr/local/sbin/$1" ]
}

missing_packages() { # demo|test -> the Debian packages that are not there, on standard output
    has_program mosquitto || echo mosquitto
    [ "$1" = test ] || return 0
    has_program mosquitto_sub || echo mosquitto-clients
    has_program chromium || has_program chromium-browser || has_program google-chrome || echo chromium
    [ -e /usr/share/fonts/truetype/wqy/wqy-microhei.ttc ] || echo fonts-wqy-microhei
    has_program ip || echo iproute2
    has_program cc || echo gcc libc6-dev # for the disk that fails (tests/faults/fault_disk.c)
}

machine_packages() { # demo|test; what cannot be had is named, and the demo goes on with its own broker
    missing=$(missing_packages "$1" | tr '\n' ' ')
    missing=${missing% }
    [ -n "$missing" ] || return 0
    if is_root && has_apt; then
        # shellcheck disable=SC2086 # a list of words
        apt_install $missing && return 0
        for package in $missing; do apt_install "$package" || true; done
        missing=$(missing_packages "$1" | tr '\n' ' ')
        missing=${missing% }
        [ -n "$missing" ] || return 0
    fi
    if [ "$1" = demo ]; then
        say "未安装 ${missing}，改用内置消息中枢(仅供演示)" \
            "$missing is not installed: using the embedded broker, for the demo only"
    else
        say "缺少 ${missing}，相关测试会跳过；可执行：sudo apt-get install $missing" \
            "$missing missing, their tests are skipped; to have them: sudo apt-get install $missing"
    fi
}

# Python --------------------------------------------------------------------------------------------------

find_python() { # sets PYTHON to an interpreter of 3.11 or newer; fails when there is none
    for name in "${PYTHON:-python3}" python3 python3.13 python3.12 python3.11 python3.14; do
        PYTHON=$(command -v "$name" 2>/dev/null) || continue
        "$PYTHON" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && return 0
    done
    return 1
}

can_make_venv() { "$PYTHON" -c 'import ensurepip, venv' 2>/dev/null; }

require_python() {
    if ! find_python && is_root && has_apt; then
        apt_install python3 python3-venv || true
        find_python || true
    fi
    find_python || stop "需要 Python 3.11 或更新版本" "Python 3.11 or newer is needed"
    can_make_venv || command -v uv >/dev/null 2>&1 && return 0
    version=$("$PYTHON" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
    if is_root && has_apt; then
        apt_install python3-venv || true
        can_make_venv || apt_install "python$version-venv" || true
    fi
    can_make_venv || stop "请先安装：sudo apt-get install python3-venv" "First install: sudo apt-get install python3-venv"
}

stamp_of() { # LIST -> what the environment is made from
    cksum <"$HERE/requirements/$1.txt" && "$VENV_PYTHON" -V
}

has_list() { # LIST; a longer list holds the shorter one, at the same versions
    case $1 in run) lists="run demo test" ;; demo) lists="demo test" ;; *) lists=$1 ;; esac
    [ -x "$VENV_PYTHON" ] && [ ! -e "$BUSY" ] || return 1
    for list in $lists; do
        [ -f "$VENV/tablepass-$list" ] && [ "$(cat "$VENV/tablepass-$list")" = "$(stamp_of "$list")" ] && return 0
    done
    return 1
}

is_sound() { # the environment is whole, ours and of a Python that the project takes
    [ ! -e "$BUSY" ] && "$VENV_PYTHON" -c \
        'import sys; sys.exit(sys.version_info < (3, 11) or sys.prefix == sys.base_prefix)' 2>/dev/null
}

make_venv() {
    if [ -e "$VENV" ] && [ ! -e "$VENV/pyvenv.cfg" ] && [ ! -e "$BUSY" ] && ! rmdir "$VENV" 2>/dev/null; then
        stop ".venv 不是虚拟环境，请移走它" ".venv is not a virtual environment: move it away"
    fi
    rm -rf -- "$VENV"
    mkdir -- "$VENV"
    : >"$BUSY"
    "$PYTHON" -m venv --without-pip "$VENV" >&2 # pip comes by ensurepip only where uv is missing: it takes 3 s
}

fetch_packages() { # LIST
    set -- --require-hashes --no-deps -r "$HERE/requirements/$1.txt"
    if command -v uv >/dev/null 2>&1; then
        uv pip install -q --python "$VENV_PYTHON" "$@" >&2 && return 0
        say "uv 未成功，改用 pip" "uv did not succeed, trying pip"
    fi
    "$VENV_PYTHON" -m pip --version >/dev/null 2>&1 || "$VENV_PYTHON" -m ensurepip >&2
    PIP_ROOT_USER_ACTION=ignore "$VENV_PYTHON" -m pip install -q --disable-pip-version-check --no-input "$@" >&2
}

link_project() {
    # The checkout is put on the path by one relative line: no build, nothing fetched, any folder name.
    for folder in "$VENV"/lib/python3*/site-packages; do echo ../../../.. >"$folder/tablepass.pth"; done
    while read -r command module; do
        cat >"$VENV/bin/$command" <<END
#!/bin/sh
exec "\$(dirname -- "\$(readlink -f -- "\$0")")/python" -P -m $module "\$@"
END
        chmod +x "$VENV/bin/$command"
    done <<'END'
gateway gateway
firmware-bridge firmware_bridge
virtual-devices firmware_bridge.virtual
END
}

python_packages() { # LIST (run, demo or test); nothing to do on a second run
    has_list "$1" && return 0
    require_python
    if command -v flock >/dev/null 2>&1; then # two first runs at once: one installs, the other waits
        exec 9<"$HERE"
        flock 9
        has_list "$1" && { exec 9<&-; return 0; }
    fi
    say "正在准备 Python 环境，约需一两分钟" "Setting up the Python packages, one or two minutes"
    is_sound || make_venv
    : >"$BUSY"
    fetch_packages "$1" || {
        say "软件包未能装好，请检查网络后再试" "The packages could not be installed: check the network, then run this again"
        exit 1
    }
    link_project
    stamp_of "$1" >"$VENV/tablepass-$1"
    rm -f -- "$BUSY"
    exec 9<&-
}

# Commands ------------------------------------------------------------------------------------------------

demo() {
    has_program mosquitto || machine_packages demo
    list=run
    has_program mosquitto || list=demo
    case " $* " in *[\ =]embedded\ *) list=demo ;; esac
    python_packages "$list"
    exec "$VENV_PYTHON" -P -m gateway demo "$@"
}

can_draw() { # a browser and a broker, which the pages' budgets need
    case " $(missing_packages test | tr '\n' ' ')" in *" chromium "* | *" mosquitto "*) return 1 ;; esac
}

run_tests() {
    machine_packages test
    python_packages test
    cd -- "$HERE"
    failed=0
    "$VENV_PYTHON" -m ruff check . || failed=1
    "$VENV_PYTHON" -m mypy || failed=1
    # All of them go in two lanes, a file at a time: most of their time is waiting for something real. What is held to a
    # time goes before them and alone: the shifts, and what cooks wait for at a screen.
    if [ $# -eq 0 ]; then
        "$VENV_PYTHON" -m benchmarks.simulated_shifts || failed=1
        if can_draw; then
            for budget in screen_speed order_to_card; do
                "$VENV_PYTHON" -m "benchmarks.$budget" --quick --hold || failed=1
            done
        fi
        set -- --numprocesses 2 --dist loadfile --no-loadscope-reorder
    fi
    "$VENV_PYTHON" -m pytest "$@" || failed=1
    exit $failed
}

[ $# -gt 0 ] || usage
action=$1
shift
case $action in
demo) demo "$@" ;;
test) run_tests "$@" ;;
*)
    say "没有这个命令：$action" "no such command: $action"
    usage
    ;;
esac
