"""Lists on the pages: uploaded, matched, tried, applied whole or not at all, taken back; slips for first passwords."""

from __future__ import annotations

import io
import re

import pytest
from flask.testing import FlaskClient
from openpyxl import load_workbook
from werkzeug.test import TestResponse

from netquota.services.allocate import get
from netquota.storage.database import Database
from tests.web_city import PASSWORD, WebCity, post, token_of

GOOD = "NIP;Nama;OPD;Golongan\n199109262015051001;Budi Santoso;DINKES;III/a\n199109262015052002;Siti Aminah;DINKES;\n"
BAD = "NIP;Nama;OPD\n19910926;Budi;DINKES\n199109262015052002;Siti;DINKESS\n"


@pytest.fixture
def city(sqlite_database: Database) -> WebCity:
    made = WebCity.on(sqlite_database, web={"public_url": "https://nq.kota.go.id"})
    for code in ("DINKES", "DINSOS"):
        made.add("opd", code=code, name=code.title(), ceiling="60M/30M")
    made.add_admin()
    made.add_admin("dodi", "opd_operator", opd="DINKES")
    made.clock.advance(1)
    return made


def upload(client: FlaskClient, content: str, kind: str = "employee", name: str = "pegawai.csv") -> TestResponse:
    page = client.get("/imports")
    file = (io.BytesIO(content.encode()), name)
    return client.post("/imports", data={"csrf_token": token_of(page), "kind": kind, "file": file})


def test_a_list_is_looked_at_applied_and_taken_back(city: WebCity) -> None:
    rina = city.browser()
    one = upload(rina, GOOD).location
    page = rina.get(one).text
    assert "diabaikan: Golongan" in page
    assert "Budi Santoso" in page
    assert "Terapkan 2 baris" in page
    done = post(rina, one.replace("/imports/", "/import-apply/"), one, why="daftar BKPSDM")
    assert done.location == one
    assert get(city.office, "employee", "199109262015051001").values["name"] == "Budi Santoso"
    assert "2 baru" in rina.get(one).text
    assert "pegawai.csv" in rina.get("/imports").text
    assert "daftar BKPSDM" in rina.get("/audit").text
    assert post(rina, one.replace("/imports/", "/import-undo/"), one).status_code == 302
    assert "diurungkan" in rina.get(one).text
    assert rina.get("/employees/199109262015051001").status_code == 404


def test_what_is_wrong_is_named_by_row_and_column_and_nothing_is_changed(city: WebCity) -> None:
    rina = city.browser()
    one = upload(rina, BAD).location
    page = rina.get(one).text
    assert re.search(r"19910926.*dibutuhkan 18|18 angka|18 digit", page, re.DOTALL)
    assert "maksud Anda DINKES?" in page
    assert "Terapkan" not in page.split("3. Terapkan")[1].split("</section>")[0].replace("diterapkan", "")
    assert post(rina, one.replace("/imports/", "/import-apply/"), one).status_code == 409
    book = load_workbook(
        io.BytesIO(rina.get(one.replace("/imports/", "/import-file/") + "?rows=wrong&format=xlsx").data)
    )
    rows = list(book["Data"].iter_rows(values_only=True))
    assert rows[0] == ("NIP", "Nama", "OPD", "Hasil", "Alasan")
    assert rows[2][-1] == "OPD: tidak ada; maksud Anda DINKES?"
    assert len(rows) == 3


def test_a_column_is_chosen_by_hand_and_twins_are_refused(city: WebCity) -> None:
    rina = city.browser()
    one = upload(rina, "NIP,Orang,Tempat\n199109262015051001,Budi,DINKES\n").location
    assert "wajib diisi" in rina.get(one).text
    columns = one.replace("/imports/", "/import-columns/")
    post(rina, columns, one, c0="nip", c1="name", c2="opd", whole="nobody")
    assert "Terapkan 1 baris" in rina.get(one).text
    post(rina, columns, one, c0="nip", c1="name", c2="name", whole="nobody")
    page = rina.get(one).text
    assert "kolom Orang sudah dipakai" in page
    assert "Terapkan 1 baris" not in page


def test_the_next_list_with_such_headings_is_understood_as_the_last_one_was(city: WebCity) -> None:
    rina = city.browser()
    one = upload(rina, "NIP,Orang,Tempat\n199109262015051001,Budi,DINKES\n").location
    post(rina, one.replace("/imports/", "/import-columns/"), one, c0="nip", c1="name", c2="opd", whole="offices")
    later = "tempat,NIP,ORANG\nDINKES,199109262015052002,Siti\n"
    assert "wajib diisi" in rina.get(upload(rina, later).location).text  # the first was never applied
    post(rina, one.replace("/imports/", "/import-apply/"), one)
    page = rina.get(upload(rina, later).location).text
    assert "Terapkan 1 baris" in page
    assert '<option value="nobody" selected>' in page  # for whom it is complete is said anew each time


def test_where_many_would_leave_their_number_is_typed(city: WebCity) -> None:
    for number in range(4):
        city.add(
            "employee", username=f"p{number}", name=f"P {number}", opd="DINKES", nip=f"19910926201505100{number + 1}"
        )
    rina = city.browser()
    one = upload(rina, "NIP;Nama;OPD\n199109262015051001;P 0;DINKES\n").location
    post(rina, one.replace("/imports/", "/import-columns/"), one, c0="nip", c1="name", c2="opd", whole="offices")
    assert "3 dari 4 orang akan keluar" in rina.get(one).text
    apply = one.replace("/imports/", "/import-apply/")
    assert post(rina, apply, one, leaving="2").status_code == 409
    assert get(city.office, "employee", "p3").values["status"] == "active"
    assert post(rina, apply, one, leaving="3").status_code == 302
    assert get(city.office, "employee", "p3").values["status"] == "left"


def test_an_operator_imports_his_own_people_and_sees_his_own_imports(city: WebCity) -> None:
    rina, dodi = city.browser(), city.browser("dodi")
    his = upload(
        dodi, "NIP;Nama;OPD;Paket\n199109262015051001;Budi;DINKES;x\n199109262015052002;Siti;DINSOS;\n"
    ).location
    page = dodi.get(his).text
    assert "diabaikan: Paket" in page
    assert "pilih salah satu OPD Anda" in page or "maksud" in page
    assert upload(dodi, "Kode;Nama\nX;Y\n", "opd").status_code == 403
    hers = upload(rina, GOOD).location
    assert dodi.get(hers).status_code == 404
    assert post(dodi, hers.replace("/imports/", "/import-apply/"), "/account").status_code == 404
    assert rina.get(his).status_code == 200


@pytest.mark.parametrize(
    ("content", "said"), [("", "kosong"), ("PK\x03\x04 nothing", "tidak terbaca"), ("a;b\n1;2\n", None)]
)
def test_a_file_that_cannot_be_used_says_why(city: WebCity, content: str, said: str | None) -> None:
    rina = city.browser()
    answer = upload(rina, content)
    if said is None:
        assert "judul kolom tidak dikenal" in rina.get(answer.location).text
    else:
        assert answer.status_code == 400
        assert said in answer.text


def test_a_list_larger_than_a_form_goes_through(city: WebCity) -> None:
    rina = city.browser()
    many = "NIP;Nama;OPD\n" + "".join(f"1991092620150{1 + n % 9}1{n:03d};{'N' * 90};DINKES\n" for n in range(1, 3000))
    assert len(many) > 300_000
    assert upload(rina, many).status_code == 302
    assert rina.post("/import-columns/1", data={"csrf_token": "x", "why": "a" * 300_000}).status_code in {400, 413}


def test_a_blank_list_has_headings_that_are_known(city: WebCity) -> None:
    rina = city.browser()
    content = rina.get("/import-blank/employee?format=csv").text
    one = upload(rina, content + "a;199109262015051001;Budi;DINKES\n").location
    assert "diabaikan" not in rina.get(one).text.split("2. Yang akan")[0].replace("(abaikan)", "")
    assert rina.get("/import-blank/schedule").status_code == 404


def test_slips_are_printed_once_and_set_a_password(city: WebCity) -> None:
    city.add("employee", username="budi", name="Budi Santoso", opd="DINKES")
    city.add("employee", username="siti", name="Siti", opd="DINSOS")
    city.add("employee", username="ada", name="Ada Sandi", opd="DINKES", password=PASSWORD)
    dodi = city.browser("dodi")
    page = dodi.get("/slips").text
    assert "Budi Santoso" in page
    assert "Siti" not in page
    assert "Ada Sandi" not in page
    assert dodi.get("/slips?opd=DINSOS").status_code == 404
    assert post(dodi, "/slips?opd=DINKES", "/slips", days="14", why="pegawai baru").status_code == 400  # nobody chosen
    sheet = post(dodi, "/slips?opd=DINKES", "/slips", days="14", why="pegawai baru", person="budi")
    assert sheet.headers["Cache-Control"] == "no-store"
    assert "https://nq.kota.go.id/kuota/password/code" in sheet.text
    code = re.search(r'<b class="mono">([a-z0-9-]+)</b>', sheet.text)
    assert code is not None
    assert "berlaku sampai" in dodi.get("/slips").text
    phone = city.visitor()
    assert code[1] in phone.get(f"/kuota/password/code?code={code[1]}").text
    assert phone.post("/kuota/password/code", data={"code": code[1], "new": "ikan lele di kolam"}).status_code == 200
    assert phone.post("/kuota/password/code", data={"code": code[1], "new": "ikan lele di kolam"}).status_code == 400
    assert "Budi Santoso" not in dodi.get("/slips").text


def test_a_slip_is_good_for_its_days_and_bounds_hold(city: WebCity) -> None:
    city.add("employee", username="budi", name="Budi", opd="DINKES")
    rina = city.browser()
    where = "/slips?opd=DINKES"
    assert post(rina, where, where, days="61", why="x", person="budi").status_code == 400
    sheet = post(rina, where, where, days="1", why="x", person="budi").text
    code = re.search(r'<b class="mono">([a-z0-9-]+)</b>', sheet)
    assert code is not None
    city.clock.advance(86_401)
    assert (
        city.visitor().post("/kuota/password/code", data={"code": code[1], "new": "ikan lele di kolam"}).status_code
        == 400
    )
