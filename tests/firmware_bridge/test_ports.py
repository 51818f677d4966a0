"""Every kind of port on real ptys and real sockets: bytes counted, nothing cut off, one owner, no wait without a limit.

A pty stands in for a serial line and for a USB printer's file. It has no modem lines, ignores RTS/CTS, and its close
never waits: those parts are set, and seen to be set, and not proven.
"""

from __future__ import annotations

import errno
import fcntl
import os
import select
import socket
import struct
import termios
import threading
import time
import tty
from collections.abc import Iterator
from pathlib import Path

import pytest
from bridge_rig import a_slip
from conversations import Hands
from waiting import eventually

from firmware_bridge.config import problems_of
from firmware_bridge.device import Device
from firmware_bridge.errors import PortError
from firmware_bridge.escpos import BarCodeBytes
from firmware_bridge.ports import descriptor, tcp_port, usb_port
from firmware_bridge.ports.descriptor import CLOSE_S, Descriptor
from firmware_bridge.ports.opening import open_port
from firmware_bridge.ports.serial_port import SerialPort
from firmware_bridge.ports.tcp_port import CONNECT_S, TcpPort
from firmware_bridge.ports.usb_port import UsbPort
from gateway.contract.messages import DeviceDesired, PrintCommand

BACK_WITHIN_S = 5.0
SPARE_S = 1.0
"""What a busy machine adds to a limit of ours."""
SLIP = bytes(range(256)) * 340
"""87 kB without a rhythm that would hide a lost piece: more than any kernel's buffer of a slow peer."""


class Pty:
    """A line whose device's end is `host`; `path` is what is opened. Raw, as a device's own end is."""

    def __init__(self) -> None:
        self.host, self._kept = os.openpty()
        tty.setraw(self._kept)
        self.path = os.ttyname(self._kept)
        os.set_blocking(self.host, False)

    def settings(self) -> list[int]:
        found = termios.tcgetattr(self._kept)
        return [int(each) for each in found[:4]]

    def says(self, most: int = 65536) -> bytes:
        try:
            return os.read(self.host, most)
        except BlockingIOError:
            return b""

    def close(self) -> None:
        for end in (self.host, self._kept):
            os.close(end)


@pytest.fixture
def line() -> Iterator[Pty]:
    made = Pty()
    yield made
    made.close()


@pytest.fixture
def hands(tmp_path: Path, bar_codes: BarCodeBytes) -> Iterator[Hands]:
    made = Hands(tmp_path, bar_codes)
    yield made
    made.journal.close()


def listening(port: int = 0, room: int = 0) -> socket.socket:
    """On loopback; `room` bytes is all that the kernel takes for whoever does not read."""
    made = socket.socket()
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if room:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, room)
    made.bind(("127.0.0.1", port))
    made.listen(1)
    return made


@pytest.fixture
def printer() -> Iterator[socket.socket]:
    made = listening(room=8192)
    yield made
    made.close()


def url(listener: socket.socket) -> str:
    return f"socket://127.0.0.1:{listener.getsockname()[1]}"


def open_narrow(listener: socket.socket) -> Descriptor:
    """To a printer that reads nothing; the kernel's own buffer, of up to 4 MB, is made small."""
    port = open_port(url(listener), 9600)
    with socket.socket(fileno=os.dup(port.fileno())) as same:
        same.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 32_768)
    return port


def fill(port: Descriptor, data: bytes = SLIP * 40, rest_s: float = 0.2, piece: int = 256) -> int:
    """Bytes that it took until it took none for `rest_s`; 3.4 MB are more than any line here takes."""
    taken = 0
    still = time.monotonic() + rest_s
    while time.monotonic() < still:
        count = port.write(data[taken : taken + piece])
        taken += count
        if count:
            still = time.monotonic() + rest_s
    assert taken < len(data)
    return taken


@pytest.fixture
def large_slices(monkeypatch: pytest.MonkeyPatch) -> int:
    """A line takes our small slices whole or not at all; of these it must take a part, which is what is counted."""
    monkeypatch.setattr(descriptor, "SLICE", 1 << 20)
    return 1 << 20


def write_all(port: Descriptor, data: bytes) -> None:
    taken = 0
    until = time.monotonic() + 10
    while taken < len(data):
        assert time.monotonic() < until
        taken += port.write(data[taken:])
        select.select([], [port], [], 0.1)


def all_of(peer: socket.socket) -> bytes:
    heard = b""
    while piece := peer.recv(65536):
        heard += piece
    return heard


# --- bytes are counted ---


@pytest.mark.parametrize("scheme", ["", "usb:"], ids=["serial", "usb"])
def test_what_left_is_counted_exactly_when_the_device_does_not_read(line: Pty, scheme: str, large_slices: int) -> None:
    port = open_port(scheme + line.path, 115200)
    taken = fill(port, piece=large_slices)
    heard = b""
    while piece := line.says():
        heard += piece
    assert heard == (SLIP * 40)[:taken]
    assert port.write(b"more") == 4
    port.close()


def test_what_left_is_counted_exactly_when_the_network_printer_does_not_read(
    printer: socket.socket, large_slices: int
) -> None:
    port = open_narrow(printer)
    peer, _ = printer.accept()
    taken = fill(port, piece=large_slices)
    reader = threading.Thread(target=port.close)
    reader.start()
    assert all_of(peer) == (SLIP * 40)[:taken]
    peer.close()
    reader.join()


@pytest.mark.parametrize("scheme", ["", "usb:"], ids=["serial", "usb"])
def test_answers_are_read_and_nothing_is_waited_for(line: Pty, scheme: str) -> None:
    port = open_port(scheme + line.path, 9600)
    began = time.monotonic()
    assert port.read() == b""
    assert time.monotonic() - began < SPARE_S
    os.write(line.host, b"\x12\x0d\x0a\x12")
    assert eventually("the answer", port.read, 2) == b"\x12\x0d\x0a\x12"
    port.close()
    port.close()


# --- a close cuts nothing off ---


def slow_printer(listener: socket.socket, heard: bytearray) -> None:
    """Says three status bytes that nobody reads, and reads 87 kB in about a quarter of a second."""
    peer, _ = listener.accept()
    peer.sendall(b"\x12\x12\x12")
    try:
        while piece := peer.recv(4096):
            heard += piece
            time.sleep(0.01)
    except ConnectionResetError:
        pass
    peer.close()


def test_a_slow_network_printer_gets_everything_although_its_answers_were_not_read(printer: socket.socket) -> None:
    heard = bytearray()
    reader = threading.Thread(target=slow_printer, args=(printer, heard))
    reader.start()
    port = open_port(url(printer), 9600)
    write_all(port, SLIP)
    began = time.monotonic()
    port.close()
    took = time.monotonic() - began
    reader.join(10)
    assert bytes(heard) == SLIP
    assert took < CLOSE_S + SPARE_S


def test_a_plain_close_cuts_the_same_slip_off(printer: socket.socket) -> None:
    """The negative control."""
    heard = bytearray()
    reader = threading.Thread(target=slow_printer, args=(printer, heard))
    reader.start()
    with socket.create_connection(printer.getsockname()) as plain:
        plain.sendall(SLIP)
        eventually("the status bytes are there, unread", lambda: select.select([plain], [], [], 0)[0])
    reader.join(10)
    print(f"\nplain close: {len(heard)} of {len(SLIP)} bytes arrived")
    assert len(heard) < len(SLIP)


def test_a_network_printer_that_never_ends_holds_a_close_up_for_two_seconds_and_no_longer(
    printer: socket.socket, caplog: pytest.LogCaptureFixture
) -> None:
    port = open_narrow(printer)
    peer, _ = printer.accept()
    taken = fill(port)
    began = time.monotonic()
    port.close()
    assert CLOSE_S - 0.1 <= time.monotonic() - began < CLOSE_S + SPARE_S
    waiting = struct.unpack("i", fcntl.ioctl(peer, termios.FIONREAD, b"\0" * 4))[0]
    assert f"{taken - waiting} bytes are not acknowledged" in caplog.text
    peer.close()


# --- what nobody acknowledged is told ---


def test_bytes_that_never_arrived_are_told_when_the_line_dies(printer: socket.socket) -> None:
    port = open_narrow(printer)
    peer, _ = printer.accept()
    taken = fill(port)
    arrived = struct.unpack("i", fcntl.ioctl(peer, termios.FIONREAD, b"\0" * 4))[0]
    assert 0 < arrived < taken
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    peer.close()  # a reset
    with pytest.raises(PortError) as lost:
        eventually("the reset", port.read, 2)
    assert lost.value.reason == "unplugged"
    assert lost.value.unacknowledged == taken - arrived
    assert f"{taken - arrived} bytes had left" in lost.value.detail
    began = time.monotonic()
    port.close()
    assert time.monotonic() - began < SPARE_S, "there is nothing to wait for on a dead line"


def test_they_stand_in_the_evidence_of_the_slip(printer: socket.socket, hands: Hands) -> None:
    desired = DeviceDesired("kitchen", "escpos_printer", url(printer), baud=115200)
    device = Device(desired, "b1", hands.journal, hands, open_port, hands.bar_codes, lambda: "now")
    device.offer(PrintCommand("print", "k1", 1, a_slip(), 1))
    peer: socket.socket | None = None
    printer.setblocking(False)
    until = time.monotonic() + 10
    while time.monotonic() < until and not (hands.results and hands.results[-1].state == "UNKNOWN"):
        device.step(time.monotonic())
        device.wait(0.01)
        if peer is None:
            try:
                peer, _ = printer.accept()
            except BlockingIOError:
                continue
            peer.setblocking(False)
        if peer.fileno() < 0 or not select.select([peer], [], [], 0)[0]:
            continue
        heard = peer.recv(4096)
        if len(heard) > 100:  # the slip has begun: the plug is pulled
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            peer.close()
            printer.close()
        else:
            peer.sendall(b"\x12" * heard.count(b"\x10\x04"))
    device.close()
    result = hands.results[-1]
    assert (result.state, result.reason) == ("UNKNOWN", "unplugged")
    assert set(result.evidence) == {"bytes", "of", "unacknowledged"}


# --- no wait without a limit ---


def test_a_network_printer_that_does_not_answer_holds_its_thread_up_for_two_seconds_at_most() -> None:
    """A backlog that is full: the kernel drops every further connection without a word, as an absent host does."""
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        others = [socket.socket() for _ in range(4)]
        for other in others:
            other.setblocking(False)
            other.connect_ex(full.getsockname())
        began = time.monotonic()
        with pytest.raises(PortError) as refused:
            open_port(url(full), 9600)
        assert CONNECT_S - 0.1 <= time.monotonic() - began < CONNECT_S + SPARE_S
        assert refused.value.reason == "unplugged"
        for other in others:
            other.close()


def test_a_resolver_that_is_away_holds_it_up_no_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    awake = threading.Event()
    real = socket.getaddrinfo

    def away(host: str, port: int, *rest: int, **more: int) -> object:
        if more["flags"] & socket.AI_NUMERICHOST:
            return real(host, port, *rest, **more)
        awake.wait(20)
        raise socket.gaierror("nobody")

    monkeypatch.setattr(tcp_port.socket, "getaddrinfo", away)
    monkeypatch.setattr(tcp_port, "CONNECT_S", 0.5)
    began = time.monotonic()
    with pytest.raises(PortError, match=r"nobody knows kitchen-printer within 0\.5 s"):
        open_port("socket://kitchen-printer:9100", 9600)
    assert time.monotonic() - began < 0.5 + SPARE_S
    awake.set()
    eventually("its thread ends", lambda: all("lookup" not in t.name for t in threading.enumerate()))


def test_a_name_is_looked_up(printer: socket.socket) -> None:
    port = open_port(f"socket://localhost:{printer.getsockname()[1]}", 9600)
    assert isinstance(port, TcpPort)
    printer.accept()[0].close()
    with pytest.raises(PortError, match="hung up"):
        eventually("the end", port.read, 2)
    port.close()


def test_a_network_line_sends_at_once_and_notices_a_vanished_printer(printer: socket.socket) -> None:
    port = open_port(url(printer), 9600)
    with socket.socket(fileno=os.dup(port.fileno())) as same:
        options = [
            same.getsockopt(socket.IPPROTO_TCP, each)
            for each in (socket.TCP_KEEPIDLE, socket.TCP_KEEPINTVL, socket.TCP_KEEPCNT, socket.TCP_USER_TIMEOUT)
        ]
        assert options == [10, 5, 3, 15_000]
        assert same.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        assert same.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
    printer.accept()[0].close()
    port.close()


# --- one owner ---


@pytest.mark.parametrize("scheme", ["", "usb:"], ids=["serial", "usb"])
def test_a_second_opener_is_refused_and_changes_nothing(line: Pty, scheme: str) -> None:
    first = open_port(scheme + line.path, 9600, "none" if scheme else "xonxoff")
    before = line.settings()
    with pytest.raises(PortError) as refused:
        open_port(scheme + line.path, 115200)
    assert refused.value.reason == "port_busy"
    assert line.settings() == before
    first.close()
    open_port(scheme + line.path, 115200).close()


@pytest.mark.parametrize("name", ["/dev/serial/by-id/none", "usb:/dev/usb/lp-none", "/dev/usb/lp-none", "/dev/null"])
def test_what_is_not_there_or_is_no_port_is_unplugged(name: str) -> None:
    with pytest.raises(PortError) as missing:
        open_port(name, 9600)
    assert missing.value.reason == "unplugged"


@pytest.mark.parametrize("scheme", ["", "usb:"], ids=["serial", "usb"])
def test_a_line_that_is_pulled_out_is_noticed_by_reading_and_by_writing(scheme: str) -> None:
    for ask in (lambda port: port.read(), lambda port: port.write(b"x")):
        pulled = Pty()
        port = open_port(scheme + pulled.path, 9600)
        pulled.close()
        with pytest.raises(PortError) as lost:
            eventually("the end", lambda ask=ask, port=port: ask(port) and None, 2)
        assert (lost.value.reason, lost.value.unacknowledged) == ("unplugged", None)
        port.close()


# --- serial settings ---


def test_the_printer_may_stop_us_and_we_never_stop_it(line: Pty) -> None:
    port = SerialPort(line.path, 9600, "xonxoff")
    assert line.settings()[0] & (termios.IXON | termios.IXOFF | termios.IXANY) == termios.IXON
    os.write(line.host, b"\x13")
    eventually("we are stopped", lambda: port.write(b"a") == 0, 2)
    assert port.read() == b"", "the kernel keeps the sign to itself"
    os.write(line.host, b"\x11")
    eventually("we go on", lambda: port.write(b"b") == 1, 2)
    eventually("the last of it is there", lambda: line.says().endswith(b"b"), 2)
    for _ in range(64):  # nobody reads these: with IXOFF the kernel would send 13, into the slip
        try:
            os.write(line.host, b"\x12" * 1024)
        except BlockingIOError:
            break
    assert line.says() == b""
    port.close()


def test_without_flow_control_those_bytes_are_bytes(line: Pty) -> None:
    """The negative control."""
    port = SerialPort(line.path, 9600)
    os.write(line.host, b"\x13")
    assert eventually("it is read", port.read, 2) == b"\x13"
    assert port.write(b"a") == 1
    port.close()


def test_rts_and_cts_are_asked_of_the_kernel(line: Pty) -> None:
    """A pty ignores it: that a real line is held by CTS is not proven here."""
    port = SerialPort(line.path, 9600, "rtscts")
    assert line.settings()[2] & termios.CRTSCTS
    port.close()
    port = SerialPort(line.path, 9600)
    assert not line.settings()[2] & termios.CRTSCTS
    port.close()


def test_a_close_will_not_drop_dtr(line: Pty) -> None:
    """A pty has no DTR: what is seen is that the kernel is told to leave it."""
    settings = termios.tcgetattr(line._kept)
    settings[2] |= termios.HUPCL
    termios.tcsetattr(line._kept, termios.TCSANOW, settings)
    assert line.settings()[2] & termios.HUPCL
    SerialPort(line.path, 9600).close()
    assert not line.settings()[2] & termios.HUPCL


def test_a_usb_file_keeps_whatever_settings_it_has(line: Pty) -> None:
    before = line.settings()
    UsbPort(f"usb:{line.path}").close()
    assert line.settings() == before


# --- USB printers ---


def test_a_stable_name_that_leads_to_a_usb_file_is_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kitchen = tmp_path / "kitchen"
    kitchen.symlink_to("/dev/usb/lp0")
    opened: list[str] = []
    monkeypatch.setattr("firmware_bridge.ports.usb_port.UsbPort", opened.append)
    open_port(str(kitchen), 9600)
    assert opened == [str(kitchen)]


def test_a_usb_printer_without_a_way_back_is_mute_and_not_gone(line: Pty, monkeypatch: pytest.MonkeyPatch) -> None:
    """usblp refuses to read for it; no file here does that, so the answer of the kernel is played."""
    port = UsbPort(f"usb:{line.path}")
    os.write(line.host, b"\x12")
    answers = [OSError(errno.EINVAL, "Invalid argument"), b"", b"\x12"]

    def read(_fd: int, _most: int) -> bytes:
        answer = answers.pop(0)
        if isinstance(answer, OSError):
            raise answer
        return answer

    with monkeypatch.context() as played:
        played.setattr(os, "read", read)
        assert [port.read() for _ in range(3)] == [b"", b"", b"\x12"]
    port.close()


def test_a_usb_printer_without_paper_holds_a_close_up_for_its_limit_and_no_longer(
    line: Pty, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(usb_port, "CLOSE_S", 0.5)
    port = UsbPort(f"usb:{line.path}")
    fill(port)
    began = time.monotonic()
    port.close()
    assert 0.4 <= time.monotonic() - began < 0.5 + SPARE_S


# --- found again ---


def back_after(device: Device, hands: Hands, replug: list[threading.Timer]) -> float:
    """Seconds from the replug until the device says that it is online; its thread is this one."""
    for each in replug:
        each.start()
    until = time.monotonic() + 20
    seen = len(hands.states)
    while time.monotonic() < until:
        device.step(time.monotonic())
        device.wait(0.02)
        if [state.status for state in hands.states[seen:]][-1:] == ["online"]:
            return time.monotonic()
    raise AssertionError(f"not back: {hands.states[seen:]}")


def scanner(port: str, hands: Hands) -> Device:
    device = Device(
        DeviceDesired("door", "scanner", port, 9600), "b1", hands.journal, hands, open_port, hands.bar_codes, lambda: ""
    )
    until = time.monotonic() + 5
    while time.monotonic() < until and not (hands.states and hands.states[-1].status == "online"):
        device.step(time.monotonic())
    assert hands.states[-1].status == "online"
    return device


def test_a_network_device_that_went_away_is_back_within_five_seconds(hands: Hands) -> None:
    first = listening()
    port = first.getsockname()[1]
    device = scanner(url(first), hands)
    peer, _ = first.accept()
    again: list[tuple[float, socket.socket]] = []
    first.close()
    peer.close()
    comes = threading.Timer(2.2, lambda: again.append((time.monotonic(), listening(port))))
    back = back_after(device, hands, [comes])
    took = back - again[0][0]
    print(f"\nreplug of TCP: back after {took:.2f} s")
    assert took < BACK_WITHIN_S
    assert ("offline", ["unplugged"]) in [(state.status, state.reasons) for state in hands.states]
    again[0][1].close()
    device.close()


def test_a_serial_device_under_another_name_is_back_within_five_seconds(hands: Hands, tmp_path: Path) -> None:
    stable = tmp_path / "by-id"
    first = Pty()
    stable.symlink_to(first.path)
    device = scanner(str(stable), hands)
    other = Pty()  # opened before the first one closes, so that its name is another
    assert other.path != first.path
    stable.unlink()
    first.close()
    at: list[float] = []

    def replug() -> None:
        stable.symlink_to(other.path)
        at.append(time.monotonic())

    took = back_after(device, hands, [threading.Timer(1.0, replug)]) - at[0]
    assert took < BACK_WITHIN_S
    device.close()
    other.close()


# --- what may be asked for ---


@pytest.mark.parametrize(
    ("port", "options", "problem"),
    [
        ("/dev/serial/by-id/x", {"flow": "rtscts"}, ""),
        ("socket://10.0.0.9:9100", {}, ""),
        ("socket://[fd00::9]:9100", {"flow": "none"}, ""),
        ("usb:/dev/kitchen", {}, ""),
        ("", {}, "port is empty"),
        ("socket://10.0.0.9", {}, "is not socket://HOST:PORT"),
        ("socket://10.0.0.9:99999", {}, "out of range"),
        ("rfc2217://10.0.0.9:23", {}, "neither a path nor"),
        ("/dev/serial/by-id/x", {"flow": "dtrdsr"}, "none of none, xonxoff, rtscts"),
        ("socket://10.0.0.9:9100", {"flow": "rtscts"}, "is for a serial port"),
        ("/dev/usb/lp0", {"flow": "xonxoff"}, "is for a serial port"),
    ],
)
def test_a_port_that_cannot_be_is_refused_in_words(port: str, options: dict[str, str], problem: str) -> None:
    problems = problems_of(DeviceDesired("kitchen", "escpos_printer", port, options=options))
    assert (problem in "; ".join(problems)) if problem else (problems == [])
