"""A bare process with the same libraries that stores and answers one order: nothing of this stack starts faster."""

from __future__ import annotations

import sqlite3
import sys

import flask
import msgspec
import paho.mqtt.client
from waitress.server import create_server


def main(port: int, database: str) -> None:
    assert paho.mqtt.client
    app = flask.Flask("lean", static_folder=None)
    db = sqlite3.connect(database, isolation_level=None, check_same_thread=False)
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = FULL")
    db.execute("CREATE TABLE IF NOT EXISTS orders (n INTEGER PRIMARY KEY, body BLOB)")

    @app.post("/api/v1/orders")
    def order() -> flask.Response:
        body = msgspec.json.decode(flask.request.get_data())
        db.execute("INSERT INTO orders (body) VALUES (?)", (msgspec.json.encode(body),))
        return flask.Response(b"{}", 201)

    create_server(app, host="127.0.0.1", port=port, threads=4).run()


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
