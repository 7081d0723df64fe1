"""Operations on notices: what was sent to whom and how each way fares; a test, and another try."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from netquota.channels import ways_of
from netquota.domain.notices import Channel, Topic, address_of
from netquota.services import notice_desk
from netquota.services.api_tokens import TokenScope
from netquota.storage.notice_store import Delivery, DeliveryFilter, State
from web.api.v1.bodies import body_schema, line_of, said_by
from web.api.v1.operations import (
    CURSOR,
    KEY,
    LIMIT,
    NUMBER,
    OBJECT,
    USUAL_AT_ONCE,
    Answer,
    Call,
    Json,
    Operation,
    Parameter,
    iso,
    listed,
    number_in,
    page,
    text,
    wrap,
)
from web.auth.rights import API
from web.context import here

_FILTERS: Final = (
    Parameter("state", "query", {"enum": [str(one) for one in State]}, "Only in this state."),
    Parameter("channel", "query", {"enum": [str(one) for one in Channel]}, "Only by this way."),
    Parameter("topic", "query", {"enum": [str(one) for one in Topic]}, "Only about this."),
    Parameter("search", "query", text(120), "Only those that hold this text: a name, an address."),
)


def operations() -> Iterator[Operation]:
    """Those on notices."""
    yield Operation(
        "notices.list", "GET", "/notices", "notices", "Notices, the newest first, and what became of each.",
        API["notices.list"], TokenScope.READ, _list, {200: listed(OBJECT)}, (LIMIT, CURSOR, *_FILTERS),
    )  # fmt: skip
    yield Operation(
        "notices.read", "GET", "/notices/{id}", "notices", "One as it was, or will be, read.", API["notices.read"],
        TokenScope.READ, _read, {200: OBJECT}, (NUMBER,),
    )  # fmt: skip
    yield Operation(
        "notices.ways", "GET", "/notice-ways", "notices", "How each way by which notices go fares; counts are of 24 "
        "hours.", API["notices.list"], TokenScope.READ, _ways, {200: listed(OBJECT)},
    )  # fmt: skip
    yield Operation(
        "notices.test", "POST", "/notices/test", "notices", "Ask for a test message; it goes within seconds.",
        API["notices.test"], TokenScope.OPERATIONS, _test, {202: OBJECT}, (KEY,),
        body_schema({"to": text(300) | {"minLength": 1}, "language": {"enum": ["id", "en"]}, "why": text(200)}, 1),
    )  # fmt: skip
    yield Operation(
        "notices.retry", "POST", "/notices/{id}/retry", "notices", "Let one that did not arrive go out again.",
        API["notices.retry"], TokenScope.OPERATIONS, _retry, {202: OBJECT}, (NUMBER, KEY),
        body_schema({"why": text(200)}),
    )  # fmt: skip


def _list(call: Call) -> Answer:
    query, size = call.query, int(call.query.get("limit", USUAL_AT_ONCE))
    state, channel, topic, search = (str(query.get(each.name, "")) for each in _FILTERS)
    before_id = number_in(query.get("cursor"))
    wanted = DeliveryFilter(state, channel, topic, search, size=size + 1, before_id=before_id)
    found = notice_desk.listing(here().office, wanted).deliveries
    more = wrap(str(found[size - 1].id)) if len(found) > size else None
    return page([_plain(one) for one in found[:size]], more)


def _read(call: Call) -> Answer:
    found = notice_desk.one(here().office, int(call.path["id"]))
    return Answer(_plain(found) | {"body": found.body, "language": found.language})


def _ways(_call: Call) -> Answer:
    found, ways = notice_desk.listing(here().office, DeliveryFilter(size=1)).channels, ways_of(here().settings)
    return page(
        [
            {"channel": str(channel), "set_up": channel in ways, "waiting": one.waiting, "oldest": iso(one.oldest_s),
             "sent": one.sent, "given_up": one.given_up, "last_sent": iso(one.last_sent_s), "problem": one.problem,
             "problem_at": iso(one.problem_s)}
            for channel, one in found.items()
        ],
        None,
    )  # fmt: skip


def _test(call: Call) -> Answer:
    to = address_of(line_of(call.body, "to"), "to")
    language = line_of(call.body, "language") or here().settings.city.language
    notice_desk.try_out(here().office, to, language, said_by(call))
    return Answer({"channel": str(to.channel), "to": to.to}, 202)


def _retry(call: Call) -> Answer:
    number = int(call.path["id"])
    notice_desk.send_again(here().office, number, said_by(call))
    return Answer(_plain(notice_desk.one(here().office, number)), 202)


def _plain(one: Delivery) -> Json:
    return {
        "id": one.id, "topic": one.topic, "channel": str(one.to.channel), "to": one.to.to, "name": one.name,
        "subject": one.subject, "state": str(one.state), "attempts": one.attempts, "result": one.result,
        "made": iso(one.created_s), "ended": iso(one.ended_s),
    }  # fmt: skip
