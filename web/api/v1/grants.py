"""Operations that give more of a quota: to one person, or to one office of its pool; or let its count begin anew."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from netquota.domain.people import Opd, Subscriber
from netquota.domain.units import parse_signed_octets
from netquota.errors import InvalidValue
from netquota.services import grants as desk
from netquota.services import sight
from netquota.services.api_tokens import TokenScope
from netquota.services.grants import MOST_OCTETS, Given
from web.api.v1.bodies import OCTETS, body_schema, line_of, octets_of, said_by
from web.api.v1.operations import (
    DRY_RUN,
    KEY,
    OBJECT,
    SAID,
    Answer,
    Call,
    Json,
    Operation,
    Parameter,
    iso,
    moment_of,
    text,
)
from web.auth.rights import API
from web.context import here

_QUOTA: Final = Parameter("key", "path", text(64) | {"minLength": 1}, "The quota's key.", True)
_MORE: Final[Json] = OCTETS | {"minimum": -MOST_OCTETS, "maximum": MOST_OCTETS}
_WHOM: Final[Json] = {"employee": text(253), "opd": text(32)}


def operations() -> Iterator[Operation]:
    """Those of grants."""
    yield Operation(
        "quotas.grant", "POST", "/quotas/{key}/grants", "quotas", "Give more octets (below zero: take back what was "
        "given) to an `employee`, or to an `opd` of its pool, until the period ends, or until a moment; running "
        "sessions follow at once.", API["quotas.grant"], TokenScope.POLICY, _grant, {200: OBJECT},
        (_QUOTA, DRY_RUN, KEY), body_schema({"octets": _MORE, "why": SAID, "until": text(40), **_WHOM}, 2),
    )  # fmt: skip
    yield Operation(
        "quotas.reset", "POST", "/quotas/{key}/resets", "quotas", "Begin to count anew in the running period for an "
        "`employee` or an `opd`; what was used stays in the books.", API["quotas.reset"], TokenScope.POLICY, _reset,
        {200: OBJECT}, (_QUOTA, DRY_RUN, KEY), body_schema({"why": SAID, **_WHOM}, 1),
    )  # fmt: skip


def _grant(call: Call) -> Answer:
    octets, until = octets_of(call.body, "octets", parse_signed_octets), line_of(call.body, "until")
    moment = moment_of(until, "until") if until else None
    context, dry = here(), bool(call.query.get("dry_run"))
    given = desk.grant_octets(
        context.office, context.policy, call.path["key"], _whom(call), octets or 0, said_by(call), until=moment,
        dry_run=dry,
    )  # fmt: skip
    return _answered(given, dry)


def _reset(call: Call) -> Answer:
    context, dry = here(), bool(call.query.get("dry_run"))
    given = desk.reset_count(
        context.office, context.policy, call.path["key"], _whom(call), said_by(call), dry_run=dry
    )  # fmt: skip
    return _answered(given, dry)


def _whom(call: Call) -> Subscriber | Opd:
    employee, opd = line_of(call.body, "employee"), line_of(call.body, "opd")
    if bool(employee) == bool(opd):
        raise InvalidValue("employee", employee, "say to whom: `employee` or `opd`, one of them")
    snapshot, scope = here().policy.snapshot, here().scope
    return sight.person(snapshot, scope, employee) if employee else sight.office_named(snapshot, scope, opd)


def _answered(given: Given, dry: bool) -> Answer:
    if not dry:
        here().changed()
    figure, quota = given.figure, given.quota
    return Answer(
        {
            "quota": quota.key, "to": given.to, "granted_octets": figure.granted, "carried_octets": figure.carried_in,
            "used_octets": figure.used, "entitled_octets": figure.entitled(quota), "until": iso(figure.period_end_s),
            "dry_run": dry,
        }
    )  # fmt: skip
