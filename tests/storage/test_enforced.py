"""The log of what was enforced: log-ins and orders in one story, each once, with its reason and its end."""

from __future__ import annotations

import pytest

from netquota.domain.policy import Code, Reason, Rule
from netquota.services import enforced as told
from netquota.services.reasons import reasons_json
from netquota.storage.enforced_report import Cursor, Enforced, EnforcedFilter, EnforcedKind, enforced
from netquota.storage.order_store import Ended, OrderState, end_orders
from netquota.storage.record_store import DecisionRow, write_records
from tests.storage.books_city import MB, NOON, SLOW, WIB, City

SPENT = Reason(Rule.QUOTA, Code.QUOTA_SPENT, "bersama", used=1000 * MB, limit=1000 * MB)


@pytest.fixture
def eventful(city: City) -> City:
    """Siti is slowed and then ended, each by an order; Budi is refused, and later logs in slowed."""
    city.count(city.entry("start", NOON))
    city.count(city.entry("interim", NOON + 60, 101 * MB, 60))
    (slowed,) = city.orders()
    with city.database.write() as connection:
        end = Ended(slowed.id, OrderState.ACKNOWLEDGED, 1, (NOON + 60) * 1000 + 5, (NOON + 60) * 1000 + 40, None, "")
        end_orders(connection, [end])
    city.count(city.entry("interim", NOON + 120, 1001 * MB, 120))
    refused = DecisionRow(
        NOON + 90, False, city.ids["budi"], "budi", city.ids["nas"], "gw1", "mac-budi", Code.QUOTA_SPENT,
        reasons_json((SPENT,)),
    )  # fmt: skip
    with city.database.write() as connection:
        slow = refused._replace(at_s=NOON + 100, accepted=True, code=Code.QUOTA_THROTTLED)
        plain = refused._replace(at_s=NOON + 110, accepted=True, code=Code.PLAN_RATE)
        write_records(connection, [refused, slow, plain])
    return city


def entries(city: City, wanted: EnforcedFilter | None = None) -> list[Enforced]:
    with city.database.read() as connection:
        return enforced(connection, wanted or EnforcedFilter(NOON - 60))[0]


def test_everything_that_was_done_stands_there_newest_first_with_its_reason(eventful: City) -> None:
    found = [(one.kind, one.username, one.code) for one in entries(eventful)]
    assert found == [
        (EnforcedKind.ENDED, "siti", "quota_spent"),
        (EnforcedKind.SLOWED, "budi", "quota_throttled"),
        (EnforcedKind.REFUSED, "budi", "quota_spent"),
        (EnforcedKind.SLOWED, "siti", "quota_throttled"),
    ]


def test_an_entry_says_what_why_and_what_became_of_it(eventful: City) -> None:
    ended, _, refused, slowed = entries(eventful)
    assert told.what(slowed, "en") == "slowed: 512\u00a0/\u00a0256\u00a0kbit/s"
    assert (slowed.down_bps, slowed.up_bps) == SLOW
    assert "because quota harian is spent" in told.why(slowed, "en", WIB)
    assert (told.answer(slowed, "en"), slowed.took_ms) == ("taken by the gateway", 40)
    assert told.answer(ended, "en") == "waiting"
    assert told.answer(refused, "id") == "saat masuk"
    assert "bersama" in told.why(refused, "id", WIB)


@pytest.mark.parametrize(
    ("which", "found"),
    [
        ({"kind": EnforcedKind.REFUSED}, ["refused"]),
        ({"kind": EnforcedKind.SLOWED}, ["slowed", "slowed"]),
        ({"kind": EnforcedKind.ENDED}, ["ended"]),
        ({"kind": EnforcedKind.LIMITED}, []),
        ({"person": "siti"}, ["ended", "slowed"]),
        ({"office": "opd"}, ["ended", "slowed", "refused", "slowed"]),
        ({"office": None}, []),
        ({"search": "MAC-BUDI"}, ["slowed", "refused"]),
        ({"since_s": NOON + 95}, ["ended", "slowed"]),
        ({"until_s": NOON + 95}, ["refused", "slowed"]),
    ],
)
def test_it_can_be_asked_for_a_part(eventful: City, which: dict[str, object], found: list[str]) -> None:
    asked = dict(which)
    if "person" in asked:
        asked["employee_id"] = eventful.ids[str(asked.pop("person"))]
    if "office" in asked:
        asked["opd_id"] = eventful.ids["opd"] if asked.pop("office") else -1
    wanted = EnforcedFilter(**{"since_s": NOON - 60, **asked})  # pyright: ignore[reportArgumentType]
    assert [one.kind for one in entries(eventful, wanted)] == found


def test_pages_leave_none_out_and_tell_none_twice(eventful: City) -> None:
    whole = [(one.kind, one.id) for one in entries(eventful)]
    seen: list[tuple[EnforcedKind, int]] = []
    after: Cursor | None = None
    for _ in whole:
        with eventful.database.read() as connection:
            page, after = enforced(connection, EnforcedFilter(NOON - 60, after=after, most=1))
        seen += [(one.kind, one.id) for one in page]
    assert seen == whole
    assert after is None


def test_no_cell_of_the_file_begins_a_formula(eventful: City) -> None:
    (slowed,) = [one for one in entries(eventful) if one.state is OrderState.ACKNOWLEDGED]
    heading, line = told.as_csv([slowed._replace(name="=1+1", username="@x")], "en", WIB)
    assert heading.startswith("at,what,username,name")
    assert ",'@x,'=1+1," in line
