"""What gateways measured of a reported application over 30 local days, beside which its evaluation asks: used?

It proposes nothing; where nothing is measured it says why. It loads numpy: servers import it only where they measure.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from netquota.domain.measured_hosts import hosts_of
from netquota.domain.periods import start_of
from netquota.domain.samples import APPLICATION, BIN_S, OPD
from netquota.planning.percentile import both_percentiles
from netquota.planning.samples import Bins, rate_bps
from netquota.planning.workdays import WorkCalendar, in_office_hours, local_times
from netquota.services import addresses
from netquota.services.office import Office
from netquota.services.planning.days import day_of, work_calendar
from netquota.services.planning.hours import hours_of
from netquota.services.sampled import bins_for
from netquota.services.usage import SETTLED_S, Sources, Subject
from netquota.storage import address_store, rollup_store
from netquota.storage.address_store import Reporting
from netquota.storage.application_store import Application
from netquota.storage.database import Connection
from netquota.storage.usage_report import Source

DAYS = 30


class Known(StrEnum):
    """Whether an application is measured, or why not."""

    NO_ADDRESS = "no_address"
    NO_HOST = "no_host"
    TOO_MANY = "too_many"
    NOT_REPORTED = "not_reported"
    NO_FIGURES = "no_figures"
    MEASURED = "measured"


@dataclass(frozen=True, slots=True)
class Figures:
    """Octets of the local days from `first` to `last`; the 95th percentile of office hours in bit/s, None without any.

    Of `working_days` on which it was measured, on `used_days` something flowed both ways.
    """

    first: date
    last: date
    down: int
    up: int
    p95_down_bps: int | None
    p95_up_bps: int | None
    used_days: int
    working_days: int


@dataclass(frozen=True, slots=True)
class Use:
    """An application's measured use: `since` the local day of its first sample, `reporting` who reported it lately."""

    known: Known
    hosts: tuple[str, ...]
    reporting: Reporting
    since: date | None = None
    figures: Figures | None = None


def use_of(connection: Connection, office: Office, one: Application) -> Use:
    """The use of an application, settled bins of the last 30 local days with today."""
    hosts, reporting = hosts_of(one.address), address_store.reporting(connection, one.id)
    since_s = _since_s(connection, one.id)
    figures = None if since_s is None else _figures(connection, office, one)
    known = Known.MEASURED if figures else _why_not(connection, one, hosts, reporting, since_s)
    return Use(known, hosts, reporting, None if since_s is None else day_of(since_s, office.zone), figures)


def _why_not(
    connection: Connection, one: Application, hosts: tuple[str, ...], reporting: Reporting, since_s: int | None
) -> Known:
    if not one.address.strip():
        return Known.NO_ADDRESS
    if not hosts:
        return Known.NO_HOST
    if not any(host in addresses.asked(connection) for host in hosts):
        return Known.TOO_MANY
    return Known.NOT_REPORTED if reporting.last_s is None and since_s is None else Known.NO_FIGURES


def _since_s(connection: Connection, application_id: int) -> int | None:
    """When its first sample begins, be it only a sum by now."""
    found = (
        first(connection, APPLICATION, [application_id]) for first in (rollup_store.first_bin, rollup_store.first_hour)
    )
    return min((at_s for at_s in found if at_s is not None), default=None)


def _figures(connection: Connection, office: Office, one: Application) -> Figures | None:
    """None where no bin of that time has settled with a sample."""
    zone, first = office.zone, office.today - timedelta(days=DAYS - 1)
    from_s, to_s = start_of(first, zone) // BIN_S * BIN_S, (office.now_s - SETTLED_S) // BIN_S * BIN_S
    told_by = Sources((), (Source(APPLICATION, one.id),))
    bins = bins_for(connection, Subject(APPLICATION, one.id, (one.id,)), from_s, to_s, told_by)
    if not bins.state.any():
        return None
    calendar = work_calendar(connection, zone, {first.year, office.today.year})
    hours = hours_of(connection, Subject(OPD, one.opd_id, ()))
    down, up = both_percentiles(bins, in_office_hours(from_s, len(bins), hours, calendar))
    used, measured = _working_days(bins, calendar, zone)
    return Figures(
        first, office.today, int(bins.down.sum()), int(bins.up.sum()), None if down is None else rate_bps(down),
        None if up is None else rate_bps(up), used, measured,
    )  # fmt: skip


def _working_days(bins: Bins, calendar: WorkCalendar, zone: ZoneInfo) -> tuple[int, int]:
    """On how many of the working days with a sample something flowed both ways, and how many these are."""
    day = local_times(bins.start_s, len(bins), zone).day
    measured, down, up = ({int(each) for each in day[among]} for among in (bins.state > 0, bins.down > 0, bins.up > 0))
    working = {each for each in measured if calendar.is_working_day(date.fromordinal(each))}
    return len(working & down & up), len(working)


def told_of(found: Use) -> dict[str, object]:
    """What programs are told: octets, bit/s, local days, epoch seconds; `state` says why there are no figures."""
    return {
        "state": str(found.known), "hosts": list(found.hosts), "gateways": found.reporting.gateways,
        "reported_s": found.reporting.last_s, "since": _iso(found.since),
        "figures": None if found.figures is None else _figures_told(found.figures),
    }  # fmt: skip


def _figures_told(one: Figures) -> dict[str, object]:
    return {
        "from": one.first.isoformat(), "to": one.last.isoformat(), "down_octets": one.down, "up_octets": one.up,
        "p95_office_down_bps": one.p95_down_bps, "p95_office_up_bps": one.p95_up_bps, "used_days": one.used_days,
        "working_days": one.working_days,
    }  # fmt: skip


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
