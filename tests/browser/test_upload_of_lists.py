"""An admin imports a list in the browser and prints slips; a new employee sets a password with one, on the phone."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.browser.chrome import DESK, PHONE, Browser
from tests.browser.looking import seen
from tests.browser.stack import Stack

pytestmark = pytest.mark.needs("chromium", "chromium-driver")
LIST = "NIP;Nama;OPD;Golongan\n199209262016051001;Ratna Dewanti;DISDIK;III/a\n199209262016052002;Bayu Segara;DISDIK;\n"


def test_a_list_becomes_people_who_set_their_own_password(
    stack: Stack, admin: Browser, phone: Browser, axe: str, tmp_path: Path
) -> None:
    file = tmp_path / "pegawai-baru.csv"
    file.write_text(LIST, encoding="utf-8")
    admin.look_on(DESK)
    admin.open("/imports?kind=employee")
    admin.find("main [name=file]").send_keys(str(file))
    admin.press("main form button.btn-primary")
    assert "diabaikan: Golongan" in admin.text("main")
    admin.fill("why", "SK BKPSDM 12/2026")
    admin.press("form[action^='/import-apply'] button")
    admin.sees("diterapkan", "main")

    admin.open("/slips?opd=DISDIK")
    admin.fill("why", "SK BKPSDM 12/2026")
    admin.press("main form[method=post] button.btn-primary")
    assert "Ratna Dewanti" in admin.text(".slips")
    assert seen(admin, axe, "slips-sheet") == []
    code = admin.text(".slip[aria-label='Ratna Dewanti'] b.mono")

    phone.look_on(PHONE)
    phone.open(f"/kuota/password/code?code={code}")
    phone.fill("new", "pohon beringin tua")
    phone.press("form button[type=submit]")
    assert "Sandi sudah diganti" in phone.text()
    admin.open("/slips?opd=DISDIK")
    assert "Ratna Dewanti" not in admin.text("main")
