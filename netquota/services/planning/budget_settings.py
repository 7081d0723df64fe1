"""The office's settings of budget documents, as documents take them."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from netquota.documents.frozen import sha256
from netquota.documents.inputs import Office, PpnSetting, Settings
from netquota.documents.render import Templates, default_templates
from netquota.domain.ppn import ppn_rule
from netquota.domain.units import parse_rate
from netquota.errors import ConfigurationError
from netquota.settings import Settings as Installation

LEGAL_BASES = (
    "Undang-Undang Nomor 23 Tahun 2014 tentang Pemerintahan Daerah.",
    "Peraturan Presiden Nomor 95 Tahun 2018 tentang Sistem Pemerintahan Berbasis Elektronik.",
    "Peraturan Presiden Nomor 16 Tahun 2018 tentang Pengadaan Barang/Jasa Pemerintah beserta perubahannya.",
    "Peraturan Menteri Keuangan Nomor 131 Tahun 2024 tentang Perlakuan Pajak Pertambahan Nilai.",
)
"""What such requests usually rest on; to be checked each year."""
SERVICE_LEVELS = (
    "Ketersediaan tautan paling sedikit 99,5 % setiap bulan.",
    "Gangguan ditanggapi paling lambat 30 menit dan dipulihkan paling lambat 4 jam.",
)
"""What providers usually hold."""


def office_of(settings: Installation) -> Office:
    """Who asks."""
    given, city = settings.planning, settings.city.name
    return Office(given.government or f"Pemerintah {city}", city, given.office, given.address)


def settings_of(settings: Installation, year: int, permille: int, step_bps: int, ppn_permille: int | None) -> Settings:
    """Accounts, legal bases, levels, and the PPN of a budget year (or the rate that the planner typed)."""
    given = settings.planning
    rule = ppn_rule(date(year, 1, 1))
    ppn = PpnSetting(rule.rate_permille, rule.base.numerator, rule.base.denominator, rule.source)
    if ppn_permille is not None and ppn_permille != rule.rate_permille:
        ppn = PpnSetting(ppn_permille, 1, 1, "diisi perencana")
    return Settings(
        given.account_code, given.account_name, given.activity_code, given.activity_name, ppn,
        _lines(given.legal_bases) or LEGAL_BASES, permille, step_bps, given.addition_permille, given.number_pattern,
        _lines(given.service_levels) or SERVICE_LEVELS,
    )  # fmt: skip


def step_of(settings: Installation) -> int:
    """The step in which capacity is bought, bit/s."""
    return parse_rate(settings.planning.step, "planning.step").down_bps


def templates_of(settings: Installation) -> Templates:
    """The office's templates, where it has any. Raises `ConfigurationError` for a file that cannot be read."""
    usual, given = default_templates(), settings.planning
    docx = _read(given.docx_template, "planning.docx_template") if given.docx_template else usual.docx
    look = _read(given.pdf_template, "planning.pdf_template").decode() if given.pdf_template else usual.look
    return Templates(docx, look)


def template_hash(templates: Templates) -> str:
    """SHA-256 of both."""
    return sha256(templates.docx + b"\0" + templates.look.encode())


def _read(path: str, key: str) -> bytes:
    try:
        return Path(path).expanduser().read_bytes()
    except OSError as error:
        raise ConfigurationError(
            f"{key}: {path!r} cannot be read ({error.strerror}); name a file that is there"
        ) from None


def _lines(text: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in text.splitlines() if line.strip())
