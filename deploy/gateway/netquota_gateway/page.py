"""The log-in page: one form, one look at what is used. Small, without script, for any phone; or the way to a portal.

It answers on the user side alone, to the address that asks; who that is, the kernel's neighbour table says.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from html import escape
from typing import Final
from urllib.parse import parse_qs

from netquota.domain.units import format_octets, format_rate
from netquota.errors import InvalidValue
from netquota_gateway import away
from netquota_gateway.doors import Doors
from netquota_gateway.gateway import Answer, Refusal
from netquota_gateway.sessions import Session

_LONGEST_HEAD: Final = 16_384
_LONGEST_BODY: Final = 4096
_PATIENCE_S: Final = 10.0
_MOST_AT_ONCE: Final = 200
_WORDS: Final = {
    "id": {
        "title": "Masuk jaringan", "user": "Nama pengguna atau NIP", "password": "Kata sandi", "in": "Masuk",
        "out": "Keluar", "online": "Anda tersambung", "used": "Terpakai", "limit": "Batas kecepatan",
        "gone": "Anda sudah keluar", "again": "Masuk lagi", "quota": "Lihat kuota saya",
        "open": "Server sedang tidak terjangkau: untuk sementara Anda dapat memakai internet tanpa masuk.",
        Refusal.UNKNOWN_DEVICE: "Perangkat Anda tidak dikenali. Putuskan Wi-Fi, sambungkan lagi, lalu coba lagi.",
        Refusal.NO_ANSWER: "Server tidak menjawab. Coba lagi sebentar.",
        Refusal.REFUSED: "Nama pengguna atau kata sandi salah.",
        Refusal.TROUBLE: "Gateway sedang bermasalah. Hubungi petugas jaringan.",
    },
    "en": {
        "title": "Log in to the network", "user": "User name or NIP", "password": "Password", "in": "Log in",
        "out": "Log out", "online": "You are connected", "used": "Used", "limit": "Speed limit",
        "gone": "You are logged out", "again": "Log in again", "quota": "See my quota",
        "open": "The server cannot be reached: for now you can use the internet without logging in.",
        Refusal.UNKNOWN_DEVICE: "Your device is not known. Disconnect from the Wi-Fi, connect and try again.",
        Refusal.NO_ANSWER: "The server does not answer. Try again in a moment.",
        Refusal.REFUSED: "The user name or the password is wrong.",
        Refusal.TROUBLE: "The gateway is in trouble. Tell the network's staff.",
    },
}  # fmt: skip
_FRAME: Final = """\
<!doctype html><html lang="{language}"><meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1"><title>{title}</title>
<body style="font:18px sans-serif;max-width:24em;margin:2em auto;padding:0 1em"><h1 style="font-size:1.3em">{title}</h1>
{content}</body></html>
"""
_INPUT: Final = 'style="width:100%;font-size:1em;padding:.5em;box-sizing:border-box"'
_FORM: Final = """\
<form method="post" action="/login">
<p><label>{user}<br><input name="username" autocomplete="username" autocapitalize="none" required {style}></label></p>
<p><label>{password}<br>
<input name="password" type="password" autocomplete="current-password" required {style}></label></p>
<p><button {style}>{button}</button></p></form>
"""


@dataclass(frozen=True, slots=True)
class Request:
    """What a browser asked."""

    method: str
    path: str
    form: dict[str, str]
    target: str = ""
    host: str = ""


class Page:
    """The HTTP door of a gateway."""

    def __init__(self, doors: Doors) -> None:
        self._doors = doors
        self._settings = doors.gateway.settings
        self._words = _WORDS.get(self._settings.portal.language, _WORDS["id"])
        self._turn = asyncio.Semaphore(_MOST_AT_ONCE)

    async def serve(self) -> asyncio.Server:
        """Listen on the user side. Raises `OSError`."""
        address = str(self._settings.gateway.address)
        return await asyncio.start_server(self._talk, address, self._settings.portal.port, limit=_LONGEST_HEAD)

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        ip = str(writer.get_extra_info("peername")[0])
        try:
            async with self._turn, asyncio.timeout(3 * _PATIENCE_S):
                async with asyncio.timeout(_PATIENCE_S):
                    request = await read_request(reader)
                writer.write(await self.answer(request, ip))
                await writer.drain()
        except (TimeoutError, ValueError, OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass  # a browser that went away or made no sense gets nothing
        finally:
            writer.close()

    async def answer(self, request: Request, ip: str) -> bytes:
        """The whole answer to a request of the device at `ip`."""
        if self._settings.portal.url:
            return await self._by_portal(request, ip)
        match request.method, request.path:
            case "GET", "/":
                return self._page(self._front(ip))
            case "POST", "/login":
                return await self._log_in(request.form, ip)
            case "POST", "/logout":
                self._doors.log_out(ip)
                return self._redirect()
            case _:
                return self._redirect()

    async def _by_portal(self, request: Request, ip: str) -> bytes:
        """The page is elsewhere: lead there, take the log-in that it sends back, log out."""
        match request.path:
            case "/login" if request.form.get("username"):
                return await self._let_in(request.form, ip)
            case "/logout":
                self._doors.log_out(ip)
                again = self._link(away.own_address(self._settings), "again")
                return self._page(f"<p>{self._words['gone']}</p>{again}")
            case _ if self._is_known(ip):
                return self._page(self._front(ip))
            case _:
                wanted = away.wanted_page(self._settings, request.host, request.target)
                return self._redirect(self._portal_address(ip, wanted))

    async def _let_in(self, form: dict[str, str], ip: str) -> bytes:
        """A log-in from the portal; on to the page that was wanted, or back with what was said against it."""
        try:
            answer = await self._doors.log_in(ip, form["username"].strip(), form.get("password", ""))
        except InvalidValue:
            answer = Answer(Refusal.REFUSED)
        wanted = form.get("dst", "")
        if answer.refusal is not None:
            return self._redirect(self._portal_address(ip, wanted, answer.message or self._words[answer.refusal]))
        sound = wanted.isprintable() and wanted.startswith(("http://", "https://"))
        return self._redirect(wanted if sound else "")

    def _portal_address(self, ip: str, wanted: str = "", error: str = "") -> str:
        return away.portal_address(self._settings, ip, self._doors.hardware_address(ip), wanted, error)

    def _is_known(self, ip: str) -> bool:
        session = self._doors.session(ip)
        return session is not None and not session.is_guest

    def _link(self, address: str, words: str) -> str:
        return f'<p><a href="{escape(address)}">{self._words[words]}</a></p>'

    async def _log_in(self, form: dict[str, str], ip: str) -> bytes:
        try:
            answer = await self._doors.log_in(ip, form.get("username", "").strip(), form.get("password", ""))
        except InvalidValue:
            return self._page(self._form(self._words[Refusal.REFUSED]))
        if answer.refusal is None:
            return self._redirect()
        return self._page(self._form(answer.message or self._words[answer.refusal]))

    def _front(self, ip: str) -> str:
        session = self._doors.session(ip)
        if session is not None and not session.is_guest:
            return self._online(session)
        return self._form(self._words["open"] if self._doors.gateway.outage.is_open else "")

    def _online(self, session: Session) -> str:
        words, language = self._words, self._settings.portal.language
        rate = self._doors.gateway.hotspot.rate_of(session.grant)
        portal = self._settings.portal.url.rstrip("/")
        return (
            f"<p>{words['online']}: <b>{escape(session.username)}</b></p>"
            f"<p>{words['used']}: {format_octets(session.used.total, language)}<br>"
            f"{words['limit']}: {format_rate(rate, language)}</p>"
            + (self._link(f"{portal}/kuota", "quota") if portal else "")
            + f'<form method="post" action="/logout"><button {_INPUT}>{words["out"]}</button></form>'
        )

    def _form(self, message: str) -> str:
        words = self._words
        note = f'<p role="alert"><b>{escape(message)}</b></p>' if message else ""
        return note + _FORM.format(user=words["user"], password=words["password"], button=words["in"], style=_INPUT)

    def _page(self, content: str) -> bytes:
        language = self._settings.portal.language
        body = _FRAME.format(language=language, title=self._words["title"], content=content).encode()
        return _response("200 OK", body, "Content-Type: text/html; charset=utf-8")

    def _redirect(self, place: str = "") -> bytes:
        """To an address; without one to the front page."""
        return _response("303 See Other", b"", f"Location: {place or away.own_address(self._settings)}")


async def read_request(reader: asyncio.StreamReader) -> Request:
    """One request. Raises `ValueError` for what is none, or is too long."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    method, target, _ = head[0].split(" ", 2)
    fields = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:])}
    length = int(fields.get("content-length", "0"))
    if not 0 <= length <= _LONGEST_BODY:
        raise ValueError(length)
    path, _, query = target.partition("?")
    body = (await reader.readexactly(length)).decode() if method == "POST" else query
    form = {name: values[0] for name, values in parse_qs(body, max_num_fields=10).items()}
    return Request(method, path, form, target, fields.get("host", ""))


def _response(status: str, body: bytes, *fields: str) -> bytes:
    head = [
        f"HTTP/1.1 {status}", *fields, f"Content-Length: {len(body)}", "Connection: close", "Cache-Control: no-store",
        "Content-Security-Policy: default-src 'none'; style-src 'unsafe-inline'; form-action 'self'",
    ]  # fmt: skip
    return "\r\n".join([*head, "", ""]).encode() + body
