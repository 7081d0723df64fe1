"""Operations on scenarios (tried, kept, listed, removed) and on the division of a link by its offices' demand."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any, Final

from netquota.domain.samples import LINK, OPD
from netquota.domain.units import MOST_BPS, parse_rate
from netquota.planning.scenario import Outcome
from netquota.services.api_tokens import TokenScope
from netquota.services.planning import scenarios
from netquota.services.planning.dimensioning import Level, book, divided
from netquota.services.planning.scenarios import NewApplication, NewOffice, Terms
from web.api.v1.bodies import body_schema, line_of, said_by
from web.api.v1.operations import (
    KEY,
    OBJECT,
    SAID,
    WHY,
    Answer,
    Call,
    Json,
    Operation,
    Parameter,
    iso,
    listed,
    page,
    text,
    whole,
)
from web.auth.rights import API
from web.context import here

_LINK: Final = text(80) | {"minLength": 1}
_MEMBERS: Final[Json] = {
    "growth_percent": whole(*scenarios.GROWTH_PERCENT),
    "price_percent": whole(*scenarios.PRICE_PERCENT),
    "applications": {
        "type": "array", "maxItems": scenarios.MOST_ADDED, "items": body_schema(
            {"link": _LINK, "users": whole(1, scenarios.MOST_USERS), "rate_bps": whole(1, MOST_BPS)}, 3
        ),
    },
    "offices": {
        "type": "array", "maxItems": scenarios.MOST_ADDED, "items": body_schema(
            {"link": _LINK, "people": whole(1, scenarios.MOST_PEOPLE), "name": text(scenarios.MOST_NAME)}, 2
        ),
    },
    "lost": {"type": "array", "maxItems": scenarios.MOST_ADDED, "items": _LINK},
}  # fmt: skip
_NAME: Final = text(scenarios.MOST_NAME) | {"minLength": 1, "pattern": r"\S"}
_NAMED: Final = Parameter("key", "path", text(scenarios.MOST_NAME) | {"minLength": 1}, "The scenario's name.", True)


def operations() -> Iterator[Operation]:
    """Those of scenarios."""
    yield Operation(
        "plan.scenarios", "GET", "/plan/scenarios", "planning", "The scenarios that were kept, each with what it comes "
        "to over the coming twelve months; none before the first study.", API["plan.scenarios"], TokenScope.READ,
        _kept, {200: listed(OBJECT)},
    )  # fmt: skip
    yield Operation(
        "plan.scenario_try", "POST", "/plan/scenarios/try", "planning", "What a scenario would come to: growth on top "
        "of the forecast, prices, new applications and offices, links lost. Nothing is kept; without terms, the "
        "forecast itself.", API["plan.scenario_try"], TokenScope.READ, _try, {200: OBJECT}, (), body_schema(_MEMBERS),
    )  # fmt: skip
    yield Operation(
        "plan.scenario_keep", "POST", "/plan/scenarios", "planning", "Keep a scenario, in place of one of the same "
        "name.", API["plan.scenario_keep"], TokenScope.OPERATIONS, _keep, {201: OBJECT}, (KEY,),
        body_schema({"name": _NAME, **_MEMBERS, "why": SAID}, 1),
    )  # fmt: skip
    yield Operation(
        "plan.scenario_remove", "DELETE", "/plan/scenarios/{key}", "planning", "Forget a kept scenario.",
        API["plan.scenario_remove"], TokenScope.OPERATIONS, _remove, {200: OBJECT}, (_NAMED, WHY),
    )  # fmt: skip
    yield Operation(
        "plan.division", "GET", "/plan/division/{key}", "planning", "A capacity among the offices of a link so that "
        "the fewest office hours are at a limit in the busiest month ahead, guaranteed rates kept.",
        API["plan.division"], TokenScope.READ, _division, {200: OBJECT},
        (Parameter("key", "path", _LINK, "The link's name.", True),
         Parameter("total", "query", text(40), "What is divided, such as 500M; else the link's capacity.")),
    )  # fmt: skip


def _level() -> Level:
    return Level.of_coming_year(here().office.today, here().settings.planning.service_permille)


def _kept(_call: Call) -> Answer:
    with here().database.read() as connection:
        rows = scenarios.kept(connection, book(connection, (LINK,)), _level())
    return page([_line(row) for row in rows], None)


def _line(row: scenarios.Kept) -> Json:
    problem = row.problem or (f"the link {row.missing} is no longer there" if row.missing else None)
    return {
        "name": row.name, "terms": _plain(row.terms), "by": row.by, "made": iso(row.made_s), "problem": problem,
        "outcome": None if row.outcome is None else _told(row.outcome),
    }  # fmt: skip


def _plain(terms: Terms) -> Json:
    found = asdict(terms)
    return found | {name: list(found[name]) for name in ("applications", "offices", "lost")}


def _told(outcome: Outcome) -> Json:
    return {
        "links": [
            {"link": cost.link, "capacity_bps": cost.capacity_bps, "price_rp": cost.price_rp, "months": cost.months,
             "amount_rp": cost.amount_rp}
            for cost in outcome.links
        ],
        "capacity_bps": sum(cost.capacity_bps for cost in outcome.links), "total_rp": outcome.total_rp,
    }  # fmt: skip


def _terms(body: Json) -> Terms:
    """Raises `InvalidValue`."""
    applications: list[Any] = body.get("applications") or []
    offices: list[Any] = body.get("offices") or []
    return Terms(
        int(body.get("growth_percent") or 0), int(body.get("price_percent") or 0),
        tuple(NewApplication(each["link"], int(each["users"]), int(each["rate_bps"])) for each in applications),
        tuple(NewOffice(each["link"], int(each["people"]), line_of(each, "name")) for each in offices),
        tuple(body.get("lost") or ()),
    )  # fmt: skip


def _try(call: Call) -> Answer:
    with here().database.read() as connection:
        found = book(connection, (LINK,))
    return Answer(_told(scenarios.tried(found, _terms(call.body), _level())))


def _keep(call: Call) -> Answer:
    name = line_of(call.body, "name")
    outcome = scenarios.keep(here().office, name, _terms(call.body), _level(), said_by(call))
    return Answer({"name": name, "outcome": _told(outcome)}, 201)


def _remove(call: Call) -> Answer:
    scenarios.remove(here().office, call.path["key"], call.author())
    return Answer({"name": call.path["key"]})


def _division(call: Call) -> Answer:
    with here().database.read() as connection:
        found = book(connection, (OPD,))
    link, asked = found.link(call.path["key"]), call.query.get("total")
    total = parse_rate(str(asked), "total").down_bps if asked else link.down_bps
    shares = divided(found, link.id, total, _level())
    offices = [
        {"opd": opd.code, "guaranteed_bps": opd.guaranteed_bps, "ceiling_bps": opd.ceiling_bps,
         "share_bps": shares.allotted[opd.code], "extra_bps": shares.extra.get(opd.code, 0),
         "saturated_bins": shares.saturated.get(opd.code, 0)}
        for opd in found.opds_on(link.id)
    ]  # fmt: skip
    return Answer({
        "link": link.name, "total_bps": total, "offices": offices, "saturated_bins": shares.total_saturated,
        "left_over_bps": shares.left_over, "undivided_bps": shares.undivided,
    })  # fmt: skip
