"""The gateway's own command line: one JSON line each way over a socket that only root can open."""

from __future__ import annotations

import asyncio
import json
import os
import socket
from pathlib import Path
from typing import Any, Final, cast

from netquota.domain.units import exact_rate, parse_rate
from netquota.errors import NetquotaError, NotFound
from netquota_gateway.doors import Doors, now
from netquota_gateway.sessions import Session

_LONGEST_LINE: Final = 1 << 20
_WAIT_S: Final = 30.0
Said = dict[str, Any]


class Control:
    """Answers what `ctl` asks."""

    def __init__(self, doors: Doors) -> None:
        self._doors = doors

    async def serve(self, path: Path) -> asyncio.Server:
        """Listen. Raises `OSError`."""
        return await asyncio.start_unix_server(self._talk, sock=_listener(path), limit=_LONGEST_LINE)

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            asked = cast(Said, json.loads(await reader.readline()))
            answer = await self._answer(asked)
        except (ValueError, KeyError, NetquotaError) as error:
            answer: Said = {"ok": False, "error": str(error) or type(error).__name__}
        try:
            writer.write(json.dumps(answer).encode() + b"\n")
            await writer.drain()
        except OSError:
            return
        finally:
            writer.close()

    async def _answer(self, asked: Said) -> Said:
        match asked["do"]:
            case "status":
                return self._status()
            case "login":
                answer = await self._doors.log_in(asked["ip"], asked["username"], asked["password"])
                return {"ok": answer.refusal is None, "refusal": answer.refusal, "message": answer.message}
            case "logout":
                return {"ok": self._doors.log_out(asked["ip"])}
            case "interim":
                return {"ok": self._doors.report(asked["ip"])}
            case "ceiling":
                self._doors.gateway.hotspot.set_ceiling(parse_rate(asked["rate"], "ceiling"))
                return {"ok": True}
            case other:
                raise NotFound("command", other, "use status, login, logout, interim or ceiling")

    def _status(self) -> Said:
        gateway, moment = self._doors.gateway, now()
        return {
            "ok": True,
            "open": gateway.outage.is_open,
            "silent_s": round(moment.s - gateway.outage.heard_s, 1),
            "waiting": len(gateway.reports),
            "lost_reports": gateway.reports.dropped,
            "sessions": [self._shown(one) for one in gateway.hotspot.sessions.values()],
        }

    def _shown(self, one: Session) -> Said:
        rate = self._doors.gateway.hotspot.rate_of(one.grant)
        return {
            "user": one.username, "ip": one.ip, "mac": one.mac, "id": one.id, "guest": one.is_guest,
            "rate": exact_rate(rate), "cap": one.grant.octet_cap, "timeout_s": one.grant.session_timeout_s,
            "seconds": one.seconds(now()), "input": one.used.input, "output": one.used.output,
        }  # fmt: skip


def _listener(path: Path) -> socket.socket:
    """The socket, which nobody but its owner may open from the first moment on."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX)
    before = os.umask(0o177)
    try:
        listener.bind(str(path))
    finally:
        os.umask(before)
    return listener


def ask(path: Path, what: Said) -> Said:
    """Ask a running gateway. Raises `OSError` where none listens at `path`."""
    with socket.socket(socket.AF_UNIX) as channel:
        channel.settimeout(_WAIT_S)
        channel.connect(str(path))
        channel.sendall(json.dumps(what).encode() + b"\n")
        with channel.makefile("rb") as answer:
            return cast(Said, json.loads(answer.readline()))
