"""Static files, compressed once and kept: a box answers 200 phones without compressing anything twice."""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
from dataclasses import dataclass
from pathlib import Path

from flask import Flask, Response, request

from gateway.domain.errors import Refused

HERE = Path(__file__).parent
FOLDERS = {"": HERE / "static", "guest": HERE / "guest" / "static", "staff": HERE / "staff" / "static"}
COMPRESS_ABOVE = 512
YEAR_S = 365 * 86400

mimetypes.add_type("text/javascript", ".js")
mimetypes.add_type("image/svg+xml", ".svg")


@dataclass(frozen=True)
class Asset:
    body: bytes
    packed: bytes | None
    kind: str
    tag: str


def _read(folder: Path, prefix: str) -> dict[str, Asset]:
    found = {}
    for path in sorted(folder.rglob("*")):
        if not path.is_file() or path.name == "VENDOR.json":
            continue
        body = path.read_bytes()
        packed = gzip.compress(body, 9, mtime=0) if len(body) > COMPRESS_ABOVE else None
        kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        name = f"{prefix}/{path.relative_to(folder)}" if prefix else str(path.relative_to(folder))
        found[name] = Asset(body, packed, kind, hashlib.sha256(body).hexdigest()[:16])
    return found


class StaticFiles:
    """All assets in memory, a few hundred KiB. `version` changes with any of them."""

    def __init__(self, *prefixes: str):
        self._assets: dict[str, Asset] = {}
        for prefix in ("", *prefixes):
            self._assets.update(_read(FOLDERS[prefix], prefix))
        tags = "".join(asset.tag for asset in self._assets.values())
        self.version = hashlib.sha256(tags.encode()).hexdigest()[:10]

    def register(self, app: Flask) -> None:
        app.add_url_rule("/static/<path:name>", "static_file", self.serve)
        app.context_processor(lambda: {"asset_version": self.version})

    def serve(self, name: str) -> Response:
        asset = self._assets.get(name)
        if asset is None:
            raise Refused("not_found")
        if asset.tag in request.if_none_match:
            answer = Response(status=304)
        elif asset.packed and "gzip" in request.headers.get("Accept-Encoding", ""):
            answer = Response(asset.packed, content_type=asset.kind)
            answer.headers["Content-Encoding"] = "gzip"
        else:
            answer = Response(asset.body, content_type=asset.kind)
        answer.set_etag(asset.tag)
        fresh = request.args.get("v") == self.version
        answer.headers["Cache-Control"] = f"public, max-age={YEAR_S}, immutable" if fresh else "no-cache"
        answer.headers["Vary"] = "Accept-Encoding"
        return answer
