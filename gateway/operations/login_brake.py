"""How fast secrets may be guessed: a budget for each source, and a brake over all strangers together.

A source is a device that a person has logged in on before (its signed cookie says so), or the address of a stranger.

- Each source has its own budget of wrong tries. A known device has nothing but that: whatever strangers do, the
  manager's own tablet gets in with the right PIN.
- A stranger may have many addresses, so that all strangers together are braked too, in two lanes: addresses that have
  failed lately, and addresses that have not. Who guesses soon has no fresh address left (a store's network has some
  250), and then brakes only others that have failed: a new tablet with the right PIN still gets in.
- A right secret gives back nothing. Otherwise whoever knows one PIN could guess at another for ever, with a right one
  after every ninth wrong one. A count ends by calm alone.

Wrong tries are rows, so a restart of the process frees nobody. They are timed by the machine's monotonic clock, so a
wall clock that jumps frees nobody; of a former boot no more is known than that this boot has passed since.
"""

from __future__ import annotations

from gateway.domain.now import Now
from gateway.store import people
from gateway.store.transaction import Reader, Tx

LOCK_AFTER = 10
"""Wrong tries of one source: more than a cook with wet fingers needs. Then a minute, doubled with each further one."""

LOCK_S = 60.0
MAX_LOCK_S = 3600.0
"""No longer: whoever shares an address with someone who guesses gets in on the same day."""

BRAKE_AFTER = 20
"""Wrong tries of all strangers in a lane: a whole shift on new tablets may err once each."""

BRAKE_S = 0.125
MAX_BRAKE_S = 8.0
"""The wait after each further one doubles up to this: 475 tries in the first hour of a lane and 450 in each further
one, so fewer than 1,000 an hour over both. One PIN of six digits is then found in three weeks on the average, guessing
day and night, not in the quarter of an hour that four digits and one address a try would take."""

CALM_S = 2 * MAX_LOCK_S
"""Without a wrong try a source or a lane begins anew. Twice the longest wait: to sit one out must not be enough."""

_KNOWN = "known:"
_FAILED, _FRESH = "*failed", "*fresh"
"""Rows beside the sources'. No address begins with a star."""


def known_source(name: str, device: int) -> str:
    """The budget of a device on which this person has logged in before."""
    return f"{_KNOWN}{name}:{device}"


def is_known(source: str) -> bool:
    """Whether this source is a known device: no brake over strangers concerns it."""
    return source.startswith(_KNOWN)


def locked_for(rows: Reader, now: Now, source: str) -> float:
    """Seconds that this source still has to wait before another try."""
    own = _wait(rows, now, source, LOCK_AFTER, LOCK_S, MAX_LOCK_S)
    if is_known(source):
        return own
    return max(own, _wait(rows, now, _lane(rows, now, source), BRAKE_AFTER, BRAKE_S, MAX_BRAKE_S))


def count_wrong_try(tx: Tx, now: Now, source: str) -> None:
    """Keeps one wrong try of this source. Some 3,000 rows at the most: three hours of strangers who never rest."""
    rows = [source] if is_known(source) else [source, _lane(tx, now, source)]
    for row in rows:
        if _lately(tx, now, row) is None:
            people.clear_failures(tx, row)
        people.add_failure(tx, row, now.boot, now.monotonic)


def forget_old(tx: Tx, now: Now) -> None:
    """Deletes the counts that calm has ended."""
    people.prune_failures(tx, now.boot, now.monotonic, CALM_S)


def _lane(rows: Reader, now: Now, source: str) -> str:
    return _FRESH if _lately(rows, now, source) is None else _FAILED


def _lately(rows: Reader, now: Now, source: str) -> tuple[int, float] | None:
    """(wrong tries, seconds since the last); None when there is none, or calm has ended them."""
    found = people.failures(rows, source)
    if found is None:
        return None
    count, boot, mono = found
    # Monotonic time begins with the machine: of a try before that we know that all of this boot has passed since.
    passed = now.since(boot, mono) if boot == now.boot else now.monotonic
    return None if passed >= CALM_S else (count, passed)


def _wait(rows: Reader, now: Now, source: str, after: int, first_s: float, longest_s: float) -> float:
    found = _lately(rows, now, source)
    if found is None or found[0] < after:
        return 0.0
    doublings = min(found[0] - after, 16)  # 65,536 times: above every limit here, below what a float can hold
    return max(0.0, min(first_s * 2.0**doublings, longest_s) - found[1])
