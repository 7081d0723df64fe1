"""From the frozen input to the document as one structure: the same input always gives the same paper."""

from __future__ import annotations

from netquota.documents.chapter_analysis import analysis
from netquota.documents.chapter_annexes import annexes, trace_annex
from netquota.documents.chapter_introduction import approval, introduction
from netquota.documents.chapter_scope import additions, budget, closing, schedule, scope
from netquota.documents.chapter_situation import situation
from netquota.documents.frozen import SHORT_HASH, digest
from netquota.documents.inputs import BudgetInput, BudgetKind
from netquota.documents.paper import Paper, Part, TraceBook
from netquota.documents.phrases import coverage, permille
from netquota.documents.rab import rab
from netquota.domain.indonesian import long_date, percent
from netquota.domain.numbering import draft_mark

_APBD = "ANGGARAN PENDAPATAN DAN BELANJA DAERAH"
_CHAPTERS = (approval, introduction, situation, analysis, scope, budget, schedule, closing, annexes)


def build(given: BudgetInput) -> Paper:
    """The document of an input: its parts in order, with the trace of each figure."""
    print_ = digest(given)
    book = TraceBook(f"{given.base_url.rstrip('/')}/plan/trace/{print_[:SHORT_HASH]}")
    sums = rab(given)
    parts: list[Part] = []
    for chapter in _CHAPTERS:
        parts += chapter(given, book, sums)
    parts.append(trace_annex(given, book, print_))
    revised = given.kind is BudgetKind.REVISION
    return Paper(
        government=given.office.government.upper(),
        office=given.office.name.upper(),
        address=given.office.address,
        title="KERANGKA ACUAN KERJA",
        subtitle=f"PENYEDIAAN KAPASITAS INTERNET {given.office.government.upper()}",
        budget_line=f"{'PERUBAHAN ' if revised else ''}{_APBD} TAHUN ANGGARAN {given.year}",
        number_line=f"Nomor {given.number}" if given.number else draft_mark(given.version),
        version_line=f"Versi {given.version} · {document_code(given, print_)}",
        code=document_code(given, print_),
        place_and_date=f"{given.office.city}, {long_date(given.dated)}",
        parts=tuple(parts),
        traces=book.figures,
        digest=print_,
        warnings=tuple(_warnings(given)),
    )


def document_code(given: BudgetInput, print_: str) -> str:
    """`A27-3-9F2C`: kind and year, version, first digits of the input's hash; stands in the footer."""
    return (
        f"{'P' if given.kind is BudgetKind.REVISION else 'A'}{given.year % 100:02}-{given.version}-{print_[:4].upper()}"
    )


def _warnings(given: BudgetInput) -> list[str]:
    """What the planner should see before it is handed in; also said in the document where it concerns readers."""
    told = [text.replace("**", "") for text in additions(given)]
    for link in given.links:
        share = coverage(link.measures)
        if 10 * share < 9:
            told.append(f"{link.name}: kelengkapan data hanya {percent(share)}.")
        if link.asked_price_rp == 0:
            told.append(f"{link.name}: harga per Mbps belum diisi.")
        if link.need is not None and link.asked_bps < link.need.capacity_bps:
            told.append(f"{link.name}: kapasitas yang diusulkan di bawah kebutuhan pada tingkat layanan.")
        outlook = link.outlook
        if outlook is not None and outlook.coverage_permille is not None and outlook.coverage_permille < 800:
            told.append(f"{link.name}: selang proyeksi hanya mencakup {permille(outlook.coverage_permille)}.")
    if not given.settings.legal_bases:
        told.append("Dasar hukum belum diisi.")
    return told
