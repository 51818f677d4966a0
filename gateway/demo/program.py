"""`gateway demo`: the whole store on one machine, each program its own process."""

from __future__ import annotations

import argparse
import json
import socket
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from gateway.demo import announce
from gateway.demo.autoplay import Autoplay
from gateway.demo.broker import BrokerRefused, Kind, choose_broker
from gateway.demo.children import Child, environment, stop_all
from gateway.demo.configuration import LOOPBACK, Addresses, write_configuration
from gateway.demo.control import ControlSocket, Request
from gateway.demo.drills import Drills, ask_devices
from gateway.demo.folder import DemoFolder, FolderRefused
from gateway.demo.log_lines import LogFiles, Output
from gateway.demo.passwords import Passwords, keep_passwords
from gateway.demo.ports import PortRefused, Wanted, choose, moved
from gateway.demo.programs import programs
from gateway.demo.readiness import Readiness
from gateway.demo.seed import SeedFailed, seed
from gateway.demo.supervisor import Supervisor, Wake
from gateway.demo.wan import WanProxy

READY_S = 120.0
"""Long for a slow box with a large database; then what is missing is named and everything is stopped."""
HOPELESS_DEATHS = 6
"""A program that died so often in a row before the first readiness will not come up by itself."""
ASK_AGAIN_S = 0.05


def main(argv: Sequence[str] | None = None) -> int:
    """Returns 0 after it was asked to stop, 1 when the store did not come up, 2 for wrong use."""
    options = parser().parse_args(argv)
    try:
        demo = prepare(options)
    except (FolderRefused, PortRefused, BrokerRefused) as refused:
        print(f"gateway demo: {refused}", file=sys.stderr)
        return 2
    if options.json or not sys.stderr.isatty():
        return Run(demo, Output()).until_stopped()
    output = LogFiles(demo.folder.logs)
    output.tell("\n  正在开店 · opening the store …")
    code = Run(demo, output).until_stopped()
    if code == 0:
        output.tell("\n  已关店 · closed. 再开就接着用 · the next start goes on from here.")
    return code


def parser() -> argparse.ArgumentParser:
    p = argparse.ArgumentParser(
        prog="gateway demo",
        description="The whole store on this machine: broker, gateway, bridge, virtual printers, and a cloud "
        "behind a wire that can be cut. 在本机运行整间演示餐厅。",
    )
    p.add_argument(
        "--data",
        type=Path,
        default=Path("demo-data"),
        help="folder for everything; the next start goes on with it (default: ./demo-data)",
    )
    for name, usual in (("guest", 8080), ("staff", 8081), ("mqtt", 1883), ("cloud", 8090)):
        p.add_argument(f"--{name}-port", type=_port, metavar="N", help=f"0 = any free one (default: {usual} when free)")
    p.add_argument("--broker", choices=("auto", "mosquitto", "embedded"), default="auto")
    p.add_argument("--lan", action="store_true", help="listen on the store's network and draw table 1's code")
    p.add_argument("--guards", action="store_true", help="keep the guards against pranks as in a real store")
    p.add_argument("--autoplay", action="store_true", help="play two minutes of a lunch")
    p.add_argument("--json", action="store_true", help="print one JSON line when everything is ready")
    return p


def _port(text: str) -> int:
    port = int(text)
    if not 0 <= port <= 65535:
        raise argparse.ArgumentTypeError(f"{text} is not a port between 0 and 65535")
    return port


@dataclass
class Demo:
    """What is decided before the first program starts."""

    options: argparse.Namespace
    folder: DemoFolder
    lock: int
    passwords: Passwords
    addresses: Addresses
    broker: Kind
    moved: list[str]


def prepare(options: argparse.Namespace) -> Demo:
    """Raises FolderRefused, PortRefused, BrokerRefused."""
    kind = choose_broker(options.broker)
    folder = DemoFolder(Path(options.data).absolute())
    folder.make()
    lock = folder.lock()
    listen = "0.0.0.0" if options.lan else LOOPBACK
    hosts = {"guest": listen, "staff": listen, "mqtt": listen, "cloud": LOOPBACK, "proxy": LOOPBACK}
    wanted = Wanted(options.guest_port, options.staff_port, options.mqtt_port, options.cloud_port)
    ports = choose(wanted, hosts, folder.ports)
    addresses = Addresses(listen, _lan_address() if options.lan else LOOPBACK, ports)
    write_configuration(folder, addresses, options.guards)
    return Demo(options, folder, lock, keep_passwords(folder.secrets), addresses, kind, moved(wanted, ports))


def _lan_address() -> str:
    """This machine's address on its network. Connecting a datagram socket sends nothing."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # reserved for documentation: only the route is looked up
        except OSError:
            return LOOPBACK
        return str(probe.getsockname()[0])


class Run:
    """One run of the demo, from the first program's start to the last one's end."""

    def __init__(self, demo: Demo, output: Output):
        self._demo = demo
        self._output = output
        self._wake = Wake()
        self._supervisor = Supervisor(demo.folder.pids, self._wake)
        ports = demo.addresses.ports
        self._proxy = WanProxy(LOOPBACK, ports.proxy, LOOPBACK, ports.cloud)
        self._autoplay = Autoplay(demo.addresses, demo.passwords.api_token, self._play, output)
        self._tables: dict[str, str] = {}

    def until_stopped(self) -> int:
        self._wake.listen_to_signals()
        began = time.monotonic()
        self._proxy.start()
        control = ControlSocket(self._demo.folder.control, self._supervisor.mailbox)
        try:
            self._start_programs()
            return self._loop(began)
        except SeedFailed as failed:
            self._output.tell(str(failed))
            return 1
        finally:
            self._autoplay.stop()
            control.stop()
            stop_all(self._stopping_groups(), time.monotonic, time.sleep)
            self._proxy.stop()
            self._demo.folder.pids.unlink(missing_ok=True)

    def _stopping_groups(self) -> list[list[Child]]:
        children = dict(self._supervisor.children)
        first, last = [[children.pop(name)] if name in children else [] for name in ("gateway", "broker")]
        return [first, list(children.values()), last]

    def _start_programs(self) -> None:
        """Everything at once; only the gateway waits for the store's first settings and menu."""
        demo, children = self._demo, self._supervisor.children
        commands = programs(demo.folder, demo.addresses, demo.passwords, demo.broker)
        gateway = commands.pop("gateway")
        for name, program in commands.items():
            children[name] = Child(program, demo.folder.root, self._output, environment())
        demo.folder.unlink_devices()
        children["devices"].after_death = demo.folder.unlink_devices
        self._supervisor.step(time.monotonic())
        self._tables = seed(demo.folder, demo.passwords, demo.options.guards)
        self._autoplay.seat(self._tables)
        children["gateway"] = Child(gateway, demo.folder.root, self._output, environment())
        self._supervisor.operations["autoplay"] = self._autoplay.start
        self._supervisor.state = self._autoplay.state
        ask = partial(ask_devices, demo.folder.devices_socket)
        self._supervisor.play_drills(Drills(self._proxy, children["broker"], ask))

    def _loop(self, began: float) -> int:
        """Until a signal asks to stop. Returns the exit code."""
        readiness: Readiness | None = Readiness(
            self._demo.folder, self._demo.addresses, self._demo.passwords.api_token, began
        )
        while not self._wake.stop:
            due = self._supervisor.step(time.monotonic())
            if readiness:
                missing = readiness.missing(time.monotonic())
                if not missing:
                    readiness = None
                    self._announce(time.monotonic() - began)
                elif self._is_hopeless(missing, began):
                    return 1
                due = time.monotonic() + ASK_AGAIN_S
            self._wake.wait(due - time.monotonic())
        return 0

    def _is_hopeless(self, missing: list[str], began: float) -> bool:
        broken = [c.program.label for c in self._supervisor.children.values() if c.quick_deaths >= HOPELESS_DEATHS]
        if not broken and time.monotonic() - began < READY_S:
            return False
        self._output.tell(f"the store did not come up; missing: {', '.join(missing)}")
        if broken:
            where = f"in {self._output.folder}" if isinstance(self._output, LogFiles) else "above"
            self._output.tell(f"ends again and again: {', '.join(broken)}; its log is {where}")
        return True

    def _announce(self, took_s: float) -> None:
        demo = self._demo
        pids = self._supervisor.pids
        if demo.options.json:
            document = announce.document(demo.folder, demo.addresses, demo.passwords, self._tables, pids, demo.broker)
            print(json.dumps(document, ensure_ascii=False), flush=True)
        else:
            logs = demo.folder.logs if isinstance(self._output, LogFiles) else None
            print(announce.text(demo.addresses, demo.passwords, self._tables, took_s, logs, demo.moved), flush=True)
        if demo.options.lan and self._tables:
            url = demo.addresses.table_url(next(iter(self._tables.values())))
            announce.draw_code(url, sys.stderr if demo.options.json else sys.stdout)
        if demo.options.autoplay:
            self._autoplay.start()

    def _play(self, fault: str, on: bool, for_s: float) -> None:
        self._supervisor.mailbox.ask(Request(fault=fault, on=on, for_s=for_s))


if __name__ == "__main__":
    sys.exit(main())
