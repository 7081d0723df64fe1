"""A city with a MikroTik and a CoovaChilli hotspot behind the portal, and a browser that has no cookies."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import unescape
from urllib.parse import parse_qs, urlsplit

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from netquota.domain.quota import LedgerFigure
from netquota.storage.database import Database
from netquota.storage.gateway_store import ensure_gateways, gateways
from netquota.storage.ledger_store import Books
from netquota.storage.session_row import Charge, SessionRow
from tests.web_city import PASSWORD, WebCity

MAC = "DC:A6:32:01:02:03"
LINK = "http://10.5.50.1/login"
MIKROTIK = {
    "mac": MAC, "ip": "10.5.50.7", "username": "", "link-login-only": LINK, "link-orig": "http://berita.arunika.go.id/hari",
    "error": "", "chap-id": "", "chap-challenge": "", "identity": "gw-disdik-1", "server-name": "hs-lobi",
}  # fmt: skip
PROBE = "http://connectivitycheck.gstatic.com/generate_204"
CHILLI = {
    "res": "notyet", "uamip": "10.1.0.1", "uamport": "3990", "challenge": "00112233445566778899aabbccddeeff",
    "called": "00-11-22-33-44-55", "mac": "DC-A6-32-01-02-03", "ip": "10.1.0.9", "nasid": "chilli-rsud",
    "userurl": "http://example.com/",
}  # fmt: skip
NIP = "198802142010011002"


@dataclass(frozen=True)
class Hotspot:
    """The city, with a client whose packets and pages come from 203.0.113.7."""

    city: WebCity

    @classmethod
    def on(cls, database: Database, **sections: dict[str, object]) -> Hotspot:
        city = WebCity.on(database, **{"web": {"plain_http": True}, **sections})
        city.add("plan", key="staf", name="Staf", rate="10M/5M", simultaneous="2", at_limit="refuse")
        city.add("quota", key="staf-bulan", name="Bulanan", plan="staf", octets="10 GB", action="disconnect")
        city.add("opd", code="DISDIK", name="Dinas Pendidikan", plan="staf")
        city.add("nas", name="gw-disdik", address="203.0.113.7", family="mikrotik")
        city.add("nas", name="chilli-rsud", address="203.0.113.8", family="chilli", uam_secret="uam-secret")
        city.add("site", name="Lobi Disdik", opd="DISDIK", nas="gw-disdik")
        city.add("employee", username="siti", name="Siti Aminah", opd="DISDIK", nip=NIP, password=PASSWORD)
        city.add("reachable", name="Berita Kota", hosts="berita.arunika.go.id", url="https://berita.arunika.go.id/")
        with database.write() as connection:
            nas_id = cls(city).nas("gw-disdik")
            ensure_gateways(connection, {(nas_id, "gw-disdik-1"): "203.0.113.7"}, city.now_s)
        city.context.view.expire()
        return cls(city)

    def nas(self, name: str) -> int:
        snapshot = self.city.context.view.policy().snapshot
        return next(nas.id for nas in snapshot.nas_by_id.values() if nas.name == name)

    @property
    def siti(self) -> int:
        return self.city.context.view.policy().snapshot.subscribers["siti"].id

    def browser(self, address: str = "203.0.113.7") -> FlaskClient:
        """A phone that keeps no cookie."""
        client = self.city.app.test_client(use_cookies=False)
        client.environ_base["REMOTE_ADDR"] = address
        return client

    def log_in(
        self, client: FlaskClient, page: TestResponse, name: str = "siti", password: str = PASSWORD
    ) -> TestResponse:
        """Send the form of a page as it stands."""
        return client.post(action(page), data={**hidden(page), "username": name, "password": password})

    def use(self, octets: int) -> None:
        """Charge this much to Siti's monthly quota."""
        policy = self.city.context.view.policy()
        quota = policy.snapshot.subscribers["siti"].quotas[0]
        start_s, end_s = policy.calendar.period(quota, self.city.now_s)
        with Books(self.city.database).page() as (page, _):
            figures = page.charge([Charge(quota.id, self.siti, start_s, end_s, octets)])
        assert isinstance(figures[0], LedgerFigure)

    def session(self, mac: str = MAC, framed_ip: str = "10.5.50.7", number: str = "80000001") -> int:
        """A running session of Siti; its id."""
        with self.city.database.read() as connection:
            gateway_id = gateways(connection)[0].id
        row = SessionRow(
            0, gateway_id, number, "siti", mac, self.city.now_s, self.siti, None, None, None, framed_ip, "hs-lobi", "",
            None, self.city.now_s, self.city.now_s, self.city.now_s,
        )  # fmt: skip
        with Books(self.city.database).page() as (page, _):
            page.insert_sessions([row])
        return row.id


def hidden(page: TestResponse) -> dict[str, str]:
    """The hidden fields of the page's first form."""
    form = page.text.partition("<form")[2].partition("</form>")[0]
    return {name: unescape(value) for name, value in re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', form)}


def action(page: TestResponse) -> str:
    """Where the page's first form goes."""
    found = re.search(r'<form method="post" action="([^"]+)"', page.text)
    assert found is not None, page.text
    return unescape(found.group(1))


def onward(page: TestResponse) -> tuple[str, dict[str, str]]:
    """Where the page sends the browser: (address without query, query)."""
    found = re.search(r'http-equiv="refresh" content="\d+;url=([^"]+)"', page.text)
    assert found is not None, page.text
    parts = urlsplit(unescape(found.group(1)))
    query = {name: values[0] for name, values in parse_qs(parts.query).items()}
    return f"{parts.scheme}://{parts.netloc}{parts.path}" if parts.netloc else parts.path, query
