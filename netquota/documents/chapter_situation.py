"""Chapter II: links and contracts, division, measurements, hidden demand, what it does to public services."""

from __future__ import annotations

from fractions import Fraction

from netquota.documents.chart_specs import HeatMap, LoadCurve, Ranking, UseChart
from netquota.documents.inputs import BudgetInput, EffectFigure, Link, Revision
from netquota.documents.paper import Block, Cell, Chart, Column, Kind, Part, Row, Table, TraceBook, prose
from netquota.documents.phrases import (
    SOURCES,
    billed,
    by_saturation,
    coverage,
    hidden_words,
    hour,
    measured_over,
    most_saturated,
    permille,
    saturation,
    share_cell,
    span,
    speed,
)
from netquota.documents.rab import Rab
from netquota.documents.structure import part
from netquota.domain.indonesian import long_date, percent

MOST_RANKED = 15
THIN = Fraction(9, 10)


def situation(given: BudgetInput, book: TraceBook, rab: Rab) -> list[Part]:
    """II. Kondisi Saat Ini."""
    del rab
    contracts: list[Block] = [_contracts(given)]
    if given.revision is not None:
        contracts += _realisation(given, given.revision)
    return [
        part("kondisi"),
        part("kontrak", *contracts),
        part("pembagian", *_division(given)),
        part("pengukuran", *_measured(given, book)),
        part("tersembunyi", *_hidden(given, book)),
        part("dampak", *_impact(given, book)),
    ]


def _contracts(given: BudgetInput) -> Table:
    columns = (
        Column("Tautan", width=14), Column("Penyedia", width=18), Column("Nomor kontrak", width=19),
        Column("Berlaku sampai", width=14), Column("Kapasitas (Mbps)", Kind.EXACT_MBPS, 12),
        Column("Harga per Mbps per bulan (Rp)", Kind.RUPIAH, 15), Column("Biaya per bulan (Rp)", Kind.RUPIAH, 18),
    )  # fmt: skip
    rows = [
        Row((
            Cell(link.name), Cell(link.provider), Cell(link.contract.number), Cell(long_date(link.contract.last)),
            Cell(link.capacity_bps, Kind.EXACT_MBPS), Cell(link.price_rp, Kind.RUPIAH),
            Cell((2 * link.capacity_bps * link.price_rp + 10**6) // (2 * 10**6), Kind.RUPIAH),
        ))
        for link in given.links
    ]  # fmt: skip
    table = Table("kontrak", "Tautan penyedia dan kontrak berjalan", columns, tuple(rows), "Harga belum termasuk PPN.")
    capacity, cost = table.total_of(4), table.total_of(6)
    total = Row((
        Cell("Jumlah"), Cell(""), Cell(""), Cell(""), Cell(capacity, Kind.EXACT_MBPS), Cell(""),
        Cell(cost, Kind.RUPIAH),
    ), is_total=True)  # fmt: skip
    return Table(table.key, table.title, columns, (*rows, total), table.note)


def _realisation(given: BudgetInput, revision: Revision) -> list[Block]:
    """What a mid-year revision tells: spent so far, months left, the contract change."""
    names = {link.key: link.name for link in given.links}
    columns = (
        Column("Tautan", width=18), Column("Anggaran setahun (Rp)", Kind.RUPIAH, 18),
        Column("Realisasi (Rp)", Kind.RUPIAH, 18), Column("Bulan dibayar", Kind.COUNT, 10),
        Column("Sisa (Rp)", Kind.RUPIAH, 18),
    )  # fmt: skip
    rows = [
        Row((
            Cell(names.get(one.link, one.link)), Cell(one.budget_rp, Kind.RUPIAH), Cell(one.spent_rp, Kind.RUPIAH),
            Cell(one.months_paid, Kind.COUNT), Cell(one.budget_rp - one.spent_rp, Kind.RUPIAH),
        ))
        for one in revision.realisations
    ]  # fmt: skip
    draft = Table("realisasi", "Realisasi anggaran sampai dengan perubahan", columns, tuple(rows))
    total = Row((
        Cell("Jumlah"), Cell(draft.total_of(1), Kind.RUPIAH), Cell(draft.total_of(2), Kind.RUPIAH), Cell(""),
        Cell(draft.total_of(4), Kind.RUPIAH),
    ), is_total=True)  # fmt: skip
    months = max((link.months for link in given.links), default=0)
    told = (
        f"Perubahan berlaku mulai {long_date(revision.change_from)}, sehingga dihitung untuk **{months} bulan** yang "
        f"tersisa dalam Tahun Anggaran {given.year}."
    )
    blocks: list[Block] = [Table(draft.key, draft.title, columns, (*rows, total)), prose(told)]
    if revision.addendum:
        blocks.append(prose(f"Perubahan kontrak (*adendum*): {revision.addendum}"))
    return blocks


def _division(given: BudgetInput) -> list[Block]:
    names = {link.key: link.name for link in given.links}
    chosen = by_saturation(given.opds)[:MOST_RANKED]
    columns = (
        Column("Perangkat daerah", width=30), Column("Tautan", width=14), Column("Pegawai", Kind.COUNT, 10),
        Column("Terjamin (Mbps)", Kind.MBPS, 10), Column("Batas atas (Mbps)", Kind.MBPS, 10),
        Column("Persentil ke-95 (Mbps)", Kind.MBPS, 10), Column("Kejenuhan", Kind.PERCENT, 13),
    )  # fmt: skip
    rows = tuple(
        Row((
            Cell(opd.name), Cell(names.get(opd.link, opd.link)), Cell(opd.employees, Kind.COUNT),
            Cell(opd.guaranteed_bps, Kind.MBPS), Cell(opd.ceiling_bps, Kind.MBPS),
            Cell(billed(opd.measures), Kind.MBPS), share_cell(saturation(opd.measures)),
        ))
        for opd in chosen
    )  # fmt: skip
    told = (
        f"Kapasitas dibagi dengan kecepatan terjamin dan batas atas bagi setiap perangkat daerah. Tabel berikut memuat "
        f"{len(chosen)} perangkat daerah yang paling sering mencapai batasnya; seluruhnya termuat dalam Lampiran 1."
    )
    blocks: list[Block] = [prose(told), Table("pembagian", "Perangkat daerah yang paling jenuh", columns, rows)]
    ranked = [opd for opd in chosen if saturation(opd.measures)]
    if ranked:
        shares = tuple(int(1000 * (saturation(opd.measures) or 0)) for opd in ranked)
        alt = f"Diagram batang: {ranked[0].code} paling sering mencapai batasnya, {permille(shares[0])} dari jam kerja."
        spec = Ranking(tuple(opd.code for opd in ranked), shares)
        blocks.append(Chart("peringkat", "Kejenuhan per perangkat daerah pada jam kerja", alt, spec))
    return blocks


def _measured(given: BudgetInput, book: TraceBook) -> list[Block]:
    columns = (
        Column("Tautan", width=16), Column("Unduh (Mbps)", Kind.MBPS, 9), Column("Unggah (Mbps)", Kind.MBPS, 9),
        Column("Ditagih (Mbps)", Kind.MBPS, 9), Column("Jam sibuk", width=12),
        Column("Pada jam sibuk (Mbps)", Kind.MBPS, 10), Column("Kejenuhan", Kind.PERCENT, 13),
        Column("Kelengkapan data", Kind.PERCENT, 15), Column("Sumber", width=12),
    )  # fmt: skip
    rows = tuple(_measured_row(link, book) for link in given.links)
    note = (
        "Unduh dan unggah: persentil ke-95 dari sampel 5 menit. Ditagih: yang lebih besar dari keduanya. Kejenuhan: "
        "porsi jam kerja pada 95 % batas atau lebih."
    )
    told = f"Pengukuran mencakup {measured_over(given)} ({given.period.office_hours}, {given.period.zone})."
    blocks: list[Block] = [prose(told), Table("pengukuran", "Hasil pengukuran per tautan", columns, rows, note)]
    blocks += [prose(text) for link in given.links for text in _cautions(link)]
    blocks += [_use_chart(link) for link in given.links if link.days]
    busiest = most_saturated([link for link in given.links if link.heat])
    if busiest is not None:
        alt = f"Peta panas: pemakaian rata-rata {busiest.name} menurut hari dan jam; jam sibuk {_busy(busiest)}."
        title = f"Pemakaian rata-rata {busiest.name} menurut hari dan jam"
        blocks.append(Chart(f"panas_{busiest.key}", title, alt, HeatMap(busiest.heat)))
    if busiest is not None and busiest.load:
        alt = f"Kurva lama beban {busiest.name}: puncak {speed(busiest.load[0][1])}, kapasitas "
        alt += f"{speed(busiest.capacity_bps)}."
        spec = LoadCurve(busiest.load, busiest.capacity_bps)
        blocks.append(Chart(f"beban_{busiest.key}", f"Kurva lama beban {busiest.name}", alt, spec))
    return blocks


def _measured_row(link: Link, book: TraceBook) -> Row:
    measures = link.measures
    mark = book.mark(f"{link.name}: hasil pengukuran", speed(billed(measures)), measures.trace)
    return Row((
        Cell(link.name), Cell(measures.p95_down_bps, Kind.MBPS), Cell(measures.p95_up_bps, Kind.MBPS),
        Cell(billed(measures), Kind.MBPS, mark), Cell(hour(measures.busy_hour)), Cell(measures.busy_bps, Kind.MBPS),
        share_cell(saturation(measures)), share_cell(coverage(measures)),
        Cell(SOURCES.get(measures.source, measures.source)),
    ))  # fmt: skip


def _cautions(link: Link) -> list[str]:
    """What a reader must know of a link's figures: thin data, and what accounting does not see."""
    told: list[str] = []
    share = coverage(link.measures)
    if share < Fraction(1, 2):
        told.append(
            f"**{link.name}**: kelengkapan data {percent(share)}, kurang dari separuh, sehingga tidak ada angka."
        )
    elif share < THIN:
        told.append(f"**{link.name}**: kelengkapan data {percent(share)}; angka dibaca dengan hati-hati (Lampiran 3).")
    if link.measures.unaccounted_permille is not None:
        told.append(
            f"**{link.name}**: {permille(link.measures.unaccounted_permille)} dari lalu lintas antarmuka tidak tercatat"
            " oleh akuntansi hotspot (VPN, server, dan sirkuit)."
        )
    return told


def _use_chart(link: Link) -> Chart:
    p95 = billed(link.measures)
    spec = UseChart(
        tuple(each.day for each in link.days), tuple(each.bps for each in link.days),
        tuple(each.ceiling_bps for each in link.days), p95,
    )  # fmt: skip
    alt = f"Pemakaian harian {link.name} terhadap batas {speed(link.capacity_bps)}; persentil ke-95 {speed(p95)}."
    return Chart(f"pakai_{link.key}", f"Pemakaian {link.name} terhadap kapasitas", alt, spec)


def _busy(link: Link) -> str:
    return hour(link.measures.busy_hour)


def _hidden(given: BudgetInput, book: TraceBook) -> list[Block]:
    told = (
        "Pemakaian pada batas hanya menyatakan bahwa permintaan sekurang-kurangnya sebesar itu. Permintaan pada jam "
        "kerja diperkirakan dengan sebaran lognormal tersensor per jam; selangnya dari pengambilan ulang hari kerja. "
        "Perkiraan ini tidak melihat permintaan yang sudah ditinggalkan pemakai, dan tidak dijumlahkan dengan hasil "
        "pengukuran."
    )
    columns = (
        Column("Subjek", width=30), Column("Terukur (Mbps)", Kind.MBPS, 10), Column("Perkiraan (Mbps)", Kind.MBPS, 11),
        Column("Selang 90 % (Mbps)", width=13), Column("Porsi pada batas", Kind.PERCENT, 10),
        Column("Keterangan", width=22),
    )  # fmt: skip
    subjects = [(link.name, link.hidden) for link in given.links]
    subjects += [(opd.name, opd.hidden) for opd in by_saturation(given.opds)[:MOST_RANKED]]
    rows: list[Row] = []
    for name, figure in subjects:
        if figure is None:
            continue
        mark = book.mark(f"{name}: permintaan tersembunyi", speed(figure.p95_bps), figure.trace)
        share = Fraction(figure.censored, figure.bins) if figure.bins else None
        rows.append(Row((
            Cell(name), Cell(figure.measured_bps, Kind.MBPS), Cell(figure.p95_bps, Kind.MBPS, mark),
            Cell(span(figure.low_bps, figure.high_bps)), share_cell(share), Cell(hidden_words(figure)),
        )))  # fmt: skip
    if not rows:
        return [prose("Permintaan tersembunyi tidak diperkirakan untuk periode ini.")]
    title = "Perkiraan permintaan tersembunyi (persentil ke-95 pada jam kerja)"
    return [prose(told), Table("tersembunyi", title, columns, tuple(rows))]


def _impact(given: BudgetInput, book: TraceBook) -> list[Block]:
    public = [opd for opd in by_saturation(given.opds) if opd.serves_public and saturation(opd.measures)]
    blocks: list[Block] = []
    for opd in public[:3]:
        share = saturation(opd.measures) or Fraction(0)
        mark = book.mark(f"{opd.name}: kejenuhan", percent(share), opd.measures.trace)
        blocks.append(prose(
            f"{opd.name} melayani masyarakat secara langsung dan mencapai batasnya dalam **{percent(share)}** dari jam "
            f"kerja;[{mark}] pada saat itu pelayanan yang bergantung pada jaringan melambat."
        ))  # fmt: skip
    if not public:
        blocks.append(prose("Tidak ada perangkat daerah pelayanan publik yang terukur mencapai batasnya."))
    if given.effects:
        blocks.append(_effects(given, book))
    return blocks


def _effects(given: BudgetInput, book: TraceBook) -> Table:
    columns = (
        Column("Perubahan", width=34), Column("Sejak", width=16), Column("Kejenuhan sebelum", Kind.PERCENT, 14),
        Column("Kejenuhan sesudah", Kind.PERCENT, 14), Column("Hari", Kind.COUNT, 7), Column("Kesimpulan", width=22),
    )  # fmt: skip
    rows = tuple(
        Row((
            Cell(one.what), Cell(long_date(one.changed_on)), share_cell(Fraction(one.before_permille, 1000)),
            Cell(Fraction(one.after_permille, 1000), Kind.PERCENT, _effect_mark(one, book)),
            Cell(one.days_each, Kind.COUNT), Cell("jelas" if one.is_clear else "tidak dapat dibedakan dari kebetulan"),
        ))
        for one in given.effects
    )  # fmt: skip
    note = "Median kejenuhan hari kerja sebelum dan sesudah; kesimpulan dengan uji permutasi, jelas bila p < 0,05."
    return Table("dampak", "Dampak perubahan batas yang telah dilakukan", columns, rows, note)


def _effect_mark(effect: EffectFigure, book: TraceBook) -> str:
    return book.mark(f"Dampak: {effect.what}", permille(effect.after_permille), effect.trace)
