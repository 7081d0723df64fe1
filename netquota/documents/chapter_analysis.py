"""Chapter III: forecast, capacity needed, scenarios, and what happens if nothing is granted."""

from __future__ import annotations

from datetime import date

from netquota.documents.chart_specs import BeforeAfter, ForecastBand
from netquota.documents.inputs import BudgetInput, Link, MonthFigure, Outlook
from netquota.documents.paper import Block, Cell, Chart, Column, Kind, Part, Row, Table, TraceBook, items, prose
from netquota.documents.phrases import BASES, METHODS, link_words, money, permille, ratio, span, speed
from netquota.documents.rab import Rab
from netquota.documents.structure import part
from netquota.domain.indonesian import mbps, month_of
from netquota.planning.limits import LIMIT_PERCENT

MOST_CHANGED = 15


def analysis(given: BudgetInput, book: TraceBook, rab: Rab) -> list[Part]:
    """III. Analisis Kebutuhan."""
    del rab
    return [
        part("analisis"),
        part("proyeksi", *_outlooks(given, book)),
        part("kebutuhan", *_needs(given, book)),
        part("skenario", *_scenarios(given, book)),
        part("risiko", items(_risks(given))),
    ]


def busiest(outlook: Outlook) -> MonthFigure | None:
    """The month ahead with the highest forecast, ties to the earlier."""
    known = [(month.bps, -month.month.toordinal(), month) for month in outlook.ahead if month.bps is not None]
    return max(known, key=lambda each: each[:2])[2] if known else None


def full_from(link: Link) -> date | None:
    """The first month ahead whose forecast p95 is at the limit of today's capacity; None if it never is."""
    ahead = link.outlook.ahead if link.outlook is not None else ()
    full = (month.month for month in ahead if month.bps is not None and _is_full(month.bps, link.capacity_bps))
    return next(full, None)


def _is_full(bps: int, capacity_bps: int) -> bool:
    return 100 * bps >= LIMIT_PERCENT * capacity_bps


def _outlooks(given: BudgetInput, book: TraceBook) -> list[Block]:
    studied = [(link, link.outlook) for link in given.links if link.outlook is not None]
    if not studied:
        return [prose("Riwayat data kurang dari 26 minggu, sehingga belum ada proyeksi.")]
    columns = (
        Column("Tautan", width=15), Column("Bulan tersibuk", width=13), Column("Proyeksi (Mbps)", Kind.MBPS, 12),
        Column("Selang 90 % (Mbps)", width=15), Column("Metode", width=17), Column("Cakupan terukur", width=11),
        Column("MASE", width=9), Column("MASE pembanding", width=15), Column("Dasar selang", width=21),
    )  # fmt: skip
    rows: list[Row] = []
    for link, outlook in studied:
        month = busiest(outlook)
        if month is None:
            continue
        mark = book.mark(f"{link.name}: proyeksi {month_of(month.month)}", speed(month.bps), outlook.trace)
        rows.append(Row((
            Cell(link.name), Cell(month_of(month.month)), Cell(month.bps, Kind.MBPS, mark),
            Cell(span(month.low_bps, month.high_bps)), Cell(METHODS.get(outlook.method, outlook.method)),
            Cell(permille(outlook.coverage_permille)), Cell(ratio(outlook.mase_permille)),
            Cell(ratio(outlook.naive_mase_permille)), Cell(BASES.get(outlook.basis, outlook.basis)),
        )))  # fmt: skip
    note = (
        "Proyeksi persentil ke-95 bulanan permintaan pada hari kerja. Cakupan terukur: porsi nilai sebenarnya yang "
        "jatuh dalam selang 90 % pada uji mundur. MASE di bawah pembanding (nilai musim lalu) berarti model lebih baik."
    )
    blocks: list[Block] = [Table("proyeksi", "Proyeksi bulan tersibuk per tautan", columns, tuple(rows), note)]
    for link, outlook in studied:
        if outlook.naive_was_better:
            blocks.append(prose(f"**{link.name}**: nilai musim lalu lebih tepat daripada model, sehingga dipakai."))
    blocks += [_forecast_chart(given, link, outlook) for link, outlook in studied]
    return blocks


def _forecast_chart(given: BudgetInput, link: Link, outlook: Outlook) -> Chart:
    ahead = [month for month in outlook.ahead if month.bps is not None]
    start = given.revision.change_from if given.revision is not None else date(given.year, 1, 1)
    spec = ForecastBand(
        tuple(month.month for month in outlook.history), tuple(month.bps for month in outlook.history),
        tuple(month.month for month in ahead), tuple(month.bps or 0 for month in ahead),
        tuple(month.low_bps for month in ahead), tuple(month.high_bps for month in ahead),
        link.capacity_bps, link.asked_bps, start.replace(day=1),
    )  # fmt: skip
    full = full_from(link)
    reach = f"mencapai batas sekitar {month_of(full)}" if full else "tidak mencapai batas dalam proyeksi ini"
    alt = f"Persentil ke-95 bulanan permintaan {link.name} dengan proyeksi dan selang 90 %; {reach}."
    return Chart(f"proyeksi_{link.key}", f"Proyeksi {link.name}: {reach}", alt, spec)


def _needs(given: BudgetInput, book: TraceBook) -> list[Block]:
    level = permille(given.settings.service_permille)
    columns = (
        Column("Tautan", width=18), Column("Kini (Mbps)", Kind.EXACT_MBPS, 10),
        Column("Permintaan penentu (Mbps)", Kind.MBPS, 14), Column("Dibutuhkan (Mbps)", Kind.EXACT_MBPS, 14),
        Column("Selang (Mbps)", width=13), Column("Diusulkan (Mbps)", Kind.EXACT_MBPS, 11),
        Column("Selisih (Mbps)", Kind.EXACT_MBPS, 10),
    )  # fmt: skip
    rows: list[Row] = []
    for link in given.links:
        need = link.need
        mark = "" if need is None else book.mark(f"{link.name}: kapasitas", speed(need.capacity_bps), need.trace)
        rows.append(Row((
            Cell(link.name), Cell(link.capacity_bps, Kind.EXACT_MBPS),
            Cell(None if need is None else need.deciding_bps, Kind.MBPS),
            Cell(None if need is None else need.capacity_bps, Kind.EXACT_MBPS, mark),
            Cell("–" if need is None else span(need.low_bps, need.high_bps)),
            Cell(link.asked_bps, Kind.EXACT_MBPS), Cell(link.asked_bps - link.capacity_bps, Kind.EXACT_MBPS),
        )))  # fmt: skip
    table = Table("kebutuhan", "Kapasitas yang dibutuhkan dan diusulkan", columns, tuple(rows))
    sums = [table.total_of(at) for at in (1, 5, 6)]
    total = Row((
        Cell("Jumlah"), Cell(sums[0], Kind.EXACT_MBPS), Cell(""), Cell(""), Cell(""), Cell(sums[1], Kind.EXACT_MBPS),
        Cell(sums[2], Kind.EXACT_MBPS),
    ), is_total=True)  # fmt: skip
    told = (
        f"Kapasitas dihitung agar kurang dari {level} sampel jam kerja pada bulan tersibuk berada pada batas: "
        f"kelipatan {mbps(given.settings.step_bps)} Mbps terkecil yang 95 persennya masih di atas permintaan "
        "penentu. Unduh dan unggah dihitung terpisah; yang lebih besar yang dibeli."
    )
    blocks: list[Block] = [prose(told), Table(table.key, table.title, columns, (*rows, total))]
    changed = sorted(given.opds, key=lambda opd: (-abs(opd.proposed_bps - opd.ceiling_bps), opd.code))[:MOST_CHANGED]
    changed = [opd for opd in changed if opd.proposed_bps != opd.ceiling_bps]
    if changed:
        spec = BeforeAfter(
            tuple(opd.code for opd in changed), tuple(opd.ceiling_bps for opd in changed),
            tuple(opd.proposed_bps for opd in changed),
        )  # fmt: skip
        alt = f"Batas atas sebelum dan sesudah bagi {len(changed)} perangkat daerah yang paling berubah."
        blocks.append(Chart("pembagian_baru", "Pembagian sebelum dan sesudah", alt, spec))
    return blocks


def _scenarios(given: BudgetInput, book: TraceBook) -> list[Block]:
    if not given.scenarios:
        return [prose("Tidak ada skenario lain yang dihitung.")]
    columns = (
        Column("Skenario", width=22), Column("Anggapan", width=34), Column("Kapasitas (Mbps)", Kind.EXACT_MBPS, 12),
        Column("Biaya sebelum PPN (Rp)", Kind.RUPIAH, 23), Column("Dipakai", width=11),
    )  # fmt: skip
    rows = tuple(
        Row((
            Cell(one.name), Cell(one.assumption), Cell(one.capacity_bps, Kind.EXACT_MBPS),
            Cell(one.total_rp, Kind.RUPIAH, book.mark(f"Skenario {one.name}", money(one.total_rp), one.trace)),
            Cell("ya" if one.chosen else "tidak"),
        ))
        for one in given.scenarios
    )  # fmt: skip
    return [Table("skenario", "Skenario dan alternatif", columns, rows)]


def _risks(given: BudgetInput) -> list[str]:
    told: list[str] = []
    for link in given.links:
        full = full_from(link)
        if full is not None:
            subject = link_words(link.name, starts_line=True)
            told.append(f"{subject} mencapai batasnya sekitar **{month_of(full)}** bila kapasitas tetap.")
    told += [
        "Pelayanan publik melambat pada jam kerja, dan antrean pemohon bertambah.",
        "Aplikasi perangkat daerah yang telah disetujui tidak dapat berjalan sebagaimana dirancang.",
        "Penambahan mendesak di luar perencanaan lebih mahal dan melampaui batas penambahan kontrak.",
    ]
    return told
