"""The state tables, as docs and people know them: every move that is written here is legal, every other one is not."""

from __future__ import annotations

import typing

import pytest

from gateway.contract.messages import FINAL_RESULTS, JobState, TicketDo
from gateway.domain import check, order, print_job, ticket, visit
from gateway.domain.errors import IllegalMove
from gateway.domain.states import Table, moved

LEGAL = {
    "visit": (visit.STATES, visit.MOVES, "OPEN close CLOSED"),
    "order": (
        order.STATES, order.MOVES,
        """AWAITING_RELEASE release PLACED, AWAITING_RELEASE cancel CANCELLED, AWAITING_PAYMENT pay PLACED,
        AWAITING_PAYMENT expire EXPIRED, PLACED close CLOSED, PLACED cancel CANCELLED""",
    ),
    "check": (
        check.STATES, check.MOVES,
        "OPEN lock LOCKED, LOCKED unlock OPEN, LOCKED pay PAID, PAID reopen OPEN",
    ),
    "line": (
        order.LINE_STATES, order.LINE_MOVES,
        """ON_HOLD fire FIRED, FIRED done DONE, DONE serve SERVED, FIRED serve SERVED, DONE reopen FIRED,
        SERVED reopen FIRED, FIRED hold ON_HOLD, DONE refire FIRED, SERVED refire FIRED,
        ON_HOLD cancel CANCELLED, FIRED cancel CANCELLED, FIRED return RETURNED,
        DONE return RETURNED, SERVED return RETURNED""",
    ),
    "ticket": (
        ticket.STATES, ticket.MOVES,
        """QUEUED show SHOWN, SHOWN start STARTED, SHOWN bump READY, STARTED bump READY, READY serve SERVED,
        READY undo SHOWN, READY recall SHOWN, STARTED undo SHOWN, SERVED undo SHOWN, SERVED recall SHOWN,
        SERVED unserve READY,
        QUEUED cancel CANCELLED, SHOWN cancel CANCELLED, STARTED cancel CANCELLED, READY cancel CANCELLED""",
    ),
    "print job": (
        print_job.STATES, print_job.MOVES,
        """QUEUED sending SENDING, QUEUED waiting WAITING, QUEUED printed PRINTED, QUEUED unconfirmed UNCONFIRMED,
        QUEUED unknown UNKNOWN, SENDING sending SENDING, SENDING printed PRINTED, SENDING unconfirmed UNCONFIRMED,
        SENDING unknown UNKNOWN, SENDING waiting WAITING, WAITING waiting WAITING, WAITING sending SENDING,
        WAITING unknown UNKNOWN, WAITING printed PRINTED, WAITING unconfirmed UNCONFIRMED,
        QUEUED cancel CANCELLED, SENDING cancel CANCELLED, WAITING cancel CANCELLED,
        QUEUED divert DIVERTED, SENDING divert DIVERTED, WAITING divert DIVERTED,
        QUEUED stale STALE, SENDING stale STALE, WAITING stale STALE, STALE cancel CANCELLED,
        UNKNOWN came_out PRINTED, UNCONFIRMED came_out PRINTED""",
    ),
}  # fmt: skip


def _legal(text: str) -> dict[tuple[str, str], str]:
    found = {}
    for move in text.split(","):
        before, name, after = move.split()
        found[before, name] = after
    return found


@pytest.mark.parametrize("thing", LEGAL)
def test_every_move_is_as_written_and_every_other_one_is_illegal(thing: str) -> None:
    states, moves, text = LEGAL[thing]
    legal = _legal(text)
    names = sorted({name for _, name in legal} | {name for _, name in moves} | {"dance"})
    tried = 0
    for state in (*states, "NOWHERE"):
        for name in names:
            tried += 1
            if (state, name) in legal:
                assert moved(thing, moves, state, name) == legal[state, name], (state, name)
                continue
            with pytest.raises(IllegalMove) as caught:
                moved(thing, moves, state, name)
            assert str(caught.value) == f"{thing} in state {state} cannot {name}"
    assert tried == (len(states) + 1) * len(names)
    assert dict(moves) == legal


@pytest.mark.parametrize("thing", LEGAL)
def test_a_table_speaks_of_its_own_states_only(thing: str) -> None:
    states, moves, _ = LEGAL[thing]
    assert {before for before, _ in moves} | set(moves.values()) <= set(states)
    assert len(set(states)) == len(states)


@pytest.mark.parametrize(
    ("moves", "ends"),
    [
        (visit.MOVES, {"CLOSED"}),
        (order.MOVES, {"CLOSED", "CANCELLED", "EXPIRED"}),
        (print_job.MOVES, {"PRINTED", "CANCELLED", "DIVERTED"}),
    ],
)
def test_what_is_over_never_moves_again(moves: Table, ends: set[str]) -> None:
    assert set(moves.values()) - {before for before, _ in moves} == ends


def test_what_no_printer_has_to_do_with_any_more_moves_only_by_a_persons_word() -> None:
    from_rest = {k: v for k, v in print_job.MOVES.items() if k[0] not in print_job.OPEN}
    assert from_rest == {
        ("UNKNOWN", "came_out"): "PRINTED", ("UNCONFIRMED", "came_out"): "PRINTED", ("STALE", "cancel"): "CANCELLED",
    }  # fmt: skip


def test_every_answer_of_a_bridge_is_a_move_and_its_last_word_ends_the_paper() -> None:
    assert set(print_job.RESULT_MOVES) == set(JobState.__args__)
    for state in print_job.OPEN:
        for answer in FINAL_RESULTS:
            # Whatever was lost between: the last word must end it, or the printer's queue stands for ever.
            assert print_job.MOVES[state, print_job.RESULT_MOVES[answer]] not in print_job.OPEN, (state, answer)


def test_what_a_display_may_do_is_what_the_table_knows() -> None:
    hints = typing.get_type_hints(TicketDo)
    actions = set(typing.get_args(hints["action"]))
    assert actions == {*ticket.ACTIONS, "rush", "rendered"}
    assert set(ticket.ACTIONS) == ticket.START_KIND | ticket.READY_KIND | ticket.KNOWN_KIND
