#!/usr/bin/env bash
# `./install.sh demo --json` from a clean clone, in roots that hold nothing but Debian's smallest system.
#
#   sudo tests/faults/install_in_pristine_root.sh [SUITE...]      (default: bookworm trixie)
#
# For each suite: as root with nothing prepared (not even Python); as root from a folder whose path holds a blank and
# Chinese characters; as a user who is not root, with python3-venv and without Mosquitto. Each once cold and once
# warm, with an order that must come out on paper, and a look at what still runs after SIGTERM.
# Needs debootstrap and systemd-nspawn. Roots are kept as tar files in WORK, so that later runs are quick.
# Writes date, commit and figures to docs/evidence/install.md; exit 1 when one limit is broken.
set -euo pipefail

COLD_S=180 # for a person with patience: fetching some thirty packages, and Debian's own
WARM_S=10

REPO=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." && pwd -P)
WORK=${WORK:-${TMPDIR:-/tmp}/tablepass-roots}
EVIDENCE=$REPO/docs/evidence/install.md
HERE_NAME='我的 餐厅'
SUITES=("$@")
[ ${#SUITES[@]} -gt 0 ] || SUITES=(bookworm trixie)

[ "$(id -u)" = 0 ] || { echo "run this as root: it makes system roots" >&2; exit 2; }
for tool in debootstrap systemd-nspawn git; do
    command -v "$tool" >/dev/null || { echo "missing: $tool (apt-get install debootstrap systemd-container git)" >&2; exit 2; }
done
mkdir -p "$WORK"

mirror() { # the one that this machine uses
    echo "${MIRROR:-$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' | grep -v security | head -n 1)}"
}

cached_root() { # SUITE -> WORK/SUITE.tar
    [ -f "$WORK/$1.tar" ] && return
    rm -rf "$WORK/making"
    debootstrap --variant=minbase --include=ca-certificates "$1" "$WORK/making" "$(mirror)" >"$WORK/$1.log" 2>&1
    rm -f "$WORK"/making/var/cache/apt/archives/*.deb
    tar -C "$WORK/making" -cf "$WORK/$1.tar.new" .
    mv "$WORK/$1.tar.new" "$WORK/$1.tar"
    rm -rf "$WORK/making"
}

# What pip needs to reach its index from inside is taken from this machine at run time, never from the repository.
BINDS=()
ENVIRONMENT=()
borrow_settings() { # ROOT
    local line key value word
    mkdir -p "$1/etc"
    echo '[global]' >"$1/etc/pip.conf"
    BINDS=() ENVIRONMENT=()
    while IFS= read -r line; do
        [[ $line =~ ^(global|:env:)\.([a-z-]+)=\'(.*)\'$ ]] || continue
        key=${BASH_REMATCH[2]} value=${BASH_REMATCH[3]}
        grep -q "^$key = " "$1/etc/pip.conf" || echo "$key = $value" >>"$1/etc/pip.conf"
        for word in $value; do
            word=${word#file://}
            if [ "$key" = cert ] && [ -f "$word" ]; then
                mkdir -p "$1$(dirname "$word")"
                cp "$word" "$1$word"
            elif [[ $word = /* ]]; then
                word=/$(echo "$word" | cut -d/ -f2-3)
                [ -d "$word" ] && BINDS+=("--bind-ro=$word")
            fi
        done
    done < <(python3 -m pip config list 2>/dev/null)
    while IFS= read -r line; do ENVIRONMENT+=("--setenv=$line"); done < <(env | grep -iE '^(https?|no|all)_proxy=' || true)
}

inside() { # ROOT COMMAND...
    local root=$1
    shift
    systemd-nspawn --register=no --keep-unit --pipe -q -D "$root" ${BINDS[@]+"${BINDS[@]}"} \
        ${ENVIRONMENT[@]+"${ENVIRONMENT[@]}"} --setenv=LANG=C.UTF-8 "$@"
}

fresh_root() { # SUITE -> ROOT, unpacked anew, with the machine's way to the packages
    ROOT=$WORK/root-$1
    rm -rf "$ROOT"
    mkdir -p "$ROOT"
    tar -C "$ROOT" -xf "$WORK/$1.tar"
    borrow_settings "$ROOT"
    cp "$REPO/tests/faults/start_demo_once.sh" "$ROOT/usr/local/bin/start-demo-once"
    chmod 755 "$ROOT/usr/local/bin/start-demo-once"
}

clone() { # ROOT FOLDER [OWNER]
    mkdir -p "$1$2"
    git clone -q --no-hardlinks "$REPO" "$1$2/tablepass"
    [ -z "${3:-}" ] || chown -R "$3" "$1$2"
}

ROWS=()
BROKEN=0
measure() { # SUITE WHO FOLDER COMMAND...: cold and warm
    local suite=$1 who=$2 folder=$3 when limit line seconds
    shift 3
    for when in cold warm; do
        limit=$COLD_S
        [ $when = warm ] && limit=$WARM_S
        echo "-- $suite, $who, $when" >&2
        line=$(inside "$ROOT" "$@" start-demo-once "$folder/tablepass" 2>>"$WORK/$suite.log" | tail -n 1) || line="failed"
        seconds=${line%% s,*}
        if [[ ! $seconds =~ ^[0-9.]+$ ]] || ! awk "BEGIN { exit !($seconds <= $limit) }" || [[ $line = *left:* ]]; then
            BROKEN=1
            line="**$line**"
        fi
        echo "   $line" >&2
        ROWS+=("| $suite | $who | $when | $line | $limit |")
    done
}

for suite in "${SUITES[@]}"; do
    echo "== $suite" >&2
    cached_root "$suite"
    fresh_root "$suite"
    clone "$ROOT" /srv/plain
    measure "$suite" "root, nothing prepared" /srv/plain
    clone "$ROOT" "/srv/$HERE_NAME"
    measure "$suite" "root, in \`/srv/$HERE_NAME\`" "/srv/$HERE_NAME"

    fresh_root "$suite"
    inside "$ROOT" sh -c 'apt-get -q update && DEBIAN_FRONTEND=noninteractive apt-get -q -y --no-install-recommends \
        install python3-venv && useradd -m visitor' >>"$WORK/$suite.log" 2>&1
    clone "$ROOT" "/home/visitor/$HERE_NAME" "$(grep ^visitor: "$ROOT/etc/passwd" | cut -d: -f3,4)"
    measure "$suite" "not root, python3-venv, no Mosquitto, in \`$HERE_NAME\`" "/home/visitor/$HERE_NAME" \
        runuser -u visitor --
    rm -rf "$ROOT"
done

mkdir -p "$(dirname "$EVIDENCE")"
{
    echo "# Installing on a pristine system"
    echo
    echo "\`tests/faults/install_in_pristine_root.sh ${SUITES[*]}\`, $(date -u +%Y-%m-%d), commit" \
        "$(git -C "$REPO" rev-parse --short HEAD), $(nproc) cores of $(uname -m)."
    echo "Each root is Debian's \`minbase\` and nothing else; the clone is clean. Seconds run from the command to the"
    echo "line with \`ready\`; then an order must come out on paper, and SIGTERM must leave no process."
    echo
    echo "| suite | who | start | seconds to ready, broker, order on paper, SIGTERM | limit s |"
    echo "|---|---|---|---|---|"
    printf '%s\n' "${ROWS[@]}"
} >"$EVIDENCE"
cat "$EVIDENCE"
exit $BROKEN
