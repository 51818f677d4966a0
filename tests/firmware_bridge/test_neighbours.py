"""Who a network device is, by the kernel's table: written by these tests, with real sockets behind the addresses."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from ipaddress import IPv4Network
from pathlib import Path

import pytest
from waiting import eventually

from firmware_bridge import neighbours
from firmware_bridge.errors import PortError
from firmware_bridge.following import Following
from firmware_bridge.journal import Journal, Peer
from firmware_bridge.neighbours import LOOK_EVERY_S, Neighbours, connected_networks
from firmware_bridge.ports import tcp_port

HOME, OTHER, THIRD = "127.0.11.1", "127.0.11.2", "127.0.11.3"
KITCHEN, BAR = "02:00:5e:79:00:11", "02:00:5e:79:00:12"
HEAD = "IP address       HW type     Flags       HW address            Mask     Device\n"
ROUTES = (
    "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n"
    "eth0\t00000000\t0100A8C0\t0003\t0\t0\t0\t00000000\t0\t0\t0\n"
    "eth0\t0000A8C0\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0\n"
    "lo\t000B007F\t00000000\t0001\t0\t0\t0\tF8FFFFFF\t0\t0\t0\n"
    "tun0\t0100080A\t00000000\t0005\t0\t0\t0\tFFFFFFFF\t0\t0\t0\n"
)


class Street:
    """Addresses of this machine, and what the kernel would know of who is there."""

    def __init__(self, folder: Path) -> None:
        self._table = folder / "arp"
        (folder / "route").write_text(ROUTES)
        self.now = 1000.0
        self.neighbours = Neighbours(self._table, folder / "route", lambda: self.now)
        self.journal = Journal(folder / "bridge.db", lambda: 0.0)
        with socket.socket() as probe:
            probe.bind((HOME, 0))
            self.port = probe.getsockname()[1]
        self.url = f"socket://{HOME}:{self.port}"
        self.houses: dict[str, socket.socket] = {}

    def knows(self, macs: dict[str, str]) -> None:
        rows = [f"{host}  0x1  0x2  {mac}  *  lo\n" for host, mac in macs.items()]
        self._table.write_text(HEAD + "".join(rows))

    def opens(self, host: str) -> None:
        made = socket.socket()
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind((host, self.port))
        made.listen(8)
        self.houses[host] = made

    def shuts(self, host: str) -> None:
        self.houses.pop(host).close()

    def visited(self, following: Following) -> str:
        """Where a try leads: an address, or nothing. Whoever was refused got no byte."""
        try:
            line = following.open(self.url, 9600)
        except PortError:
            return ""
        with socket.socket(fileno=os.dup(line.fileno())) as same:
            host = str(same.getpeername()[0])
        line._release()
        return host

    def following(self, device: str = "kitchen") -> Following:
        return Following(device, self.journal, self.neighbours, lambda: self.now)

    def look_is_over(self, number: int) -> None:
        eventually("the look ends", lambda: self.neighbours.looks(HOME) == number)


@pytest.fixture
def street(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Street]:
    """On this machine everybody answers at once, and nobody ends a connection that was refused."""
    for name in ("SLICE_S", "ANSWER_S"):
        monkeypatch.setattr(neighbours, name, 0.05)
    monkeypatch.setattr(tcp_port, "CLOSE_S", 0.05)
    made = Street(tmp_path)
    yield made
    made.journal.close()
    for house in made.houses.values():
        house.close()


def test_the_kernels_tables_are_read_as_they_are(tmp_path: Path, street: Street) -> None:
    (tmp_path / "arp").write_text(
        HEAD
        + f"192.168.0.9      0x1         0x2         {KITCHEN.upper()}     *        eth0\n"
        + "192.168.0.8      0x1         0x0         00:00:00:00:00:00     *        eth0\n"
        + "192.168.0.7      0x20        0x2         80:00:02:08:fe:80     *        ib0\n"
    )
    assert street.neighbours.mac_of("192.168.0.9") == KITCHEN
    assert street.neighbours.hosts_of(KITCHEN) == ["192.168.0.9"]
    assert street.neighbours.mac_of("192.168.0.8") is street.neighbours.mac_of("192.168.0.7") is None
    assert connected_networks(tmp_path / "route") == [IPv4Network("192.168.0.0/16"), IPv4Network("127.0.11.0/29")]
    assert street.neighbours.network_of("192.168.5.9") == IPv4Network("192.168.4.0/22"), "no more than the table holds"
    assert street.neighbours.network_of("10.0.0.1") is None, "behind the router"
    assert Neighbours(tmp_path / "not", tmp_path / "there").mac_of(HOME) is None


def test_a_network_is_looked_over_once_in_fifteen_seconds(street: Street) -> None:
    street.neighbours.look(HOME)
    street.neighbours.look(HOME)
    street.look_is_over(1)
    street.now += LOOK_EVERY_S - 1
    street.neighbours.look(HOME)
    street.neighbours.look("10.0.0.1")
    assert not street.neighbours._looking
    street.now += 1
    street.neighbours.look(HOME)
    street.look_is_over(2)


def test_who_moved_is_found_and_remembered_beyond_a_restart_until_the_settings_change(street: Street) -> None:
    street.knows({HOME: KITCHEN})
    street.opens(HOME)
    following = street.following()
    assert street.visited(following) == HOME
    assert street.journal.peer("kitchen", street.url) == Peer(street.url, KITCHEN, HOME)
    street.shuts(HOME)
    street.opens(OTHER)
    assert street.visited(following) == "", "it may be switched off"
    street.knows({OTHER: KITCHEN})
    assert street.visited(following) == OTHER
    assert street.visited(street.following()) == OTHER
    line = street.following().open(street.url, 9600)
    assert line.moved_to == f"{OTHER}:{street.port}"
    line.close()
    assert street.journal.peer("kitchen", "socket://10.0.0.9:9100") is None
    street.journal.keep_peers({"kitchen": "socket://10.0.0.9:9100"})
    assert street.journal.peers() == {}


def test_after_ten_seconds_without_it_the_network_is_looked_over(street: Street) -> None:
    street.knows({HOME: KITCHEN})
    street.opens(HOME)
    following = street.following()
    assert street.visited(following) == HOME
    street.shuts(HOME)
    for _ in range(3):
        assert street.visited(following) == ""
        street.now += 4.9
    assert street.neighbours.looks(HOME) == 0
    street.now += 0.3
    assert street.visited(following) == ""
    street.look_is_over(1)


@pytest.mark.parametrize("known", [True, False])
def test_a_stranger_gets_nothing_until_two_looks_have_not_found_the_old_one(street: Street, known: bool) -> None:
    street.knows({HOME: KITCHEN})
    street.opens(HOME)
    following = street.following()
    assert street.visited(following) == HOME
    away = {THIRD: KITCHEN} if known else {}  # at an address that does not take connections now
    street.knows({HOME: BAR, **away})
    for number in (1, 2):
        assert street.visited(following) == ""
        street.look_is_over(number)
        street.now += LOOK_EVERY_S
    ends = {street.visited(following) for _ in range(2)}
    assert ends == ({""} if known else {HOME})
    now_known = street.journal.peer("kitchen", street.url)
    assert now_known is not None
    assert now_known.mac == (KITCHEN if known else BAR)
    assert street.journal.is_replaced("kitchen", street.url) is not known
    street.journal.keep_peers({"kitchen": street.url})
    assert street.journal.is_replaced("kitchen", street.url) is not known
    street.journal.keep_peers({"kitchen": "socket://10.0.0.9:9100"})
    assert not street.journal.is_replaced("kitchen", street.url), "a new address is a person's word"


def test_the_printer_of_another_device_never_takes_the_place_of_a_missing_one(street: Street) -> None:
    street.knows({HOME: KITCHEN})
    street.opens(HOME)
    following = street.following()
    assert street.visited(following) == HOME
    street.journal.remember_peer("bar", Peer(f"socket://{OTHER}:{street.port}", BAR, OTHER))
    street.knows({HOME: BAR})
    for number in (1, 2):
        assert street.visited(following) == ""
        street.look_is_over(number)
        street.now += LOOK_EVERY_S
    assert street.visited(following) == ""
    street.knows({HOME: BAR, OTHER: BAR})
    assert street.visited(following) == HOME, "a new repeater stands before both"


def test_a_repeater_that_answers_for_two_of_ours_leads_to_no_wrong_one(street: Street) -> None:
    street.knows({HOME: KITCHEN, OTHER: KITCHEN})
    street.opens(HOME)
    street.opens(OTHER)
    street.journal.remember_peer("bar", Peer(f"socket://{OTHER}:{street.port}", KITCHEN, OTHER))
    following = street.following()
    assert street.visited(following) == HOME
    street.shuts(HOME)
    assert [street.visited(following) for _ in range(4)] == [""] * 4


def test_where_nobody_knows_who_it_is_it_is_taken_as_it_is(street: Street, tmp_path: Path) -> None:
    street.knows({})
    street.opens(HOME)
    following = street.following()
    assert street.visited(following) == HOME
    assert street.journal.peers() == {}
    street.url = f"socket://localhost:{street.port}"
    street.knows({"127.0.0.1": BAR})
    street.opens("127.0.0.1")
    assert street.visited(following) == "127.0.0.1"
    assert street.journal.peers() == {}, "a name is followed by whoever gives it an address"
