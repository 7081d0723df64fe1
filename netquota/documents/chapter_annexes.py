"""The annexes: data of each office, method and formulas, quality of the data, requests, the trace of each figure."""

from __future__ import annotations

from fractions import Fraction
from zoneinfo import ZoneInfo

from netquota.documents.inputs import BudgetInput
from netquota.documents.paper import Block, Cell, Column, Kind, Part, Row, Table, TraceBook, items, prose
from netquota.documents.phrases import SOURCES, coverage, permille, saturation, share_cell, speed
from netquota.documents.rab import Rab
from netquota.documents.structure import part
from netquota.domain.indonesian import clock, long_date


def annexes(given: BudgetInput, book: TraceBook, rab: Rab) -> list[Part]:
    """Lampiran 1 to 4; the fifth is made when all figures have their marks."""
    del rab
    return [
        part("lampiran_1", _offices(given, book)),
        part("lampiran_2", items(_methods(given), numbered=True)),
        part("lampiran_3", *_quality(given)),
        part("lampiran_4", _proposals(given)),
    ]


def _offices(given: BudgetInput, book: TraceBook) -> Table:
    columns = (
        Column("Kode", width=12), Column("Perangkat daerah", width=34), Column("Tautan", width=13),
        Column("Pegawai", Kind.COUNT, 10), Column("Terjamin (Mbps)", Kind.MBPS, 9),
        Column("Batas kini (Mbps)", Kind.MBPS, 9), Column("Batas usulan (Mbps)", Kind.MBPS, 9),
        Column("P95 unduh (Mbps)", Kind.MBPS, 9), Column("P95 unggah (Mbps)", Kind.MBPS, 9),
        Column("Kejenuhan", Kind.PERCENT, 13),
        Column("Perkiraan permintaan (Mbps)", Kind.MBPS, 11), Column("Kelengkapan", Kind.PERCENT, 14),
    )  # fmt: skip
    names = {link.key: link.name for link in given.links}
    rows: list[Row] = []
    for opd in given.opds:
        measures = opd.measures
        mark = book.mark(f"{opd.code}: hasil pengukuran", speed(measures.p95_down_bps), measures.trace)
        hidden = None if opd.hidden is None else opd.hidden.p95_bps
        rows.append(Row((
            Cell(opd.code), Cell(opd.name), Cell(names.get(opd.link, opd.link)), Cell(opd.employees, Kind.COUNT),
            Cell(opd.guaranteed_bps, Kind.MBPS), Cell(opd.ceiling_bps, Kind.MBPS), Cell(opd.proposed_bps, Kind.MBPS),
            Cell(measures.p95_down_bps, Kind.MBPS, mark), Cell(measures.p95_up_bps, Kind.MBPS),
            share_cell(saturation(measures)), Cell(hidden, Kind.MBPS), share_cell(coverage(measures)),
        )))  # fmt: skip
    draft = Table("perangkat_daerah", "Data per perangkat daerah", columns, tuple(rows))
    sums = [
        Cell(draft.total_of(at), kind) for at, kind in ((3, Kind.COUNT), (4, Kind.MBPS), (5, Kind.MBPS), (6, Kind.MBPS))
    ]
    total = Row((Cell("Jumlah"), Cell(""), Cell(""), *sums, *(Cell("") for _ in range(5))), is_total=True)
    note = (
        "Batas atas dipakai bersama dan boleh melebihi kapasitas tautan bila dijumlahkan. Perkiraan permintaan tidak "
        "dijumlahkan."
    )
    return Table(draft.key, draft.title, columns, (*rows, total), note, wide=True)


def _methods(given: BudgetInput) -> list[str]:
    level = permille(given.settings.service_permille)
    return [
        (
            "Sampel: oktet unduh dan unggah dalam 5 menit; bit/s = oktet × 8 / 300. Data hilang tidak dianggap nol "
            "dan tidak diisi dengan dugaan."
        ),
        (
            "Persentil ke-95: dari n sampel sah dibuang ⌊n·5/100⌋ yang tertinggi, lalu diambil yang tertinggi dari "
            "sisanya, tanpa interpolasi; yang ditagih adalah yang lebih besar dari unduh dan unggah."
        ),
        f"Jam kerja: {given.period.office_hours}. Hari libur nasional, cuti bersama, dan jam Ramadan diperhitungkan.",
        "Jam sibuk: jam dengan rata-rata tertinggi pada hari kerja (ITU-T E.600, E.500).",
        "Pada batas: 100·oktet ≥ 95·oktet yang dimungkinkan batas atas. Kejenuhan: porsi sampel jam kerja pada batas.",
        (
            "Permintaan tersembunyi: lognormal tersensor kanan per jam, kebolehjadian maksimum, persentil ke-95 "
            "campuran; selang dari 200 pengambilan ulang hari (persentil ke-5 dan ke-95)."
        ),
        (
            "Proyeksi: Holt-Winters teredam pada logaritma (atau nilai musim lalu, atau garis Theil-Sen bila riwayat "
            "pendek); selang konformal dari galat uji mundur; cakupannya diukur."
        ),
        (
            f"Kapasitas: d = permintaan tertinggi ke-(a + 1), a = ⌈n·{given.settings.service_permille}/1000⌉ − 1; "
            f"kapasitas = kelipatan langkah terkecil yang 95 persennya masih di atas d (kejenuhan di bawah {level})."
        ),
        (
            "Pembagian: pemrograman dinamis yang meminimalkan jumlah sampel jenuh dengan kecepatan terjamin sebagai "
            "batas bawah."
        ),
        (
            f"Versi metode {given.versions.method}, program netquota {given.versions.program}, benih acak "
            f"{given.versions.seed}."
        ),
    ]


def _quality(given: BudgetInput) -> list[Block]:
    subjects = [(link.name, link.measures) for link in given.links]
    subjects += [(opd.name, opd.measures) for opd in given.opds if coverage(opd.measures) < Fraction(9, 10)]
    columns = (
        Column("Subjek", width=34), Column("Sampel terpakai", Kind.COUNT, 14),
        Column("Sampel diharapkan", Kind.COUNT, 14), Column("Kelengkapan", Kind.PERCENT, 12),
        Column("Sumber", width=18),
    )  # fmt: skip
    rows = tuple(
        Row((
            Cell(name), Cell(one.usable_bins, Kind.COUNT), Cell(one.expected_bins, Kind.COUNT),
            share_cell(coverage(one)), Cell(SOURCES.get(one.source, one.source)),
        ))
        for name, one in subjects
    )  # fmt: skip
    note = "Tautan seluruhnya; perangkat daerah hanya yang kelengkapannya di bawah 90 %."
    blocks: list[Block] = [Table("mutu", "Kelengkapan data", columns, rows, note)]
    if given.gaps:
        blocks.append(_gaps(given))
    else:
        blocks.append(prose("Tidak ada celah data yang panjang."))
    return blocks


def _gaps(given: BudgetInput) -> Table:
    zone = ZoneInfo(given.period.zone)
    columns = (
        Column("Subjek", width=24),
        Column("Sejak", width=24),
        Column("Sampai", width=24),
        Column("Sebab", width=30),
    )
    rows = tuple(
        Row(tuple(
            Cell(text)
            for text in (
                gap.subject,
                f"{long_date(gap.began.astimezone(zone).date())} {clock(gap.began, zone)}",
                f"{long_date(gap.ended.astimezone(zone).date())} {clock(gap.ended, zone)}",
                gap.reason,
            )
        ))
        for gap in given.gaps
    )  # fmt: skip
    return Table("celah", "Celah data terpanjang", columns, rows, "Celah tidak diisi dengan taksiran.")


def _proposals(given: BudgetInput) -> Block:
    if not given.proposals:
        return prose("Tidak ada usulan perangkat daerah pada periode ini.")
    names = {opd.code: opd.name for opd in given.opds}
    columns = (
        Column("No.", width=10), Column("Perangkat daerah", width=24), Column("Aplikasi", width=22),
        Column("Pemakai", Kind.COUNT, 8), Column("Diminta (Mbps)", Kind.MBPS, 9), Column("Hasil tinjauan", width=34),
        Column("Keputusan", width=16),
    )  # fmt: skip
    rows = tuple(
        Row((
            Cell(one.number), Cell(names.get(one.opd, one.opd)), Cell(one.application), Cell(one.users, Kind.COUNT),
            Cell(one.wanted_bps, Kind.MBPS), Cell(one.assessment),
            Cell(one.decision if one.decided_on is None else f"{one.decision}, {long_date(one.decided_on)}"),
        ))
        for one in given.proposals
    )  # fmt: skip
    return Table("usulan", "Usulan perangkat daerah dan hasil tinjauan", columns, rows, wide=True)


def trace_annex(given: BudgetInput, book: TraceBook, digest: str) -> Part:
    """Lampiran 5: where each figure comes from, and what the document was frozen with."""
    columns = (
        Column("Tanda", width=7), Column("Angka", width=30), Column("Nilai", width=14),
        Column("Diambil dari", width=44), Column("Halaman", width=34),
    )  # fmt: skip
    rows = tuple(
        Row((Cell(one.mark), Cell(one.what), Cell(one.value), Cell(one.query), Cell(one.link))) for one in book.figures
    )
    zone = ZoneInfo(given.period.zone)
    frozen = given.frozen_at.astimezone(zone)
    told = [
        f"Data dibekukan pada {long_date(frozen.date())} pukul {clock(given.frozen_at, zone)}.",
        f"SHA-256 masukan: {digest}",
        f"SHA-256 templat: {given.versions.template_sha256}",
        *(f"Berkas data {name}: SHA-256 {value}" for name, value in given.versions.data_files),
        *(f"Berbeda dari versi sebelumnya: {change}" for change in given.changes),
    ]
    table = Table("jejak", "Jejak angka", columns, rows, wide=True)
    return part("lampiran_5", *(prose(text) for text in told), table)
