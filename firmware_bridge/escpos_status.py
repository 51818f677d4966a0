"""What an ESC/POS printer's bytes mean. No I/O.

From the tables of Epson (ESC/POS reference, TM-T88III appendix G) and findings on Chinese clones.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal


@dataclass(frozen=True)
class RealTimeAnswer:
    """The answer to the one outstanding DLE EOT; which question it was is known to the asker."""

    byte: int


@dataclass(frozen=True)
class AutoStatus:
    """Four bytes that the printer sends by itself on every change (GS a)."""

    data: bytes


@dataclass(frozen=True)
class FenceAnswer:
    """A byte that can be the answer to GS r. It proves something only while one is outstanding."""

    byte: int


@dataclass(frozen=True)
class FenceEcho:
    """The answer to GS ( H: everything before the fence with these four bytes is printed."""

    mark: bytes


@dataclass(frozen=True)
class Stray:
    """Bytes that fit nothing: noise, another dialect, or the rest of a damaged answer."""

    data: bytes


Answer = RealTimeAnswer | AutoStatus | FenceAnswer | FenceEcho | Stray

XON, XOFF = 0x11, 0x13
_ECHO_BYTES = 7
"""37 22 d d d d 00, the answer to GS ( H. Its bytes would pass for fence answers where it is not known whole."""


class StatusReader:
    """Sorts a printer's bytes. Bytes 2 to 4 of an automatic status look like fence answers: only the
    state of this reader tells them apart, so one reader must see every byte of a connection."""

    def __init__(self) -> None:
        self._auto = bytearray()
        self._echo = bytearray()

    def feed(self, data: bytes) -> list[Answer]:
        answers: list[Answer] = []
        for byte in data:
            if self._echo:
                self._continue_echo(byte, answers)
            else:
                self._sort(byte, answers)
        return answers

    def _sort(self, byte: int, answers: list[Answer]) -> None:
        if byte in (XON, XOFF):
            return
        if byte & 0x93 == 0x12:  # may come between the bytes of an automatic status
            answers.append(RealTimeAnswer(byte))
        elif self._auto and byte & 0x90 == 0:
            self._auto.append(byte)
            if len(self._auto) == 4:
                answers.append(AutoStatus(bytes(self._auto)))
                self._auto.clear()
        elif byte & 0x93 == 0x10:
            self._drop_auto(answers)
            self._auto.append(byte)
        elif byte & 0x90 == 0:
            answers.append(FenceAnswer(byte))
        else:
            self._drop_auto(answers)
            if byte == 0x37:
                self._echo.append(byte)
            else:
                answers.append(Stray(bytes((byte,))))

    def _drop_auto(self, answers: list[Answer]) -> None:
        if self._auto:
            answers.append(Stray(bytes(self._auto)))
            self._auto.clear()

    def _continue_echo(self, byte: int, answers: list[Answer]) -> None:
        if self._auto or byte & 0xF0 == 0x10:
            # A status sent on a change does not wait for the frame. A mark is printable, so this is none of its bytes.
            self._beside_echo(byte, answers)
            return
        if len(self._echo) == 1 and byte not in (0x22, 0x23, 0x25):
            answers.append(Stray(bytes(self._echo)))
            self._echo.clear()
            self._sort(byte, answers)
            return
        self._echo.append(byte)
        if len(self._echo) == _ECHO_BYTES or (self._echo[1] == 0x25 and byte == 0):
            frame = bytes(self._echo)
            is_echo = frame[1] == 0x22 and frame[-1] == 0 and len(frame) == _ECHO_BYTES
            answers.append(FenceEcho(frame[2:6]) if is_echo else Stray(frame))
            self._echo.clear()

    def _beside_echo(self, byte: int, answers: list[Answer]) -> None:
        if byte & 0x93 == 0x12:
            answers.append(RealTimeAnswer(byte))
        elif byte in (XON, XOFF):
            return
        elif byte & 0x93 == 0x10 and not self._auto:
            self._auto.append(byte)
        elif byte & 0x90 == 0:
            self._auto.append(byte)
            if len(self._auto) == 4:
                answers.append(AutoStatus(bytes(self._auto)))
                self._auto.clear()
        else:  # neither: what looked like a status was noise, and the frame with it
            answers.append(Stray(bytes(self._auto) + bytes(self._echo) + bytes((byte,))))
            self._auto.clear()
            self._echo.clear()


Reason = Literal["cover_open", "paper_out", "cutter_error", "error", "offline"]


@dataclass(frozen=True)
class PrinterStatus:
    """What a printer says of itself. Never made from silence: silence is the driver's matter."""

    offline: bool = False
    cover_open: bool = False
    paper_out: bool = False
    paper_low: bool = False
    cutter_error: bool = False
    error: bool = False

    @property
    def blocked(self) -> Reason | None:
        """Why nothing would be printed now: the cause that a person can mend comes first."""
        if self.cover_open:
            return "cover_open"
        if self.paper_out:
            return "paper_out"
        if self.cutter_error:
            return "cutter_error"
        if self.error:
            return "error"
        return "offline" if self.offline else None

    def with_answer(self, question: int, byte: int) -> PrinterStatus:
        """This status with the answer to DLE EOT `question` in it.

        Some 58 mm clones report the end of paper only in 2 (bit 5), some only in 4: 4 is asked last
        and has the word, unless 2 has just said that printing stopped for it.
        """
        if question == 1:
            return replace(self, offline=bool(byte & 0x08))
        if question == 2:
            return replace(self, cover_open=bool(byte & 0x04), paper_out=bool(byte & 0x20))
        if question == 3:
            return replace(self, cutter_error=bool(byte & 0x08), error=bool(byte & 0x64))
        ended = self.paper_out or bool(byte & 0x60)
        return replace(self, paper_low=bool(byte & 0x0C), paper_out=ended)

    @staticmethod
    def from_auto(data: bytes) -> PrinterStatus:
        """From the four bytes of an automatic status."""
        first, second, third, _ = data
        return PrinterStatus(
            offline=bool(first & 0x08),
            cover_open=bool(first & 0x20),
            paper_out=bool(third & 0x0C),
            paper_low=bool(third & 0x03),
            cutter_error=bool(second & 0x08),
            error=bool(second & 0x64),
        )
