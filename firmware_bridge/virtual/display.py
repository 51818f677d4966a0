"""A two-line display that exists only as a program; it follows the command table of CD5220 manuals."""

from __future__ import annotations

from typing import Any

from firmware_bridge.virtual.peer import Peer

CELLS = 20
LONGEST = 64
"""Bytes of a command that never ends: a display's buffer is not larger."""
CLEAR, CAN, CR, ESC = 0x0C, 0x18, 0x0D, 0x1B


class VirtualDisplay(Peer):
    """`text` in `state` is what a guest reads. Twenty bytes a line; a pair of GBK is one character of two cells."""

    def __init__(self, charset: str) -> None:
        super().__init__()
        self._encoding = {"gbk": "gbk"}.get(charset, "cp437")
        self.received = 0
        self.unknown = 0
        """Bytes that are no command it knows."""
        self.power()

    def power(self) -> None:
        self._rows = [b"", b""]
        self._command = bytearray()

    def hear(self, data: bytes) -> None:
        if "mute" in self.faults:
            return
        self.received += len(data)
        for byte in data:
            self._take(byte)

    def _take(self, byte: int) -> None:
        if self._command:
            self._command.append(byte)
            if byte == CR or len(self._command) > LONGEST:
                self._write(bytes(self._command))
                self._command.clear()
        elif byte == CLEAR:
            self._rows = [b"", b""]
        elif byte == ESC:
            self._command.append(byte)
        elif byte not in (CR, CAN):
            self.unknown += 1

    def _write(self, command: bytes) -> None:
        row = {b"\x1bQA": 0, b"\x1bQB": 1}.get(command[:3])
        if row is None or command[-1] != CR or len(command) - 4 > CELLS:
            self.unknown += len(command)
            return
        self._rows[row] = command[3:-1]

    def facts(self) -> dict[str, Any]:
        text = [row.decode(self._encoding, "replace").rstrip() for row in self._rows]
        return {"text": text, "bytes": self.received, "unknown": self.unknown}
