"""A disk whose fsync takes some milliseconds longer, for one process: a shim compiled on the spot."""

from __future__ import annotations

import subprocess
from pathlib import Path

SOURCE = Path(__file__).with_name("slow_disk.c")


def slow_disk(folder: Path, ms: float) -> dict[str, str]:
    """What to add to a process's environment. Needs a C compiler."""
    library = folder / "slow_disk.so"
    if not library.exists():
        subprocess.run(["cc", "-O2", "-shared", "-fPIC", "-o", str(library), str(SOURCE), "-ldl"], check=True)
    return {"LD_PRELOAD": str(library), "SLOW_DISK_MS": str(ms)}
