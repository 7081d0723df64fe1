"""A link is out: its offices are served by the others by class, and go back by themselves; on both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from netquota.clock import FixedClock
from netquota.domain.outages import rerouted
from netquota.domain.people import Opd
from netquota.domain.places import ProviderLink, Site
from netquota.domain.units import Rate
from netquota.errors import Conflict, InvalidValue, NotFound
from netquota.services.allocate import add, change, get
from netquota.services.changes import AfterChange
from netquota.services.office import Author, Office
from netquota.services.outages import end_outage, report_outage
from netquota.storage import audit_store, outage_store
from tests.storage.clock_city import ANI, WIB, City, clock_city, epoch_s, turn

M = 1_000_000
CABLE = Author("ani", "kabel putus")


def office(number: int, priority: int, need: int) -> Opd:
    return Opd(number, f"O{number}", f"O{number}", ceiling=Rate(need * M, need * M), priority=priority)


def link(number: int, capacity: int) -> ProviderLink:
    return ProviderLink(number, f"L{number}", "P", Rate(capacity * M, capacity * M))


def test_offices_choose_by_class_where_most_is_left_and_move_as_a_whole() -> None:
    down, big, small = link(1, 100), link(2, 100), link(3, 60)
    late, first, second, settled = office(1, 2, 50), office(2, 0, 40), office(3, 1, 30), office(4, 0, 20)
    sites = [
        Site(1, "a", late, down), Site(2, "b", first, down), Site(3, "c", first, down), Site(4, "d", second, down),
        Site(5, "e", settled, big), Site(6, "f", settled, None),
    ]  # fmt: skip
    moved = rerouted(sites, (down, big, small), {1})
    found = {site.name: (site.link and site.link.name, site.moved_from) for site in moved}
    # big has 80 free, small 60: class 0 takes big (40 left), class 1 small, class 2 big, where it is short.
    assert found == {
        "a": ("L2", down), "b": ("L2", down), "c": ("L2", down), "d": ("L3", down),
        "e": ("L2", None), "f": (None, None),
    }  # fmt: skip


def test_where_every_link_is_out_or_none_nothing_moves() -> None:
    sites = [Site(1, "a", office(1, 2, 50), link(1, 100))]
    assert rerouted(sites, [link(1, 100)], {1}) == sites
    assert rerouted(sites, [link(1, 100), link(2, 50)], ()) == sites


@pytest.fixture
def city(office: Office, clock: FixedClock, tmp_path: Path) -> City:
    office = replace(office, on_change=AfterChange(office.secrets, office.zone, 256_000))
    found = clock_city(office, clock, tmp_path)
    for name, capacity in (("Utama", "100M/100M"), ("Cadangan", "8M/8M")):
        add(office, "link", {"name": name, "provider": "P", "capacity": capacity}, ANI)
    change(office, "site", "Dinkes", {"link": "Utama", "mode": "whole_opd", "way": "group"}, ANI)
    found.online(2)
    return found


def at(city: City, *local: int) -> None:
    city.clock.moment = datetime(*local, tzinfo=WIB)  # type: ignore[misc]


def served_by(city: City) -> tuple[str, str]:
    site = next(site for site in city.policy().snapshot.sites.values() if site.name == "Dinkes")
    assert site.link is not None
    return site.link.name, "" if site.moved_from is None else site.moved_from.name


def test_a_reported_outage_moves_sites_at_once_and_its_end_brings_them_back(city: City) -> None:
    report_outage(city.office, "Utama", CABLE, dry_run=True)
    assert served_by(city) == ("Utama", "")
    report_outage(city.office, "Utama", CABLE)
    assert served_by(city) == ("Cadangan", "Utama")
    assert get(city.office, "site", "Dinkes").values["link"] == "Utama", "the site itself stays as it was entered"
    with pytest.raises(Conflict, match="noted"):
        report_outage(city.office, "Utama", CABLE)
    end_outage(city.office, "Utama", CABLE)
    assert served_by(city) == ("Utama", "")
    with pytest.raises(NotFound):
        end_outage(city.office, "Utama", CABLE)
    with city.database.read() as connection:
        assert [entry.action for entry in audit_store.entries(connection)[:2]] == ["outage_over", "outage"]
        assert audit_store.verify(connection) == []


def test_the_part_of_a_small_link_is_what_moved_offices_get(city: City) -> None:
    limit = next(site.limit for site in city.policy().snapshot.sites.values() if site.name == "Dinkes")
    report_outage(city.office, "Utama", CABLE)
    meanwhile = next(site.limit for site in city.policy().snapshot.sites.values() if site.name == "Dinkes")
    assert (limit, meanwhile) == (Rate(80 * M, 40 * M), Rate(8 * M, 8 * M))


def test_a_planned_outage_begins_and_ends_by_itself(city: City) -> None:
    begins, ends = epoch_s(2026, 12, 1, 1), epoch_s(2026, 12, 1, 3)
    report_outage(city.office, "Utama", CABLE, from_s=begins, until_s=ends)
    with pytest.raises(Conflict):
        report_outage(city.office, "Utama", CABLE, from_s=begins + 60)
    runner = city.scheduler()
    turn(runner)
    assert served_by(city) == ("Utama", "")
    for second in (0, 10):
        at(city, 2026, 12, 1, 1, 0, second)
        turn(runner)
    assert served_by(city) == ("Cadangan", "Utama")
    with city.database.read() as connection:
        assert outage_store.unsettled(connection) == {}, "running sessions follow"
    at(city, 2026, 12, 1, 3)
    turn(runner)
    turn(city.scheduler("b"))
    assert served_by(city) == ("Utama", "")


def test_a_planned_outage_is_called_off_and_one_missed_while_down_never_begins(city: City) -> None:
    report_outage(city.office, "Utama", CABLE, from_s=epoch_s(2026, 12, 1, 1), until_s=epoch_s(2026, 12, 1, 2))
    assert not end_outage(city.office, "Utama", CABLE).is_on
    report_outage(city.office, "Utama", CABLE, from_s=epoch_s(2026, 12, 1, 1), until_s=epoch_s(2026, 12, 1, 2))
    at(city, 2026, 12, 1, 9)
    turn(city.scheduler())
    assert served_by(city) == ("Utama", "")
    with city.database.read() as connection:
        assert outage_store.outages(connection, open_only=True) == []


def test_what_cannot_be_says_so(city: City) -> None:
    with pytest.raises(InvalidValue, match="why"):
        report_outage(city.office, "Utama", Author("ani"))
    with pytest.raises(InvalidValue, match="until"):
        report_outage(city.office, "Utama", CABLE, until_s=1)
    with pytest.raises(NotFound):
        report_outage(city.office, "Lain", CABLE)
