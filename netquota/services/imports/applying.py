"""An import applied, all of it or nothing, and taken back: one transaction each, every change in the audit trail."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from netquota.domain.people import Status
from netquota.errors import Conflict, InvalidValue, NetquotaError
from netquota.services import shares
from netquota.services.catalogue import Kind, kind_of
from netquota.services.imports.judging import Judged, Line, Outcome, Wish, judge
from netquota.services.imports.matching import Matched
from netquota.services.office import Author, Office
from netquota.storage import audit_store, import_store, list_rows, web_session_store
from netquota.storage.database import Connection
from netquota.storage.import_store import Done, Run, State
from netquota.storage.policy_store import record_changes
from netquota.storage.presence import people_seen

UNDO_S: Final = 86_400
_TOLD: Final = 5
ACT: Final = "import:"
"""How the audit trail names the act of an import, before its number: such entries are taken back by the import."""
_DATED: Final = frozenset({"employee", "application"})


class HasFaults(NetquotaError):
    """Some rows are wrong, so nothing was changed; `judged` tells which."""

    def __init__(self, judged: Judged) -> None:
        super().__init__(f"{judged.counts[Outcome.ERROR]} rows are wrong; nothing was changed. Correct them first")
        self.judged = judged


class MustAsk(NetquotaError):
    """So many would leave that somebody must say that this is meant; `judged` tells who."""

    def __init__(self, judged: Judged) -> None:
        leaving, covered = judged.leaving, judged.covered
        super().__init__(
            f"{leaving} of {covered} people would leave, more than 5 %; nothing was changed. "
            "Is the list complete? If so, say that this many are meant"
        )
        self.judged = judged


@dataclass(frozen=True, slots=True)
class Applied:
    """What was done; `created` are the new rows' ids."""

    run_id: int
    judged: Judged
    created: tuple[int, ...]


def dry_run(office: Office, matched: Matched, wish: Wish | None = None) -> Judged:
    """What an import would do."""
    with office.database.read() as connection:
        return judge(connection, office, matched, wish)


def apply(
    office: Office, run_id: int, matched: Matched, wish: Wish, by: Author, *, leaving_meant: int | None = None
) -> Applied:
    """Do it. `leaving_meant`: how many people somebody said may leave.

    Raises `HasFaults`, `MustAsk`, `Conflict` where it was done already or somebody changes the same just now.
    """
    with office.database.write() as connection:
        run = import_store.get(connection, run_id, lock=True)
        if run.state is not State.OPEN:
            raise Conflict("this import was applied already; upload the file again for another one")
        judged = judge(connection, office, matched, wish)
        if judged.faults:
            raise HasFaults(judged)
        if judged.must_ask and leaving_meant != judged.leaving:
            raise MustAsk(judged)
        created, done = _write(connection, office, kind_of(judged.kind), judged.lines, by, f"{ACT}{run_id}")
        counts = {str(outcome): number for outcome, number in judged.counts.items()}
        import_store.applied(connection, run_id, counts, done, office.now_s)
        return Applied(run_id, judged, tuple(created))


def undo(office: Office, run_id: int, by: Author) -> int:
    """Take an import back; how many rows that set back. People who logged in meanwhile leave instead of vanishing.

    Raises `Conflict` where a day is over, or where something was changed since; then nothing was changed.
    """
    with office.database.write() as connection:
        run = import_store.get(connection, run_id, lock=True)
        if run.state is not State.APPLIED or run.applied_s is None:
            raise Conflict("there is nothing to take back: it was not applied, or was taken back already")
        if office.now_s - run.applied_s > UNDO_S or not run.done:
            raise Conflict("a day is over; import the list of before, or change things by their forms")
        number = _set_back(connection, office, kind_of(run.kind), run, by)
        import_store.undone(connection, run_id, office.now_s)
        return number


def _write(
    connection: Connection, office: Office, kind: Kind, lines: Sequence[Line], by: Author, act: str
) -> tuple[list[int], Done]:  # fmt: skip
    fresh = [line for line in lines if line.outcome is Outcome.CREATE]
    changed = [line for line in lines if line.outcome in (Outcome.CHANGE, Outcome.RETIRE)]
    dated = {"created_s": office.now_s} if kind.table in _DATED else {}
    own_key = kind.found_by[0]
    created = list_rows.insert_all(connection, kind.table, own_key, [{**line.values, **dated} for line in fresh])
    before = list_rows.of_ids(connection, kind.table, [line.row_id for line in changed if line.row_id is not None])
    writes = [(line.row_id, line.version, line.values) for line in changed if line.row_id is not None and line.values]
    list_rows.change_all(connection, kind.table, writes)
    _shares_follow(connection, office, kind, writes, before)
    for line in changed:
        if line.later_opd is not None and line.row_id is not None and line.moves_on is not None:
            import_store.plan_move(connection, line.row_id, line.later_opd, line.moves_on.isoformat(), by.name)
    done = [
        *({"id": row_id, "key": line.key, "is_new": True} for row_id, line in zip(created, fresh, strict=True)),
        *(_undoable(line, before) for line in changed),
    ]
    _follow(connection, office, kind, [*created, *(write[0] for write in writes)], changed)
    _audit(connection, office, kind, [*fresh, *changed], by, act)
    return created, done


def _undoable(line: Line, before: Mapping[int, Mapping[str, Any]]) -> dict[str, Any]:
    row = before[line.row_id or 0]
    was = {column: row[column] for column in line.values}
    return {
        "id": line.row_id, "key": line.key, "is_new": False, "was": was, "is": dict(line.values),
        "moves": line.later_opd is not None,
    }  # fmt: skip


def _follow(
    connection: Connection, office: Office, kind: Kind, ids: Sequence[int], changed: Sequence[Line]
) -> None:  # fmt: skip
    """What belongs to each change, once for all of them: workers are told, sessions follow, who left is signed out."""
    touched = sorted(set(ids))
    for told in (kind.told_as or (kind.name,)) if kind.is_policy else ():
        record_changes(connection, told, touched, office.now_s)
    if touched:
        office.on_change(connection, kind.name, touched, office.now_s)
    for line in changed:
        if line.row_id is not None and "status" in line.values:
            web_session_store.end_all(connection, kind.name, line.row_id)


def _shares_follow(
    connection: Connection, office: Office, kind: Kind, writes: Sequence[tuple[int, int, Mapping[str, Any]]],
    before: Mapping[int, Mapping[str, Any]],
) -> None:  # fmt: skip
    """What offices got for applications moves, or ends, with these (id, version, values), as by their forms."""
    for row_id, _version, fresh in writes:
        row = before[row_id]
        shares.follow(connection, kind.name, row, {**row, **fresh}, fresh, office)


def _audit(connection: Connection, office: Office, kind: Kind, lines: Sequence[Line], by: Author, act: str) -> None:
    entries = [
        audit_store.NewEntry(
            "add" if line.outcome is Outcome.CREATE else "change", kind.name, line.key, line.before,
            {**line.after, **({"moves_on": line.moves_on.isoformat()} if line.moves_on and line.later_opd else {})},
        )
        for line in lines
    ]  # fmt: skip
    audit_store.append_all(connection, entries, actor=by.name, why=by.why, now_s=office.now_s, act=act)


def _set_back(connection: Connection, office: Office, kind: Kind, run: Run, by: Author) -> int:
    ids = [int(each["id"]) for each in run.done]
    rows = list_rows.of_ids(connection, kind.table, ids)
    _refuse_if_changed(run.done, rows)
    new = [int(each["id"]) for each in run.done if each["is_new"]]
    used = people_seen(connection, new) if kind.table == "employee" else set[int]()
    used |= {row_id for row_id in new if rows[row_id].get("password_hash")}
    writes = [
        (int(each["id"]), int(rows[int(each["id"])]["version"]), each["was"])
        for each in run.done
        if not each["is_new"] and each["was"]
    ]
    writes += [(row_id, int(rows[row_id]["version"]), {"status": Status.LEFT}) for row_id in sorted(used)]
    list_rows.change_all(connection, kind.table, writes)
    _shares_follow(connection, office, kind, writes, rows)
    gone = [row_id for row_id in new if row_id not in used]
    for row_id in gone:
        shares.leave(connection, kind.name, rows[row_id], office)
    list_rows.remove_all(connection, kind.table, gone)
    import_store.end_moves(connection, [int(each["id"]) for each in run.done if each.get("moves")])
    _follow(connection, office, kind, ids, [])
    entries = [_entry_back(kind, each, int(each["id"]) in used) for each in run.done]
    audit_store.append_all(
        connection, entries, actor=by.name, why=by.why, now_s=office.now_s, act=f"{ACT}{run.id}:back"
    )
    return len(run.done)


def _refuse_if_changed(done: Done, rows: Mapping[int, Mapping[str, Any]]) -> None:
    other: list[str] = []
    for each in done:
        row = rows.get(int(each["id"]))
        is_as_left = row is not None and all(row[name] == value for name, value in each.get("is", {}).items())
        if not is_as_left:
            other.append(str(each["key"]))
    if other:
        more = " ..." if len(other) > _TOLD else ""
        raise Conflict(f"{len(other)} were changed since: {', '.join(other[:_TOLD])}{more}; nothing was taken back")


def _entry_back(kind: Kind, each: Mapping[str, Any], is_used: bool) -> audit_store.NewEntry:
    if not each["is_new"]:
        return audit_store.NewEntry("change", kind.name, each["key"], _told(each["is"]), _told(each["was"]))
    if is_used:
        return audit_store.NewEntry("change", kind.name, each["key"], {}, {"status": str(Status.LEFT)})
    return audit_store.NewEntry("remove", kind.name, each["key"], {}, {})


def _told(values: Mapping[str, Any]) -> dict[str, str]:
    return {name: "" if value is None else str(value) for name, value in values.items() if not isinstance(value, bytes)}


def reason(by: Author, file: str) -> Author:
    """The author with a reason that names the file, where he gave none. Raises `InvalidValue` for an empty name."""
    if not by.name:
        raise InvalidValue("author", "", "say who imports")
    return by if by.why.strip() else Author(by.name, f"import of {file}"[:200])
