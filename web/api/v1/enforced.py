"""The operation that reads what was enforced: refused and slowed log-ins, new limits, ended sessions, their answers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from netquota.errors import InvalidValue
from netquota.services import enforced as told
from netquota.services import sight
from netquota.services.api_tokens import TokenScope
from netquota.services.explain import nas_named
from netquota.storage.enforced_report import Cursor, Enforced, EnforcedFilter, EnforcedKind, enforced
from web.api.v1.operations import (
    CURSOR,
    LIMIT,
    OBJECT,
    USUAL_AT_ONCE,
    Answer,
    Call,
    Json,
    Operation,
    Parameter,
    iso,
    listed,
    moment_of,
    page,
    text,
    unwrapped,
    wrap,
)
from web.auth.rights import API
from web.context import here

_DAYS_BACK_S: Final = 7 * 86_400


def operations() -> Iterator[Operation]:
    """That of what was enforced."""
    yield Operation(
        "enforced.list", "GET", "/enforced", "enforcement", "What was enforced, the newest first, each with its "
        "reason in words and what the gateway answered.", API["enforced.list"], TokenScope.READ, _list,
        {200: listed(OBJECT)},
        (LIMIT, CURSOR, Parameter("since", "query", text(40), "Since this moment; else a week back."),
         Parameter("until", "query", text(40), "Before this moment."),
         Parameter("kind", "query", {"enum": [str(one) for one in EnforcedKind]}, "Only what was done so."),
         Parameter("employee", "query", text(253), "Only to this NIP or username."),
         Parameter("opd", "query", text(32), "Only to this office's people."),
         Parameter("nas", "query", text(80), "Only at this gateway."),
         Parameter("search", "query", text(120), "Only those that hold this text: a name, MAC."),
         Parameter("language", "query", {"enum": ["id", "en"]}, "Of the words; else the city's.")),
    )  # fmt: skip


def _list(call: Call) -> Answer:
    context, language = here(), str(call.query.get("language") or here().settings.city.language)
    with context.database.read() as connection:
        found, following = enforced(connection, _wanted(call))
    more = None if following is None else wrap(f"{following.decision}.{following.order}")
    return page([_plain(one, language) for one in found], more)


def _wanted(call: Call) -> EnforcedFilter:
    context, query = here(), call.query
    snapshot, scope = context.policy.snapshot, context.scope
    moments = [int(moment_of(query[name], name).timestamp()) if query.get(name) else None for name in _SPAN]
    return EnforcedFilter(
        context.now_s - _DAYS_BACK_S if moments[0] is None else moments[0], moments[1],
        EnforcedKind(query["kind"]) if query.get("kind") else None,
        sight.person(snapshot, scope, query["employee"]).id if query.get("employee") else None,
        sight.office_named(snapshot, scope, query["opd"]).id if query.get("opd") else None,
        nas_named(snapshot, query["nas"]).id if query.get("nas") else None, str(query.get("search", "")),
        _cursor(query.get("cursor")), int(query.get("limit", USUAL_AT_ONCE)), scope,
    )  # fmt: skip


_SPAN: Final = ("since", "until")


def _cursor(given: str | None) -> Cursor | None:
    value = unwrapped(given)
    if value is None:
        return None
    parts = value.split(".")
    if len(parts) != 2 or not all(one.isascii() and one.isdecimal() and len(one) < 20 for one in parts):
        raise InvalidValue("cursor", str(given), "give `next` of the page before, as it was")
    return Cursor(*(min(int(one), 1 << 62) for one in parts))


def _plain(one: Enforced, language: str) -> Json:
    return {
        "at": iso(one.at_ms // 1000), "kind": str(one.kind), "username": one.username, "name": one.name,
        "opd": one.opd, "nas": one.nas, "gateway": one.gateway, "mac": one.mac, "down_bps": one.down_bps,
        "up_bps": one.up_bps, "code": one.code, "text": told.why(one, language, here().zone),
        "state": None if one.state is None else str(one.state), "answer": told.answer(one, language),
        "error_cause": one.error_cause, "attempts": one.attempts, "took_ms": one.took_ms,
    }  # fmt: skip
