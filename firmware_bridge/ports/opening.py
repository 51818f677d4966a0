"""Which kind of port a URL names. Each one is a `device.Line`."""

from __future__ import annotations

from collections.abc import Mapping

from firmware_bridge.ports import tcp_port, usb_port
from firmware_bridge.ports.descriptor import Descriptor
from firmware_bridge.ports.serial_port import FLOWS, SerialPort

OPTIONS: Mapping[str, tuple[str, ...]] = {"flow": FLOWS}
"""What every device may say of its line; the first is what it is when nobody says."""


def open_port(url: str, baud: int, flow: str = "none") -> Descriptor:
    """`socket://HOST:PORT`, `usb:PATH` or /dev/usb/lp*, else the path of a tty; `baud` and `flow` are a tty's.

    Raises PortError.
    """
    if url.startswith(tcp_port.SCHEME):
        return tcp_port.TcpPort(url)
    if usb_port.is_usb_file(url):
        return usb_port.UsbPort(url)
    return SerialPort(url, baud, flow)


def problems_of_port(url: str, options: Mapping[str, str]) -> list[str]:
    """What makes this port impossible, in words; empty when it may be there."""
    if not url:
        return ["port is empty"]
    problems = []
    if url.startswith(tcp_port.SCHEME):
        try:
            tcp_port.host_and_port(url)
        except ValueError as error:
            problems.append(f"port {error}")
    elif "://" in url:
        problems.append(f"port {url!r} is neither a path nor {tcp_port.SCHEME}HOST:PORT nor {usb_port.SCHEME}PATH")
    flow = options.get("flow", FLOWS[0])
    if flow not in FLOWS:
        problems.append(f"option flow {flow!r} is none of {', '.join(FLOWS)}")
    elif flow != FLOWS[0] and (url.startswith(tcp_port.SCHEME) or usb_port.is_usb_file(url)):
        problems.append(f"option flow {flow!r} is for a serial port, and {url} is none")
    return problems
