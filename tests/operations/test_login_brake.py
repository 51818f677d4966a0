"""Guessing: a budget for each source, a brake over all strangers, and a known device that neither concerns."""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from typing import Any

import pytest
from store.shop import Shop

from gateway.demo.passwords import keep_passwords
from gateway.domain.errors import Refused
from gateway.operations import administration, login_brake
from gateway.operations.login_brake import BRAKE_AFTER, CALM_S, LOCK_AFTER, LOCK_S, MAX_BRAKE_S, MAX_LOCK_S
from gateway.store import people

TABLET = login_brake.known_source("li", 3)


@pytest.fixture
def staffed(shop: Shop) -> Shop:
    shop.user("li", "manager")
    return shop


def try_login(shop: Shop, matched: bool, source: str = "10.0.0.7", name: str = "li") -> Any:
    return shop.do(administration.begin_session, name, matched, source, f"token-{next(shop.keys)}")


def guess(shop: Shop, source: str = "10.0.0.7") -> str:
    """The code of the refusal that a wrong secret gets."""
    with pytest.raises(Refused) as refused:
        try_login(shop, False, source)
    return refused.value.code


def wait_of(shop: Shop, source: str) -> float:
    with shop.read() as rows:
        return login_brake.locked_for(rows, shop.now, source)


def test_ten_wrong_tries_lock_for_a_minute_then_longer_up_to_an_hour(staffed: Shop) -> None:
    assert [guess(staffed) for _ in range(LOCK_AFTER)] == ["wrong_login"] * 10
    expected = LOCK_S
    for _ in range(9):
        with pytest.raises(Refused) as refused:
            try_login(staffed, matched=True)
        assert (refused.value.code, refused.value.retry_after_s) == ("too_many", int(expected) + 1)
        staffed.later(expected)
        assert guess(staffed) == "wrong_login"
        expected = min(2 * expected, MAX_LOCK_S)
    assert expected == MAX_LOCK_S
    staffed.later(MAX_LOCK_S)
    assert try_login(staffed, matched=True).name == "li"


def test_a_right_secret_gives_nothing_back_and_calm_does(staffed: Shop) -> None:
    """Otherwise a waiter's own PIN after every ninth guess would open the way to the manager's."""
    for _ in range(LOCK_AFTER - 1):
        guess(staffed)
    try_login(staffed, matched=True)
    assert guess(staffed) == "wrong_login"
    assert guess(staffed) == "too_many"
    staffed.later(CALM_S)
    assert wait_of(staffed, "10.0.0.7") == 0.0
    assert [guess(staffed) for _ in range(LOCK_AFTER)] == ["wrong_login"] * 10


def test_a_restart_frees_nobody_and_no_clock_does(staffed: Shop) -> None:
    for _ in range(LOCK_AFTER):
        guess(staffed)
    staffed.again()
    with pytest.raises(Refused, match="too_many"):
        try_login(staffed, matched=True)
    ahead = staffed.later(59)
    with staffed.read() as rows:
        for year in (2020, 2030):
            jumped = replace(ahead, utc=ahead.utc.replace(year=year), grade="guess")
            assert login_brake.locked_for(rows, jumped, "10.0.0.7") == 1.0
        # After a restart of the machine no more is known than that its own time has passed; then the wait ends.
        assert login_brake.locked_for(rows, replace(ahead, boot="boot-2", monotonic=1.0), "10.0.0.7") == LOCK_S - 1.0
        assert login_brake.locked_for(rows, replace(ahead, boot="boot-2", monotonic=LOCK_S), "10.0.0.7") == 0.0
        assert login_brake.locked_for(rows, ahead, "10.0.0.8") == 0.0


@pytest.mark.parametrize("restarting", [False, True])
def test_a_stranger_with_many_addresses_has_fewer_than_a_thousand_tries_an_hour(
    staffed: Shop, restarting: bool
) -> None:
    failed: deque[str] = deque()
    tried, ends = 0, staffed.now.monotonic + 3600
    while staffed.now.monotonic < ends:
        # Both lanes as fast as they go: an address that has never failed, and the one that failed longest ago.
        fresh = f"10.0.{len(failed) // 250}.{len(failed) % 250}"
        for source in (fresh, failed[0] if failed else fresh):
            if wait_of(staffed, source) == 0.0 and guess(staffed, source) == "wrong_login":
                tried += 1
                if source == fresh:
                    failed.append(fresh)
                else:
                    failed.rotate(-1)
        staffed.later(0.5)
        if restarting and tried % 100 == 0:
            staffed.again()
    assert 700 < tried < 1000  # the lower bound: it was the brake that was measured, not an accident


def test_a_known_device_gets_in_while_strangers_guess(staffed: Shop) -> None:
    for n in range(60):
        staffed.later(MAX_BRAKE_S)
        guess(staffed, f"10.0.0.{n}")
    assert wait_of(staffed, "10.0.0.99") > 0
    assert wait_of(staffed, TABLET) == 0.0
    assert try_login(staffed, True, TABLET).name == "li"


def test_who_has_no_fresh_address_left_brakes_only_others_that_have_failed(staffed: Shop) -> None:
    """The owner's new tablet gets in while a stranger with a few addresses guesses as fast as the brake lets them."""
    for n in range(400):
        guess(staffed, f"10.0.0.{n % 15}")
        staffed.later(1.0)
    assert wait_of(staffed, "10.0.0.3") > 0
    assert try_login(staffed, True, "10.0.0.77").name == "li"


def test_a_known_device_that_guesses_is_locked_and_locks_no_other(staffed: Shop) -> None:
    for _ in range(LOCK_AFTER):
        guess(staffed, TABLET)
    assert guess(staffed, TABLET) == "too_many"
    assert try_login(staffed, True, login_brake.known_source("li", 4)).name == "li"
    assert try_login(staffed, True, "10.0.0.7").name == "li"


def test_the_brake_wears_off_and_counts_that_calm_has_ended_are_deleted(staffed: Shop) -> None:
    for n in range(BRAKE_AFTER + 5):
        guess(staffed, f"10.0.0.{n}")
        staffed.later(MAX_BRAKE_S)
    with staffed.read() as rows:
        assert people.failures(rows, "*fresh") is not None
    staffed.do(administration.prune, staffed.now.ago(0), 200)
    assert staffed.value("SELECT count(*) FROM login_failures") == BRAKE_AFTER + 6
    staffed.later(CALM_S)
    staffed.do(administration.prune, staffed.now.ago(0), 200)
    assert staffed.value("SELECT count(*) FROM login_failures") == 0


def test_a_count_from_a_former_boot_is_deleted_when_this_one_is_old_enough(staffed: Shop) -> None:
    guess(staffed)
    staffed.boot = "boot-2"
    staffed.do(administration.prune, staffed.now.ago(0), 200)
    assert staffed.value("SELECT count(*) FROM login_failures") == 2
    staffed.later(CALM_S)
    staffed.do(administration.prune, staffed.now.ago(0), 200)
    assert staffed.value("SELECT count(*) FROM login_failures") == 0


def test_a_new_pin_has_six_digits_and_none_that_everyone_tries_first(tmp_path: Any) -> None:
    for n in range(50):
        folder = tmp_path / str(n)
        folder.mkdir()
        pin = keep_passwords(folder).staff_pin
        assert (len(pin), pin.isdigit(), len(set(pin)) > 3) == (6, True, True)
        assert pin not in "0123456789"
