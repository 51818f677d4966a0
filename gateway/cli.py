"""The command `gateway`. Exit 0: done; 1: the thing asked about is not well; 2: wrong use."""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Callable, Sequence

from gateway import __version__

COMMANDS: dict[str, tuple[str, str]] = {
    "run": ("gateway.commands.run", "run the gateway"),
    "demo": ("gateway.demo.program", "the whole store on one machine"),
    "cloud": ("gateway.cloud.program", "the reference cloud receiver"),
    "simulate": ("gateway.simulation.program", "a shift on a fake clock, with faults, from a seed"),
    "check-config": ("gateway.commands.inspect", "check the boot file, the settings and the menu"),
    "doctor": ("gateway.commands.doctor", "what the printers can do, as their newest probes found"),
    "orders": ("gateway.commands.inspect", "the newest orders"),
    "explain": ("gateway.commands.explain", "why an order stands where it stands, step by step"),
    "ledger": ("gateway.commands.ledger", "whether every dish that was accepted is accounted for"),
    "jobs": ("gateway.commands.inspect", "print jobs, newest first"),
    "outbox": ("gateway.commands.inspect", "what waits for the cloud"),
    "user": ("gateway.commands.user", "who may log in, and in which language pages speak to them"),
    "menu": ("gateway.commands.exchange", "import or export the menu as TOML"),
    "settings": ("gateway.commands.exchange", "import or export the settings as TOML"),
}
"""Each lives in its own module, imported when it is asked for: a start loads only what it needs."""


def usage() -> str:
    rows = "\n".join(f"  {name:<13} {what}" for name, (_, what) in COMMANDS.items())
    more = "`gateway COMMAND --help` tells more, `gateway --version` which release this is."
    return f"usage: gateway COMMAND [OPTIONS]\n\n{rows}\n\n{more}"


def main(argv: Sequence[str] | None = None) -> int:
    args = list(sys.argv[1:] if argv is None else argv)
    if not args or args[0] in ("-h", "--help"):
        print(usage(), file=sys.stdout if args else sys.stderr)
        return 0 if args else 2
    if args[0] in ("-V", "--version"):
        print(f"gateway {__version__}")
        return 0
    if args[0] not in COMMANDS:
        print(f"gateway: there is no command {args[0]!r}\n\n{usage()}", file=sys.stderr)
        return 2
    module = importlib.import_module(COMMANDS[args[0]][0])
    run: Callable[[list[str]], int] = module.main
    rest = args if module.__name__.startswith("gateway.commands.") and args[0] != "run" else args[1:]
    try:
        code = run(rest)
        sys.stdout.flush()
        return code
    except BrokenPipeError:
        # `gateway orders | head`: whoever read has enough.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except argparse.ArgumentError as error:
        print(f"gateway {args[0]}: {error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
