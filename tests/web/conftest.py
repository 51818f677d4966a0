"""A shop for every test that wants one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from doors import Doors
from store.shop import Shop, open_shop


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    opened = open_shop(tmp_path / "box")
    yield opened
    opened.close()


@pytest.fixture
def doors(shop: Shop) -> Iterator[Doors]:
    opened = Doors(shop)
    yield opened
    opened.close()
