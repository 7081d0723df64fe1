"""A small city with running sessions, use, refusals and orders, made through the services and stores themselves."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import select

from netquota.domain.periods import current
from netquota.domain.units import Rate
from netquota.services import allocate
from netquota.services.office import Author, Office
from netquota.storage import schema
from netquota.storage.database import Connection
from netquota.storage.gateway_store import add_problems, ensure_gateways
from netquota.storage.ledger_store import LINK, PERSON, SITE, page_on
from netquota.storage.order_store import Ended, NewOrder, OrderKind, OrderState, end_orders, write_orders
from netquota.storage.policy_store import load_snapshot
from netquota.storage.record_store import DecisionRow, write_records
from netquota.storage.session_row import Charge, SessionRow

RINA = Author("rina", "rapat 3 November")
GB = 10**9
M = 10**6
OFFICES = (
    ("DISDUKCAPIL", "Dinas Kependudukan dan Pencatatan Sipil", "60M/30M", "40M/20M"),
    ("DPMPTSP", "Dinas Penanaman Modal dan PTSP", "60M/30M", "40M/20M"),
    ("RSUD", "Rumah Sakit Umum Daerah", "80M/40M", "50M/25M"),
    ("DINKES", "Dinas Kesehatan", "60M/30M", "25M/10M"),
    ("DISDIK", "Dinas Pendidikan", "50M/25M", ""),
    ("BPKAD", "Badan Pengelolaan Keuangan dan Aset Daerah", "", ""),
)
NAMES = (
    *("Maria Kaligis", "Rizal Maulana", "Bagas Adiwinata", "Dewi Larasati", "Nur Aisyah Putri", "Hendra Saputra"),
    *("Siti Rahmawati", "Agus Priyono", "Lukas Manopo", "Fitri Handayani", "Taufik Hidayatullah", "Melati Kusuma"),
)


@dataclass
class Seeded:
    """The city: row ids by natural key. `now_s` is the moment that it was seeded for."""

    office: Office
    opds: dict[str, int] = field(default_factory=dict)
    people: dict[str, int] = field(default_factory=dict)
    clients: dict[str, int] = field(default_factory=dict)
    gateways: dict[str, int] = field(default_factory=dict)
    sites: dict[str, int] = field(default_factory=dict)
    links: dict[str, int] = field(default_factory=dict)
    sessions: dict[str, int] = field(default_factory=dict)

    @property
    def now_s(self) -> int:
        return self.office.now_s

    def add(self, kind: str, **values: str) -> int:
        return allocate.add(self.office, kind, values, RINA).id

    def orders(self, username: str) -> list[tuple[str, int | None, str]]:
        """(kind, download in bit/s, state) of a person's orders, oldest first."""
        e = schema.enforcement.c
        query = select(e.kind, e.desired_down_bps, e.state).where(e.employee_id == self.people[username])
        with self.office.database.read() as connection:
            return [tuple(row) for row in connection.execute(query.order_by(e.id))]


def username(name: str) -> str:
    return name.split(maxsplit=1)[0].lower()


def policy(office: Office) -> Seeded:
    """Plans, a schedule, quotas, two links, six offices, their gateways, twelve people; nobody is online."""
    city = Seeded(office)
    city.add("schedule", key="jam-kerja", name="Jam kerja", windows="Malam: 20:00-05:00 5M/1M")
    city.add("plan", key="staf", name="Staf", rate="10M/5M", schedule="jam-kerja")
    city.add("plan", key="layanan", name="Layanan publik", rate="20M/10M")
    city.add("quota", key="staf-bulanan", name="Bulanan staf", plan="staf", octets="10 GB", throttle="2M/1M")
    for name, provider, capacity in (("Serat Utama", "Penyedia A", "600M"), ("Serat Bahari", "Penyedia B", "300M")):
        city.links[name] = city.add("link", name=name, provider=provider, capacity=capacity, price="30000000")
    for number, (code, name, ceiling, guaranteed) in enumerate(OFFICES):
        plan = "layanan" if code == "RSUD" else "staf"
        city.opds[code] = city.add("opd", code=code, name=name, ceiling=ceiling, guaranteed=guaranteed, plan=plan)
        gateway = f"gw-{code.lower()}"
        family = "chilli" if code == "DINKES" else "mikrotik"
        address = f"10.{20 + number}.0.1"
        city.clients[gateway] = city.add(
            "nas", name=gateway, address=address, family=family, secret="a shared secret 123"
        )
        link = "Serat Bahari" if number % 2 else "Serat Utama"
        city.sites[code] = city.add("site", name=f"Kantor {code}", opd=code, link=link, nas=gateway)
    city.add("quota", key="rsud-bersama", name="Bersama RSUD", opd="RSUD", octets="2000 GB", throttle="20M/10M")
    for number, name in enumerate(NAMES):
        nip = f"19860926 201505 {1 + number % 2} {number + 1:03}"
        opd = OFFICES[number % len(OFFICES)][0]
        city.people[username(name)] = city.add("employee", username=username(name), nip=nip, name=name, opd=opd)
    return city


def alive(office: Office, days: int = 8) -> Seeded:
    """The same city at work: sessions, some days of use, refusals, orders with every end, a gateway gone silent."""
    city = policy(office)
    with office.database.write() as connection:
        _gateways(connection, city)
        _sessions(connection, city)
        _use(connection, city, days)
        _refusals(connection, city)
        _orders(connection, city)
        _jobs(connection, city)
    return city


def _gateways(connection: Connection, city: Seeded) -> None:
    seen = {(nas_id, name): f"10.0.0.{nas_id}" for name, nas_id in city.clients.items() if name != "gw-bpkad"}
    ensure_gateways(connection, seen, city.now_s)
    g = schema.gateway.c
    for row in connection.execute(select(g.id, g.identifier)).all():
        city.gateways[row.identifier] = row.id
        last = city.now_s - (37 * 60 if row.identifier == "gw-disdik" else 20)
        values = {"first_packet_s": city.now_s - 40 * 86400, "last_packet_s": last, "last_accounting_s": last}
        connection.execute(schema.gateway.update().where(g.id == row.id).values(**values))
        span = {"gateway_id": row.id, "from_s": city.now_s - 40 * 86400, "to_s": last}
        connection.execute(schema.gateway_uptime.insert().values(span))
    add_problems(connection, {(city.clients["gw-dinkes"], "secret_mismatch_suspected"): 12}, city.now_s - 300)


def _sessions(connection: Connection, city: Seeded) -> None:
    rows: list[SessionRow] = []
    for number, name in enumerate(NAMES):
        code = OFFICES[number % len(OFFICES)][0]
        gateway_id = city.gateways.get(f"gw-{code.lower()}")
        if gateway_id is None:
            continue
        limit = Rate(20 * M, 10 * M) if code == "RSUD" else Rate(10 * M, 5 * M)
        row = SessionRow(
            0, gateway_id, f"8000{number:04x}", username(name), f"AA:BB:CC:DD:EE:{number:02X}", city.now_s - 5400,
            city.people[username(name)], city.sites[code], city.opds[code],
            city.links["Serat Bahari" if number % len(OFFICES) % 2 else "Serat Utama"], f"10.24.9.{100 + number}",
            "", "", None, city.now_s - 5400 + 60 * number, city.now_s - 40,
            city.now_s - 40 - (2400 if code == "DISDIK" else 0),
            counted_input=200 * M, counted_output=900 * M, now_down_bps=int(limit.down_bps * (1 - number / 12)),
            now_up_bps=limit.up_bps // (number + 2), applied_down_bps=limit.down_bps, applied_up_bps=limit.up_bps,
        )  # fmt: skip
        rows.append(row)
    rows[3].applied_code = "quota_throttled"
    page = page_on(connection)
    page.insert_sessions(rows)
    city.sessions = {row.username: row.id for row in rows}


def _use(connection: Connection, city: Seeded, days: int) -> None:
    page = page_on(connection)
    samples: list[tuple[int, int, int, int, int]] = []
    last = city.now_s // 300 * 300
    for at in range(last - days * 86400, last, 300):
        hour = (at + 7 * 3600) % 86400 / 3600
        busy = max(0.05, math.sin((hour - 6) / 12 * math.pi)) if 6 <= hour <= 18 else 0.05
        samples += _bin(city, at, busy)
    page.add_samples(sorted(samples))
    quotas = load_snapshot(connection, city.office.secrets, city.office.zone).quotas.values()
    charges: list[Charge] = []
    for quota in quotas:
        start_s, end_s = current(quota.period, city.office.clock.now())
        subjects = city.people.values() if quota.key == "staf-bulanan" else [city.opds["RSUD"]]
        part = quota.octets // 12
        charges += [
            Charge(quota.id, subject, start_s, end_s, part * number) for number, subject in enumerate(subjects, 3)
        ]
    page.charge(charges)


def _bin(city: Seeded, at: int, busy: float) -> list[tuple[int, int, int, int, int]]:
    found: list[tuple[int, int, int, int, int]] = []
    sums = dict.fromkeys(city.links.values(), 0)
    for number, (code, *_) in enumerate(OFFICES[:-1]):
        octets = int(busy * (50 - 6 * number) * M * 300 / 8)
        found.append((SITE, city.sites[code], at, octets, octets // 6))
        sums[city.links["Serat Bahari" if number % 2 else "Serat Utama"]] += octets * 4
    found += [(LINK, link_id, at, octets, octets // 5) for link_id, octets in sums.items()]
    if busy > 0.1:
        found += [
            (PERSON, person, at, int(busy * M * 300 / (number + 8)), int(busy * M * 60 / (number + 8)))
            for number, person in enumerate(city.people.values())
        ]
    return found


def _refusals(connection: Connection, city: Seeded) -> None:
    spent = '[{"rule":"quota","code":"quota_spent","source":"staf-bulanan","used":10000000000,"limit":10000000000}]'
    wrong = '[{"rule":"credential","code":"wrong_password"}]'
    nas_id, agus = city.clients["gw-dinkes"], city.people["agus"]
    rows = [
        DecisionRow(
            city.now_s - 60 * number, number % 3 == 0, agus, "agus", nas_id, "gw-dinkes", "AA:BB:CC:00:00:01",
            "quota_spent" if number % 2 else "wrong_password", spent if number % 2 else wrong,
        )
        for number in range(40, 0, -1)
    ]  # fmt: skip
    write_records(connection, [row._replace(code="plan_rate") if row.accepted else row for row in rows])


def _orders(connection: Connection, city: Seeded) -> None:
    now_ms = city.now_s * 1000
    ends: Sequence[tuple[str, OrderState | None, int | None]] = (
        ("maria", OrderState.ACKNOWLEDGED, None),
        ("lukas", OrderState.GIVEN_UP, None),
        ("rizal", OrderState.REFUSED, 503),
        ("siti", None, None),
    )
    for name, state, cause in ends:
        session_id = city.sessions.get(name)
        if session_id is None:
            continue
        s = schema.accounting_session.c
        gateway_id = connection.execute(select(s.gateway_id).where(s.id == session_id)).scalar_one()
        order = NewOrder(
            session_id, gateway_id, city.people[name], OrderKind.COA, 8 * M, 4 * M, "{}", "override_rate", "[]"
        )
        write_orders(connection, [order], now_ms - 120_000)
        e = schema.enforcement.c
        order_id = connection.execute(select(e.id).where(e.session_id == session_id)).scalar_one()
        if state is not None:
            end_orders(connection, [Ended(order_id, state, 1, now_ms - 119_900, now_ms - 119_600, cause, "")])
        if state in (OrderState.REFUSED, OrderState.GIVEN_UP):
            connection.execute(schema.accounting_session.update().where(s.id == session_id).values(flag=state.value))


def _jobs(connection: Connection, city: Seeded) -> None:
    rows = [
        {"job": "rollover", "due_s": city.now_s - 86400 * back, "started_s": city.now_s - 86400 * back,
         "ended_s": city.now_s - 86400 * back + 1, "state": "done", "result": "12 sessions", "fence": 1}
        for back in (3, 4)
    ]  # fmt: skip
    connection.execute(schema.job_run.insert(), rows)
