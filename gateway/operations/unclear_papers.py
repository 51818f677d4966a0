"""What follows from a paper's result, where its ticket is not as it should be. A result that is refused comes again
every five seconds, and nothing behind that paper prints: so its own state is kept whatever is wrong with its ticket."""

from __future__ import annotations

import logging
from collections.abc import Callable

from gateway.domain.documents import slip_number
from gateway.domain.errors import IllegalMove, Refused
from gateway.domain.now import Now
from gateway.domain.print_job import COOKED_BY, NOTICE, PrintJob
from gateway.store import devices, orders
from gateway.store.transaction import Tx

log = logging.getLogger(__name__)

UNCLEAR = (Refused, IllegalMove, LookupError, StopIteration, ValueError)
"""A ticket that is held or has gone, a state that it cannot leave so, a line or a notice that is not there. What the
disk says is no such thing: the whole result is tried again."""


def apart(tx: Tx, now: Now, job: PrintJob, follow: Callable[[], None], *, ask: bool = True) -> None:
    """Does what follows from the state of `job`, which is written already; or nothing of it where that cannot be done.
    Then somebody looks at a paper that something is cooked by. A paper for others than cooks asks nobody; `ask`
    False: somebody has just looked."""
    try:
        with tx.part():
            follow()
    except UNCLEAR as unclear:
        log.warning("job %s is %s, and its ticket is unclear: %r", job.id, job.state, unclear)
        if ask and job.kind in (*COOKED_BY, NOTICE):
            devices.raise_condition(
                tx, "slip_unknown", job.id, now.iso, printer=job.printer, station=job.station, job=job.id,
                slip=slip_number(job.number), number=job.order_number or slip_number(job.number),
                table=orders.table_of(tx, job.order_id),
            )  # fmt: skip
