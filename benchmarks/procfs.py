"""What the kernel says of a process. Linux only."""

from __future__ import annotations

import os
from pathlib import Path

TICK_S = 1 / os.sysconf("SC_CLK_TCK")


def cpu_s(pid: int) -> float:
    """Processor seconds of all its threads, in user and kernel mode."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * TICK_S


def running_s(pid: int) -> float:
    """The same to the nanosecond, of the threads that live: for what costs less than a tick in a second."""
    return sum(int(f.read_text().split()[0]) for f in Path(f"/proc/{pid}/task").glob("*/schedstat")) / 1e9


def pss_mb(pid: int) -> float:
    """Its share of memory: shared pages count by the number of processes that share them."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1024
    raise LookupError("the kernel tells no Pss")


def wake_ups(pid: int) -> int:
    """How often its threads went to sleep by themselves, and so had to be woken."""
    count = 0
    for status in Path(f"/proc/{pid}/task").glob("*/status"):
        for line in status.read_text().splitlines():
            if line.startswith("voluntary_ctxt_switches"):
                count += int(line.split()[1])
    return count


def written(pid: int | str = "self") -> tuple[int, int]:
    """(bytes given to write calls, bytes that dirtied pages of a disk)."""
    fields = dict(line.split(": ") for line in Path(f"/proc/{pid}/io").read_text().splitlines())
    return int(fields["wchar"]), int(fields["write_bytes"])


def sectors_written(device: str) -> int:
    """Bytes that a block device was told to write since it appeared. `device` is such as loop7."""
    return int(Path(f"/sys/block/{device}/stat").read_text().split()[6]) * 512
