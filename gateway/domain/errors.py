"""Errors named by the reaction they ask for. Anything else that is raised is a bug."""

from __future__ import annotations

from typing import Any


class Refused(Exception):  # noqa: N818 - it names the reaction, as its siblings do
    """The caller asked for something that the house will not do; tell them `code` and `detail`.

    `keep` are facts to write after the rollback of the operation's savepoint, in the same transaction
    (a wrong PIN is refused, and still counted). Each is a function that takes the transaction.
    """

    def __init__(self, code: str, *, keep: tuple[Any, ...] = (), retry_after_s: int | None = None, **detail: Any):
        super().__init__(code)
        self.code = code
        self.detail = detail
        self.keep = keep
        self.retry_after_s = retry_after_s


class Retry(Exception):  # noqa: N818
    """The other side cannot do it now: try the same thing again later. `after_s` if it said when."""

    def __init__(self, reason: str, after_s: float | None = None):
        super().__init__(reason)
        self.reason = reason
        self.after_s = after_s


class Rejected(Exception):  # noqa: N818
    """The other side will never take exactly this. Trying again changes nothing."""

    def __init__(self, reason: str, status: int = 0):
        super().__init__(reason)
        self.reason = reason
        self.status = status


class IllegalMove(Exception):  # noqa: N818
    """A state table does not know this move. Raised by the tables in domain/, turned into words above."""

    def __init__(self, thing: str, state: str, move: str):
        super().__init__(f"{thing} in state {state} cannot {move}")
        self.thing = thing
        self.state = state
        self.move = move
