"""From studies, policy and the planner's choices to a budget document's frozen input: every figure with its trace."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from netquota import __version__
from netquota.documents import inputs as doc
from netquota.documents.frozen import sha256
from netquota.documents.inputs import BudgetInput, BudgetKind, Trace
from netquota.domain.requests import RequestState
from netquota.domain.samples import LINK, OPD
from netquota.errors import InvalidValue
from netquota.planning.cost import LinkCost, total_rp
from netquota.planning.scenario import WhatIf
from netquota.services.planning import budget_figures as figures
from netquota.services.planning import hours
from netquota.services.planning.budget_choices import Choices
from netquota.services.planning.days import named_days, work_calendar
from netquota.services.planning.dimensioning import Book, Level, Need, book, need, played
from netquota.services.planning.effects import changed, effects
from netquota.services.planning.figures import Study
from netquota.services.planning.studying import METHOD, SEED
from netquota.storage import application_store, plan_store, request_store
from netquota.storage.database import Connection
from netquota.storage.plan_policy import PlannedLink, PlannedOpd

PUBLIC_KINDS = frozenset({"hospital", "health_centre", "public_service"})
PUBLIC_WORDS = ("capil", "ptsp", "pelayanan", "puskesmas", "rumah sakit", "perizinan")
UNKNOWN_WHY = "belum diketahui"
_MOST_SCENARIOS = 8


@dataclass(frozen=True, slots=True)
class Frame:
    """What a document has beside figures: who and when, settings, versions. `changes`: what differs from before."""

    version: int
    dated: date
    frozen_at: datetime
    base_url: str
    office: doc.Office
    settings: doc.Settings
    template_sha256: str
    zone: ZoneInfo
    changes: tuple[str, ...] = ()


def assemble(connection: Connection, choices: Choices, frame: Frame) -> BudgetInput:
    """The input of a document. Raises `InvalidValue` where nothing was studied, or a choice names what is not there."""
    found = book(connection)
    level = Level(choices.first_month, date(choices.year, 12, 1), choices.permille, choices.step_bps)
    _check(found, choices)
    links = tuple(_link(found, link, choices, level) for link in found.links if found.study(LINK, link.id))
    opds = _opds(found, choices, level, {link.name: link.asked_bps for link in links})
    studies = [kept.study for kept in found.studies.values()]
    first, last = min(study.first for study in studies), max(study.last for study in studies)
    years = range(first.year, choices.year + 1)
    calendar = work_calendar(connection, frame.zone, years)
    return BudgetInput(
        choices.kind, choices.year, frame.version, "", frame.dated, frame.frozen_at, frame.base_url, frame.office,
        choices.head, choices.planner, doc.Period(first, last, hours.told(connection), frame.zone.key), frame.settings,
        doc.Versions(__version__, METHOD, SEED, frame.template_sha256, _data_files(connection, found)), links, opds,
        _proposals(connection, {opd.code for opd in opds}), _effects(connection, found, choices, frame.zone),
        _scenarios(found, choices, level, links), _gaps(found), _extra(choices), _milestones(choices),
        _revision(found, choices, links), tuple(named_days(connection, years)), calendar.ramadans, frame.changes,
    )  # fmt: skip


def _check(found: Book, choices: Choices) -> None:
    if not any(found.study(LINK, link.id) for link in found.links):
        raise InvalidValue("plan", "", "no link was studied yet; compute the studies first")
    links, codes = {link.name for link in found.links}, {opd.code for opd in found.opds}
    for name in ("asked_bps", "prices_rp", "spent_rp"):
        for link in getattr(choices, name):
            if link not in links:
                raise InvalidValue(name, link, f"name one of {', '.join(sorted(links))}")
    for code in choices.opds:
        if code not in codes:
            raise InvalidValue("opds", code, "name offices that are there and active")


def _link(found: Book, link: PlannedLink, choices: Choices, level: Level) -> doc.Link:
    study = _study_of(found, LINK, link.id)
    wanted = _grown_need(found, LINK, link.id, choices, level)
    asked = choices.asked_bps.get(link.name, max(link.down_bps, 0 if wanted is None else wanted.capacity_bps))
    page = f"/planning/links/{link.name}"
    return doc.Link(
        figures.key_of(link.name), link.name, link.provider, _contract(link, choices), link.down_bps,
        link.unit_price_rp, asked, choices.prices_rp.get(link.name, link.unit_price_rp), choices.months,
        figures.measures(study, page), figures.hidden(study, page), figures.outlook(study, page),
        None if wanted is None else figures.need(wanted, study, page, choices), figures.days(study), study.load,
        study.heat,
    )  # fmt: skip


def _study_of(found: Book, kind: int, ident: int) -> Study:
    study = found.study(kind, ident)
    if study is None:
        raise InvalidValue("plan", ident, "compute the studies first")
    return study


def _grown_need(found: Book, kind: int, ident: int, choices: Choices, level: Level) -> Need | None:
    """The need, with the growth that the planner expects on top of the forecast."""
    study, demand = found.study(kind, ident), found.demands.get((kind, ident))
    if study is None or demand is None:
        return None
    return need(study, figures.grown(demand, choices.growth_permille), level)


def _contract(link: PlannedLink, choices: Choices) -> doc.Contract:
    year = choices.year if choices.kind is BudgetKind.REVISION else choices.year - 1
    first, last = link.starts_on or date(year, 1, 1), link.ends_on or date(year, 12, 31)
    months = 12 * (last.year - first.year) + last.month - first.month + 1
    return doc.Contract(link.contract or "–", first, last, (link.monthly_rp or 0) * max(months, 0))


def _opds(found: Book, choices: Choices, level: Level, asked: dict[str, int]) -> tuple[doc.Opd, ...]:
    names = {link.id: link.name for link in found.links}
    rows: list[doc.Opd] = []
    for opd in found.opds:
        study = found.study(OPD, opd.id)
        if study is None or (choices.opds and opd.code not in choices.opds):
            continue
        wanted = _grown_need(found, OPD, opd.id, choices, level)
        link = names.get(opd.link_id or 0, "")
        page = f"/planning/opds/{opd.code}"
        rows.append(doc.Opd(
            opd.code, opd.name, figures.key_of(link), opd.people, opd.ceiling_bps, opd.guaranteed_bps,
            _proposed(opd, wanted, asked.get(link)), _serves_public(opd), figures.measures(study, page),
            figures.hidden(study, page),
        ))  # fmt: skip
    return tuple(rows)


def _proposed(opd: PlannedOpd, wanted: Need | None, link_bps: int | None) -> int:
    """The ceiling that its own demand needs, never less than now, never more than its link will have."""
    if wanted is None or not opd.ceiling_bps:
        return opd.ceiling_bps
    most = max(link_bps or wanted.capacity_bps, opd.ceiling_bps)
    return min(max(opd.ceiling_bps, wanted.capacity_bps), most)


def _serves_public(opd: PlannedOpd) -> bool:
    name = opd.name.lower()
    return opd.kind in PUBLIC_KINDS or any(word in name or word in opd.code.lower() for word in PUBLIC_WORDS)


def _proposals(connection: Connection, codes: set[str]) -> tuple[doc.Proposal, ...]:
    """Offices' requests that are not taken back, the oldest first."""
    users = {one.code: one.users or 0 for one in application_store.applications(connection)}
    words = {
        RequestState.APPROVED: "disetujui", RequestState.REFUSED: "ditolak", RequestState.BUDGET: "diusulkan",
        RequestState.ASSESSED: "telah ditinjau", RequestState.WAITS_FOR_HEAD: "menunggu kepala dinas",
        RequestState.NEW: "belum ditinjau",
    }  # fmt: skip
    rows: list[doc.Proposal] = []
    for one in reversed(request_store.requests(connection)):
        if one.wanted is None or one.employee_id is not None or one.opd not in codes or one.state not in words:
            continue
        decided = None if one.decided_s is None else datetime.fromtimestamp(one.decided_s, UTC).date()
        rows.append(doc.Proposal(
            one.number, one.opd, one.application or one.reason, users.get(one.application or "", 0),
            one.wanted.down_bps, one.assessment or "–", words[one.state], decided,
        ))  # fmt: skip
    return tuple(rows)


def _effects(connection: Connection, found: Book, choices: Choices, zone: ZoneInfo) -> tuple[doc.EffectFigure, ...]:
    chosen = [opd.id for opd in found.opds if not choices.opds or opd.code in choices.opds]
    studies = {ident: study for ident in chosen if (study := found.study(OPD, ident)) is not None}
    return tuple(figures.effect(each) for each in effects(changed(connection, OPD, studies, zone)))


def _scenarios(
    found: Book, choices: Choices, level: Level, links: Sequence[doc.Link]
) -> tuple[doc.ScenarioFigure, ...]:  # fmt: skip
    """What there is, what is asked for, and what would be under other growth or without a link."""
    trace = Trace("skenario dari permintaan bulan tersibuk", "/planning/scenarios")
    asked = sum(link.asked_bps for link in links)
    now = sum(link.capacity_bps for link in links)
    rows = [
        doc.ScenarioFigure("Tetap", "Kapasitas dan harga seperti kini", now, _cost(links, asked=False), False, trace),
        doc.ScenarioFigure("Diusulkan", _assumption(choices), asked, _cost(links, asked=True), True, trace),
    ]
    prices = {link.name: link.asked_price_rp for link in links}
    growth = choices.growth_permille
    tries = [
        (WhatIf("Pertumbuhan 10 % lebih tinggi", growth * 11 // 10), "Permintaan 10 % di atas proyeksi"),
        (WhatIf("Pertumbuhan 10 % lebih rendah", growth * 9 // 10), "Permintaan 10 % di bawah proyeksi"),
    ]
    if len(links) > 1:
        largest = max(links, key=lambda link: link.capacity_bps)
        lost = WhatIf(f"Tanpa {largest.name}", growth, lost=frozenset({largest.name}))
        tries.append((lost, "Permintaannya pindah ke tautan lain"))
    for what_if, told in tries[:_MOST_SCENARIOS]:
        costs = _kept_up(played(found, what_if, level, prices, choices.months).links, links)
        capacity = sum(cost.capacity_bps for cost in costs)
        rows.append(doc.ScenarioFigure(what_if.name, told, capacity, total_rp(costs), False, trace))
    return tuple(rows)


def _kept_up(costs: Sequence[LinkCost], links: Sequence[doc.Link]) -> list[LinkCost]:
    """A scenario beside what is asked for, by the same rule: no link gets less than its contract has."""
    now = {link.name: link.capacity_bps for link in links}
    return [replace(cost, capacity_bps=max(cost.capacity_bps, now.get(cost.link, 0))) for cost in costs]


def _assumption(choices: Choices) -> str:
    growth = "" if choices.growth_permille == 1000 else f", permintaan x {choices.growth_permille / 1000:.2f}"
    return f"Proyeksi bulan tersibuk, kejenuhan di bawah {choices.permille / 10:g} %{growth}".replace(".", ",")


def _cost(links: Sequence[doc.Link], *, asked: bool) -> int:
    costs = [
        LinkCost(
            link.key, link.asked_bps if asked else link.capacity_bps, link.asked_price_rp if asked else link.price_rp,
            link.months,
        )
        for link in links
    ]  # fmt: skip
    return sum(cost.amount_rp for cost in costs)


def _gaps(found: Book) -> tuple[doc.Gap, ...]:
    """Longer times without data, of links first."""
    return tuple(
        doc.Gap(kept.study.key, datetime.fromtimestamp(began, UTC), datetime.fromtimestamp(ended, UTC), UNKNOWN_WHY)
        for kept in sorted(found.studies.values(), key=lambda each: (each.study.word != "link", each.study.key))
        for began, ended in kept.study.gaps
    )[:30]  # fmt: skip


def _extra(choices: Choices) -> tuple[doc.ExtraLine, ...]:
    one = choices.extra
    if not one.description or not one.price_rp:
        return ()
    return (doc.ExtraLine(one.description, one.quantity, one.unit, one.months, one.price_rp),)


def _milestones(choices: Choices) -> tuple[doc.Milestone, ...]:
    first = choices.first_month.month
    return (
        doc.Milestone("Pengadaan melalui e-purchasing", first, first),
        doc.Milestone("Aktivasi dan uji terima", first, min(first + 1, 12)),
        doc.Milestone("Layanan dan pengukuran bulanan", first, 12),
        doc.Milestone("Laporan akhir", 12, 12),
    )


def _revision(found: Book, choices: Choices, links: Sequence[doc.Link]) -> doc.Revision | None:
    if choices.change_from is None:
        return None
    paid = 12 - choices.months
    monthly = {link.name: link.monthly_rp or 0 for link in found.links}
    rows = tuple(
        doc.Realisation(
            link.key, 12 * monthly[link.name], choices.spent_rp.get(link.name, paid * monthly[link.name]), paid
        )
        for link in links
    )
    return doc.Revision(choices.change_from, rows, choices.addendum or _addendum(links))


def _addendum(links: Sequence[doc.Link]) -> str:
    told = [
        f"kapasitas {link.name} dari {link.capacity_bps // 10**6} menjadi {link.asked_bps // 10**6} Mbps"
        for link in links
        if link.asked_bps != link.capacity_bps
    ]
    return ("; ".join(told) or "tidak ada perubahan kapasitas") + "."


def _data_files(connection: Connection, found: Book) -> tuple[tuple[str, str], ...]:
    """Each study that the document rests on, by the SHA-256 of its text as it is kept."""
    rows: list[tuple[str, str]] = []
    for row in plan_store.studies(connection, (LINK, OPD)):
        kept = found.studies.get((row.kind, row.subject_id))
        if kept is not None:
            rows.append((f"{kept.study.word}-{kept.study.key}.json", sha256(row.study.encode())))
    return tuple(sorted(rows))
