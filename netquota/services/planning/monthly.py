"""A month of all offices and links in a sheet: what the clock measured of it, and what its study adds."""

from __future__ import annotations

from dataclasses import dataclass

from netquota.domain.samples import LINK, OPD
from netquota.domain.scope import Scope
from netquota.services.measures import chosen
from netquota.services.planning import stored
from netquota.services.planning.figures import Month
from netquota.storage import measure_store, policy_subjects
from netquota.storage.database import Connection
from netquota.storage.measure_store import INTERFACE, LATELY

KINDS = {LINK: "link", OPD: "opd"}


@dataclass(frozen=True, slots=True)
class SheetRow:
    """A subject's month: octets, bit/s, thousandths; `demand_bps` is an estimate."""

    word: str
    key: str
    down: int
    up: int
    p95_down_bps: int | None
    p95_up_bps: int | None
    coverage_permille: int
    source: str
    at_limit_permille: int | None = None
    demand_bps: int | None = None


@dataclass(frozen=True, slots=True)
class Sheet:
    """A local month such as 2026-10, links first, then offices by code."""

    month: str
    rows: tuple[SheetRow, ...]


def months_known(connection: Connection) -> list[str]:
    """The months of which anything is known, the oldest first."""
    measured = {span for span in measure_store.made(connection) if span != LATELY}
    studied = {f"{month.month:%Y-%m}" for each in stored.kept(connection, tuple(KINDS)) for month in each.study.months}
    return sorted(measured | studied)


def sheet(connection: Connection, month: str, scope: Scope) -> Sheet:
    """A month; offices outside of the scope, and of a narrowed scope all links, are left out."""
    studied = {
        (each.study.word, each.study.key): held
        for each in stored.kept(connection, tuple(KINDS))
        for held in each.study.months
        if f"{held.month:%Y-%m}" == month
    }
    rows: list[SheetRow] = []
    for kind, word in KINDS.items():
        names = policy_subjects.names(connection, kind)
        measured = chosen(measure_store.of_span(connection, month, [kind]))
        for ident, key in sorted(names.items(), key=lambda each: each[1]):
            if scope.opd_ids is not None and (kind == LINK or not scope.covers(ident)):
                continue
            row = _row(word, key, measured.get(ident), studied.get((word, key)))
            if row is not None:
                rows.append(row)
    return Sheet(month, tuple(rows))


def _row(word: str, key: str, measured: measure_store.Measure | None, studied: Month | None) -> SheetRow | None:
    if measured is None and studied is None:
        return None
    limit = demand = None
    if studied is not None:
        office = studied.office
        limit = 1000 * office.at_limit // office.bounded if office.bounded else None
        demand = studied.demand_down_bps
    if measured is None and studied is not None:
        whole = studied.whole
        share = 1000 * whole.usable // whole.expected if whole.expected else 0
        return SheetRow(
            word, key, whole.octets_down, whole.octets_up, whole.p95_down_bps, whole.p95_up_bps, share, "accounting",
            limit, demand,
        )  # fmt: skip
    if measured is None:
        return None
    share = 1000 * measured.valid // measured.expected if measured.expected else 0
    source = "interface" if measured.source == INTERFACE else "accounting"
    return SheetRow(
        word, key, measured.down, measured.up, measured.p95_down_bps, measured.p95_up_bps, share, source, limit, demand,
    )  # fmt: skip
