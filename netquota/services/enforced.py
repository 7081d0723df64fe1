"""What was enforced, each entry in the words of `explain`: what was done to whom, why, and what became of it."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from netquota.domain.policy import Code, Reason, Rule
from netquota.domain.units import NO_BREAK_SPACE, Rate, format_rate
from netquota.services.explain_words import ORDER_STATES
from netquota.services.reasons import reasons_from_json
from netquota.services.words import sentence, story
from netquota.storage.enforced_report import Enforced, EnforcedKind

_DONE: dict[EnforcedKind, tuple[str, str]] = {
    EnforcedKind.REFUSED: ("ditolak masuk", "log-in refused"),
    EnforcedKind.SLOWED: ("diperlambat", "slowed"),
    EnforcedKind.LIMITED: ("batas baru", "new limit"),
    EnforcedKind.ENDED: ("sesi diputus", "session ended"),
}
_AT_LOGIN = ("saat masuk", "at log-in")
COLUMNS = (
    "at", "what", "username", "name", "opd", "nas", "gateway", "mac", "down_bps", "up_bps", "why", "code", "answer",
    "error_cause", "tries", "took_ms",
)  # fmt: skip
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def done(kind: EnforcedKind, language: str) -> str:
    """What was done, in a word or two."""
    return _DONE[kind][_index(language)]


def what(one: Enforced, language: str) -> str:
    """What was done, with the rate where there is one."""
    if one.down_bps is None or one.up_bps is None:
        return done(one.kind, language)
    return f"{done(one.kind, language)}: {format_rate(Rate(one.down_bps, one.up_bps), language)}"


def answer(one: Enforced, language: str) -> str:
    """What became of it: the gateway's answer, with its cause's number; a log-in took effect at once."""
    if one.state is None:
        return _AT_LOGIN[_index(language)]
    cause = "" if one.error_cause is None else f" ({one.error_cause})"
    return f"{ORDER_STATES[one.state][_index(language)]}{cause}"


def why(one: Enforced, language: str, zone: ZoneInfo) -> str:
    """The reason in one sentence, the same as everywhere."""
    reasons = reasons_from_json(one.reasons)
    found = [reason for reason in reasons if reason.code == one.code and reason.in_force] or list(reasons[-1:])
    if found:
        return sentence(found[-1], language, zone)
    return sentence(Reason(Rule.CREDENTIAL, Code(one.code)), language, zone) if one.code in set(Code) else one.code


def steps(one: Enforced, language: str, zone: ZoneInfo) -> list[str]:
    """All reasons of the decision, in the order in which they were asked."""
    return story(reasons_from_json(one.reasons), language, zone)


def row(one: Enforced, language: str, zone: ZoneInfo) -> tuple[object, ...]:
    """One entry as `COLUMNS`: numbers as numbers, times in ISO with the zone's offset."""
    at = datetime.fromtimestamp(one.at_ms / 1000, UTC).astimezone(zone).isoformat(timespec="milliseconds")
    return (
        at, done(one.kind, language), one.username, one.name, one.opd, one.nas, one.gateway, one.mac, one.down_bps,
        one.up_bps, _plain(why(one, language, zone)), one.code, answer(one, language), one.error_cause,
        one.attempts or None, one.took_ms,
    )  # fmt: skip


def as_csv(entries: Iterable[Enforced], language: str, zone: ZoneInfo) -> Iterator[str]:
    """The lines of a CSV file, heading first; no cell begins a formula."""
    yield _line(COLUMNS)
    for one in entries:
        yield _line(row(one, language, zone))


def _line(cells: Iterable[object]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer).writerow([_safe(cell) for cell in cells])
    return buffer.getvalue()


def _safe(cell: object) -> object:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell


def _plain(text: str) -> str:
    return text.replace(NO_BREAK_SPACE, " ")


def _index(language: str) -> int:
    return 1 if language == "en" else 0
