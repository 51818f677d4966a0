#!/bin/sh
# Inside a pristine root: starts the demo of the checkout FOLDER, orders one dish, waits for its paper, stops.
# Prints one line: seconds to ready, then what else was seen. Logs go to standard error.
set -eu
folder=$1
scratch=$(mktemp -d)
: >"$scratch/out"
now() { date +%s.%N; }
since() { awk "BEGIN { printf \"%.1f\", $(now) - $1 }"; }
waited() { # SECONDS COMMAND...: until it succeeds
    end=$(($(date +%s) + $1))
    shift
    until "$@"; do
        [ "$(date +%s)" -lt "$end" ] || return 1
        sleep 0.1
    done
}

began=$(now)
"$folder/install.sh" demo --json --data "$folder/demo-data" >"$scratch/out" 2>"$scratch/log" &
demo=$!
is_ready() { grep -q '"ready": true' "$scratch/out" || ! kill -0 "$demo" 2>/dev/null; }
if ! waited 300 is_ready || ! kill -0 "$demo" 2>/dev/null; then
    cat "$scratch/log" >&2
    kill -KILL "$demo" 2>/dev/null || true
    echo "not ready"
    exit 1
fi
ready=$(since "$began")

cat >"$scratch/order.py" <<'END'
import json, pathlib, sys, time, urllib.request, uuid

demo = json.load(open(sys.argv[1]))
paper = pathlib.Path(demo["printers"]["kitchen"]["paper"])
before = len(list(paper.glob("*.txt")))
body = {"table_token": demo["tables"]["1"].rsplit("/", 1)[1], "lines": [{"item": "rice", "quantity": 1, "modifiers": [], "note": ""}]}
request = urllib.request.Request(
    demo["guest_url"] + "/api/v1/orders", json.dumps(body).encode(),
    {"Content-Type": "application/json", "Idempotency-Key": uuid.uuid4().hex},
)
began = time.monotonic()
with urllib.request.urlopen(request, timeout=10) as answer:
    assert answer.status == 201, answer.status
while len(list(paper.glob("*.txt"))) == before:
    assert time.monotonic() - began < 20, "no paper came out"
    time.sleep(0.02)
print(f"{demo['mqtt']['broker']}, paper after {time.monotonic() - began:.1f} s", end="")
END
seen=$("$folder/.venv/bin/python" "$scratch/order.py" "$scratch/out") || seen="left: no paper"

stopping=$(now)
kill -TERM "$demo"
wait "$demo" || true
stopped=$(since "$stopping")
left=""
for process in /proc/[0-9]*; do
    case $(tr '\0' ' ' <"$process/cmdline" 2>/dev/null) in
    *mosquitto* | *"-m gateway"* | *firmware_bridge*) left="$left ${process#/proc/}" ;;
    esac
done
lines=$(wc -l <"$scratch/out") # at the very end: a program that prints something while it stops is found too
cat "$scratch/log" >&2
[ "$lines" = 1 ] || cat "$scratch/out" >&2
rm -rf "$scratch"
echo "$ready s, $seen, stopped after $stopped s${left:+, left:$left}"
[ "$lines" = 1 ] || {
    echo "$lines lines on standard output, not one"
    exit 1
}
