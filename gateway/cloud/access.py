"""Who may write and who may read. Tokens are compared in constant time and never logged."""

from __future__ import annotations

import hmac
import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Access:
    """`boxes`: token -> the source it may write for, or "" for any box (a cloud with one token).
    `readers`: tokens that may only read."""

    boxes: dict[str, str] = field(repr=False)
    readers: tuple[str, ...] = field(repr=False)

    @classmethod
    def of(cls, box_tokens: str, read_tokens: str) -> Access:
        """From the texts of the two token files: one token a line; in the boxes' file a line may be
        `SOURCE TOKEN`. Raises ValueError when a text holds no token or a line is not of that form."""
        boxes: dict[str, str] = {}
        for line in box_tokens.split("\n"):
            words = line.split()
            if len(words) > 2 or (len(words) == 2 and not words[0].startswith("/stores/")):
                raise ValueError("a line of the boxes' token file is `TOKEN` or `SOURCE TOKEN`")
            if words:
                boxes[words[-1]] = words[0] if len(words) == 2 else ""
        readers = tuple(read_tokens.split())
        if not boxes or not readers:
            raise ValueError("a token file is empty")
        return cls(boxes, readers)

    def box(self, authorization: str) -> str | None:
        """The source that this header may write for ("" = any), or None: it is no box's."""
        return next((source for token, source in self.boxes.items() if _bears(authorization, token)), None)

    def may_read(self, authorization: str) -> bool:
        reads = any(_bears(authorization, token) for token in self.readers)
        return reads or self.box(authorization) is not None


def _bears(authorization: str, token: str) -> bool:
    return hmac.compare_digest(authorization.encode(), f"Bearer {token}".encode())


def kept_token(path: Path) -> str:
    """The text of a token file; made with a new random token, 0600, when there is none. Raises OSError."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text("utf-8")
    token = secrets.token_urlsafe(32)
    with os.fdopen(descriptor, "w") as file:
        file.write(token + "\n")
    return token
