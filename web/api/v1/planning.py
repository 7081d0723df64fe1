"""Operations of planning: measures of any days, studies, needs, tasks, budget requests and their files."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from dataclasses import asdict
from datetime import date, timedelta
from typing import Any, Final

from netquota.documents.rab import rab
from netquota.domain.samples import LINK, OPD
from netquota.errors import InvalidValue, NotFound
from netquota.planning.forecast import LevelShift
from netquota.services.api_tokens import TokenScope
from netquota.services.office import Author
from netquota.services.planning import budget_desk, steps, stored
from netquota.services.planning.budget_choices import choices_of
from netquota.services.planning.dimensioning import Level, book, need
from netquota.services.planning.effects import changed, effects
from netquota.services.planning.measured import measure
from netquota.services.planning.stored import Kept
from netquota.services.planning.subjects import KINDS, MEASURED, Named, one, reached
from netquota.storage import budget_store, plan_store
from netquota.storage.budget_store import DocumentRow
from netquota.storage.database import Connection
from web.admin.door import local_date
from web.api.v1.bodies import body_schema, said_by
from web.api.v1.operations import (
    KEY,
    OBJECT,
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
from web.api.v1.problems import Refused
from web.auth.rights import API, PRESENCE
from web.context import here

MOST_DAYS: Final = 92
_DAY: Final[Json] = {"type": "string", "format": "date"}
_KIND: Final = Parameter("kind", "path", {"enum": ["opd", "link"]}, "opd or link.", True)
_KEY: Final = Parameter("key", "path", text(80) | {"minLength": 1}, "The office's code, the link's name.", True)
_BY_LINK: Final[Json] = {"type": "object", "additionalProperties": whole(0, 10**15), "description": "By link's name."}
_SIGNER: Final[Json] = {
    "type": "object", "properties": {name: text(120) for name in ("position", "name", "rank", "nip")},
    "required": ["position", "name", "rank", "nip"], "additionalProperties": False,
}  # fmt: skip
_CHOICES: Final[Json] = {
    "type": "object", "required": ["kind", "year"], "additionalProperties": False,
    "properties": {
        "kind": {"enum": ["APBD", "APBD-P"]}, "year": whole(2000, 2100), "opds": {"type": "array", "items": text(32)},
        "permille": whole(1, 1000), "step_bps": whole(1, 10**10), "growth_permille": whole(100, 10_000),
        "asked_bps": _BY_LINK, "prices_rp": _BY_LINK, "spent_rp": _BY_LINK,
        "ppn_permille": whole(0, 500), "change_from": _DAY, "addendum": text(500),
        "extra": {"type": "object", "properties": {"description": text(200), "quantity": whole(1, 10**6),
                  "unit": text(20), "months": whole(1, 12), "price_rp": whole(0, 10**15)},
                  "additionalProperties": False},
        "head": _SIGNER, "planner": _SIGNER,
    },
}  # fmt: skip
_STEP: Final[Json] = body_schema(
    {"day": _DAY, "permille": whole(1, steps.MOST_PERMILLE), "note": text(steps.MOST_NOTE)}, 2
)
_ID: Final = Parameter("id", "path", whole(1, 2**53), "Its number.", True)


def operations() -> Iterator[Operation]:
    """Those of planning."""
    yield Operation(
        "plan.measures", "GET", "/plan/measures", "planning", "Measures over local days: office hours and other hours "
        "apart, hidden demand as an estimate. An operator reads those of his own offices; people are "
        f"measured for these roles alone: {', '.join(sorted(PRESENCE))}.", API["plan.measures"], TokenScope.READ,
        _measures, {200: OBJECT},
        (Parameter("kind", "query", {"enum": list(MEASURED)}, "Of what.", True),
         Parameter("key", "query", text(80), "Its code or name.", True),
         Parameter("from", "query", _DAY, "First local day; else 27 days before the last."),
         Parameter("until", "query", _DAY, "Last local day; else yesterday.")),
    )  # fmt: skip
    yield Operation(
        "plan.studies", "GET", "/plan/studies", "planning", "The studies of all offices and links, in short.",
        API["plan.studies"], TokenScope.READ, _studies, {200: listed(OBJECT)},
    )  # fmt: skip
    yield Operation(
        "plan.study", "GET", "/plan/studies/{kind}/{key}", "planning", "A study: months, forecasts with their "
        "measured coverage, hidden demand.", API["plan.study"], TokenScope.READ, _study, {200: OBJECT},
        (_KIND, _KEY),
    )  # fmt: skip
    yield Operation(
        "plan.effects", "GET", "/plan/effects/{kind}/{key}", "planning", "What changes of a ceiling did: saturation of "
        "working days before and after, and whether chance could do it.", API["plan.effects"], TokenScope.READ,
        _effects, {200: listed(OBJECT)}, (_KIND, _KEY),
    )  # fmt: skip
    yield Operation(
        "plan.needs", "GET", "/plan/needs", "planning", "The capacity that links and offices need.", API["plan.needs"],
        TokenScope.READ, _needs, {200: listed(OBJECT)},
        (Parameter("year", "query", whole(2000, 2100), "Budget year; else the next."),
         Parameter("permille", "query", whole(1, 1000), "Thousandths of office hours at the limit; else the setting.")),
    )  # fmt: skip
    yield from _tasks()
    yield from _steps()
    yield from _requests()
    yield from _decisions()


def _steps() -> Iterator[Operation]:
    yield Operation(
        "plan.steps", "GET", "/plan/steps/{kind}/{key}", "planning", "Known steps in the use of an office or link.",
        API["plan.steps"], TokenScope.READ, _known_steps, {200: listed(OBJECT)}, (_KIND, _KEY),
    )  # fmt: skip
    yield Operation(
        "plan.step", "POST", "/plan/steps/{kind}/{key}", "planning", "Confirm a known step (permille of what it was "
        "before, from a local day on), or remove that of the day (permille 1000); the studies are asked for anew.",
        API["plan.step"], TokenScope.OPERATIONS, _step, {200: listed(OBJECT)}, (_KIND, _KEY), _STEP,
    )  # fmt: skip


def _known_steps(call: Call) -> Answer:
    with here().database.read() as connection:
        rows = steps.of(connection, one(connection, call.path["kind"], call.path["key"]))
    return page([{"day": row.day.isoformat(), "permille": row.permille, "note": row.note, "by": row.by}
                 for row in rows], None)  # fmt: skip


def _step(call: Call) -> Answer:
    day = _day(call.body, "day")
    if day is None:
        raise InvalidValue("day", "", "write the date as 2026-12-31")
    permille, note = int(call.body["permille"]), str(call.body.get("note") or "")
    by = Author(call.author().name, note)
    if permille == 1000:
        steps.forget(here().office, call.path["kind"], call.path["key"], day, by)
    else:
        step = LevelShift(day, permille, note)
        steps.confirm(here().office, call.path["kind"], call.path["key"], step, by)
    return _known_steps(call)


def _tasks() -> Iterator[Operation]:
    yield Operation(
        "plan.compute", "POST", "/plan/studies", "planning", "Ask for all studies anew.", API["plan.compute"],
        TokenScope.OPERATIONS, _compute, {202: OBJECT},
    )  # fmt: skip
    yield Operation(
        "plan.task", "GET", "/plan/tasks/{id}", "planning", "How far a task is.", API["plan.task"], TokenScope.READ,
        _task, {200: OBJECT}, (_ID,),
    )  # fmt: skip


def _requests() -> Iterator[Operation]:
    yield Operation(
        "budget.list", "GET", "/budget-requests", "planning", "The budget requests that were made, newest first.",
        API["budget.list"], TokenScope.READ, _budgets, {200: listed(OBJECT)},
    )  # fmt: skip
    yield Operation(
        "budget.create", "POST", "/budget-requests", "planning", "Make a draft from choices (kind, year, permille, "
        "prices_rp, asked_bps, change_from …); its files are made within seconds.", API["budget.create"],
        TokenScope.OPERATIONS, _draft, {201: OBJECT}, (), _CHOICES,
    )  # fmt: skip
    yield Operation(
        "budget.read", "GET", "/budget-requests/{id}", "planning", "A budget request with its frozen input.",
        API["budget.list"], TokenScope.READ, _budget, {200: OBJECT}, (_ID,),
    )  # fmt: skip
    yield Operation(
        "budget.file", "GET", "/budget-requests/{id}/files/{format}", "planning", "A file of a budget request.",
        API["budget.list"], TokenScope.READ, _file, {200: OBJECT},
        (_ID, Parameter("format", "path", {"enum": list(budget_desk.FORMATS)}, "docx, xlsx or pdf.", True)),
    )  # fmt: skip


def _decisions() -> Iterator[Operation]:
    yield Operation(
        "budget.approve", "POST", "/budget-requests/{id}/approve", "planning", "The head of the office lets a draft of "
        "another's pass: it gets its number, and its files are made anew.", API["budget.approve"],
        TokenScope.OPERATIONS, _approve, {200: OBJECT}, (_ID, KEY), body_schema({"why": text(500)}),
    )  # fmt: skip
    yield Operation(
        "budget.remove", "DELETE", "/budget-requests/{id}", "planning", "Remove a draft; what is approved stays.",
        API["budget.remove"], TokenScope.OPERATIONS, _remove, {200: OBJECT}, (_ID, WHY),
    )  # fmt: skip


def _approve(call: Call) -> Answer:
    return Answer(_line(budget_desk.approve(here().office, here().settings, int(call.path["id"]), said_by(call))))


def _remove(call: Call) -> Answer:
    number = int(call.path["id"])
    budget_desk.discard(here().office, number, call.author())
    return Answer({"id": number})


def _measures(call: Call) -> Answer:
    context, query = here(), call.query
    last = _day(query, "until") or context.office.today - timedelta(days=1)
    first = _day(query, "from") or last - timedelta(days=27)
    if (last - first).days >= MOST_DAYS:
        raise InvalidValue("from", first, f"choose at most {MOST_DAYS} days")
    if query["kind"] == "employee" and call.caller.admin.role not in PRESENCE:
        raise Refused(403, "forbidden", f"the role {call.caller.admin.role} does not read of people")
    with context.database.read() as connection:
        named = _reached(connection, str(query["kind"]), str(query["key"]))
        found = measure(connection, named, first, last, context.zone, context.now_s)
    return Answer({"kind": named.word, "key": named.key, **_plain(found)})


def _reached(connection: Connection, word: str, key: str) -> Named:
    """Raises `NotFound` also for what is outside the caller's offices."""
    named = one(connection, word, key)
    if not reached(here().scope, named):
        raise NotFound(word, key)
    return named


def _day(query: Any, name: str) -> date | None:
    given = query.get(name)
    if not given:
        return None
    day = local_date(str(given))
    if day is None:
        raise InvalidValue(name, given, "write the date as 2026-12-31")
    return day


def _plain(value: Any) -> Json:
    """A dataclass as JSON knows it: days as ISO texts."""
    found: Json = json.loads(json.dumps(asdict(value), default=str))
    return found


def _studies(_call: Call) -> Answer:
    with here().database.read() as connection:
        found = stored.kept(connection, (LINK, OPD))
    return page([_short(each) for each in found], None)


def _short(each: Kept) -> Json:
    study = each.study
    outlook = study.outlook(study.direction)
    return {
        "kind": study.word, "key": study.key, "computed_at": iso(each.made_s), "direction": study.direction,
        "p95_down_bps": study.recent.whole.p95_down_bps, "p95_up_bps": study.recent.whole.p95_up_bps,
        "at_limit_share": study.recent.office.at_limit_share, "growth_permille": study.grew_permille,
        "forecast": None if outlook is None else outlook.method,
    }  # fmt: skip


def _study(call: Call) -> Answer:
    with here().database.read() as connection:
        named = _reached(connection, call.path["kind"], call.path["key"])
        held = stored.one(connection, KINDS[named.word], named.subject.id)
    if held is None:
        raise NotFound("study of", named.key, "it is computed by night, or by POST /plan/studies")
    return Answer({"computed_at": iso(held[0].made_s), **_plain(held[0].study)})


def _effects(call: Call) -> Answer:
    with here().database.read() as connection:
        named = _reached(connection, call.path["kind"], call.path["key"])
        held = stored.one(connection, KINDS[named.word], named.subject.id)
        studies = {} if held is None else {named.subject.id: held[0].study}
        found = changed(connection, KINDS[named.word], studies, here().zone)
    return page([_plain(each) for each in effects(found)], None)


def _needs(call: Call) -> Answer:
    context = here()
    year = call.query.get("year") or context.office.today.year + 1
    permille = call.query.get("permille") or context.settings.planning.service_permille
    level = Level(date(year, 1, 1), date(year, 12, 1), permille)
    with context.database.read() as connection:
        found = book(connection)
    named = [("link", LINK, link.id, link.name) for link in found.links]
    named += [("opd", OPD, opd.id, opd.code) for opd in found.opds]
    rows: list[Json] = []
    for word, kind, ident, key in named:
        study, demand = found.study(kind, ident), found.demands.get((kind, ident))
        wanted = None if study is None or demand is None else need(study, demand, level)
        if wanted is not None:
            rows.append({"kind": word, "key": key, **_plain(wanted)})
    return page(rows, None)


def _compute(call: Call) -> Answer:
    context = here()
    with context.database.write() as connection:
        number = plan_store.ask(connection, plan_store.STUDY, "", call.author().name, context.now_s)
    return Answer({"task": number}, 202)


def _task(call: Call) -> Answer:
    with here().database.read() as connection:
        found = plan_store.task(connection, int(call.path["id"]))
    if found is None:
        raise NotFound("task", call.path["id"])
    return Answer({
        "id": found.id, "what": found.what, "state": found.state, "done": found.done, "steps": found.steps,
        "says": found.says, "asked": iso(found.asked_s), "ended": iso(found.ended_s),
    })  # fmt: skip


def _budgets(_call: Call) -> Answer:
    with here().database.read() as connection:
        rows = budget_store.documents(connection)
    return page([_line(row) for row in rows], None)


def _line(row: DocumentRow) -> Json:
    return {
        "id": row.id, "kind": row.kind, "year": row.year, "version": row.version, "state": row.state,
        "number": row.number or None, "input_sha256": row.input_sha256, "by": row.by, "made": iso(row.made_s),
        "approved_by": row.approved_by, "approved": iso(row.approved_s),
    }  # fmt: skip


def _draft(call: Call) -> Answer:
    context = here()
    row = budget_desk.draft(context.office, context.settings, choices_of(json.dumps(call.body)), call.author())
    return Answer(_line(row), 201)


def _budget(call: Call) -> Answer:
    with here().database.read() as connection:
        found = budget_desk.opened(connection, int(call.path["id"]))
    sums = rab(found.given).sums
    return Answer({
        **_line(found.row), "sum_rp": sums.sum_rp, "ppn_rp": sums.ppn_rp, "total_rp": sums.total_rp,
        "warnings": list(found.paper.warnings), "files": dict(found.files), "input": json.loads(found.row.input),
    })  # fmt: skip


def _file(call: Call) -> Answer:
    with here().database.read() as connection:
        found = budget_desk.file_of(connection, int(call.path["id"]), call.path["format"])
    if found is None:
        raise NotFound("file", call.path["format"], "it is being made; ask again in some seconds")
    content = base64.b64encode(found.content).decode()
    return Answer({"name": found.name, "sha256": found.sha256, "content_base64": content})
