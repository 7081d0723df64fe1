"""A budget input for tests: the founding situation in an invented city, with synthetic figures and a fixed seed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import numpy as np

from netquota.documents.inputs import (
    BudgetInput,
    BudgetKind,
    Contract,
    DayFigure,
    EffectFigure,
    ExtraLine,
    Gap,
    HiddenFigure,
    Link,
    Measures,
    Milestone,
    MonthFigure,
    Need,
    Office,
    Opd,
    Outlook,
    Period,
    PpnSetting,
    Proposal,
    Realisation,
    Revision,
    ScenarioFigure,
    Settings,
    Signer,
    Trace,
    Versions,
)

MEGABIT = 1_000_000
OPDS = (
    ("DISDUKCAPIL", "Dinas Kependudukan dan Pencatatan Sipil", "utama", 86, 60, 40, 80, True, 182),
    ("DPMPTSP", "Dinas Penanaman Modal dan PTSP (Mal Pelayanan Publik)", "bahari", 71, 50, 30, 90, True, 164),
    ("RSUD", "Rumah Sakit Umum Daerah", "utama", 412, 80, 50, 90, True, 71),
    ("BAPENDA", "Badan Pendapatan Daerah", "utama", 95, 50, 20, 50, False, 33),
    ("DISDIK", "Dinas Pendidikan", "bahari", 140, 60, 20, 60, False, 12),
    ("SETDA", "Sekretariat Daerah", "utama", 188, 60, 20, 60, False, 5),
    ("DISKOMINFO", "Dinas Komunikasi dan Informatika", "utama", 64, 40, 10, 40, False, 0),
    ("PKM-01", "Puskesmas 1", "radio", 38, 20, 5, 20, True, 22),
    ("KEC-PLU", "Kecamatan Segara Pulau", "radio", 24, 10, 4, 12, False, 47),
)
LINKS = (
    ("utama", "Serat Utama", "PT Jaringan Serat Nusantara", 600, 750, 95_000, 512, 71, "interface"),
    ("bahari", "Serat Bahari", "PT Bahari Telekomunikasi", 300, 450, 110_000, 285, 123, "interface"),
    ("radio", "Radio Bukit", "CV Gelombang Bukit", 100, 100, 140_000, 41, 2, "accounting"),
)


def trace(what: str, page: str) -> Trace:
    return Trace(f"{what}, 1 Oktober 2025–31 Oktober 2026, sampel 5 menit", page)


def measures(p95: int, permille: int, source: str, what: str, page: str, usable: int = 113_100) -> Measures:
    return Measures(
        p95 * MEGABIT + 123_456, p95 * MEGABIT // 3, 10, (p95 * 9 // 10) * MEGABIT, 270 * permille // 10, 27_000 // 1,
        usable, 114_048, source, trace(what, page), 84 if source == "interface" else None,
    )  # fmt: skip


def hidden(p95: int, permille: int, what: str, page: str) -> HiddenFigure:
    if permille < 20:
        same = p95 * MEGABIT
        return HiddenFigure("nothing hidden", same, same, None, None, permille * 2, 2_040, trace(what, page))
    return HiddenFigure(
        "estimate", p95 * MEGABIT, p95 * 125 // 100 * MEGABIT, p95 * 116 // 100 * MEGABIT, p95 * 133 // 100 * MEGABIT,
        permille * 2, 2_040, trace(what, page),
    )  # fmt: skip


def outlook(p95: int, page: str, rng: np.random.Generator) -> Outlook:
    history: list[MonthFigure] = []
    for at in range(13):
        month = date(2025 + (9 + at) // 12, (9 + at) % 12 + 1, 1)
        level = p95 * (0.78 + 0.22 * at / 12) * float(np.exp(0.02 * rng.standard_normal()))
        history.append(MonthFigure(month, None if at == 5 else int(level * MEGABIT)))
    ahead: list[MonthFigure] = []
    for at in range(14):
        month = date(2026 + (10 + at) // 12, (10 + at) % 12 + 1, 1)
        level = p95 * (1 + 0.018 * (at + 1))
        width = 0.03 + 0.006 * at
        ahead.append(
            MonthFigure(
                month, int(level * MEGABIT), int(level * (1 - width) * MEGABIT), int(level * (1 + width) * MEGABIT)
            )
        )
    return Outlook(
        tuple(history), tuple(ahead), "Theil-Sen line", False, "all offices' back-tests", 903, 812, 1_042,
        trace(f"proyeksi {page}", page),
    )  # fmt: skip


def days(p95: int, capacity: int, rng: np.random.Generator) -> tuple[DayFigure, ...]:
    found: list[DayFigure] = []
    for at in range(395):
        day = date(2025, 10, 1) + timedelta(days=at)
        if day.weekday() >= 5:
            continue
        level = min(p95 * (0.8 + 0.2 * at / 395) * float(np.exp(0.07 * rng.standard_normal())), 0.97 * capacity)
        gone = date(2026, 3, 9) <= day <= date(2026, 3, 16)
        found.append(DayFigure(day, None if gone else int(level * MEGABIT), capacity * MEGABIT))
    return tuple(found)


def heat(p95: int) -> tuple[tuple[int | None, ...], ...]:
    shape = (2, 2, 2, 2, 2, 3, 5, 20, 55, 85, 100, 95, 60, 70, 95, 90, 55, 25, 12, 8, 6, 5, 4, 3)
    rows: list[tuple[int | None, ...]] = []
    for day in range(7):
        scale = 0.12 if day >= 5 else (0.9 if day == 4 else 1.0 - 0.03 * day)
        rows.append(
            tuple(
                None if (day, at) == (6, 3) else int(p95 * each * scale / 100 * MEGABIT)
                for at, each in enumerate(shape)
            )
        )
    return tuple(rows)


def link(row: tuple[str, str, str, int, int, int, int, int, str], months: int, rng: np.random.Generator) -> Link:
    key, name, provider, capacity, asked, price, p95, permille, source = row
    page = f"/admin/links/{key}"
    found = measures(p95, permille, source, name, page, 113_100 if key != "radio" else 99_000)
    contract = Contract(
        f"027/{120 + capacity}/KOMINFO/2026", date(2026, 1, 1), date(2026, 12, 31), capacity * price * 12
    )
    need = Need(
        (p95 * 13 // 10) * MEGABIT,
        (asked - 7) * MEGABIT,
        (asked - 40) * MEGABIT,
        (asked + 35) * MEGABIT,
        trace(f"kapasitas {name}", page),
    )
    load = tuple((percent, int(p95 * MEGABIT * (1.06 - percent / 100) ** 1.2)) for percent in range(0, 101, 2))
    return Link(
        key, name, provider, contract, capacity * MEGABIT, price, asked * MEGABIT, price, months, found,
        hidden(p95, permille * 3, name, page), outlook(p95, page, rng), need, days(p95, capacity, rng), load, heat(p95),
    )  # fmt: skip


def opd(row: tuple[str, str, str, int, int, int, int, bool, int]) -> Opd:
    code, name, key, people, ceiling, low, proposed, public, permille = row
    page = f"/admin/opds/{code}"
    p95 = ceiling * 9 // 10 if permille else ceiling // 3
    return Opd(
        code, name, key, people, ceiling * MEGABIT, low * MEGABIT, proposed * MEGABIT, public,
        measures(p95, permille, "accounting", code, page, 113_000 if code != "KEC-PLU" else 95_000),
        hidden(p95, permille, code, page),
    )  # fmt: skip


def many_opds() -> tuple[Opd, ...]:
    """All sixty: the nine above and what fills the city up."""
    rows = [*OPDS]
    rows += [
        (
            f"KEL-{at:02}",
            f"Kelurahan {at}",
            ("utama", "bahari", "radio")[at % 3],
            12 + at % 7,
            10,
            2,
            10,
            False,
            at % 4 * 3,
        )
        for at in range(1, 52)
    ]
    return tuple(opd(row) for row in rows)


SETTINGS = Settings(
    account_code="5.1.02.02.01.0063",
    account_name="Belanja Kawat/Faksimili/Internet/TV Berlangganan",
    activity_code="",
    activity_name="Penyelenggaraan Jaringan Intra Pemerintah Daerah Kabupaten/Kota",
    ppn=PpnSetting(120, 11, 12, "PMK 131/2024"),
    legal_bases=(
        "Undang-Undang Nomor 23 Tahun 2014 tentang Pemerintahan Daerah.",
        "Peraturan Presiden Nomor 95 Tahun 2018 tentang Sistem Pemerintahan Berbasis Elektronik.",
        "Peraturan Presiden Nomor 16 Tahun 2018 tentang Pengadaan Barang/Jasa Pemerintah beserta perubahannya.",
        "Peraturan Menteri Keuangan Nomor 131 Tahun 2024.",
    ),
    service_permille=10,
    step_bps=MEGABIT,
    addition_permille=100,
    number_pattern="000.5/KAK-NNN/KOMINFO/YYYY",
    service_levels=(
        "Ketersediaan tautan paling sedikit 99,5 % setiap bulan.",
        "Gangguan ditanggapi paling lambat 30 menit.",
    ),
)


def budget_input(opds: int = 9) -> BudgetInput:
    """The APBD document of 2027; with the nine offices above or all sixty."""
    rng = np.random.default_rng(11)
    links = tuple(link(row, 12, rng) for row in LINKS)
    return BudgetInput(
        kind=BudgetKind.APBD,
        year=2027,
        version=3,
        number="",
        dated=date(2026, 11, 23),
        frozen_at=datetime(2026, 11, 23, 2, 0, tzinfo=UTC),
        base_url="https://kuota.arunika.example",
        office=Office(
            "Pemerintah Kota Teluk Arunika",
            "Kota Teluk Arunika",
            "Dinas Komunikasi dan Informatika",
            "Jalan Contoh Nomor 1, Teluk Arunika · diskominfo.arunika.example",
        ),
        head=Signer(
            "Kepala Dinas Komunikasi dan Informatika",
            "Drs. H. Bima Segara, M.Si.",
            "Pembina Utama Muda, IV/c",
            "197001011995031001",
        ),
        planner=Signer("Perencana", "Rina Prameswari, S.Kom.", "Penata, III/c", "198609262015052001"),
        period=Period(
            date(2025, 10, 1), date(2026, 10, 31), "Senin–Kamis 07.30–16.00, Jumat 07.30–16.30", "Asia/Jakarta"
        ),
        settings=SETTINGS,
        versions=Versions("0.1.0", "1", 20261123, "0" * 64, (("sampel-2025-10_2026-10.parquet", "ab" * 32),)),
        links=links,
        opds=many_opds() if opds > 9 else tuple(opd(row) for row in OPDS),
        proposals=(
            Proposal(
                "P-014",
                "DISDUKCAPIL",
                "VPN SIAK Terpusat",
                48,
                80 * MEGABIT,
                "Permintaan tertahan 18 % jam kerja; sesuai pengukuran.",
                "disetujui",
                date(2026, 10, 12),
            ),
            Proposal(
                "P-015",
                "DPMPTSP",
                "Antrean dan Perizinan MPP",
                120,
                90 * MEGABIT,
                "Dua loket baru mulai Januari.",
                "disetujui sebagian",
                date(2026, 10, 12),
            ),
            Proposal(
                "P-019",
                "DISDIK",
                "Ujian berbasis komputer",
                600,
                200 * MEGABIT,
                "Hanya dua minggu setahun: tambahan sementara.",
                "ditolak",
                None,
            ),
        ),
        effects=(
            EffectFigure(
                "Batas RSUD dinaikkan dari 60 ke 80 Mbps",
                date(2026, 6, 10),
                214,
                71,
                20,
                1,
                True,
                trace("dampak RSUD", "/admin/opds/RSUD"),
            ),
            EffectFigure(
                "Batas BAPENDA dinaikkan dari 40 ke 50 Mbps",
                date(2026, 8, 3),
                41,
                33,
                20,
                2310,
                False,
                trace("dampak BAPENDA", "/admin/opds/BAPENDA"),
            ),
        ),
        scenarios=(
            ScenarioFigure(
                "Tetap",
                "Kapasitas seperti kini; penuh sekitar Desember 2026",
                1_000 * MEGABIT,
                1_248_000_000,
                False,
                trace("skenario", "/plan/scenarios"),
            ),
            ScenarioFigure(
                "Pertumbuhan terukur",
                "Proyeksi bulan tersibuk, kejenuhan di bawah 1 %",
                1_300 * MEGABIT,
                1_617_000_000,
                True,
                trace("skenario", "/plan/scenarios"),
            ),
            ScenarioFigure(
                "Ditambah MPP baru",
                "Seperti di atas, dengan 120 pemakai baru",
                1_400 * MEGABIT,
                1_749_000_000,
                False,
                trace("skenario", "/plan/scenarios"),
            ),
        ),
        gaps=(
            Gap(
                "Radio Bukit",
                datetime(2026, 8, 12, 1, 5, tzinfo=UTC),
                datetime(2026, 8, 12, 8, 10, tzinfo=UTC),
                "listrik padam",
            ),
            Gap(
                "Serat Utama",
                datetime(2026, 3, 8, 17, 0, tzinfo=UTC),
                datetime(2026, 3, 16, 17, 0, tzinfo=UTC),
                "gerbang diganti",
            ),
        ),
        milestones=(
            Milestone("Pengadaan melalui e-purchasing", 1, 1),
            Milestone("Aktivasi dan uji terima", 1, 2),
            Milestone("Layanan dan pengukuran bulanan", 1, 12),
            Milestone("Laporan akhir", 12, 12),
        ),
        holidays=((date(2026, 1, 1), "Tahun Baru Masehi"),),
        ramadans=((date(2026, 2, 18), date(2026, 3, 19)),),
        changes=("Harga Serat Bahari menjadi Rp110.000 per Mbps.",),
    )


def revision_input() -> BudgetInput:
    """The mid-year revision of 2026: from August on, one link grows beyond what its contract may."""
    given = budget_input()
    links = tuple(
        replace(each, months=5, asked_bps=asked * MEGABIT, asked_price_rp=price)
        for each, asked, price in zip(given.links, (600, 420, 80), (95_000, 105_000, 140_000), strict=True)
    )
    spent = tuple(
        Realisation(each.key, each.contract.value_rp, each.contract.value_rp * 7 // 12, 7) for each in given.links
    )
    change = Revision(date(2026, 8, 1), spent, "kapasitas Serat Bahari dari 300 menjadi 420 Mbps.")
    return replace(
        given, kind=BudgetKind.REVISION, year=2026, version=1, links=links, revision=change,
        extra_lines=(ExtraLine("Pemasangan perangkat tautan", 1, "paket", 1, 12_500_000),),
        number="000.5/KAK-007/KOMINFO/2026",
    )  # fmt: skip
