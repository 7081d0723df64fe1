"""The longer parts of notices in words: the day's summary, the month by office and link. Lines, as phones read them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any, cast
from zoneinfo import ZoneInfo

from netquota.domain.units import format_bps, format_octets
from netquota.services.words import MONTHS, moment

Facts = Mapping[str, Any]


def day_text(day: date, language: str) -> str:
    """`23 November 2026`."""
    return f"{day.day} {month_text(day, language)}"


def month_text(day: date, language: str) -> str:
    """`November 2026`."""
    return f"{MONTHS['en' if language == 'en' else 'id'][day.month - 1]} {day.year}"


# name in the facts -> Indonesian, English; each is a count
_COUNTS: tuple[tuple[str, str, str], ...] = (
    ("people", "Pegawai aktif", "Active employees"),
    ("sessions", "Sesi berjalan", "Sessions now"),
    ("attempts", "Upaya masuk 24 jam", "Log-ins in 24 hours"),
    ("refused", "Ditolak", "Refused"),
    ("given_up", "Pemberitahuan yang gagal", "Notices not delivered"),
)


def summary(facts: Facts, language: str, zone: ZoneInfo) -> str:
    """The day in lines: counts, the last copy, what stands wrong."""
    english = language == "en"
    lines = [f"{en if english else indonesian}: {facts[name]}" for name, indonesian, en in _COUNTS]
    backup_s = facts.get("backup_s")
    last = ("never" if english else "belum pernah") if backup_s is None else moment(int(backup_s), language, zone)
    lines.append(f"{'Last copy of the database' if english else 'Salinan basis data terakhir'}: {last}")
    troubles = cast("Sequence[Sequence[str]]", facts["troubles"])
    lines += ["", ("Needs attention:" if english else "Perlu perhatian:")] if troubles else []
    lines += [f"- {each[1 if english else 0]}" for each in troubles]
    if not troubles:
        lines += ["", "Nothing needs attention." if english else "Tidak ada yang perlu perhatian."]
    return "\n".join(lines)


def monthly_table(facts: Facts, language: str) -> str:
    """Links, then offices: volume, P95, share of time at the limit, how much of the month is known."""
    english = language == "en"
    headings = ("Provider links", "Offices") if english else ("Tautan penyedia", "OPD")
    parts: list[str] = []
    for heading, name in zip(headings, ("links", "opds"), strict=True):
        parts += [heading, *_lines(cast("Sequence[Facts]", facts[name]), english), ""]
    return "\n".join(parts).strip()


def _lines(rows: Sequence[Facts], english: bool) -> Iterator[str]:
    if not rows:
        yield "-"
    language = "en" if english else "id"
    for row in rows:
        down, up = format_octets(int(row["down"]), language), format_octets(int(row["up"]), language)
        told = [f"{down} {'down' if english else 'unduh'}, {up} {'up' if english else 'unggah'}"]
        told += [_p95(row, language)] if row["p95_bps"] is not None else []
        if row["at_limit_permille"] is not None:
            share = _share(int(row["at_limit_permille"]), language)
            told.append(f"{share} of the time at the limit" if english else f"{share} waktu di batas")
        if int(row["known_permille"]) < 900:
            known = _share(int(row["known_permille"]), language)
            told.append(f"only {known} of the month is known" if english else f"hanya {known} bulan ini terukur")
        yield f"{row['name']}: {'; '.join(told)}"


def _p95(row: Facts, language: str) -> str:
    told = f"P95 {format_bps(int(row['p95_bps']), language)}"
    if row["limit_bps"] is None:
        return told
    return f"{told} {'of' if language == 'en' else 'dari'} {format_bps(int(row['limit_bps']), language)}"


def _share(permille: int, language: str) -> str:
    whole, tenth = divmod(permille, 10)
    return f"{whole}{'.' if language == 'en' else ','}{tenth} %"
