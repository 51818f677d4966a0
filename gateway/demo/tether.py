"""Runs a command that the kernel ends when its starter dies: `python tether.py PARENT_PID COMMAND...`.

The supervisor may be killed with SIGKILL, and then nobody is left to stop its children. Asking the kernel has
to happen inside the child. Python's `preexec_fn` would run our code between fork and exec of a process with
threads, where a lock may be held for ever; this program asks and then becomes the command, with the same pid.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def main(argv: list[str]) -> None:
    parent, command = int(argv[0]), argv[1:]
    if sys.platform == "linux":
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0) != 0:
            raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG)")
    if os.getppid() != parent:  # it died before we asked
        raise SystemExit("the supervisor is gone")
    os.execv(command[0], command)


if __name__ == "__main__":
    main(sys.argv[1:])
