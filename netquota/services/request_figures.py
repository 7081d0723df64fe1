"""What was measured of an office over the last 30 days, beside which its request is weighed (planning.md part 1)."""

from __future__ import annotations

from dataclasses import replace
from zoneinfo import ZoneInfo

import numpy as np

from netquota.domain.people import Opd
from netquota.domain.requests import Figures
from netquota.domain.samples import OPD
from netquota.planning.limits import saturation
from netquota.planning.percentile import both_percentiles
from netquota.planning.samples import BIN_S, Bins, rate_bps
from netquota.planning.workdays import in_office_hours
from netquota.services.planning.days import day_of, work_calendar
from netquota.services.planning.hours import hours_of
from netquota.services.sampled import bins_for
from netquota.services.usage import Subject
from netquota.storage import usage_report
from netquota.storage.database import Connection

DAYS = 30
_SETTLED_S = 600


def measured_figures(connection: Connection, opd: Opd, zone: ZoneInfo, now_s: int) -> Figures:
    """The office's own sites together, visitors included, against the ceilings that were in force.

    A bin without octets is 0 while the sites' gateways were known to be up, else missing.
    """
    to_s = (now_s - _SETTLED_S) // BIN_S * BIN_S
    from_s = to_s - DAYS * 86400
    sites = usage_report.site_ids(connection, opd.id)
    subject = Subject(OPD, opd.id, tuple(sites))
    bins = _ceiling_of_now(bins_for(connection, subject, from_s, to_s), opd)
    down, up = both_percentiles(bins)
    calendar = work_calendar(connection, zone, {day_of(from_s, zone).year, day_of(to_s, zone).year})
    hours = in_office_hours(from_s, len(bins), hours_of(connection, subject), calendar)
    share = saturation(bins, hours).share
    usable = int(bins.usable.sum())
    return Figures(
        None if down is None else rate_bps(down), None if up is None else rate_bps(up),
        None if share is None else share.numerator * 1000 // share.denominator,
        1000 * usable // len(bins), opd.ceiling,
    )  # fmt: skip


def _ceiling_of_now(bins: Bins, opd: Opd) -> Bins:
    """Where no ceiling was noted in that time, the office's present one throughout."""
    if opd.ceiling is None or bins.ceiling_down_bits.any() or bins.ceiling_up_bits.any():
        return bins
    down, up = (np.full(len(bins), bps * BIN_S, dtype=np.int64) for bps in (opd.ceiling.down_bps, opd.ceiling.up_bps))
    return replace(bins, ceiling_down_bits=down, ceiling_up_bits=up)
