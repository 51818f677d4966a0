"""Where the demo keeps what: everything lies in one folder, and nothing is written outside of it."""

from __future__ import annotations

import fcntl
import os
from dataclasses import dataclass
from pathlib import Path

MAX_SOCKET_PATH = 107
"""Bytes. The kernel's limit for the path of a local socket (sun_path, with its closing zero byte)."""


class FolderRefused(Exception):  # noqa: N818
    """The folder cannot be used, in words for the person who named it."""


@dataclass(frozen=True)
class DemoFolder:
    """`root` is absolute. The folder belongs to one running demo at a time."""

    root: Path

    @property
    def secrets(self) -> Path:
        return self.root / "secrets"

    @property
    def gateway_data(self) -> Path:
        return self.root / "gateway"

    @property
    def gateway_config(self) -> Path:
        return self.root / "gateway.toml"

    @property
    def bridge_data(self) -> Path:
        return self.root / "bridge"

    @property
    def bridge_config(self) -> Path:
        return self.root / "bridge.toml"

    @property
    def cloud_data(self) -> Path:
        return self.root / "cloud"

    @property
    def broker(self) -> Path:
        return self.root / "broker"

    @property
    def devices(self) -> Path:
        """Stable links to the virtual devices' ends, one for each name."""
        return self.root / "dev"

    @property
    def devices_socket(self) -> Path:
        return self.root / "devices.sock"

    @property
    def paper(self) -> Path:
        return self.root / "paper"

    @property
    def control(self) -> Path:
        return self.root / "control.sock"

    @property
    def logs(self) -> Path:
        return self.root / "logs"

    @property
    def pids(self) -> Path:
        return self.root / "pids.json"

    @property
    def ports(self) -> Path:
        return self.root / "ports.json"

    def make(self) -> None:
        """Make what is missing.

        Raises:
            FolderRefused: the path is too long for a local socket, or the folder cannot be made.
        """
        longest = max(len(os.fsencode(path)) for path in (self.control, self.devices_socket))
        if longest > MAX_SOCKET_PATH:
            spare = longest - MAX_SOCKET_PATH
            raise FolderRefused(
                f"--data {self.root}: the path is {spare} bytes too long for a socket; name a shorter one"
            )
        try:
            for path in (
                self.root,
                self.secrets,
                self.gateway_data,
                self.bridge_data,
                self.cloud_data,
                self.broker,
            ):
                path.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise FolderRefused(f"--data {self.root}: {error.strerror}") from error

    def unlink_devices(self) -> None:
        """Remove links that nobody stands behind: the number of a dead pty goes to the next one that is opened,
        and a bridge that followed such a link would print on a stranger's paper."""
        if self.devices.is_dir():
            for link in self.devices.iterdir():
                link.unlink()

    def lock(self) -> int:
        """Claim the folder until this process ends; the claim needs no file. Keep the descriptor open.

        Raises:
            FolderRefused: another demo runs in it.
        """
        descriptor = os.open(self.root, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(descriptor)
            raise FolderRefused(f"--data {self.root}: another demo is running in this folder") from error
        return descriptor


def write_file(path: Path, content: str, mode: int = 0o600) -> None:
    """Replace a file as a whole: a reader sees the old content or the new, never a part."""
    temporary = path.with_name(f".{path.name}.new")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        os.fchmod(descriptor, mode)
        file.write(content)
    os.replace(temporary, path)
