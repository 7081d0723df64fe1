"""A change of policy reaches the running sessions it concerns, in its own transaction, and no other session."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import select

from netquota.services import allocate, pause
from netquota.services.changes import AfterChange
from netquota.services.office import Author, Office
from netquota.storage import schema
from netquota.storage.concern_store import concerned_sessions
from tests.live import seeded

RINA = Author("rina", "antrean KTP-el")


@pytest.fixture
def city(office: Office) -> seeded.Seeded:
    after = AfterChange(office.secrets, office.zone, 256_000)
    made = seeded.alive(replace(office, on_change=after), days=0)
    with office.database.write() as connection:
        connection.execute(schema.enforcement.delete())
        connection.execute(schema.ledger_entry.update().values(used=0))
    return made


def ordered(city: seeded.Seeded) -> set[str]:
    e, p = schema.enforcement.c, schema.employee.c
    with city.office.database.read() as connection:
        query = select(p.username).join(schema.enforcement, e.employee_id == p.id).where(e.ended_ms.is_(None))
        return set(connection.execute(query).scalars())


def test_an_employees_new_speed_is_ordered_for_his_running_session_alone(city: seeded.Seeded) -> None:
    allocate.change(city.office, "employee", "maria", {"override": "20M/10M"}, RINA)
    assert city.orders("maria") == [("coa", 20_000_000, "pending")]
    assert ordered(city) == {"maria"}


def test_a_dry_run_orders_nothing(city: seeded.Seeded) -> None:
    allocate.change(city.office, "employee", "maria", {"override": "20M/10M"}, RINA, dry_run=True)
    assert ordered(city) == set()


def test_a_suspended_employee_is_disconnected(city: seeded.Seeded) -> None:
    allocate.change(city.office, "employee", "dewi", {"status": "suspended", "status_why": "cuti"}, RINA)
    assert city.orders("dewi") == [("disconnect", None, "pending")]


def test_a_lower_ceiling_reaches_everybody_at_the_offices_sites(city: seeded.Seeded) -> None:
    allocate.change(city.office, "opd", "DISDUKCAPIL", {"ceiling": "4M/2M", "guaranteed": "1M/1M"}, RINA)
    assert ordered(city) == {"maria", "siti"}


def test_a_plans_new_rate_reaches_those_who_inherit_it(city: seeded.Seeded) -> None:
    allocate.change(city.office, "plan", "layanan", {"rate": "30M/15M"}, RINA)
    assert ordered(city) == {"bagas", "lukas"}


def test_a_schedules_window_reaches_the_people_of_its_plans(city: seeded.Seeded) -> None:
    allocate.change(city.office, "schedule", "jam-kerja", {"windows": "Sepanjang hari: 3M/1M"}, RINA)
    assert {"maria", "rizal", "dewi"} <= ordered(city)
    assert not {"bagas", "lukas"} & ordered(city)


def test_a_quota_that_is_spent_at_once_slows_those_it_covers(city: seeded.Seeded) -> None:
    allocate.change(city.office, "quota", "staf-bulanan", {"octets": "0", "change_mode": "whole"}, RINA)
    assert city.orders("maria") == [("coa", 2_000_000, "pending")]
    assert not {"bagas", "lukas"} & ordered(city)


def test_a_removed_quota_reaches_those_who_were_charged_to_it(city: seeded.Seeded) -> None:
    allocate.change(city.office, "quota", "staf-bulanan", {"octets": "0", "change_mode": "whole"}, RINA)
    with city.office.database.write() as connection:
        connection.execute(schema.enforcement.delete())
        slow = {"applied_down_bps": 2_000_000, "applied_up_bps": 1_000_000}
        connection.execute(schema.accounting_session.update().values(**slow))
    allocate.remove(city.office, "quota", "staf-bulanan", RINA)
    assert city.orders("maria") == [("coa", 10_000_000, "pending")]


def test_the_brake_lets_everybody_have_the_plans_rate_and_its_end_takes_it_back(city: seeded.Seeded) -> None:
    allocate.change(city.office, "quota", "staf-bulanan", {"octets": "0", "change_mode": "whole"}, RINA)
    assert city.orders("maria")[-1] == ("coa", 2_000_000, "pending")
    with city.office.database.write() as connection:
        slow = {"applied_down_bps": 2_000_000, "applied_up_bps": 1_000_000}
        connection.execute(schema.accounting_session.update().values(**slow))
    pause.pause(city.office, RINA)
    assert city.orders("maria")[-1] == ("coa", 10_000_000, "pending")


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        ("nas", {"rizal", "agus"}),
        ("pause", {"rizal", "agus"}),
        ("link", {"rizal", "agus", "dewi", "fitri"}),
        ("admin", set()),
    ],
)
def test_a_client_concerns_the_sessions_behind_it_and_a_link_those_at_its_sites(
    city: seeded.Seeded, kind: str, names: set[str]
) -> None:
    with city.office.database.read() as connection:
        row_id = city.links["Serat Bahari"] if kind == "link" else city.clients["gw-dpmptsp"]
        found = concerned_sessions(connection, kind, [row_id])
    assert {name for name, session_id in city.sessions.items() if session_id in found} == names


def test_everybody_is_concerned_where_no_row_is_named(city: seeded.Seeded) -> None:
    with city.office.database.read() as connection:
        assert concerned_sessions(connection, "pause", []) == sorted(city.sessions.values())
