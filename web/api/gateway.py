"""`/api/gateway/v1`: with its own token a gateway fetches its queues' limits and says what it has in force (`/queues`),
and reports what its interfaces carried and what flowed to and from applications (`/readings`).

Plain lines, `name down up` in bit/s (0 0: no limit), so that a script on an old router can read them. The report comes
as the body of a POST in the same lines, or as `have=name=up/down,...`; it confirms what was ordered (services.queues).
"""

from __future__ import annotations

from typing import Final, cast

from flask import Blueprint, Response, current_app, request

from netquota.domain.queue_text import limit_lines, report_of
from netquota.domain.reading_text import question_lines, readings_of
from netquota.domain.units import Rate
from netquota.services import interfaces
from netquota.services.gateway_tokens import digest
from netquota.services.interfaces import Answer, Counters, Echo, Told
from netquota.services.queues import pull
from web.api.pace import Pace
from web.auth import person
from web.auth.csrf import carries_own_proof
from web.context import here

PULLS_A_MINUTE: Final = 12
STRANGERS_A_MINUTE: Final = 30
LARGEST_REPORT: Final = 32 * 1024
_PACES: Final = "netquota.gateway_paces"
_BEARER: Final = "Bearer "

blueprint = Blueprint("gateway_api", __name__, url_prefix="/api/gateway/v1")


@blueprint.route("/queues", methods=["GET", "POST"])
@carries_own_proof
def queues() -> Response:
    """The limits of the queues behind this token, a line each; 401 for a token that is not good, 429 for too many."""
    context, token, source = here(), _token(), person.remote_address()
    now_s = context.clock.monotonic()
    if not _paces()[0].allows(digest(token).hex(), now_s):
        return _plain("ask once a minute\n", 429, {"Retry-After": "60"})
    request.max_content_length = LARGEST_REPORT
    found = pull(
        context.database, context.policy.snapshot, token, request.args.get("gateway", "")[:253], _report(), source,
        context.now_ms,
    )  # fmt: skip
    return _stranger(source) if found is None else _plain(limit_lines(dict(found.limits)), 200, {})


@blueprint.route("/readings", methods=["GET", "POST"])
@carries_own_proof
def readings() -> Response:
    """GET: what the gateway is to report, a line each; POST: its report (netquota.domain.reading_text).

    401 for a token that is not good, 429 for too many.
    """
    context, token, source = here(), _token(), person.remote_address()
    if not _paces()[2].allows(digest(token).hex(), context.clock.monotonic()):
        return _plain("report every five minutes\n", 429, {"Retry-After": "60"})
    request.max_content_length = LARGEST_REPORT
    gateway = request.args.get("gateway", "")[:253]
    try:
        if request.method == "GET":
            wanted = interfaces.asked_of(context.database, token, gateway)
            return _plain(question_lines(wanted.interfaces, wanted.addresses, wanted.hosts), 200, {})
        told = _told(request.get_data(as_text=True), context.now_s)
        counted = interfaces.pushed(context.database, token, gateway, told, source, context.now_s)
    except interfaces.UnknownToken:
        return _stranger(source)
    return _plain(f"{counted} counted\n", 200, {})


def _told(text: str, now_s: int) -> Told:
    found = readings_of(text)
    counters = {name: Counters(octets[0], octets[1]) for name, octets in found.interfaces.items()}
    echoes = {address: Echo(asked, answered, us) for address, (answered, asked, us) in found.pings.items()}
    return Told(Answer(now_s, counters, found.up_ticks), echoes, found.hosts)


def _stranger(source: str) -> Response:
    """A token that is not good; who tries many is told to wait."""
    if not _paces()[1].allows(source, here().clock.monotonic()):
        return _plain("too many tokens that are not good\n", 429, {"Retry-After": "60"})
    return _plain("this token is not good\n", 401, {"WWW-Authenticate": "Bearer"})


def _token() -> str:
    """From the header; routers that cannot send one put it into the address."""
    header = request.headers.get("Authorization", "")
    return header[len(_BEARER) :].strip() if header.startswith(_BEARER) else request.args.get("token", "")


def _report() -> dict[str, Rate] | None:
    """What the gateway says that it has; None where it says nothing."""
    if request.method == "POST":
        return report_of(request.get_data(as_text=True))
    text = request.args.get("have")
    return None if text is None else report_of(text)


def _paces() -> tuple[Pace, Pace, Pace]:
    """Of pulls by token, of strangers by address, of readings by token."""
    made = (Pace(PULLS_A_MINUTE), Pace(STRANGERS_A_MINUTE), Pace(PULLS_A_MINUTE))
    return cast(tuple[Pace, Pace, Pace], current_app.extensions.setdefault(_PACES, made))


def _plain(text: str, status: int, headers: dict[str, str]) -> Response:
    return Response(text, status, headers | {"Cache-Control": "no-store"}, mimetype="text/plain")
