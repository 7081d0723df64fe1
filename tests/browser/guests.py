"""What the sample city has none of: guests with vouchers, devices without a browser, open applications, terms."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from netquota.cli.desk import office_of
from netquota.domain.policy import Code
from netquota.services import vouchers
from netquota.services.allocate import add, change, remove
from netquota.services.vouchers import Wish, code_in_groups
from netquota.storage.record_store import DecisionRow, write_records
from tests.browser.stack import BY, Stack

OPD, PLAN = "DISKOMINFO", "tamu"
DEVICES = (
    ("02:AB:00:00:00:01", "Printer loket 2, lantai dasar", "DISDUKCAPIL", "active"),
    ("02:AB:00:00:00:02", "Mesin absensi pintu utara", "DISKOMINFO", "active"),
    ("02:AB:00:00:00:03", "Kamera parkir belakang gedung Sekretariat Daerah", "DISKOMINFO", "suspended"),
    ("02:AB:00:00:00:04", "Layar antrean rawat jalan", "RSUD", "active"),
)
OPEN = (
    ("Absensi", "absensi.kota.go.id, 203.0.113.20", "https://absensi.kota.go.id/"),
    ("E-office", "eoffice.kota.go.id, arsip.kota.go.id, 203.0.113.32/28, 203.0.113.77", "https://eoffice.kota.go.id/"),
    ("Layanan pengaduan warga Teluk Arunika", "lapor.kota.go.id", ""),
)
TERMS = (
    "Jaringan ini milik Pemerintah Kota Teluk Arunika dan disediakan untuk pekerjaan kantor.\n"
    "Jangan memberikan sandi Anda kepada orang lain. Pemakaian atas nama Anda menjadi tanggung jawab Anda.\n"
    "Kami mencatat waktu, perangkat dan volume pemakaian, bukan apa yang Anda buka. Catatan disimpan 12 bulan.\n"
    "Situs yang melanggar hukum tidak boleh dibuka dari jaringan ini."
)
TERMS_EN = "This network belongs to the city.\nKeep your password to yourself.\nWe record time, devices and volume."


@dataclass(frozen=True)
class Batch:
    """Vouchers that were made; `codes` as they are printed."""

    key: str
    codes: tuple[str, ...]


def invite(stack: Stack, purpose: str, count: int = 5) -> Batch:
    """Vouchers of an office; the first time with a plan and an allowance for them. One of them is revoked."""
    with office_of(stack.settings, stack.keyring) as office:
        if not vouchers.listing(office):
            add(office, "plan", {"key": PLAN, "name": "Tamu", "rate": "3M/1M", "for_guests": "yes"}, BY)
            change(office, "opd", OPD, {"guests": "40"}, BY)
        batch = vouchers.make(office, Wish(OPD, PLAN, count, purpose, valid_for_s=86_400), BY)
        codes = tuple(code_in_groups(one.code) for one in vouchers.show(office, batch.key)[1])
        vouchers.revoke(office, codes[-1], BY)
        return Batch(batch.key, codes)


def add_devices(stack: Stack) -> None:
    """Four devices, one of which was let in lately, and three that nobody knows, which asked at two gateways."""
    with office_of(stack.settings, stack.keyring) as office:
        until = {"valid_until": str(office.today + timedelta(days=90))}
        ids = [
            add(office, "device", {"mac": mac, "name": name, "opd": opd, "status": status, **until}, BY).id
            for mac, name, opd, status in DEVICES
        ]
        now_s, nas, (mac, *_) = office.now_s, "gw-balaikota", DEVICES[0]
        rows = [DecisionRow(now_s, True, ids[0], mac, stack.clients[nas].id, nas, mac, Code.PLAN_RATE, "[]")]
        for number, nas in enumerate(("gw-balaikota", "gw-pendidikan", "gw-balaikota")):
            mac, client = f"02:AC:00:00:00:0{number}", stack.clients[nas].id
            row = DecisionRow(now_s - 600 * number, False, None, mac, client, nas, mac, Code.UNKNOWN, "[]")
            rows += [row] * (3 + number)
        with office.database.write() as connection:
            write_records(connection, rows)


def open_applications(stack: Stack) -> None:
    """Applications that everybody reaches."""
    with office_of(stack.settings, stack.keyring) as office:
        for name, hosts, url in OPEN:
            add(office, "reachable", {"name": name, "hosts": hosts, "url": url}, BY)


def set_terms(stack: Stack, edition: str, from_day: str) -> None:
    """An edition of the terms of use; people are shown the newest that stands at their next log-in."""
    with office_of(stack.settings, stack.keyring) as office:
        values = {"edition": edition, "from_day": from_day, "text": TERMS, "text_en": TERMS_EN}
        add(office, "terms", values, BY)


def forget_terms(stack: Stack, edition: str) -> None:
    """Take an edition back that nobody accepted, so that others are not asked."""
    with office_of(stack.settings, stack.keyring) as office:
        remove(office, "terms", edition, BY)
