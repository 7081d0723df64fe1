"""Slips for first passwords: the OPDs whose people wait, and one print job for all OPDs of an import."""

from __future__ import annotations

import io
import re

import pytest
from flask.testing import FlaskClient

from netquota.storage.database import Database
from tests.web_city import PASSWORD, WebCity, post, token_of

LIST = """Nama pengguna,Nama,OPD
siti,Siti Aminah,DINSOS
budi,Budi Santoso,DINKES
ada,Ada Sandi,DINKES
wati,Wati,DISDIK
"""


@pytest.fixture
def city(sqlite_database: Database) -> WebCity:
    made = WebCity.on(sqlite_database)
    for code in ("DINSOS", "DINKES", "DISDIK"):
        made.add("opd", code=code, name=code.title())
    made.add_admin()
    made.add_admin("dodi", "opd_operator", opd="DINKES")
    made.add("employee", username="lama", name="Orang Lama", opd="DINKES")
    made.add("employee", username="sudah", name="Sudah Punya", opd="DISDIK", password=PASSWORD)
    made.clock.advance(1)
    return made


def applied(client: FlaskClient) -> str:
    """The address of the slips of an applied import."""
    file = (io.BytesIO(LIST.encode()), "pegawai.csv")
    data = {"csrf_token": token_of(client.get("/imports")), "kind": "employee", "file": file}
    one = client.post("/imports", data=data).location
    assert post(client, one.replace("/imports/", "/import-apply/"), one, why="daftar").status_code == 302
    found = re.search(r'href="(/slips\?import=\d+)"', client.get(one).text)
    assert found is not None
    return found[1]


def waiting(page: str) -> dict[str, str]:
    """How many wait, by OPD, as the table says."""
    return dict(re.findall(r'href="/slips\?opd=(\w+)">\w+</a>.*?data-unit="orang">(\d+)<', page))


def make(client: FlaskClient, address: str, *offices: str, **more: str) -> str:
    """The sheet for some OPDs."""
    data = {"csrf_token": token_of(client.get(address)), "days": "14", "why": "pegawai baru", "office": [*offices]}
    return client.post(address, data=data | more).text


def test_without_an_opd_each_with_people_that_wait_is_counted_and_leads_to_its_slips(city: WebCity) -> None:
    rina = city.browser()
    assert waiting(rina.get("/slips").text) == {"DINKES": "1"}
    applied(rina)
    assert waiting(rina.get("/slips").text) == {"DINKES": "3", "DINSOS": "1", "DISDIK": "1"}
    assert "Orang Lama" in rina.get("/slips?opd=DINKES").text


def test_an_import_is_printed_at_once_by_opd_each_on_pages_of_its_own(city: WebCity) -> None:
    rina = city.browser()
    address = applied(rina)
    assert waiting(rina.get(address).text) == {"DINKES": "2", "DINSOS": "1", "DISDIK": "1"}
    sheet = make(rina, address, "DISDIK", "DINKES", "DINSOS")
    assert re.findall(r"<h2[^>]*>(\w+) ·", sheet) == ["DINKES", "DINSOS", "DISDIK"]
    assert sheet.count('<section class="sheet"') == 3
    assert re.findall(r'class="slip" aria-label="([^"]+)"', sheet) == [
        "Ada Sandi",
        "Budi Santoso",
        "Siti Aminah",
        "Wati",
    ]
    again = make(rina, address, "DINKES")
    assert "Slipnya sudah dicetak" in again or "slipnya sudah dicetak" in again
    assert re.findall(r'name="office" value="(\w+)"[^>]* checked', again) == ["DINKES"]  # what was ticked stays so
    assert "Wati" in make(rina, address, "DISDIK", again="y")
    assert "Pilih sekurang-kurangnya satu OPD" in make(rina, address)


def test_an_operator_prints_his_own_office_and_his_own_imports_alone(city: WebCity) -> None:
    address = applied(city.browser())
    dodi = city.browser("dodi")
    assert dodi.get(address).status_code == 404
    page = dodi.get("/slips").text
    assert "Orang Lama" in page
    assert "Siti Aminah" not in page
    assert dodi.get("/slips?opd=DINSOS").status_code == 404
    assert "Siti Aminah" not in make(dodi, "/slips", "DINSOS")


def test_only_what_fits_into_one_job_is_chosen_beforehand(city: WebCity, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("netquota.services.activation.MOST", 2)
    rina = city.browser()
    page = rina.get(applied(rina)).text
    assert re.findall(r'name="office" value="(\w+)"[^>]* checked', page) == ["DINKES"]
    assert "DINSOS" in page


@pytest.mark.parametrize("number", ["x", "99", "99999999999999999999"])
def test_an_import_that_is_none_is_not_found(city: WebCity, number: str) -> None:
    assert city.browser().get(f"/slips?import={number}").status_code == 404
