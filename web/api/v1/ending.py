"""Operations on the office's dates beside those of every thing: an event that ends early, days off taken over, the
city's office hours."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from netquota.domain.office_hours import MOST, Week
from netquota.services.api_tokens import TokenScope
from netquota.services.catalogue import KINDS
from netquota.services.days_off import Day, take_over
from netquota.services.event_end import end_event
from netquota.services.planning import hours
from web.api.v1.bodies import body_schema, line_of, said_by
from web.api.v1.operations import DRY_RUN, KEY, OBJECT, SAID, Answer, Call, Json, Operation, Parameter, text, whole
from web.api.v1.things import changed_told
from web.auth.rights import API
from web.context import here

_EVENT: Final = Parameter("key", "path", text(64) | {"minLength": 1}, "The event's key.", True)
_FIRST_YEAR: Final = 2000
_LAST_YEAR: Final = 2099
_WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


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
    yield Operation(
        "office_hours.read", "GET", "/office-hours", "holidays", "The office hours in which offices without their own "
        "are measured; `office_hours` is empty where they are those of Perpres 21/2023.", API["office_hours.read"],
        TokenScope.READ, _hours, {200: OBJECT},
    )  # fmt: skip
    yield Operation(
        "office_hours.set", "PUT", "/office-hours", "holidays", "Set the city's office hours, such as mon-thu "
        "07:30-16:00; fri 07:30-16:30; ramadan mon-fri 08:00-15:00 (empty: Perpres 21/2023); the studies are asked for "
        "anew.", API["office_hours.set"], TokenScope.POLICY, _set_hours, {200: OBJECT}, (DRY_RUN,),
        body_schema({"office_hours": text(MOST), "why": text(200)}, 1),
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


def _hours(_call: Call) -> Answer:
    with here().database.read() as connection:
        given, city = hours.city_text(connection), hours.of_city(connection)
    return Answer({"office_hours": given, "usual": _week(city.usual), "ramadan": _week(city.ramadan)})


def _week(week: Week) -> Json:
    return {day: None if span is None else {"from": f"{span[0]:%H:%M}", "to": f"{span[1]:%H:%M}"}
            for day, span in zip(_WEEKDAYS, week, strict=True)}  # fmt: skip


def _set_hours(call: Call) -> Answer:
    dry = bool(call.query.get("dry_run"))
    changed = hours.set_city(here().office, line_of(call.body, "office_hours"), said_by(call), dry_run=dry)
    return Answer({"changed": changed, "dry_run": dry})


def _days(days: Sequence[Day]) -> list[Json]:
    return [{"day": one.day.isoformat(), "name": one.name, "kind": one.kind.value} for one in days]
