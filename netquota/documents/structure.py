"""The document's headings in their order (planning.md part 6); the office's template may word and order them anew."""

from __future__ import annotations

from netquota.documents.paper import Block, Part

HEADINGS = (
    ("pengesahan", 1, "Lembar Pengesahan"),
    ("pendahuluan", 1, "I. Pendahuluan"),
    ("latar_belakang", 2, "A. Latar Belakang"),
    ("dasar_hukum", 2, "B. Dasar Hukum"),
    ("maksud_tujuan", 2, "C. Maksud dan Tujuan"),
    ("sasaran", 2, "D. Sasaran"),
    ("penerima_manfaat", 2, "E. Penerima Manfaat"),
    ("kondisi", 1, "II. Kondisi Saat Ini"),
    ("kontrak", 2, "A. Tautan dan Kontrak Berjalan"),
    ("pembagian", 2, "B. Pembagian per Perangkat Daerah"),
    ("pengukuran", 2, "C. Hasil Pengukuran"),
    ("tersembunyi", 2, "D. Permintaan Tersembunyi"),
    ("dampak", 2, "E. Dampak pada Layanan Publik"),
    ("analisis", 1, "III. Analisis Kebutuhan"),
    ("proyeksi", 2, "A. Proyeksi"),
    ("kebutuhan", 2, "B. Kapasitas yang Dibutuhkan"),
    ("skenario", 2, "C. Skenario dan Alternatif"),
    ("risiko", 2, "D. Risiko bila Tidak Dipenuhi"),
    ("ruang_lingkup", 1, "IV. Ruang Lingkup dan Spesifikasi"),
    ("lingkup", 2, "A. Lingkup"),
    ("kapasitas", 2, "B. Kapasitas per Tautan"),
    ("tingkat_layanan", 2, "C. Tingkat Layanan"),
    ("jangka_waktu", 2, "D. Jangka Waktu"),
    ("keluaran", 2, "E. Keluaran dan Indikator"),
    ("rab", 1, "V. Rencana Anggaran Biaya"),
    ("jadwal", 1, "VI. Jadwal Pelaksanaan"),
    ("penutup", 1, "VII. Penutup"),
    ("lampiran_1", 1, "Lampiran 1. Data per Perangkat Daerah"),
    ("lampiran_2", 1, "Lampiran 2. Metode dan Rumus"),
    ("lampiran_3", 1, "Lampiran 3. Mutu Data"),
    ("lampiran_4", 1, "Lampiran 4. Usulan dan Hasil Tinjauan"),
    ("lampiran_5", 1, "Lampiran 5. Jejak Angka"),
)
NEW_PAGE = frozenset(
    {"pengesahan", "pendahuluan", "lampiran_1", "lampiran_2", "lampiran_3", "lampiran_4", "lampiran_5"}
)
"""Parts that begin a page."""
_BY_KEY = {key: (level, heading) for key, level, heading in HEADINGS}


def part(key: str, *blocks: Block) -> Part:
    """A part under its heading."""
    level, heading = _BY_KEY[key]
    return Part(key, level, heading, blocks)
