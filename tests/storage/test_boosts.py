"""An office's higher rate for a time: its people get it at once, and it is over by itself."""

from __future__ import annotations

from netquota.domain.deciding import Asking
from netquota.domain.policy import Code
from netquota.services.almanac import almanac
from netquota.services.facts import Place, decision_for
from netquota.storage import schema
from tests.storage.books_city import FULL, MB, NOON, SLOW, City


def rate_at(city: City, at_s: int) -> tuple[int, Code]:
    nas = city.policy.snapshot.nas_by_id[city.ids["nas"]]
    place = Place(nas, city.policy.snapshot.sites[city.ids["site"]])
    found = decision_for(city.policy, city.person("siti"), place, {}, {}, (), Asking(), at_s)
    return found.rate.down_bps, found.cause


def test_an_offices_boost_raises_its_people_until_its_moment(city: City) -> None:
    ends_s = NOON + 3600
    city.change(schema.opd, "opd", boost_down_bps=20 * MB, boost_up_bps=5 * MB, boost_until_s=ends_s)
    assert rate_at(city, NOON) == (20 * MB, Code.BOOST_RATE)
    assert rate_at(city, ends_s) == (FULL[0], Code.PLAN_RATE)
    assert almanac(city.policy.snapshot).people_at(ends_s) == {city.ids[name] for name in ("siti", "budi", "wati")}


def test_an_offices_boost_never_lowers(city: City) -> None:
    city.change(schema.opd, "opd", boost_down_bps=SLOW[0], boost_up_bps=SLOW[1])
    assert rate_at(city, NOON) == (FULL[0], Code.PLAN_RATE)
