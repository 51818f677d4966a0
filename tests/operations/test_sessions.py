"""Who is logged in, and for how long."""

from __future__ import annotations

from store.shop import Shop

from gateway.operations import administration
from gateway.store import people


def logged_in(shop: Shop, *secrets: str) -> list[str]:
    with shop.read() as rows:
        return [secret for secret in secrets if people.session(rows, secret, "2026")]


def test_a_change_of_a_person_ends_their_sessions_at_once_and_nobody_elses(shop: Shop) -> None:
    for name in ("li", "wang"):
        shop.user(name, "manager")
        shop.do(administration.begin_session, name, True, "10.0.0.7", f"{name}-1")
    shop.do(administration.begin_session, "li", True, "10.0.0.8", "li-2")
    assert logged_in(shop, "li-1", "li-2", "wang-1") == ["li-1", "li-2", "wang-1"]
    shop.user("li", "kitchen")
    assert logged_in(shop, "li-1", "li-2", "wang-1") == ["wang-1"]
    shop.do(administration.begin_session, "li", True, "10.0.0.7", "li-3")
    assert logged_in(shop, "li-3") == ["li-3"]


def test_a_removed_persons_sessions_do_not_open_for_the_next_one_of_that_name(shop: Shop) -> None:
    shop.user("li", "manager")
    shop.do(administration.begin_session, "li", True, "10.0.0.7", "li-1")
    shop.store.writer_connection.execute("DELETE FROM users WHERE name = 'li'")
    assert logged_in(shop, "li-1") == []
    shop.user("li", "manager")
    assert logged_in(shop, "li-1") == []
