"""Operations on outages of provider links: what is noted, one more, the end of one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from netquota.domain.outages import Outage
from netquota.services import allocate
from netquota.services import outages as use_cases
from netquota.services.api_tokens import TokenScope
from netquota.storage import outage_store
from web.api.v1.bodies import body_schema
from web.api.v1.operations import (
    KEY,
    OBJECT,
    SAID,
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
    text_of,
)
from web.auth.rights import API
from web.context import here

_LINK: Final = Parameter("key", "path", text(80) | {"minLength": 1}, "The link's name.", True)


def operations() -> Iterator[Operation]:
    """Those of outages."""
    yield Operation(
        "links.outages", "GET", "/links/{key}/outages", "links", "Its outages, past and planned ones too.",
        API["links.outages"], TokenScope.READ, _list, {200: listed(OBJECT)}, (_LINK,),
    )  # fmt: skip
    yield Operation(
        "links.outage", "POST", "/links/{key}/outages", "links",
        "The link is out, at once or from a moment on: its offices are served by the other links meanwhile.",
        API["links.outage"], TokenScope.OPERATIONS, _report, {201: OBJECT}, (_LINK, KEY),
        body_schema({"why": SAID, "from": text(40), "until": text(40)}, 1),
    )  # fmt: skip
    yield Operation(
        "links.outage_end", "POST", "/links/{key}/outages/end", "links",
        "The link serves again; what is only planned is called off.", API["links.outage_end"], TokenScope.OPERATIONS,
        _end, {200: OBJECT}, (_LINK, KEY),
        body_schema({"why": SAID}, 1),
    )  # fmt: skip


def _list(call: Call) -> Answer:
    link_id = allocate.get(here().office, "link", call.path["key"]).row["id"]
    with here().database.read() as connection:
        found = outage_store.outages(connection, link_id)
    return page([_told(each) for each in found], None)


def _report(call: Call) -> Answer:
    from_s, until_s = _moment(call, "from"), _moment(call, "until")
    made = use_cases.report_outage(here().office, call.path["key"], call.why(), from_s=from_s, until_s=until_s)
    here().changed()
    return Answer(_told(made), 201)


def _end(call: Call) -> Answer:
    ended = use_cases.end_outage(here().office, call.path["key"], call.why())
    here().changed()
    return Answer(_told(ended))


def _moment(call: Call, name: str) -> int | None:
    given = text_of(call.body, name, needed=False)
    return int(moment_of(given, name).timestamp()) if given else None


def _told(one: Outage) -> Json:
    return {
        "link": one.link, "from": iso(one.from_s), "until": iso(one.until_s), "why": one.why, "by": one.by,
        "began": iso(one.began_s), "ended": iso(one.ended_s),
    }  # fmt: skip
