"""A printer's voice: says by mDNS that it is there, until its standard input ends. `HOST NAME MODEL KIND...`"""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from zeroconf import ServiceInfo, Zeroconf


@contextmanager
def voice(*words: str, before: tuple[str, ...] = ()) -> Iterator[None]:
    """Such a printer, in a process of its own; `before` leads into another network."""
    command = [*before, sys.executable, __file__, *words]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as speaker:
        assert speaker.stdout is not None
        assert speaker.stdout.readline() == b"announced\n"
        try:
            yield
        finally:
            assert speaker.stdin is not None
            speaker.stdin.close()
            speaker.wait(10)


def announce(host: str, name: str, model: str, *kinds: str) -> Zeroconf:
    """On the network of this address only."""
    voice = Zeroconf(interfaces=[host])
    for kind in kinds:
        service = f"_{kind}._tcp.local."
        port = 9100 if kind == "pdl-datastream" else 631
        said = {"ty": model} if kind == "ipp" else {"usb_MFG": model.split()[0], "usb_MDL": model.split()[1]}
        voice.register_service(
            ServiceInfo(
                service, f"{name}.{service}", port=port, addresses=[socket.inet_aton(host)], properties=said,
                server=f"{name.lower().replace(' ', '-')}.local.",
            )
        )  # fmt: skip
    return voice


if __name__ == "__main__":
    voice = announce(*sys.argv[1:])
    print("announced", flush=True)
    sys.stdin.read()
    voice.close()
