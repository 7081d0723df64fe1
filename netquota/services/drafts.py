"""Use cases of drafts: changes of limits put together, tried, published at once or at a time, or run in shadow.

Publishing is one transaction: all of it or nothing, each change in the audit trail, running sessions follow. What a
draft would do to use is the business of `draft_simulation`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from netquota.errors import Conflict, InvalidValue, NetquotaError, NotFound
from netquota.services.allocate import Change, change_within
from netquota.services.bulk import Refused
from netquota.services.catalogue import kind_of
from netquota.services.office import Author, Office, needed
from netquota.services.one_go import in_one_go
from netquota.services.reading import Reading
from netquota.services.shift import Shift
from netquota.storage import audit_store, draft_store
from netquota.storage.concern_store import concerned_sessions
from netquota.storage.database import Connection
from netquota.storage.draft_store import Draft, DraftState

KINDS: Final = ("opd", "plan", "employee", "site")
"""What a draft may change: what limits rest on."""
SHADOW_DAYS: Final = 30
_OPEN: Final = (DraftState.DRAFT, DraftState.SCHEDULED, DraftState.SHADOW)


@dataclass(frozen=True, slots=True)
class Tried:
    """What publishing would change now, and on how many running sessions it bears."""

    changes: tuple[Change, ...]
    sessions: int


@dataclass(frozen=True, slots=True)
class Overtaken:
    """A field that somebody changed after the draft was looked at: texts as it was then and is now."""

    kind: str
    key: str
    field: str
    seen: str
    now: str

    @property
    def told(self) -> str:
        """Why the draft is not published unseen."""
        return (
            f"{self.field} of {self.key} was changed since ({self.seen or '-'} then, {self.now or '-'} now); look again"
        )


def make(
    office: Office, name: str, changes: Sequence[tuple[str, str, Mapping[str, str]]], by: Author
) -> int:  # fmt: skip
    """A new draft of (kind, key, fields); its number. Raises `InvalidValue` for what no draft may change."""
    with office.database.write() as connection:
        return make_within(connection, office, name, changes, by)


def make_within(
    connection: Connection, office: Office, name: str, changes: Sequence[tuple[str, str, Mapping[str, str]]], by: Author
) -> int:  # fmt: skip
    """`make` in a transaction of the caller's."""
    if not name.strip():
        raise InvalidValue("name", name, "give the draft a name")
    for kind, _key, values in changes:
        if kind not in KINDS:
            raise InvalidValue("kind", kind, f"give one of {', '.join(KINDS)}")
        for field in values:
            kind_of(kind).field(field)
    draft_id = draft_store.add(connection, name.strip(), by.why.strip(), by.name, office.now_s)
    for kind, key, values in changes:
        draft_store.put(connection, draft_id, kind, key, values)
    draft = draft_store.get(connection, draft_id)
    _applied(connection, office, draft, by, dry=True)
    draft_store.note_seen(connection, draft_id, _now(connection, office, draft))
    _note(connection, office, "draft", draft_id, by, {"name": name.strip()})
    return draft_id


def opened(office: Office, draft_id: int) -> Draft:
    """The draft of a number. Raises `NotFound`."""
    with office.database.read() as connection:
        return draft_store.get(connection, draft_id)


def listing(office: Office) -> list[Draft]:
    """The newest drafts."""
    with office.database.read() as connection:
        return draft_store.drafts(connection)


def tried(office: Office, draft: Draft) -> Tried:
    """What publishing would do now. Raises `Refused`, `Conflict`, `NotFound` where it could not be published."""
    return in_one_go(
        office.database,
        lambda connection: _applied(connection, office, draft, Author("-", "-"), dry=False),
        dry_run=True,
    )


def overtaken(office: Office, draft: Draft) -> list[Overtaken]:
    """What was changed since the draft was made or scheduled, by whomever, and not to what the draft says."""
    with office.database.read() as connection:
        return overtaken_within(connection, office, draft)


def overtaken_within(connection: Connection, office: Office, draft: Draft) -> list[Overtaken]:
    """`overtaken` on a connection of the caller's."""
    seen, now = draft_store.seen(connection, draft.id), _now(connection, office, draft)
    return [
        Overtaken(kind, key, name, text, now[kind, key][name])
        for (kind, key), values in seen.items()
        for name, text in values.items()
        if name in now.get((kind, key), {}) and now[kind, key][name] not in (text, draft.changes[kind, key][name])
    ]


def sight(office: Office, draft: Draft) -> str:
    """What whoever looks at the draft sees of its fields as they are, in short: to be given to `publish`."""
    with office.database.read() as connection:
        return _sight(connection, office, draft)


def _sight(connection: Connection, office: Office, draft: Draft) -> str:
    now = [[*thing, sorted(values.items())] for thing, values in sorted(_now(connection, office, draft).items())]
    return sha256(json.dumps(now).encode()).hexdigest()[:16]


def _refuse_unseen(connection: Connection, office: Office, draft: Draft, saw: str | None) -> None:
    """Raise `Conflict` where publishing would overwrite what somebody changed and nobody looked at."""
    if saw is None:
        for late in overtaken_within(connection, office, draft):
            raise Conflict(late.told)
    elif saw != _sight(connection, office, draft):
        raise Conflict("what the draft changes was changed meanwhile; look at it again")


def _now(connection: Connection, office: Office, draft: Draft) -> dict[tuple[str, str], dict[str, str]]:
    """What the draft's fields are, as texts; those of things that are there."""
    reading, found = Reading(connection, office), dict[tuple[str, str], dict[str, str]]()
    for (kind, key), values in draft.changes.items():
        row = reading.find(kind_of(kind), key)
        if row is not None:
            shown = reading.shown(kind_of(kind), row)
            found[kind, key] = {name: shown[name] for name in values}
    return found


def leave_out(office: Office, draft_id: int, kind: str, key: str, by: Author) -> None:
    """Take a thing out of a draft that is still open. Raises `Conflict`."""
    with office.database.write() as connection:
        _still_open(connection, draft_id)
        draft_store.drop(connection, draft_id, kind, key)
        _note(connection, office, "change", draft_id, by, {"left_out": f"{kind} {key}"})


def publish(office: Office, draft_id: int, by: Author, saw: str | None = None) -> Tried:
    """Put it in force now, all of it. Raises `Refused`, `Conflict`; then nothing is changed.

    `saw`: the `sight` of the draft that is acted on; without it nothing that was changed since is overwritten.
    """
    needed(by)

    def act(connection: Connection) -> Tried:
        draft = _still_open(connection, draft_id)
        _refuse_unseen(connection, office, draft, saw)
        done = _applied(connection, office, draft, by, dry=False)
        told = f"{len(done.changes)} changed"
        draft_store.move(connection, draft_id, _at(DraftState.PUBLISHED, ended_s=office.now_s, outcome=told))
        return done

    return in_one_go(office.database, act)


def schedule(office: Office, draft_id: int, publish_s: int, by: Author, saw: str | None = None) -> None:
    """Let it be published at a moment (epoch s); `saw` as of `publish`.

    Raises `InvalidValue` for a moment that has passed, `Conflict`.
    """
    needed(by)
    if publish_s <= office.now_s:
        raise InvalidValue("publish_at", publish_s, "give a moment to come")
    with office.database.write() as connection:
        draft = _still_open(connection, draft_id)
        _refuse_unseen(connection, office, draft, saw)
        draft_store.note_seen(connection, draft_id, _now(connection, office, draft))
        values = _at(DraftState.SCHEDULED, publish_s=publish_s, why=by.why[:200], by=by.name[:120], outcome="")
        draft_store.move(connection, draft_id, values)
        _note(connection, office, "schedule", draft_id, by, {"at_s": str(publish_s)})


def begin_shadow(office: Office, draft_id: int, by: Author) -> None:
    """Let it run a month without touching anybody; each day is looked at. Raises `Conflict`."""
    with office.database.write() as connection:
        _still_open(connection, draft_id)
        until_s = office.now_s + SHADOW_DAYS * 86_400
        values = _at(DraftState.SHADOW, shadow_from_s=office.now_s, shadow_until_s=until_s, outcome="")
        draft_store.move(connection, draft_id, values)
        _note(connection, office, "shadow", draft_id, by, {})


def back_to_draft(office: Office, draft_id: int, by: Author) -> None:
    """End shadow, or call a time of publishing off; what shadow showed is kept. Raises `Conflict`."""
    with office.database.write() as connection:
        _still_open(connection, draft_id)
        draft_store.move(connection, draft_id, _at(DraftState.DRAFT))
        _note(connection, office, "change", draft_id, by, {"state": "draft"})


def discard(office: Office, draft_id: int, by: Author) -> None:
    """Forget it; what was published stays. Raises `NotFound`."""
    with office.database.write() as connection:
        draft_store.get(connection, draft_id, lock=True)
        draft_store.remove(connection, draft_id)
        _note(connection, office, "remove", draft_id, by, {})


def publish_due(shift: Shift, _due_s: int) -> str:
    """The job: publish drafts whose moment has come; one that cannot be says why and waits as a draft."""
    with shift.reading() as (_, connection):
        scheduled = draft_store.drafts(connection, [DraftState.SCHEDULED])
    due = [draft for draft in scheduled if draft.publish_s is not None and draft.publish_s <= shift.now_s]
    for draft in due:
        _publish_one(shift, draft)
    return f"{len(due)} drafts published"


def _publish_one(shift: Shift, due: Draft) -> None:
    office, told = shift.office, ""
    try:
        with shift.step() as (_, connection):
            draft = draft_store.get(connection, due.id, lock=True)
            if draft.state is not DraftState.SCHEDULED:
                return
            _refuse_unseen(connection, office, draft, None)
            by = Author(draft.by, draft.why or draft.name)
            done = _applied(connection, office, draft, by, dry=False)
            told = f"{len(done.changes)} changed"
            draft_store.move(connection, draft.id, _at(DraftState.PUBLISHED, ended_s=shift.now_s, outcome=told))
    except (Conflict, InvalidValue, NotFound) as error:
        with shift.step() as (_, connection):
            draft_store.move(connection, due.id, _at(DraftState.DRAFT, outcome=_said(error)))


def _said(error: NetquotaError) -> str:
    return f"not published: {error}"[:400]


def _applied(connection: Connection, office: Office, draft: Draft, by: Author, *, dry: bool) -> Tried:
    """Make the changes within the transaction; `dry`: only look whether the things exist."""
    if not draft.changes:
        raise Conflict("the draft changes nothing; add something, or discard it")
    done: list[Change] = []
    for (kind, key), values in draft.changes.items():
        try:
            if dry:
                _look_up(connection, office, kind, key)
                continue
            done.append(change_within(connection, office, kind, key, values, by))
        except InvalidValue as error:
            raise Refused(key, error) from None
    changes = tuple(each for each in done if each.action != "none")
    by_kind: dict[str, list[int]] = {}
    for each in changes:
        by_kind.setdefault(each.kind, []).append(each.id)
    sessions = {one for kind, ids in by_kind.items() for one in concerned_sessions(connection, kind, ids)}
    return Tried(changes, len(sessions))


def _look_up(connection: Connection, office: Office, kind: str, key: str) -> None:
    if Reading(connection, office).find(kind_of(kind), key) is None:
        raise NotFound(kind, key)


def _still_open(connection: Connection, draft_id: int) -> Draft:
    draft = draft_store.get(connection, draft_id, lock=True)
    if draft.state not in _OPEN:
        raise Conflict("this draft was published already; make another one")
    return draft


def _at(state: DraftState, **values: object) -> dict[str, object]:
    """Where a draft stands; a moment of publishing holds while it is scheduled alone."""
    return {"state": state, "publish_s": None, **values}


def _note(
    connection: Connection, office: Office, action: str, draft_id: int, by: Author, after: Mapping[str, str]
) -> None:  # fmt: skip
    audit_store.append(
        connection, actor=by.name, action=action, kind="draft", key=str(draft_id), before={}, after=dict(after),
        why=by.why, now_s=office.now_s,
    )  # fmt: skip
