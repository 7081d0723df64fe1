"""The walk that netquota is for: an admin changes a limit in the browser, the running session has it at once."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from netquota.domain.units import Rate
from radius.simulator.sessions import SimulatedSession
from radius.simulator.settings import Obedience
from tests.browser.chrome import DESK, Browser
from tests.browser.stack import Stack
from tests.live.workers import until

pytestmark = pytest.mark.needs("chromium", "chromium-driver")
BUDI, MIKROTIK = "budi.santoso", "gw-balaikota"
ORDERS = "section[aria-labelledby=h-orders]"
PLAN, RAISED = Rate(10_000_000, 2_000_000), Rate(25_000_000, 8_000_000)


@pytest.fixture
def session(stack: Stack) -> Iterator[SimulatedSession]:
    """Budi is online behind the MikroTik, with his plan's speed."""
    found = until(lambda: with_the_plans_speed(stack), "what the last test changed is forgotten")
    yield found
    stack.change("employee", BUDI, override="", override_why="")
    stack.hotspots.log_out(found)


def with_the_plans_speed(stack: Stack) -> SimulatedSession | None:
    """A session of Budi's; None while the worker has not heard yet that his own limit is gone."""
    found = stack.hotspots.log_in(BUDI)
    if found.limits.rate == PLAN:
        return found
    stack.hotspots.log_out(found)
    return None


def has_speed(session: SimulatedSession, rate: Rate) -> None:
    until(lambda: session.limits.rate == rate, f"the session gets {rate}")


def raise_limit(admin: Browser, rate: str, why: str) -> None:
    """From the list of employees to the saved form."""
    admin.look_on(DESK)
    admin.open("/employees")
    admin.fill("q", "budi sant")
    admin.press("main form[role=search] button, main .tools button")
    admin.press(f"main a[href='/employees/{BUDI}']")
    admin.press(f"main a[href='/employee-speed/{BUDI}']")
    admin.fill("rate", rate)
    admin.fill("why", why)
    admin.press("main form button.btn-primary")
    assert admin.where.endswith(f"/employees/{BUDI}")


def test_a_raised_limit_reaches_the_running_session_and_can_be_taken_back(
    stack: Stack, admin: Browser, session: SimulatedSession
) -> None:
    before = len(stack.hotspots.orders(MIKROTIK))
    raise_limit(admin, "25M/8M", "rapat daring dengan provinsi")

    has_speed(session, RAISED)
    assert [entry["refused"] for entry in stack.hotspots.orders(MIKROTIK)[before:]] == [False]
    admin.sees("25 / 8 Mbit/s", ORDERS)
    admin.sees("diterima", ORDERS)  # the page renews itself until the gateway's answer stands there
    admin.sees("diterima", "#now")
    admin.sees("1 dari 1 sesi sudah menerimanya", "#undo")
    assert "25" in admin.text(".figures")
    assert "rapat daring dengan provinsi" in admin.text("section[aria-labelledby=h-history]")
    admin.keep_picture("employee-raised", DESK, whole=True)

    admin.open("/sessions?q=budi+sant")
    assert "25 / 8" in admin.text("main table")
    admin.open("/audit")
    trail = admin.text("main")
    assert "rapat daring dengan provinsi" in trail
    assert "admin" in trail
    assert "25 / 8" in trail or "25M/8M" in trail

    admin.open(f"/employees/{BUDI}")
    admin.press(".strip form[action*=undo] button")
    has_speed(session, PLAN)
    admin.sees("10 / 2 Mbit/s", ORDERS)
    until(lambda: admin.text(ORDERS).count("diterima") == 2, "both orders are acknowledged on the page")
    assert admin.complaints() == []


def test_a_speed_that_cannot_be_read_is_told_beside_its_field(admin: Browser, session: SimulatedSession) -> None:
    admin.open(f"/employee-speed/{BUDI}")
    admin.fill("rate", "seratus")
    admin.fill("why", "uji")
    admin.press("main form button.btn-primary")
    assert admin.find("[name=rate]").get_attribute("aria-invalid") == "true"
    assert admin.find("[name=rate]").get_attribute("value") == "seratus"
    assert admin.find("[name=why]").get_attribute("value") == "uji"
    assert session.limits.rate == PLAN
    admin.complaints()  # Chromium notes the answer 400, as it should be


@pytest.mark.parametrize(("obedience", "told"), [(Obedience.REFUSES, "ditolak"), (Obedience.SILENT, "tak dijawab")])
def test_a_gateway_that_does_not_take_the_order_is_shown(
    stack: Stack, admin: Browser, session: SimulatedSession, obedience: Obedience, told: str
) -> None:
    quirks = stack.hotspots.gateways[MIKROTIK].quirks
    quirks.obedience = obedience
    try:
        raise_limit(admin, "25M/8M", "uji gateway")
        admin.sees(told, ORDERS)
    finally:
        quirks.obedience = Obedience.OBEYS
    assert session.limits.rate == PLAN
    admin.open("/sessions?q=budi+sant")
    assert told in admin.text("main table")


def test_a_session_is_ended_from_the_list(stack: Stack, admin: Browser) -> None:
    session = stack.hotspots.log_in(BUDI)
    admin.look_on(DESK)
    admin.open("/sessions?q=budi+sant")
    admin.find("main tr:has(a[href^='/sessions/']) input[name=session]").click()
    admin.press("button[name=do][value=end]")
    admin.fill("why", "gawai hilang")
    admin.press("main form button.btn-danger")
    until(lambda: not session.is_running, "the session ends")
    stack.hotspots.settle()
    admin.sees("diakhiri", ORDERS)
