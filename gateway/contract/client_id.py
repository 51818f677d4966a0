"""The id under which a program of the house is known to the local broker."""

from __future__ import annotations

import hashlib

PREFIX = b"tablepass mqtt client id:"
"""So that this hash of the password is of no use anywhere else."""

SECRET_DIGITS = 16
"""64 bits: with a password that cannot be guessed, neither can the id."""


def client_id(name: str, password: str) -> str:
    """`name` and a secret part, the same after every restart.

    A broker hands a session, and what waits in it, to whoever connects with its id, under whatever user. So an id
    that another user could know would let them take our place and throw away what waits for us. It belongs in no log.
    """
    return f"{name}-{hashlib.sha256(PREFIX + password.encode()).hexdigest()[:SECRET_DIGITS]}"
