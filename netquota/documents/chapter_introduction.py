"""Chapter I and the approval sheet: why, on what legal basis, to what end, for whom."""

from __future__ import annotations

from netquota.documents.inputs import BudgetInput, BudgetKind, Signer
from netquota.documents.paper import Part, Signatures, TraceBook, items, prose
from netquota.documents.phrases import (
    billed,
    link_words,
    listed,
    measured_over,
    money,
    most_saturated,
    permille,
    saturation,
    speed,
)
from netquota.documents.rab import Rab
from netquota.documents.structure import part
from netquota.domain.indonesian import long_date, percent
from netquota.domain.nip import format_nip
from netquota.domain.rupiah import grouped


def signatures(given: BudgetInput) -> Signatures:
    """The block at the end of the approval sheet and of the last chapter."""

    def nip(signer: Signer) -> str:
        return f"NIP {format_nip(signer.nip)}" if signer.nip else ""

    head, planner = given.head, given.planner
    return Signatures(
        f"{given.office.city}, {long_date(given.dated)}", head.position.upper(), head.name, head.rank, nip(head),
        planner.name, nip(planner),
    )  # fmt: skip


def approval(given: BudgetInput, book: TraceBook, rab: Rab) -> list[Part]:
    """Lembar Pengesahan."""
    del book
    text = (
        f"Kerangka Acuan Kerja penyediaan kapasitas internet {given.office.government} ini disusun oleh "
        f"{given.office.name} sebagai dasar pengusulan {budget_name(given)} Tahun Anggaran {given.year}, dengan "
        f"kebutuhan anggaran **{money(rab.sums.total_rp)}** (*{rab.sums.words.lower()}*) termasuk PPN."
    )
    return [part("pengesahan", prose(text), signatures(given))]


def budget_name(given: BudgetInput) -> str:
    """APBD, or its revision."""
    return "Perubahan APBD" if given.kind is BudgetKind.REVISION else "APBD"


def introduction(given: BudgetInput, book: TraceBook, rab: Rab) -> list[Part]:
    """I. Pendahuluan."""
    return [
        part("pendahuluan"),
        part("latar_belakang", *(prose(text) for text in _background(given, book, rab))),
        part("dasar_hukum", items(given.settings.legal_bases, numbered=True)),
        part("maksud_tujuan", *(prose(text) for text in _purpose(given))),
        part("sasaran", items(_targets(given), numbered=True)),
        part("penerima_manfaat", *(prose(text) for text in _beneficiaries(given))),
    ]


def _background(given: BudgetInput, book: TraceBook, rab: Rab) -> list[str]:
    now, asked = (sum(bps) for bps in zip(*((one.capacity_bps, one.asked_bps) for one in given.links), strict=True))
    people = sum(opd.employees for opd in given.opds)
    told = [
        (
            f"{given.office.government} menyewa kapasitas internet sebesar **{speed(now)}** melalui {len(given.links)} "
            f"tautan penyedia, yang dipakai bersama oleh {len(given.opds)} perangkat daerah dengan {grouped(people)} "
            "pegawai untuk administrasi pemerintahan dan pelayanan publik."
        )
    ]
    told += _pressure(given, book)
    change = asked - now
    direction = f"bertambah {speed(change)}" if change >= 0 else f"berkurang {speed(-change)}"
    told.append(
        f"Berdasarkan hasil pengukuran dan proyeksi dalam dokumen ini diusulkan kapasitas sebesar **{speed(asked)}**, "
        f"{direction}, dengan kebutuhan anggaran **{money(rab.sums.total_rp)}** termasuk PPN."
    )
    return told


def _pressure(given: BudgetInput, book: TraceBook) -> list[str]:
    """How the most saturated link stands; nothing where none was measured."""
    link = most_saturated(given.links)
    if link is None:
        return []
    share = saturation(link.measures)
    assert share is not None  # noqa: S101 - most_saturated chooses among those
    p95 = billed(link.measures)
    mark = book.mark(f"{link.name}: kejenuhan dan persentil ke-95", percent(share), link.measures.trace)
    told = [
        (
            f"Selama {measured_over(given)}, {link_words(link.name)} mencapai batasnya dalam **{percent(share)}** dari "
            f"jam kerja dan persentil ke-95 pemakaiannya {speed(p95)} dari {speed(link.capacity_bps)}.[{mark}]"
        )
    ]
    hidden = link.hidden
    if hidden is not None and hidden.p95_bps is not None and hidden.low_bps is not None:
        mark = book.mark(f"{link.name}: permintaan tersembunyi", speed(hidden.p95_bps), hidden.trace)
        told.append(
            f"Pemakaian pada batas hanya menunjukkan permintaan minimum. Tanpa batas itu, persentil ke-95 permintaan "
            f"pada jam kerja diperkirakan {speed(hidden.p95_bps)} (selang {speed(hidden.low_bps)} sampai "
            f"{speed(hidden.high_bps)}).[{mark}] Angka ini perkiraan dan tidak dijumlahkan dengan hasil pengukuran."
        )
    return told


def _purpose(given: BudgetInput) -> list[str]:
    return [
        (
            "Maksud penyusunan dokumen ini adalah memberikan dasar yang terukur dan dapat ditelusuri bagi pengusulan "
            f"anggaran kapasitas internet pada {budget_name(given)} Tahun Anggaran {given.year}."
        ),
        (
            "Tujuannya adalah menjamin kapasitas internet yang cukup, terbagi adil, dan hemat bagi seluruh perangkat "
            "daerah sesuai dengan kebutuhan tugas dan fungsinya."
        ),
    ]


def _targets(given: BudgetInput) -> list[str]:
    level = permille(given.settings.service_permille)
    return [
        f"Kejenuhan setiap tautan kurang dari {level} jam kerja.",
        "Kecepatan terjamin setiap perangkat daerah selalu terpenuhi.",
        "Kapasitas yang dibayar sesuai dengan kebutuhan: tidak kurang dan tidak menganggur.",
    ]


def _beneficiaries(given: BudgetInput) -> list[str]:
    public = [opd.name for opd in given.opds if opd.serves_public]
    people = sum(opd.employees for opd in given.opds)
    told = [
        (
            f"Penerima manfaat adalah {len(given.opds)} perangkat daerah dengan {grouped(people)} pegawai (Lampiran "
            f"1) dan masyarakat {given.office.city} yang mereka layani."
        )
    ]
    if public:
        told.append(f"Perangkat daerah yang melayani masyarakat secara langsung adalah {listed(public)}.")
    return told
