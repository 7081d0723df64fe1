"""A small city with half a year of use, for tests of planning: two links, Disdukcapil (with its VPN) and DPMPTSP (with
its service mall) on one of them, a quiet office on the other."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from netquota.domain.periods import start_of
from netquota.domain.samples import LINK, SITE, SITE_INTERFACE
from netquota.planning.workdays import local_times
from netquota.services.allocate import add
from netquota.services.office import Author, Office
from netquota.storage import bulk_store, ceiling_store, gateway_store, policy_subjects, rollup_store

BY = Author("ani", "uji")
WEEKS = 30
OFFICES = (
    # code, name, ceiling Mbit/s, busiest hour's demand as a share of it, link
    ("DISDUKCAPIL", "Dinas Kependudukan dan Pencatatan Sipil", 50, 1.0, "Tautan Layanan"),
    ("DPMPTSP", "Dinas Penanaman Modal dan PTSP", 60, 1.05, "Tautan Layanan"),
    ("DISHUB", "Dinas Perhubungan", 40, 0.4, "Tautan Balai Kota"),
)
_HOURS = np.array([0, 0, 0, 0, 0, 0, 0, 20, 55, 85, 100, 95, 60, 70, 95, 90, 55, 0, 0, 0, 0, 0, 0, 0]) / 100
Octets = NDArray[np.int64]


def make(office: Office, weeks: int = WEEKS, *, vpn: bool = True) -> None:
    """Policy, and use by 5 minutes until this morning, drawn from a seed."""
    _policy(office)
    to_s = start_of(office.today, office.zone)
    from_s = start_of(_monday(office.today) - timedelta(weeks=weeks), office.zone)
    number = (to_s - from_s) // 300
    rng = np.random.default_rng(5)
    with office.database.write() as connection:
        gateway_store.ensure_gateways(connection, {(1, "gw"): "10.0.0.1"}, from_s)
        ceiling_store.note_since(connection, from_s)
        bulk_store.gateways_were_up(connection, from_s, to_s)
        sites = {name: ident for ident, name in policy_subjects.names(connection, SITE).items()}
        links = {name: ident for ident, name in policy_subjects.names(connection, LINK).items()}
        carried: dict[str, list[Octets]] = {}
        for code, _, ceiling, load, link in OFFICES:
            down = demand(rng, from_s, number, office.zone, ceiling * load * 1e6)
            down = np.minimum(down, ceiling * 10**6 * 300 // 8)
            bulk_store.write_bins(connection, SITE, sites[f"Kantor {code}"], from_s, down, down // 5)
            held = carried.setdefault(link, [np.zeros(number, np.int64), np.zeros(number, np.int64)])
            carried[link] = [held[0] + down, held[1] + down // 5]
        for link, (down, up) in carried.items():
            bulk_store.write_bins(connection, LINK, links[link], from_s, down, up)
        if vpn:
            line = np.full(number, 5_000_000 * 300 // 8, np.int64)
            bulk_store.write_bins(connection, SITE_INTERFACE, sites["VPN SIAK"], from_s, line, line // 2)
        rollup_store.set_rolled_to(connection, to_s)
        bulk_store.sum_days(connection, office.zone, from_s, to_s)


def _policy(office: Office) -> None:
    links = (
        ("Tautan Balai Kota", "PT Serat Teluk", "027/118/KOMINFO/2026", "100M/50M", "15000000"),
        ("Tautan Layanan", "PT Nusa Pita", "027/119/KOMINFO/2026", "110M/55M", "16500000"),
    )
    for name, provider, contract, capacity, price in links:
        terms = {"starts_on": "2026-01-01", "ends_on": "2026-12-31", "contract": contract, "price": price}
        _add(office, "link", name=name, provider=provider, capacity=capacity, **terms)
    _add(office, "nas", name="gw", address="10.0.0.1", family="mikrotik")
    for code, name, ceiling, _, link in OFFICES:
        guaranteed = f"{ceiling // 5}M/{ceiling // 10}M"
        _add(office, "opd", code=code, name=name, ceiling=f"{ceiling}M/{ceiling // 2}M", guaranteed=guaranteed)
        _add(office, "site", name=f"Kantor {code}", opd=code, link=link, nas="gw", match_called_station=code)
    _add(office, "site", name="VPN SIAK", opd="DISDUKCAPIL", link="Tautan Layanan", mode="whole_opd")


def _add(office: Office, kind: str, **values: str) -> None:
    add(office, kind, values, BY)


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def demand(rng: np.random.Generator, from_s: int, number: int, zone: ZoneInfo, busiest_bps: float) -> Octets:
    """What would be used without a ceiling: office hours of working weekdays, growing by a fifth a year."""
    times = local_times(from_s, number, zone)
    workday: Any = (times.day + 6) % 7 < 5
    grown = np.exp(np.log(1.2) * np.arange(number) * 300 / (365 * 86_400))
    noise = np.exp(0.3 * rng.standard_normal(number))
    return (busiest_bps * _HOURS[times.hour] * workday * grown * noise * 300 / 8).astype(np.int64)
