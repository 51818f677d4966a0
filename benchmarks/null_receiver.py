"""A cloud that keeps nothing: each batch is taken up to its last event. `python -m benchmarks.null_receiver PORT`"""

from __future__ import annotations

import json
import re
import socketserver
import sys
import zlib
from http.server import BaseHTTPRequestHandler

_SEQ = re.compile(rb'"seq":(\d+)')


class Receiver(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    upto = 0

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers.get("Content-Encoding") == "gzip":
            body = zlib.decompress(body, 31)
        # The last event's own number stands in its envelope, which begins behind the last "specversion".
        last = body.rfind(b'{"specversion"')
        if last >= 0 and (found := _SEQ.search(body, last)):
            Receiver.upto = int(found[1])
        said = {"epoch": self.headers["Tablepass-Epoch"], "applied_upto": Receiver.upto, "missing": [], "poison": []}
        answer = json.dumps(said).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, format: str, *args: object) -> None:
        return


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


if __name__ == "__main__":
    Server(("127.0.0.1", int(sys.argv[1])), Receiver).serve_forever()
