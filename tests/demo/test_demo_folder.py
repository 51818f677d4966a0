"""Secrets, ports and the folder: made once, kept, and refused in words."""

from __future__ import annotations

import os
import socket
import stat
import tomllib
from pathlib import Path

import msgspec
import pytest

from gateway.config import load
from gateway.demo.configuration import Addresses, bridge_tables, fill_devices, gateway_tables, write_configuration
from gateway.demo.folder import DemoFolder, FolderRefused, write_file
from gateway.demo.passwords import FILES, keep_passwords
from gateway.demo.ports import PortRefused, Ports, Wanted, choose, is_free
from gateway.demo.seed import _carry_out, _is_a_demo_device, seed
from gateway.operations import administration
from gateway.store import Store
from gateway.store.settings import settings_revision, the_settings

HOSTS = dict.fromkeys(("guest", "staff", "mqtt", "cloud", "proxy"), "127.0.0.1")
ANY = Wanted(0, 0, 0, 0)


def test_passwords_are_drawn_once_and_only_their_owner_reads_them(tmp_path: Path) -> None:
    first = keep_passwords(tmp_path)
    assert keep_passwords(tmp_path) == first
    assert len(set(vars(first).values())) == len(FILES)
    for path in tmp_path.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path


def test_a_lost_password_is_drawn_again_and_the_others_stay(tmp_path: Path) -> None:
    first = keep_passwords(tmp_path)
    (tmp_path / "api-token").unlink()
    second = keep_passwords(tmp_path)
    assert second.api_token != first.api_token
    assert second.mqtt_gateway == first.mqtt_gateway


def test_the_next_start_gets_the_same_ports(tmp_path: Path) -> None:
    first = choose(ANY, HOSTS, tmp_path / "ports.json")
    assert len(set(vars(first).values())) == 5
    assert choose(ANY, HOSTS, tmp_path / "ports.json") == first


def test_a_port_that_was_taken_meanwhile_is_replaced(tmp_path: Path) -> None:
    first = choose(ANY, HOSTS, tmp_path / "ports.json")
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", first.guest))
        other.listen()
        second = choose(ANY, HOSTS, tmp_path / "ports.json")
    assert second.guest != first.guest
    assert second.staff == first.staff


def test_a_named_port_in_use_is_refused_in_words(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = other.getsockname()[1]
        assert not is_free("127.0.0.1", taken)
        with pytest.raises(PortRefused, match=f"--guest-port {taken}: this port is in use"):
            choose(Wanted(taken, 0, 0, 0), HOSTS, tmp_path / "ports.json")


def test_a_port_named_twice_is_refused_with_the_name_of_the_first(tmp_path: Path) -> None:
    port = choose(ANY, HOSTS, tmp_path / "any.json").guest
    with pytest.raises(PortRefused, match=rf"--staff-port {port}: --guest-port has it already"):
        choose(Wanted(port, port, 0, 0), HOSTS, tmp_path / "ports.json")


def test_the_usual_port_is_only_a_wish(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            other.bind(("127.0.0.1", Ports().guest))
            other.listen()
        except OSError:
            assert not is_free("127.0.0.1", Ports().guest)
        assert choose(Wanted(None, 0, 0, 0), HOSTS, tmp_path / "ports.json").guest != Ports().guest


def test_a_folder_belongs_to_one_demo(tmp_path: Path) -> None:
    folder = DemoFolder(tmp_path / "store")
    folder.make()
    held = folder.lock()
    with pytest.raises(FolderRefused, match="another demo"):
        folder.lock()
    os.close(held)
    os.close(folder.lock())


def test_a_path_too_long_for_a_socket_is_refused_in_words(tmp_path: Path) -> None:
    with pytest.raises(FolderRefused, match="bytes too long"):
        DemoFolder(tmp_path / ("店" * 40)).make()


def test_a_file_is_replaced_as_a_whole(tmp_path: Path) -> None:
    path = tmp_path / "pids.json"
    write_file(path, "old")
    write_file(path, "新")
    assert path.read_text(encoding="utf-8") == "新"
    assert [p.name for p in tmp_path.iterdir()] == ["pids.json"]


def test_the_boot_files_are_toml_in_any_folder(tmp_path: Path) -> None:
    folder = DemoFolder(tmp_path / '我的 "店"')
    folder.make()
    addresses = Addresses("127.0.0.1", "127.0.0.1", Ports(1, 2, 3, 4, 5))
    write_configuration(folder, addresses, guards=True)
    gateway = tomllib.loads(folder.gateway_config.read_text(encoding="utf-8"))
    assert gateway["demo"]["lan"] is False
    open_to_all = Addresses("0.0.0.0", "192.168.1.9", addresses.ports)
    assert gateway_tables(folder, open_to_all, guards=True)["demo"]["lan"] is True, "then /demo asks for a login"
    assert gateway == gateway_tables(folder, addresses, guards=True)
    bridge = tomllib.loads(folder.bridge_config.read_text(encoding="utf-8"))
    tables = bridge_tables(folder, addresses)
    assert bridge == {**tables.pop(""), **tables}
    assert not {"password", "token"} & set(gateway["broker"]) | set(gateway["cloud"]) & {"token"}


def test_the_sample_settings_and_menu_are_without_a_fault(tmp_path: Path) -> None:
    from gateway.domain import menu, settings

    config = Path(__file__).resolve().parents[2] / "config"
    text = fill_devices((config / "settings.toml").read_text(encoding="utf-8"), tmp_path / '我 "dev"')
    store = msgspec.convert(tomllib.loads(text), settings.Settings)
    assert settings.faults(store) == []
    assert store.printers[0].port == str(tmp_path / '我 "dev"' / "kitchen")
    dishes = msgspec.convert(tomllib.loads((config / "menu.toml").read_text(encoding="utf-8")), menu.Menu)
    assert menu.faults(dishes, frozenset(s.id for s in store.stations)) == []
    assert len(dishes.items) == 24
    assert [i.id for i in dishes.items.values() if i.sold_out] == ["boiled-fish"]
    free = [i for i in dishes.items.values() if not any(g.min for g in i.modifier_groups) and not i.sold_out]
    assert len(free) >= 10
    assert not [i.id for i in free if i.variants], "what needs no modifier must need no variant either"
    for item in dishes.items.values():
        assert set(item.name) == set(item.kitchen_name) == set(item.description) == {"zh-Hans", "en"}, item.id


@pytest.mark.parametrize(
    ("port", "ours"),
    [
        ("/home/visitor/former/dev/kitchen", True),
        ("/srv/copy/dev/receipt", True),
        ("/dev/kitchen", False),
        ("/dev/serial/by-id/usb-printer", False),
        ("socket://10.0.0.7:9100", False),
        ("/opt/dev/scale", False),
    ],
)
def test_only_a_demo_device_follows_its_folder(port: str, ours: bool) -> None:
    assert _is_a_demo_device(port) is ours


def test_a_printer_that_somebody_connected_stays_where_the_folder_goes(tmp_path: Path) -> None:
    former, folder = DemoFolder(tmp_path / "former"), DemoFolder(tmp_path / "moved")
    former.make()
    addresses = Addresses("127.0.0.1", "127.0.0.1", Ports(1, 2, 3, 4, 5))
    passwords = keep_passwords(former.secrets)
    write_configuration(former, addresses, guards=False)
    tables = seed(former, passwords, guards=False)
    store = Store(load(former.gateway_config).database)
    with store.read() as rows:
        rules = the_settings(rows)
    own = msgspec.structs.replace(rules.printers[1], port="socket://10.0.0.7:9100")
    _carry_out(store, [(administration.import_settings, (
        msgspec.structs.replace(rules, printers=[rules.printers[0], own]), iter(())))])  # fmt: skip
    store.close()
    former.root.rename(folder.root)

    write_configuration(folder, addresses, guards=False)
    assert seed(folder, passwords, guards=False) == tables
    store = Store(load(folder.gateway_config).database)
    with store.read() as rows:
        ports = [printer.port for printer in the_settings(rows).printers]
        revision = settings_revision(rows)
    assert ports == [str(folder.devices / "kitchen"), "socket://10.0.0.7:9100"]
    store.close()
    seed(folder, passwords, guards=False)
    store = Store(load(folder.gateway_config).database)
    with store.read() as rows:
        assert settings_revision(rows) == revision, "a start in the same place changes nothing"
    store.close()


def test_the_lunch_orders_only_what_the_sample_menu_sells() -> None:
    from gateway.demo.lunch import LUNCH, Cook, Order
    from gateway.domain import menu, settings

    config = Path(__file__).resolve().parents[2] / "config"
    store = msgspec.convert(tomllib.loads((config / "settings.toml").read_text("utf-8")), settings.Settings)
    items = msgspec.convert(tomllib.loads((config / "menu.toml").read_text("utf-8")), menu.Menu).items
    assert [at for at, _ in LUNCH] == sorted(at for at, _ in LUNCH)
    for _, step in LUNCH:
        if isinstance(step, Cook):
            assert store.station(step.station)
        if not isinstance(step, Order):
            continue
        assert step.table in store.tables()
        for dish in step.dishes:
            item = items[dish.item]
            assert not item.sold_out
            assert {dish.variant} <= ({v.id for v in item.variants} or {None}), dish
            chosen = set(dish.modifiers)
            for group in item.modifier_groups:
                of_group = chosen & {m.id for m in group.modifiers}
                assert group.min <= len(of_group) <= group.max, dish
                chosen -= of_group
            assert not chosen, dish
