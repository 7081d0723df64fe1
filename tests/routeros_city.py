"""A small RouterOS whose REST knows queues: what the courier is tested against. Loopback, an ephemeral port."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

USER, PASSWORD = "netquota", "kata-sandi-rest"


@dataclass
class FakeRouter:
    """The router: queues by menu, whether it answers, what it was asked to change."""

    port: int = 0
    menus: dict[str, list[dict[str, str]]] = field(default_factory=lambda: {"simple": [], "tree": []})
    status: int = 200
    forgets: bool = False
    patches: list[tuple[str, str]] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def queue(self, name: str, limit: str, menu: str = "simple") -> None:
        self.menus[menu].append({".id": f"*{len(self.menus[menu]) + 1}", "name": name, "max-limit": limit})

    def limit(self, name: str, menu: str = "simple") -> str:
        return next(row["max-limit"] for row in self.menus[menu] if row["name"] == name)

    def answer(self, method: str, path: str, proof: str, body: Any) -> tuple[int, Any]:
        parts = urlsplit(path)
        if self.status != 200:
            return self.status, {"error": self.status}
        if proof != "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode():
            return 401, {"error": 401}
        _, rest, queue, menu, *number = parts.path.split("/")
        if (rest, queue) != ("rest", "queue") or menu not in self.menus:
            return 404, {"error": 404}
        if method == "GET":
            wanted = parse_qs(parts.query)["name"][0]
            return 200, [row for row in self.menus[menu] if row["name"] == wanted]
        row = next(row for row in self.menus[menu] if row[".id"] == number[0])
        self.patches.append((row["name"], body["max-limit"]))
        if not self.forgets:
            row["max-limit"] = body["max-limit"]
        return 200, row


@contextmanager
def routeros(tls: Any = None) -> Iterator[FakeRouter]:
    """A running one; `tls`: an ssl context to serve with."""
    router = FakeRouter()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._do("GET")

        def do_PATCH(self) -> None:
            self._do("PATCH")

        def _do(self, method: str) -> None:
            length = int(self.headers.get("Content-Length", 0))
            body = json.loads(self.rfile.read(length)) if length else None
            status, found = router.answer(method, self.path, self.headers.get("Authorization", ""), body)
            octets = json.dumps(found).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(octets)))
            self.end_headers()
            self.wfile.write(octets)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    router.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield router
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
