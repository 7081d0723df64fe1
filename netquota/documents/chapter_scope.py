"""Chapters IV to VII: scope and specification, budget, schedule, closing."""

from __future__ import annotations

from collections.abc import Sequence

from netquota.documents.chapter_introduction import budget_name, signatures
from netquota.documents.inputs import BudgetInput, Link
from netquota.documents.paper import Block, Cell, Column, Kind, Part, Row, Table, TraceBook, items, prose
from netquota.documents.phrases import fraction_text, money, permille, speed
from netquota.documents.rab import Rab, RabLine, Sums, ppn_of
from netquota.documents.structure import part
from netquota.domain.indonesian import MONTHS, decimal, long_date
from netquota.planning.cost import addition_permille, exceeds_addition

MARKED = "■"


def scope(given: BudgetInput, book: TraceBook, rab: Rab) -> list[Part]:
    """IV. Ruang Lingkup dan Spesifikasi."""
    del book, rab
    level = permille(given.settings.service_permille)
    lines = [
        "Penyediaan kapasitas internet tetap (*dedicated*) pada tautan yang tercantum dalam dokumen ini.",
        "Pembagian kapasitas, pengukuran pemakaian, dan pelaporan oleh " + given.office.name + ".",
    ]
    levels = [f"Kejenuhan tautan kurang dari {level} jam kerja setiap bulan.", *given.settings.service_levels]
    return [
        part("ruang_lingkup"),
        part("lingkup", items(lines, numbered=True)),
        part("kapasitas", _capacities(given)),
        part("tingkat_layanan", items(levels, numbered=True)),
        part("jangka_waktu", prose(_term(given))),
        part("keluaran", items(_outputs(given, level), numbered=True)),
    ]


def _capacities(given: BudgetInput) -> Table:
    columns = (
        Column("Tautan", width=20), Column("Penyedia", width=24), Column("Kini (Mbps)", Kind.EXACT_MBPS, 12),
        Column("Diusulkan (Mbps)", Kind.EXACT_MBPS, 14), Column("Jangka waktu (bulan)", Kind.COUNT, 12),
    )  # fmt: skip
    rows = [
        Row((
            Cell(link.name), Cell(link.provider), Cell(link.capacity_bps, Kind.EXACT_MBPS),
            Cell(link.asked_bps, Kind.EXACT_MBPS), Cell(link.months, Kind.COUNT),
        ))
        for link in given.links
    ]  # fmt: skip
    draft = Table("kapasitas", "Kapasitas per tautan", columns, tuple(rows))
    total = Row((
        Cell("Jumlah"), Cell(""), Cell(draft.total_of(2), Kind.EXACT_MBPS), Cell(draft.total_of(3), Kind.EXACT_MBPS),
        Cell(""),
    ), is_total=True)  # fmt: skip
    return Table(draft.key, draft.title, columns, (*rows, total))


def _term(given: BudgetInput) -> str:
    months = max((link.months for link in given.links), default=0)
    if given.revision is not None:
        return (
            f"Kapasitas disediakan selama {months} bulan, mulai {long_date(given.revision.change_from)} sampai "
            f"dengan 31 Desember {given.year}."
        )
    return f"Kapasitas disediakan selama {months} bulan dalam Tahun Anggaran {given.year}."


def _outputs(given: BudgetInput, level: str) -> list[str]:
    asked = sum(link.asked_bps for link in given.links)
    return [
        f"Keluaran: kapasitas internet {speed(asked)} tersedia sesuai dengan jangka waktu.",
        f"Indikator: kejenuhan setiap tautan kurang dari {level} jam kerja, diukur setiap bulan.",
        "Indikator: kelengkapan data pengukuran paling sedikit 90 %.",
    ]


def budget(given: BudgetInput, book: TraceBook, rab: Rab) -> list[Part]:
    """V. Rencana Anggaran Biaya."""
    del book
    table = _plain_table(rab) if rab.before_sums is None else _revised_table(rab, rab.before_sums)
    blocks: list[Block] = [prose(text) for text in _accounts(given)]
    blocks += [table, prose(f"Terbilang: *{rab.sums.words}*.")]
    if rab.before_sums is not None:
        change = rab.sums.total_rp - rab.before_sums.total_rp
        word = "bertambah" if change >= 0 else "berkurang"
        blocks.append(prose(f"Anggaran {word} **{money(abs(change))}** termasuk PPN."))
    blocks += [prose(text) for text in additions(given)]
    return [part("rab", *blocks)]


def _accounts(given: BudgetInput) -> list[str]:
    settings = given.settings
    told: list[str] = []
    if settings.activity_name:
        code = f"{settings.activity_code} " if settings.activity_code else ""
        told.append(f"Sub kegiatan: {code}*{settings.activity_name}*.")
    told.append(f"Kode rekening {settings.account_code}: *{settings.account_name}*.")
    ppn, rule = settings.ppn, ppn_of(settings.ppn)
    rate = decimal(100 * rule.base * settings.ppn.rate_permille / 1000, 2)
    base = fraction_text(ppn.base_numerator, ppn.base_denominator)
    told.append(
        f"PPN {decimal(ppn.rate_permille, 0) if ppn.rate_permille % 10 else ppn.rate_permille // 10} % dikenakan "
        f"atas DPP nilai lain sebesar {base} dari harga ({ppn.source}), efektif {rate} %, dihitung satu kali atas "
        "jumlah seluruh baris dan dibulatkan ke rupiah penuh."
        if ppn.base_numerator != ppn.base_denominator
        else f"PPN {ppn.rate_permille // 10} % ({ppn.source}), dihitung satu kali atas jumlah seluruh baris."
    )
    return told


def _plain_table(rab: Rab) -> Table:
    columns = (
        Column("No.", Kind.COUNT, 5), Column("Uraian", width=30), Column("Kode Rekening", width=21),
        Column("Volume", Kind.EXACT_MBPS, 10), Column("Satuan", width=9), Column("Bulan", Kind.COUNT, 8),
        Column("Harga Satuan (Rp)", Kind.RUPIAH, 16), Column("Jumlah (Rp)", Kind.RUPIAH, 21),
    )  # fmt: skip
    rows = [
        Row((
            Cell(at, Kind.COUNT), Cell(line.description), Cell(line.account), Cell(line.quantity, Kind.EXACT_MBPS),
            Cell(line.unit), Cell(line.months, Kind.COUNT), Cell(line.price_rp, Kind.RUPIAH),
            Cell(line.amount_rp, Kind.RUPIAH),
        ))
        for at, line in enumerate(rab.lines, start=1)
    ]  # fmt: skip
    rows += [_sum_row(name, [value], 6) for name, value in _named(rab.sums)]
    return Table("rab", "Rencana Anggaran Biaya", columns, tuple(rows))


def _named(sums: Sums) -> list[tuple[str, int]]:
    return [
        ("Jumlah", sums.sum_rp), ("DPP nilai lain", sums.base_rp), ("PPN", sums.ppn_rp), ("Total", sums.total_rp),
    ]  # fmt: skip


def _sum_row(name: str, values: Sequence[int], empty: int, difference: bool = False) -> Row:
    kinds = [Kind.RUPIAH] * len(values)
    if difference:
        kinds[-1] = Kind.DIFFERENCE
    amounts = (Cell(value, kind) for value, kind in zip(values, kinds, strict=True))
    return Row((Cell(""), Cell(name), *(Cell("") for _ in range(empty - 1)), *amounts), is_total=True)


def _revised_table(rab: Rab, before: Sums) -> Table:
    columns = (
        Column("No.", Kind.COUNT, 5), Column("Uraian", width=28), Column("Kode Rekening", width=17),
        Column("Volume sebelum", Kind.EXACT_MBPS, 9), Column("Volume sesudah", Kind.EXACT_MBPS, 9),
        Column("Satuan", width=7), Column("Bulan", Kind.COUNT, 6), Column("Harga Satuan sebelum (Rp)", Kind.RUPIAH, 13),
        Column("Harga Satuan sesudah (Rp)", Kind.RUPIAH, 13), Column("Jumlah sebelum (Rp)", Kind.RUPIAH, 17),
        Column("Jumlah sesudah (Rp)", Kind.RUPIAH, 17), Column("Bertambah/(berkurang) (Rp)", Kind.DIFFERENCE, 17),
    )  # fmt: skip
    pairs = zip(rab.before, rab.lines, strict=True)
    rows = [_revised_row(at, was, now) for at, (was, now) in enumerate(pairs, start=1)]
    for (name, was), (_, now) in zip(_named(before), _named(rab.sums), strict=True):
        rows.append(_sum_row(name, [was, now, now - was], 8, difference=True))
    note = "Jumlah dihitung untuk bulan yang tersisa sejak perubahan berlaku."
    return Table("rab", "Rencana Anggaran Biaya sebelum dan sesudah perubahan", columns, tuple(rows), note, wide=True)


def _revised_row(at: int, was: RabLine, now: RabLine) -> Row:
    return Row((
        Cell(at, Kind.COUNT), Cell(now.description), Cell(now.account), Cell(was.quantity, Kind.EXACT_MBPS),
        Cell(now.quantity, Kind.EXACT_MBPS), Cell(now.unit), Cell(now.months, Kind.COUNT),
        Cell(was.price_rp, Kind.RUPIAH), Cell(now.price_rp, Kind.RUPIAH), Cell(was.amount_rp, Kind.RUPIAH),
        Cell(now.amount_rp, Kind.RUPIAH), Cell(now.amount_rp - was.amount_rp, Kind.DIFFERENCE),
    ))  # fmt: skip


def additions(given: BudgetInput) -> list[str]:
    """A warning for each running contract whose addition passes the limit (Perpres 16/2018), for the revision."""
    if given.revision is None:
        return []
    limit = given.settings.addition_permille
    told: list[str] = []
    for link in given.links:
        before, after = link.contract.value_rp, link.contract.value_rp + _added_rp(link)
        if before > 0 and exceeds_addition(before, after, limit):
            told.append(
                f"**Perhatian**: penambahan pada kontrak {link.contract.number} ({link.name}) sebesar "
                f"{permille(addition_permille(before, after))} melampaui {permille(limit)} dari nilai kontrak (Perpres "
                "16/2018 Pasal 54), sehingga tidak dapat dilakukan dengan adendum dan memerlukan pengadaan tersendiri."
            )
    return told


def _added_rp(link: Link) -> int:
    now, asked = link.capacity_bps * link.price_rp, link.asked_bps * link.asked_price_rp
    return (asked - now) * link.months // 10**6


def schedule(given: BudgetInput, book: TraceBook, rab: Rab) -> list[Part]:
    """VI. Jadwal Pelaksanaan."""
    del book, rab
    if not given.milestones:
        return [part("jadwal", prose("Jadwal ditetapkan kemudian."))]
    columns = (Column("Kegiatan", width=30), *(Column(month[:3], width=6) for month in MONTHS))
    rows = tuple(
        Row(
            (
                Cell(one.activity),
                *(Cell(MARKED if one.first_month <= at <= one.last_month else "") for at in range(1, 13)),
            )
        )
        for one in given.milestones
    )
    return [part("jadwal", Table("jadwal", f"Jadwal {given.year}", columns, rows))]


def closing(given: BudgetInput, book: TraceBook, rab: Rab) -> list[Part]:
    """VII. Penutup."""
    del book
    text = (
        f"Demikian Kerangka Acuan Kerja ini disusun sebagai dasar pengusulan {budget_name(given)} Tahun Anggaran "
        f"{given.year} sebesar **{money(rab.sums.total_rp)}** (*{rab.sums.words.lower()}*). Setiap angka dapat "
        "ditelusuri melalui Lampiran 5."
    )
    return [part("penutup", prose(text), signatures(given))]
