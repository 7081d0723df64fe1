"""Use case: what a change would do to the sessions that run, seen before it is made; nothing of it stays."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Final

from netquota.domain.events import taken_from
from netquota.domain.link_parts import short_links
from netquota.domain.people import Opd
from netquota.domain.places import ProviderLink
from netquota.domain.units import Rate, parse_rate
from netquota.services import allocate
from netquota.services.allocate import Change, Texts
from netquota.services.changes import AfterChange, gateways_on
from netquota.services.enforce import differing, place_of
from netquota.services.office import Author, Office
from netquota.services.one_go import in_one_go
from netquota.storage.concern_store import concerned_sessions
from netquota.storage.database import Connection
from netquota.storage.ledger_store import page_on

_WHOLE: Final = 1000
MOST: Final = 500
"""Running sessions that are decided for one by one: they wait for it, as their next report would."""


@dataclass(frozen=True, slots=True)
class Reach:
    """What a change does to running sessions: on how many it bears, how many get an order at once.

    `held_by`: of those that keep what they have, how many by what sets it (a decision's code). `ordered` is None where
    more than `MOST` are concerned: those are not decided for. `sharing`: those whose part of a shared ceiling the next
    round gives, which is not foreseen here. `short`: the links that leave a changed office less than its ceiling, with
    its part.
    """

    sessions: int = 0
    ordered: int | None = 0
    held_by: Mapping[str, int] = field(default_factory=dict[str, int])
    sharing: int = 0
    short: Sequence[tuple[ProviderLink, Rate]] = ()


def foresee(
    office: Office, after: AfterChange, kind: str, key: str, values: Texts, by: Author, expected_version: int | None
) -> tuple[Change, Reach]:
    """The change as it would be, and its reach. Raises as `allocate.change`."""
    return _foreseen(
        office, after,
        lambda connection, here: allocate.change_within(connection, here, kind, key, values, by, expected_version),
    )  # fmt: skip


def foresee_new(office: Office, after: AfterChange, kind: str, values: Texts, by: Author) -> tuple[Change, Reach]:
    """The same of a thing that is to be made. Raises as `allocate.add`."""
    return _foreseen(
        office, after, lambda connection, here: allocate.add_within(connection, here, kind, values, by)
    )  # fmt: skip


def event_ceilings(offices: Iterable[Opd], event: Texts) -> list[tuple[Opd, Rate, Rate]]:
    """What an event (the exact texts of its fields) makes of its offices' ceilings: (office, now, then)."""
    nothing = Rate(0, 0)
    adds = parse_rate(event["ceiling"], "ceiling") if event.get("ceiling") else nothing
    leaves = int(Decimal(event["leaves"].removesuffix("%")) * 10) if event.get("leaves") else _WHOLE
    codes = {code.strip() for code in event["opds"].split(",")}
    found: list[tuple[Opd, Rate, Rate]] = []
    for opd in sorted(offices, key=lambda each: each.code):
        if opd.code in codes and opd.ceiling is not None and (adds != nothing or leaves != _WHOLE):
            taken = taken_from(opd.ceiling, leaves)
            then = Rate(
                opd.ceiling.down_bps + adds.down_bps + taken.down_bps, opd.ceiling.up_bps + adds.up_bps + taken.up_bps
            )
            found.append((opd, opd.ceiling, then))
    return found


def _foreseen(
    office: Office, after: AfterChange, act: Callable[[Connection, Office], Change]
) -> tuple[Change, Reach]:  # fmt: skip
    reach = Reach()

    def look(connection: Connection, kind: str, ids: Sequence[int], now_s: int) -> None:
        nonlocal reach
        reach = _reach(connection, after, kind, ids, now_s)

    here = replace(office, on_change=look)
    return in_one_go(office.database, lambda connection: act(connection, here), dry_run=True), reach


def _reach(connection: Connection, after: AfterChange, kind: str, ids: Sequence[int], now_s: int) -> Reach:
    concerned, policy = concerned_sessions(connection, kind, ids), after.policy(connection)
    opd = next((each for each in policy.snapshot.opds.values() if each.id in ids), None) if kind == "opd" else None
    short = () if opd is None else short_links(list(policy.snapshot.sites.values()), opd)
    if not concerned or len(concerned) > MOST:
        return Reach(len(concerned), None if concerned else 0, short=short)
    page = page_on(connection)
    rows = page.sessions_by_id(concerned)
    gateways = gateways_on(connection)
    ordered = {order.session_id for order in differing(page, policy, gateways, rows, now_s * 1000)}
    kept = [row for row in rows if row.id not in ordered]
    places = {row.id: place_of(policy, gateways, row) for row in kept}
    sharing = {key for key, place in places.items() if place and place.site and place.site.is_shared}
    held_by = Counter(row.applied_code for row in kept if row.id not in sharing)
    return Reach(len(rows), len(ordered), held_by, len(sharing), short)
