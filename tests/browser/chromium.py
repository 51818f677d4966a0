"""The browser of the tests: the machine's own Chromium, driven by Playwright without a download of its own."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, Playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")
"""What install.sh is content with, in its order."""

HOST = "store.test"
"""A name that is not localhost: to a browser such a page is no secure context, as in a store."""

FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", f"--host-resolver-rules=MAP {HOST} 127.0.0.1",
]  # fmt: skip


def executable() -> str:
    """Its path. Skips the test that asks where there is none."""
    for name in NAMES:
        if path := shutil.which(name):
            return path
    pytest.skip(f"needs a browser: none of {', '.join(NAMES)} is installed")


@contextmanager
def launched(playwright: Playwright) -> Iterator[Browser]:
    """Closed at the end. What it, or the sound library it loads, writes beside its profile goes with it."""
    with tempfile.TemporaryDirectory(prefix="c-", ignore_cleanup_errors=True) as beside:
        env = {**os.environ, "TMPDIR": beside, "PULSE_RUNTIME_PATH": beside}
        browser = playwright.chromium.launch(executable_path=executable(), args=FLAGS, env=env)
        try:
            yield browser
        finally:
            browser.close()
