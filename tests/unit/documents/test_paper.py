"""The document's structure: headings, sums that a calculator confirms, traces, warnings."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from fractions import Fraction

import pytest

from netquota.documents.build import build
from netquota.documents.inputs import BudgetInput, ExtraLine
from netquota.documents.paper import Cell, Items, Kind, Paper, Paragraph, Run, Table, prose
from netquota.documents.rab import rab
from netquota.documents.structure import HEADINGS
from netquota.domain.rupiah import rupiah, terbilang
from tests.unit.documents.sample_budget import MEGABIT, SETTINGS, budget_input, revision_input

PLANNED = """
Lembar Pengesahan; I. Pendahuluan: A. Latar Belakang, B. Dasar Hukum, C. Maksud dan Tujuan, D. Sasaran,
E. Penerima Manfaat; II. Kondisi Saat Ini: A. Tautan dan Kontrak Berjalan, B. Pembagian per Perangkat Daerah,
C. Hasil Pengukuran, D. Permintaan Tersembunyi, E. Dampak pada Layanan Publik; III. Analisis Kebutuhan: A. Proyeksi,
B. Kapasitas yang Dibutuhkan, C. Skenario dan Alternatif, D. Risiko bila Tidak Dipenuhi;
IV. Ruang Lingkup dan Spesifikasi: A. Lingkup, B. Kapasitas per Tautan, C. Tingkat Layanan, D. Jangka Waktu,
E. Keluaran dan Indikator; V. Rencana Anggaran Biaya; VI. Jadwal Pelaksanaan; VII. Penutup;
Lampiran 1. Data per Perangkat Daerah; Lampiran 2. Metode dan Rumus; Lampiran 3. Mutu Data;
Lampiran 4. Usulan dan Hasil Tinjauan; Lampiran 5. Jejak Angka
"""


def texts(paper: Paper) -> str:
    found: list[str] = []
    for part in paper.parts:
        for block in part.blocks:
            paragraphs = (block,) if isinstance(block, Paragraph) else ()
            paragraphs = block.paragraphs if isinstance(block, Items) else paragraphs
            found += ["".join(run.text for run in each.runs) for each in paragraphs]
    return "\n".join(found)


def table(paper: Paper, key: str) -> Table:
    return next(each for each in paper.tables() if each.key == key)


def figure(text: str) -> Fraction:
    """A printed number read as a person with a calculator reads it."""
    text = text.replace("\u00a0%", "")
    negative = text.startswith(("(", "-"))
    digits = text.strip("()-").replace(".", "").replace(",", ".")
    return -Fraction(digits) if negative else Fraction(digits)


@pytest.mark.parametrize("given", [budget_input(), revision_input()], ids=["apbd", "apbd-p"])
def test_the_headings_are_those_planned_in_their_order(given: BudgetInput) -> None:
    words = re.split(r"[;:,]\s+", " ".join(PLANNED.split()))
    assert [part.heading for part in build(given).parts] == words
    assert [heading for _, _, heading in HEADINGS] == words


def test_the_same_input_is_the_same_paper() -> None:
    assert build(budget_input(60)) == build(budget_input(60))


@pytest.mark.parametrize("given", [budget_input(60), revision_input()], ids=["apbd", "apbd-p"])
def test_totals_agree_with_a_calculator(given: BudgetInput) -> None:
    summed = 0
    for each in build(given).tables():
        for row in each.rows:
            if row.is_total and row.cells[0].text == "Jumlah":
                lines = [other for other in each.rows if not other.is_total]
                for at, cell in enumerate(row.cells):
                    if cell.text not in {"", "Jumlah"}:
                        assert figure(cell.text) == sum(figure(line.cells[at].text) for line in lines), each.key
                        summed += 1
    assert summed >= 8


@pytest.mark.parametrize(
    ("mbps", "price", "months", "before", "ppn", "total"),
    [
        (500, 45_000, 12, 270_000_000, 29_700_000, 299_700_000),
        (7, 33_333, 1, 233_331, 25_666, 258_997),
        (200, 62_500, 5, 62_500_000, 6_875_000, 69_375_000),
        (1, 50, 1, 50, 6, 56),
        (1, 5, 1, 5, 1, 6),
    ],
)
def test_the_rab_has_the_known_sums(mbps: int, price: int, months: int, before: int, ppn: int, total: int) -> None:
    link = replace(budget_input().links[0], asked_bps=mbps * MEGABIT, asked_price_rp=price, months=months)
    given = replace(budget_input(), links=(link,))
    sums = rab(given).sums
    assert (sums.sum_rp, sums.ppn_rp, sums.total_rp) == (before, ppn, total)
    rows = {row.cells[1].text: row.cells[-1].text for row in table(build(given), "rab").rows if row.is_total}
    assert (rows["Jumlah"], rows["PPN"], rows["Total"]) == (
        rupiah(before)[2:], rupiah(ppn)[2:], rupiah(total)[2:],
    )  # fmt: skip
    assert sums.words == terbilang(total, starts_line=True)
    assert sums.words in texts(build(given))


def test_every_line_of_the_rab_is_volume_times_months_times_price() -> None:
    for row in table(build(budget_input()), "rab").rows:
        if not row.is_total:
            volume, months, price, amount = (figure(row.cells[at].text) for at in (3, 5, 6, 7))
            assert volume * months * price == amount


def test_every_line_of_a_revision_is_computed_for_the_months_left() -> None:
    for row in table(build(revision_input()), "rab").rows:
        if not row.is_total:
            was, now, months, old, new, before, after = (figure(row.cells[at].text) for at in (3, 4, 6, 7, 8, 9, 10))
            assert (was * months * old, now * months * new) == (before, after)


def test_a_revision_has_before_after_and_the_difference_in_brackets_where_it_is_less() -> None:
    found = table(build(revision_input()), "rab")
    assert [column.title for column in found.columns][-3:] == [
        "Jumlah sebelum (Rp)", "Jumlah sesudah (Rp)", "Bertambah/(berkurang) (Rp)",
    ]  # fmt: skip
    last = [row.cells[-1].text for row in found.rows]
    assert last[:4] == ["0,00", "55.500.000,00", "(14.000.000,00)", "12.500.000,00"]
    for row in found.rows:
        before, after, change = (figure(cell.text) for cell in row.cells[-3:])
        assert after - before == change
    text = texts(build(revision_input()))
    assert "**5 bulan**".strip("*") in text
    assert "Realisasi" in table(build(revision_input()), "realisasi").columns[2].title


def test_an_addition_over_ten_percent_of_the_contract_is_warned_of() -> None:
    paper = build(revision_input())
    assert any("027/420/KOMINFO/2026" in warning and "14,1\u00a0%" in warning for warning in paper.warnings)
    assert "memerlukan pengadaan tersendiri" in texts(paper)
    given = revision_input()
    allowed = replace(given, settings=replace(SETTINGS, addition_permille=200))
    assert not any("KOMINFO" in warning for warning in build(allowed).warnings)


def test_each_mark_stands_in_the_annex_once_and_links_to_a_page() -> None:
    paper = build(budget_input(60))
    marks = [each.mark for each in paper.traces]
    assert marks == [f"D{at}" for at in range(1, len(marks) + 1)]
    used = set(re.findall(r"\[(D\d+)\]", texts(paper)))
    used |= {cell.mark for each in paper.tables() for row in each.rows for cell in row.cells if cell.mark}
    assert used == set(marks)
    assert [row.cells[0].text for row in table(paper, "jejak").rows] == marks
    assert all(
        each.link.startswith(f"https://kuota.arunika.example/plan/trace/{paper.digest[:8]}/D") for each in paper.traces
    )
    assert paper.digest in texts(paper)


def test_thin_data_is_told_where_it_matters() -> None:
    paper = build(budget_input())
    assert "Radio Bukit: kelengkapan data 86,8\u00a0%" in texts(paper)
    assert any("Radio Bukit" in warning for warning in paper.warnings)
    given = budget_input()
    gone = replace(
        given.links[2],
        measures=replace(given.links[2].measures, usable_bins=10, p95_down_bps=None, p95_up_bps=None, bounded=0),
    )
    text = texts(build(replace(given, links=(*given.links[:2], gone))))
    assert "kurang dari separuh, sehingga tidak ada angka" in text


def test_hidden_demand_is_an_estimate_and_never_summed() -> None:
    found = table(build(budget_input()), "tersembunyi")
    assert not any(row.is_total for row in found.rows)
    assert {row.cells[5].text for row in found.rows} == {"perkiraan", "tidak ada yang tersembunyi"}
    assert "tidak dijumlahkan dengan hasil pengukuran" in texts(build(budget_input()))


def test_drafts_say_so_and_approved_ones_carry_their_number() -> None:
    assert build(budget_input()).number_line == "KONSEP versi 3"
    paper = build(revision_input())
    assert paper.number_line == "Nomor 000.5/KAK-007/KOMINFO/2026"
    assert paper.code.startswith("P26-1-")
    assert build(budget_input()).code.startswith("A27-3-")


def test_a_link_is_called_a_link_once() -> None:
    given = budget_input()
    links = tuple(replace(link, name=f"Tautan {link.name}") for link in given.links)
    for one, wanted in ((given, "autan Serat Bahari mencapai"), (replace(given, links=links), "autan Serat Bahari")):
        text = "\n".join(
            run.text
            for part in build(one).parts
            for block in part.blocks
            for paragraph in (block.paragraphs if isinstance(block, Items) else [block])
            if isinstance(paragraph, Paragraph)
            for run in paragraph.runs
        )
        assert wanted in text
        assert "autan Tautan" not in text


def test_a_city_without_history_scenarios_and_people_still_makes_a_document() -> None:
    given = budget_input()
    bare = [replace(link, hidden=None, outlook=None, need=None, days=(), load=(), heat=()) for link in given.links]
    empty = replace(
        given, links=tuple(bare), opds=(), proposals=(), effects=(), scenarios=(), gaps=(), milestones=(), changes=(),
        settings=replace(SETTINGS, legal_bases=(), activity_name=""),
    )  # fmt: skip
    paper = build(empty)
    assert "belum ada proyeksi" in texts(paper)
    assert "Dasar hukum belum diisi." in paper.warnings
    assert paper.charts() == []


def test_extra_lines_enter_the_sum() -> None:
    line = ExtraLine("Pemasangan", 2, "paket", 1, 5_000_000)
    given = replace(budget_input(), extra_lines=(line,))
    assert rab(given).sums.sum_rp == rab(budget_input()).sums.sum_rp + 10_000_000
    row = table(build(given), "rab").rows[3]
    assert [cell.text for cell in row.cells[3:]] == ["2", "paket", "1", "5.000.000,00", "10.000.000,00"]


@pytest.mark.parametrize(
    ("cell", "text", "printed"),
    [
        (Cell(12_345_678, Kind.MBPS), "12,3", Fraction(12_300_000)),
        (Cell(512_000, Kind.EXACT_MBPS), "0,512", Fraction(512_000)),
        (Cell(1_284, Kind.COUNT), "1.284", Fraction(1_284)),
        (Cell(-1_250_000, Kind.DIFFERENCE), "(1.250.000,00)", Fraction(-1_250_000)),
        (Cell(Fraction(952, 1000), Kind.PERCENT), "95,2\u00a0%", Fraction(1)),
        (Cell(None, Kind.MBPS), "–", Fraction(0)),
        (Cell("teks"), "teks", Fraction(0)),
    ],
)
def test_cells_print_themselves_and_know_what_was_printed(cell: Cell, text: str, printed: Fraction) -> None:
    assert (cell.text, cell.printed) == (text, printed)


def test_prose_knows_bold_italic_and_marks() -> None:
    assert prose("a **b** *c*[D12] d").runs == (
        Run("a "), Run("b", bold=True), Run(" "), Run("c", italic=True), Run("[D12]", mark=True), Run(" d"),
    )  # fmt: skip
    assert date(2026, 11, 23) == budget_input().dated
