"""RouterOS REST (v7), as far as queues need it: find one by name, set its limit, read it back. Over TLS or a tunnel.

No redirect is followed, nothing but /rest is asked for, answers are bounded in size and time.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.client
import json
import ssl
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Final, Self, cast
from urllib.parse import quote, urlsplit

from netquota.domain.queue_text import limit_of, limit_text
from netquota.domain.units import Rate
from netquota.errors import NetquotaError

TIMEOUT_S: Final = 5.0
LARGEST_ANSWER: Final = 256 * 1024
_REFUSALS: Final = {
    400: "the gateway does not take the request",
    401: "name or password for REST is wrong",
    403: "this user may not change queues",
    404: "this RouterOS has no REST; it is there from version 7.1 on",
}


class NotReached(NetquotaError):
    """The gateway did not answer, or not sensibly: try again later."""


class Refused(NetquotaError):
    """The gateway answered that it will not: somebody must put something right there."""


@dataclass(frozen=True, slots=True)
class _Item:
    """A queue of the router's: in which menu, under which id, and its limit there."""

    menu: str
    id: str
    limit: str


class RouterOs:
    """One connection to a router's REST; a context manager. `tls`: verify, off, or the certificate's SHA-256 in hex."""

    def __init__(self, url: str, user: str, password: str, tls: str = "verify", timeout_s: float = TIMEOUT_S) -> None:
        parts = urlsplit(url)
        host = parts.hostname or ""
        self._pin = tls if tls not in {"verify", "off"} else ""
        self._http: http.client.HTTPConnection
        if parts.scheme == "https":
            self._http = http.client.HTTPSConnection(host, parts.port, timeout=timeout_s, context=_trust(tls))
        else:
            self._http = http.client.HTTPConnection(host, parts.port, timeout=timeout_s)
        proof = base64.b64encode(f"{user}:{password}".encode()).decode()
        self._headers = {"Authorization": f"Basic {proof}", "Content-Type": "application/json"}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()

    def limit(self, name: str) -> Rate | None:
        """What the queue of this name is limited to; None where there is none. Raises `NotReached`, `Refused`."""
        items = self._items(name)
        return None if items is None else _rate(items)

    def set_limit(self, name: str, rate: Rate) -> Rate:
        """Limit the queue of this name, and what it says then. Raises `NotReached`, `Refused` (no such queue, too)."""
        items = self._items(name)
        if items is None:
            raise Refused(f"the gateway has no queue {name}")
        sides = (limit_text(rate),) if len(items) == 1 else (str(rate.down_bps), str(rate.up_bps))
        for item, side in zip(items, sides, strict=True) if _rate(items) != rate else ():
            self._ask("PATCH", f"/rest/queue/{item.menu}/{quote(item.id, safe='*')}", {"max-limit": side})
        found = self.limit(name)
        if found is None:
            raise NotReached(f"queue {name} is gone again")
        return found

    def _items(self, name: str) -> tuple[_Item, ...] | None:
        """The simple queue of this name; else the two of the queue tree, `name-down` and `name-up`."""
        simple = self._item("simple", name)
        if simple is not None:
            return (simple,)
        down, up = self._item("tree", f"{name}-down"), self._item("tree", f"{name}-up")
        return None if down is None or up is None else (down, up)

    def _item(self, menu: str, name: str) -> _Item | None:
        found = self._ask("GET", f"/rest/queue/{menu}?name={quote(name)}", None)
        rows = cast(list[dict[str, Any]], found) if isinstance(found, list) else []
        if not rows:
            return None
        return _Item(menu, str(rows[0].get(".id", "")), str(rows[0].get("max-limit", "")))

    def _ask(self, method: str, path: str, body: dict[str, str] | None) -> object:
        try:
            if self._http.sock is None:
                self._connect()
            self._http.request(method, path, None if body is None else json.dumps(body), self._headers)
            answer = self._http.getresponse()
            octets = answer.read(LARGEST_ANSWER)
        except (OSError, http.client.HTTPException) as error:
            self._http.close()
            raise NotReached(f"the gateway's REST does not answer: {type(error).__name__}") from error
        if answer.status in _REFUSALS:
            raise Refused(_REFUSALS[answer.status])
        if answer.status >= http.client.MULTIPLE_CHOICES:
            raise NotReached(f"the gateway's REST answers {answer.status}")
        try:
            return json.loads(octets or b"null")
        except ValueError as error:
            raise NotReached("the gateway's REST answers something else than JSON") from error

    def _connect(self) -> None:
        self._http.connect()
        if not self._pin:
            return
        certificate = cast(ssl.SSLSocket, self._http.sock).getpeercert(binary_form=True) or b""
        if not hmac.compare_digest(hashlib.sha256(certificate).hexdigest(), self._pin):
            self._http.close()
            raise Refused("the gateway's certificate is not the one that was entered")


def _trust(tls: str) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if tls != "verify":  # a pinned certificate is compared by itself
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _rate(items: tuple[_Item, ...]) -> Rate | None:
    """The limit of a simple queue (up/down), or of the two of a tree (down, up)."""
    if len(items) == 1:
        return limit_of(items[0].limit)
    down, up = (item.limit or "0" for item in items)
    return limit_of(f"{up}/{down}")
