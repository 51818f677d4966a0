"""Every link of the written pages leads somewhere: a file of this tree, and a heading of that file."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from urllib.parse import unquote

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])

_FENCE = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"`[^`\n]*`")
_LINK = re.compile(r"\[[^\]]*\]\(\s*<?([^)\s>]+)>?[^)]*\)")


def prose(page: Path) -> str:
    """Without code blocks, whose brackets are no links and whose comments are no headings."""
    return _FENCE.sub("", page.read_text(encoding="utf-8"))


@cache
def anchors(page: Path) -> frozenset[str]:
    """The names that a page's headings get on GitHub; a name that comes again gets a number."""
    found: list[str] = []
    for heading in re.findall(r"^#{1,6}\s+(.+?)\s*#*$", prose(page), re.MULTILINE):
        words = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).replace("`", "").lower()
        slug = re.sub(r"[^\w\- ]", "", words).replace(" ", "-")
        again = sum(one == slug or re.fullmatch(re.escape(slug) + r"-\d+", one) is not None for one in found)
        found.append(f"{slug}-{again}" if again else slug)
    return frozenset(found)


def broken_links(page: Path) -> list[str]:
    wrong = []
    for link in _LINK.findall(_CODE.sub("", prose(page))):
        if re.match(r"[a-z][a-z0-9+.-]*:", link):
            continue  # another site's; nothing of the tests leaves the machine
        path, _, anchor = unquote(link).partition("#")
        target = (page.parent / path).resolve() if path else page
        if not target.exists() or ROOT not in (target, *target.parents):
            wrong.append(f"{page.relative_to(ROOT)}: {link}: there is no such file")
        elif anchor and (target.suffix != ".md" or anchor not in anchors(target)):
            wrong.append(f"{page.relative_to(ROOT)}: {link}: there is no such heading")
    return wrong


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_of_a_page_leads_somewhere(page: Path) -> None:
    assert broken_links(page) == []


def test_a_broken_link_would_be_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(globals(), "ROOT", tmp_path)
    (tmp_path / "there.md").write_text("# Menu · `GET /menu`\n\n## Twice\n\n## Twice\n")
    page = tmp_path / "page.md"
    page.write_text(
        "[a](there.md) [b](there.md#menu--get-menu) [c](there.md#twice-1) [d](https://elsewhere.example/x)\n"
        "`[no](link.md)`\n```\n[no](link.md)\n```\n[e](gone.md) [f](there.md#gone) [g](#here)\n"
    )
    assert [wrong.split(": ")[1] for wrong in broken_links(page)] == ["gone.md", "there.md#gone", "#here"]
