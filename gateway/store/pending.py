"""The answer to a submitted operation, not yet known."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Any

log = logging.getLogger(__name__)


class NotDone(Exception):  # noqa: N818
    """The operation was not carried out and left no trace: `busy`, `storage_full`, `storage_failed`, `stopping`."""

    def __init__(self, reason: str):
        super().__init__(reason)
        self.reason = reason


class Pending:
    """Settled once, by the writer. `result` waits for it."""

    __slots__ = ("_done", "_failure", "_lock", "_then", "_value", "actor", "args", "kwargs", "operation")

    def __init__(self, operation: Callable[..., Any], actor: Any, args: tuple[Any, ...], kwargs: dict[str, Any]):
        self.operation = operation
        self.actor = actor
        self.args = args
        self.kwargs = kwargs
        self._done = False
        self._value: Any = None
        self._failure: BaseException | None = None
        self._then: list[Callable[[Pending], None]] = []
        self._lock = threading.Lock()
        self._lock.acquire()

    def settle(self, value: Any) -> None:
        self._value = value
        self._finish()

    def fail(self, failure: BaseException) -> None:
        self._failure = failure
        self._finish()

    def _finish(self) -> None:
        self._done = True
        self._lock.release()
        self._tell()

    def _tell(self) -> None:
        # Both sides may come here at once; a pop is given to one of them only.
        while self._then:
            try:
                call = self._then.pop()
            except IndexError:
                return
            try:
                call(self)
            except Exception:
                # The operation is done whatever its listener makes of it; others still wait for their answers.
                log.exception("who waited for an operation failed")

    @property
    def done(self) -> bool:
        return self._done

    @property
    def failure(self) -> BaseException | None:
        return self._failure

    def then(self, call: Callable[[Pending], None]) -> None:
        """`call(self)` once, when settled; mostly on the writer's thread: it must return at once."""
        self._then.append(call)
        if self._done:
            self._tell()

    def result(self, timeout_s: float = 30.0) -> Any:
        """The operation's value, or raises what it raised. `TimeoutError` when the disk stalls that long: the
        operation may still be carried out, and the same idempotency key will find it."""
        if not self._done:
            if not self._lock.acquire(timeout=timeout_s):
                raise TimeoutError("the store did not answer")
            self._lock.release()
        if self._failure is not None:
            raise self._failure
        return self._value
