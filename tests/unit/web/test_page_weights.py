"""What pages weigh, compressed as the proxy sends them: at most 150 KB on the first visit, 30 KB after."""

from __future__ import annotations

import gzip
import re

import pytest
from flask.testing import FlaskClient

from hatch_build import VENDOR
from netquota.storage.database import Database
from tests.live import seeded
from tests.web_city import WebCity

FIRST, AFTER = 150_000, 30_000
PAGES = (
    "/overview", "/opds", "/opds/RSUD", "/employees", "/employees/maria", "/sessions", "/denials", "/plans", "/quotas",
    "/rotation", "/gateways", "/gateways/gw-rsud", "/links", "/allocation", "/drafts", "/applications", "/requests",
    "/imports", "/slips", "/bulk/employee?field=status", "/audit", "/admins", "/notices", "/enforcement", "/account",
    "/enforced",
    "/gateway-config/gw-rsud", "/gateway-watch/gw-rsud", "/edit/employee/maria", "/new/opd",
)  # fmt: skip
_ASSET = re.compile(r'(?:href|src)="(/static/[^"]+)"')


@pytest.fixture
def rina(sqlite_database: Database) -> FlaskClient:
    if not VENDOR.is_dir():
        pytest.skip("the browser assets were not fetched")
    web = WebCity.on(sqlite_database)
    web.add_admin()
    seeded.alive(web.office, days=1)
    return web.browser()


def weight(octets: bytes) -> int:
    return len(gzip.compress(octets, 6))


def test_pages_are_light(rina: FlaskClient) -> None:
    heavy, assets = list[str](), dict[str, int]()
    for address in PAGES:
        page = rina.get(address)
        assert page.status_code == 200, address
        after = weight(page.data)
        for asset in set(_ASSET.findall(page.text)):
            if asset not in assets:
                assets[asset] = weight(rina.get(asset).data)
        first = after + sum(assets[asset] for asset in set(_ASSET.findall(page.text)))
        if first > FIRST or after > AFTER:
            heavy.append(f"{address}: {first:,} octets on the first visit, {after:,} after")
    assert len(assets) > 3
    assert heavy == []


def test_what_is_kept_need_not_be_asked_for_again(rina: FlaskClient) -> None:
    for asset in set(_ASSET.findall(rina.get("/overview").text)):
        if "?v=" in asset:
            assert "immutable" in rina.get(asset).headers["Cache-Control"], asset
