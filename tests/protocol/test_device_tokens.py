"""A remembered device logs in again by itself: its gateway sends the token again, and live workers take it, or do not.

Portal, workers and database are real; the gateway is the simulator, whose cookie is this test's memory.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from flask.testing import FlaskClient

from netquota.services import credentials
from netquota.storage import device_store
from radius.simulator.sessions import Method, SimulatedSession, State
from tests.hotspot_city import MIKROTIK, PROBE, action, hidden, onward
from tests.live.city import ADMIN, MBPS, PASSWORD, City
from tests.live.fixtures import StartWorkers
from tests.live.hotspot import Hotspot, running
from tests.live.workers import settings_for, until
from web.app import create_app

LAPTOP, PHONE, TABLET = "02:00:00:00:00:01", "02:00:00:00:00:02", "02:00:00:00:00:03"
DAYS = 7


@dataclass
class Scene:
    """The city, two gateways, a browser that keeps nothing."""

    city: City
    lobby: Hotspot
    hall: Hotspot
    browser: FlaskClient

    def token(self, username: str, mac: str, gateway: str = "lobi", **typed: str) -> str:
        """What the portal gives the gateway for a person who typed the password."""
        fields = MIKROTIK | {"mac": mac, "identity": gateway, "link-orig": PROBE}
        page = self.browser.get("/portal/login", query_string=fields)
        form = {**hidden(page), "username": username, "password": PASSWORD, "remember": "1"} | typed
        form = {name: value for name, value in form.items() if value}
        return onward(self.browser.post(action(page), data=form))[1]["password"]

    def quota_page(self, username: str) -> str:
        """The address of the person's own page."""
        answer = self.browser.post("/kuota", data={"username": username, "password": PASSWORD})
        return str(answer.headers["Location"])

    def devices(self, username: str) -> dict[str, bool]:
        """The person's devices, and whether each is let in again."""
        with self.city.database.read() as connection:
            found = device_store.devices_of(connection, self.city.people[username], 0)
        return {each.mac: each.until_s is not None for each in found}


@pytest.fixture(scope="module")
def scene(live_city: City, start_workers: StartWorkers) -> Iterator[Scene]:
    live_city.plan("staf", 10 * MBPS, 5 * MBPS, simultaneous=2, at_limit="refuse", remember_days=DAYS)
    live_city.plan("lupa", 10 * MBPS, 5 * MBPS, remember_days=0)
    for name in ("ani", "budi", "cici", "dedi", "eka", "fani"):
        live_city.employee(name, "staf")
    live_city.employee("gani", "lupa")
    lobby, hall = Hotspot(live_city, "lobi", "127.0.8.1"), Hotspot(live_city, "aula", "127.0.8.2")
    workers = start_workers(1)
    settings = settings_for(live_city.database.url, workers.settings.state_dir)
    app = create_app(settings, database=live_city.database, keyring=live_city.keyring)
    with running(workers.server, lobby, hall):
        yield Scene(live_city, lobby, hall, app.test_client(use_cookies=False))


def comes_again(spot: Hotspot, username: str, token: str, mac: str, method: Method = Method.PAP) -> SimulatedSession:
    return spot.log_in(username, mac, method, token)


@pytest.mark.parametrize(("username", "method"), [("ani", Method.PAP), ("budi", Method.CHAP)])
def test_a_token_survives_the_gateways_own_log_ins_until_its_owner_forgets_the_device(
    scene: Scene, username: str, method: Method
) -> None:
    token = scene.token(username, LAPTOP)
    for _ in range(3):  # the log-in, and twice the gateway's cookie
        session = comes_again(scene.lobby, username, token, LAPTOP, method)
        assert session.is_running, session.reply_message
        scene.lobby.log_out(session)
    assert scene.devices(username) == {LAPTOP: True}
    page = scene.browser.get(scene.quota_page(username))
    assert "masuk sendiri sampai" in page.text
    address = page.text.partition('href="/kuota/device?')[2].partition('"')[0].replace("&amp;", "&")
    forget = scene.browser.get(f"/kuota/device?{address}")
    fields = hidden(forget)
    assert "Perangkat dilupakan" in scene.browser.post("/kuota/device/forget", data=fields).text
    refused = comes_again(scene.lobby, username, token, LAPTOP, method)
    assert refused.state is State.REFUSED
    assert scene.devices(username) == {}


def test_a_token_is_good_for_its_own_device_and_gateway_alone(scene: Scene) -> None:
    token = scene.token("cici", LAPTOP)
    scene.lobby.log_out(comes_again(scene.lobby, "cici", token, LAPTOP))
    assert comes_again(scene.lobby, "cici", token, PHONE).state is State.REFUSED
    assert comes_again(scene.hall, "cici", token, LAPTOP).state is State.REFUSED
    assert comes_again(scene.lobby, "ani", token, LAPTOP).state is State.REFUSED


def test_a_session_by_a_token_counts_as_a_device(scene: Scene) -> None:
    tokens = {mac: scene.token("dedi", mac) for mac in (LAPTOP, PHONE)}
    sessions = [comes_again(scene.lobby, "dedi", token, mac) for mac, token in tokens.items()]
    assert [session.is_running for session in sessions] == [True, True]
    third = scene.lobby.log_in("dedi", TABLET)
    assert third.state is State.REFUSED
    assert "2 dari 2 perangkat" in third.reply_message
    for session in sessions:
        scene.lobby.log_out(session)


def test_as_many_devices_are_remembered_as_the_plan_allows(scene: Scene) -> None:
    tokens = {}
    for mac in (LAPTOP, PHONE, TABLET):
        tokens[mac] = scene.token("eka", mac)
        scene.lobby.log_out(comes_again(scene.lobby, "eka", tokens[mac], mac))
    assert scene.devices("eka") == {LAPTOP: False, PHONE: True, TABLET: True}
    assert comes_again(scene.lobby, "eka", tokens[LAPTOP], LAPTOP).state is State.REFUSED


@pytest.mark.parametrize(("username", "typed"), [("gani", {}), ("fani", {"remember": ""})])
def test_a_device_is_not_remembered_where_plan_or_person_do_not_want_it(
    scene: Scene, username: str, typed: dict[str, str]
) -> None:
    token = scene.token(username, LAPTOP, **typed)
    scene.lobby.log_out(comes_again(scene.lobby, username, token, LAPTOP))
    assert comes_again(scene.lobby, username, token, LAPTOP).state is State.REFUSED
    assert scene.devices(username) == {}


def test_a_new_password_and_a_log_out_end_it(scene: Scene) -> None:
    token = scene.token("fani", PHONE)
    scene.lobby.log_out(comes_again(scene.lobby, "fani", token, PHONE))
    assert scene.devices("fani") == {PHONE: True}
    credentials.set_password(scene.city.office(), "fani", PASSWORD, ADMIN, usual_allowed=True)
    assert comes_again(scene.lobby, "fani", token, PHONE).state is State.REFUSED
    assert scene.devices("fani") == {PHONE: False}  # its name would still be known
    until(lambda: "http-equiv" in try_log_in(scene, "fani"), "the portal knows the new password", 5, 0.1)
    token = scene.token("fani", PHONE)
    session = comes_again(scene.lobby, "fani", token, PHONE)
    assert session.is_running
    page = scene.browser.get(scene.quota_page("fani"))
    with scene.city.database.read() as connection:
        assert device_store.tokens_of(connection, scene.city.people["fani"], PHONE, 0)
    form = {"s": hidden(page)["s"], "session": hidden(page)["session"]}
    assert scene.browser.post("/kuota/end", data=form).status_code == 200
    scene.lobby.told("disconnect_request")
    assert comes_again(scene.lobby, "fani", token, PHONE).state is State.REFUSED


def try_log_in(scene: Scene, username: str) -> str:
    page = scene.browser.get("/portal/login", query_string=MIKROTIK | {"identity": "lobi"})
    form = {**hidden(page), "username": username, "password": PASSWORD}
    return scene.browser.post(action(page), data=form).text
