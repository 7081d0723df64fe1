"""Operations on the office's dates beside those of every thing: an event that ends early, days off taken over."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from netquota.services.api_tokens import TokenScope
from netquota.services.catalogue import KINDS
from netquota.services.days_off import Day, take_over
from netquota.services.event_end import end_event
from web.api.v1.bodies import body_schema, said_by
from web.api.v1.operations import DRY_RUN, KEY, SAID, Answer, Call, Json, Operation, Parameter, text, whole
from web.api.v1.things import changed_told
from web.auth.rights import API
from web.context import here

_EVENT: Final = Parameter("key", "path", text(64) | {"minLength": 1}, "The event's key.", True)
_FIRST_YEAR: Final = 2000
_LAST_YEAR: Final = 2099


def operations() -> Iterator[Operation]:
    """Those of dates."""
    yield Operation(
        "events.end", "POST", "/events/{key}/end", "events", "Let an event be over now; one that is still to come is "
        "called off for good.", API["events.end"], TokenScope.POLICY, _end,
        {200: {"$ref": "#/components/schemas/Changed"}}, (_EVENT, DRY_RUN, KEY), body_schema({"why": SAID}, 1),
    )  # fmt: skip
    yield Operation(
        "holidays.take", "POST", "/holidays/take", "holidays", "Take over what the national calendar knows of a year; "
        "the office's own days stay.", API["holidays.take"], TokenScope.POLICY, _take, {200: {"type": "object"}},
        (DRY_RUN, KEY), body_schema({"year": whole(_FIRST_YEAR, _LAST_YEAR), "why": text(200)}, 1),
    )  # fmt: skip


def _end(call: Call) -> Answer:
    dry = bool(call.query.get("dry_run"))
    done = end_event(here().office, call.path["key"], said_by(call), dry_run=dry)
    if not dry:
        here().changed()
    return Answer(changed_told(KINDS["event"], done, dry))


def _take(call: Call) -> Answer:
    dry = bool(call.query.get("dry_run"))
    taken = take_over(here().office, said_by(call), [int(call.body["year"])], dry_run=dry)
    if not dry:
        here().changed()
    return Answer({"added": _days(taken.added), "gone": _days(taken.gone), "dry_run": dry})


def _days(days: Sequence[Day]) -> list[Json]:
    return [{"day": one.day.isoformat(), "name": one.name, "kind": one.kind.value} for one in days]
