"""A block device of one's own: an ext4 image on a loop device, so that nobody else's writes are counted. Needs root."""

from __future__ import annotations

import subprocess
from pathlib import Path
from types import TracebackType

SIZE_MB = 256


class Card:
    """Use it in a `with`. `folder` lies on it, `device` is its name under /sys/block. Raises OSError without root."""

    def __init__(self, folder: Path):
        self._image, self.folder = folder / "card.img", folder / "card"

    def __enter__(self) -> Card:
        with open(self._image, "wb") as image:
            image.truncate(SIZE_MB * 1024 * 1024)
        self.folder.mkdir()
        try:
            # Without lazy initialisation: the kernel would write inode tables in the middle of the measurement.
            options = "lazy_itable_init=0,lazy_journal_init=0"
            subprocess.run(["mkfs.ext4", "-q", "-E", options, str(self._image)], check=True)
            found = subprocess.run(
                ["losetup", "--show", "-f", str(self._image)], check=True, capture_output=True, text=True
            )
            self._path = found.stdout.strip()
            subprocess.run(["mount", "-o", "noatime", self._path, str(self.folder)], check=True)
        except (subprocess.CalledProcessError, FileNotFoundError) as error:
            raise OSError(f"no loop device here: {error}") from error
        self.device = Path(self._path).name
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        subprocess.run(["umount", str(self.folder)], check=True)
        subprocess.run(["losetup", "-d", self._path], check=True)
