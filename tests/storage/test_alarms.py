"""What the books say of gateways becomes alarms, and words in both languages; on each kind of database."""

from __future__ import annotations

import pytest
from sqlalchemy import update

from netquota.domain.alarms import AlarmCause, alarms
from netquota.domain.places import Ability
from netquota.domain.policy import Code
from netquota.services import alarm_words
from netquota.storage import schema
from netquota.storage.alarm_report import gateway_facts
from netquota.storage.gateway_store import add_problems, claim
from netquota.storage.order_store import Ended, NewOrder, OrderKind, OrderState, end_orders, write_orders
from netquota.storage.record_store import DecisionRow, write_records
from tests.storage.books_city import NOON, SLOW, City


def raised(city: City, now_s: int) -> dict[str, AlarmCause]:
    """The alarms by gateway."""
    with city.database.read() as connection:
        found = alarms(gateway_facts(connection, now_s), now_s)
    for alarm in found:
        texts = {alarm_words.told(alarm, language) + alarm_words.remedy(alarm, language) for language in ("id", "en")}
        assert len(texts) == 2
    return {alarm.gateway: alarm.cause for alarm in found}


@pytest.fixture
def online(city: City) -> City:
    """Siti is online at gateway 1, which a worker holds."""
    city.count(city.entry("start", NOON))
    accounted(city, NOON)
    return city


def accounted(city: City, at_s: int) -> None:
    with city.database.write() as connection:
        gateways = update(schema.gateway).where(schema.gateway.c.identifier == "gw1")
        connection.execute(gateways.values(last_packet_s=at_s, last_accounting_s=at_s))


def test_sessions_without_interims_are_an_alarm_until_one_comes(online: City) -> None:
    assert raised(online, NOON + 599) == {}
    assert raised(online, NOON + 601) == {"gw1": AlarmCause.NO_INTERIMS}
    online.count(online.entry("interim", NOON + 602, 1000, 602))
    assert raised(online, NOON + 603) == {}


def test_log_ins_without_accounting_are_an_alarm_until_it_comes(online: City) -> None:
    nas = online.ids["nas"]
    with online.database.write() as connection:
        rows = [
            DecisionRow(NOON + 10, True, online.ids["budi"], "budi", nas, name, "m", "active", "[]")
            for name in ("gw1", "never-seen")
        ]
        write_records(connection, rows)
    assert raised(online, NOON + 300) == {}
    silent = AlarmCause.ACCOUNTING_SILENT
    assert raised(online, NOON + 400) == {"gw1": silent, "never-seen": silent}
    accounted(online, NOON + 410)
    assert raised(online, NOON + 411) == {"never-seen": silent}


def test_orders_that_wait_are_an_alarm_by_whether_somebody_could_send_them(online: City) -> None:
    row = online.session()
    with online.database.write() as connection:
        order = NewOrder(row.id, row.gateway_id, row.employee_id, OrderKind.COA, *SLOW, "{}", Code.PLAN_RATE, "[]")
        write_orders(connection, [order], NOON * 1000)
    assert raised(online, NOON + 31) == {"gw1": AlarmCause.NO_WORKER}
    with online.database.write() as connection:
        claim(connection, [row.gateway_id], "w1", NOON + 60)
    assert raised(online, NOON + 61) == {"gw1": AlarmCause.ORDERS_LATE}
    with online.database.write() as connection:
        end = Ended(online.orders()[0].id, OrderState.ACKNOWLEDGED, 1, NOON * 1000, NOON * 1000)
        assert end_orders(connection, [end])
    assert raised(online, NOON + 62) == {}


def test_failing_coa_and_wrong_secrets_are_alarms(online: City) -> None:
    learnt = update(schema.gateway).where(schema.gateway.c.identifier == "gw1")
    with online.database.write() as connection:
        connection.execute(learnt.values(unanswered=3))
    assert raised(online, NOON + 5) == {"gw1": AlarmCause.COA_FAILING}
    with online.database.write() as connection:
        connection.execute(learnt.values(unanswered=0, coa_rate_works=Ability.NO, coa_rate_since_s=NOON))
    assert raised(online, NOON + 5) == {"gw1": AlarmCause.COA_FAILING}
    with online.database.write() as connection:
        connection.execute(learnt.values(coa_rate_works=Ability.YES, coa_rate_since_s=NOON))
        add_problems(connection, {(online.ids["nas"], "wrong_authenticator"): 2}, NOON)
    assert set(raised(online, NOON + 5).values()) == {AlarmCause.WRONG_SECRET}
    assert raised(online, NOON + 599 + 302) == {"gw1": AlarmCause.NO_INTERIMS}
