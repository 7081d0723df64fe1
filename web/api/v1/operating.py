"""Operations that run the service: the brake, jobs, the audit trail; and who the caller is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from netquota.services import api_tokens, job_desk
from netquota.services import pause as brake
from netquota.services.api_tokens import TokenScope
from netquota.services.job_desk import JobLine
from netquota.services.jobs import jobs
from netquota.storage import audit_store
from netquota.storage.audit_store import AuditEntry, AuditFilter
from web.api.v1.bodies import body_schema
from web.api.v1.operations import (
    CURSOR,
    DRY_RUN,
    KEY,
    LIMIT,
    OBJECT,
    SAID,
    USUAL_AT_ONCE,
    Answer,
    Call,
    Json,
    Operation,
    Parameter,
    iso,
    listed,
    moment_of,
    number_in,
    page,
    text,
    text_of,
    wrap,
)
from web.auth.rights import API
from web.context import here

_FILTERS: Final = ("actor", "action", "kind", "key")
_NAME: Final = Parameter("name", "path", text(64) | {"minLength": 1}, "The job's name.", True)


def operations() -> Iterator[Operation]:
    """Those that operate."""
    yield from _brake()
    yield from _jobs()
    yield from _trail()
    yield Operation(
        "me.read", "GET", "/me", "me", "Who the token acts for, and what it may.", API["me.read"], TokenScope.READ,
        _me, {200: OBJECT},
    )  # fmt: skip
    yield Operation(
        "tokens.list", "GET", "/tokens", "me", "The owner's tokens, newest first, without their texts.",
        API["tokens.list"], TokenScope.READ, _tokens, {200: listed(OBJECT)},
    )  # fmt: skip


def _brake() -> Iterator[Operation]:
    yield Operation(
        "pauses.list", "GET", "/enforcement/pauses", "enforcement", "The pauses of enforcement that stand.",
        API["pauses.list"], TokenScope.READ, _pauses, {200: listed(OBJECT)},
    )  # fmt: skip
    where = {"why": SAID, "nas": text(80)}
    yield Operation(
        "pauses.begin", "POST", "/enforcement/pauses", "enforcement",
        "Pause enforcement and keep counting, in the whole city or at one gateway: the emergency brake.",
        API["pauses.begin"], TokenScope.OPERATIONS, _pause, {201: OBJECT}, (KEY,),
        body_schema(where | {"until": text(40)}, 1),
    )  # fmt: skip
    yield Operation(
        "pauses.end", "POST", "/enforcement/resume", "enforcement", "Enforce again, also in running sessions.",
        API["pauses.end"], TokenScope.OPERATIONS, _resume, {200: OBJECT}, (KEY,),
        body_schema(where, 1),
    )  # fmt: skip


def _jobs() -> Iterator[Operation]:
    yield Operation(
        "jobs.list", "GET", "/jobs", "jobs", "Every job with its last run and its next.", API["jobs.list"],
        TokenScope.READ, _listing, {200: listed(OBJECT)},
    )  # fmt: skip
    body = body_schema({"why": SAID, "due": text(40)}, 1)
    yield Operation(
        "jobs.run", "POST", "/jobs/{name}/run", "jobs",
        "Ask for a run now (or of a due); taken up within seconds. A dry run says what it would do for that due.",
        API["jobs.run"], TokenScope.OPERATIONS, _run, {200: OBJECT, 202: OBJECT}, (_NAME, KEY, DRY_RUN), body,
    )  # fmt: skip
    yield Operation(
        "jobs.skip", "POST", "/jobs/{name}/skip", "jobs", "Leave out the next run, or that of a due.",
        API["jobs.skip"], TokenScope.OPERATIONS, _skip, {200: OBJECT, 202: OBJECT}, (_NAME, KEY, DRY_RUN), body,
    )  # fmt: skip


def _trail() -> Iterator[Operation]:
    filters = (
        *(Parameter(name, "query", text(253), f"Only with this {name}.") for name in _FILTERS),
        Parameter("since", "query", text(40), "Since this moment."),
        Parameter("until", "query", text(40), "Before this moment."),
    )
    yield Operation(
        "audit.list", "GET", "/audit", "audit", "Who changed what, from what to what, why; the newest first.",
        API["audit.list"], TokenScope.READ, _audit, {200: listed(OBJECT)}, (LIMIT, CURSOR, *filters),
    )  # fmt: skip
    yield Operation(
        "audit.verify", "GET", "/audit/verify", "audit", "Whether the chain is whole: nothing altered, gone or moved.",
        API["audit.verify"], TokenScope.READ, _verify,
        {200: {"type": "object", "properties": {"whole": {"type": "boolean"}, "head": {"type": "string"},
                                                "problems": {"type": "array", "items": {"type": "string"}}},
               "required": ["whole", "head", "problems"]}},
    )  # fmt: skip


def _pauses(_call: Call) -> Answer:
    names = {nas.id: nas.name for nas in here().policy.snapshot.nas_by_id.values()}
    found = brake.standing(here().office)
    return page(
        [
            {"nas": names.get(one.nas_id) if one.nas_id is not None else None, "who": one.who, "why": one.why,
             "from": iso(one.from_s), "until": iso(one.until_s)}
            for one in found
        ],
        None,
    )  # fmt: skip


def _pause(call: Call) -> Answer:
    until, nas = text_of(call.body, "until", needed=False), text_of(call.body, "nas", needed=False)
    moment = moment_of(until, "until") if until else None
    number = brake.pause(here().office, call.why(), until=moment, nas=nas or None)
    here().changed()
    return Answer({"id": number}, 201)


def _resume(call: Call) -> Answer:
    ended = brake.resume(here().office, call.why(), nas=text_of(call.body, "nas", needed=False) or None)
    here().changed()
    return Answer({"ended": ended})


def _listing(_call: Call) -> Answer:
    found = job_desk.listing(here().office, jobs(here().settings))
    return page([_job(one) for one in found.jobs], None)


def _job(one: JobLine) -> Json:
    last = one.last
    return {
        "name": one.name, "says": one.says, "next_due": iso(one.next_due_s), "last_success": iso(one.last_success_s),
        "last_began": None if last is None else iso(last.started_s), "last_state": None if last is None else last.state,
        "last_result": None if last is None else last.result, "took_s": one.took_s, "overdue_s": one.overdue_s,
    }  # fmt: skip


def _run(call: Call) -> Answer:
    name, table = call.path["name"], jobs(here().settings)
    if call.query.get("dry_run"):
        floor_bps = here().settings.enforcement.throttle_floor_bps
        told = job_desk.rehearse(here().office, table, name, floor_bps, _due(call))
        return Answer({"job": name, "due": iso(told.due_s), "result": told.result})
    due_s = job_desk.run_now(here().office, table, name, call.why(), _due(call))
    return Answer({"job": name, "due": iso(due_s)}, 202)


def _skip(call: Call) -> Answer:
    name, dry = call.path["name"], bool(call.query.get("dry_run"))
    due_s = job_desk.skip(here().office, jobs(here().settings), name, _due(call), call.why(), dry_run=dry)
    return Answer({"job": name, "due": iso(due_s)}, 200 if dry else 202)


def _due(call: Call) -> int | None:
    given = text_of(call.body, "due", needed=False)
    return int(moment_of(given, "due").timestamp()) if given else None


def _audit(call: Call) -> Answer:
    query, size = call.query, call.query.get("limit", USUAL_AT_ONCE)
    spans = [int(moment_of(query[name], name).timestamp()) if query.get(name) else None for name in ("since", "until")]
    wanted = AuditFilter(*(query.get(name) or None for name in _FILTERS), *spans)
    with here().database.read() as connection:
        found = audit_store.entries(connection, wanted, number_in(query.get("cursor")), size + 1)
    more = wrap(str(found[size - 1].id)) if len(found) > size else None
    return page([_entry(one) for one in found[:size]], more)


def _entry(one: AuditEntry) -> Json:
    return {
        "id": one.id, "at": iso(one.at_s), "actor": one.actor, "action": one.action, "kind": one.kind, "key": one.key,
        "before": one.before, "after": one.after, "why": one.why,
    }  # fmt: skip


def _verify(_call: Call) -> Answer:
    with here().database.read() as connection:
        problems, head = audit_store.verify(connection), audit_store.head(connection)
    return Answer({"whole": not problems, "head": head, "problems": problems[:100]})


def _me(call: Call) -> Answer:
    admin, token = call.caller.admin, call.caller.token
    return Answer(
        {
            "username": admin.username, "name": admin.name, "role": admin.role, "opds": list(admin.opd_codes),
            "token": {"id": token.id, "name": token.name, "scopes": list(token.scopes),
                      "expires": iso(token.expires_s)},
        }
    )  # fmt: skip


def _tokens(call: Call) -> Answer:
    found = api_tokens.tokens_of(here().whole_office, call.caller.admin.username)
    return page(
        [
            {"id": one.id, "name": one.name, "scopes": list(one.scopes), "created": iso(one.created_s),
             "expires": iso(one.expires_s), "revoked": iso(one.revoked_s), "used": iso(one.used_s),
             "used_address": one.used_address}
            for one in found
        ],
        None,
    )  # fmt: skip
