"""What a gateway cannot do, why that is believed, and what is done instead: Indonesian and English. No database."""

from __future__ import annotations

from collections.abc import Iterator
from zoneinfo import ZoneInfo

from netquota.domain.fallback import Fallback
from netquota.domain.learning import SILENCE
from netquota.domain.places import Ability, Nas
from netquota.services.facts import Place, fallback_of
from netquota.services.words import moment
from netquota.storage.gateway_store import GatewayRow

_INSTEAD: dict[Fallback, tuple[str, str]] = {
    Fallback.NONE: ("Batas baru berlaku dalam sesi yang berjalan.", "New limits hold in running sessions."),
    Fallback.END: (
        "Batas yang lebih rendah berlaku dengan memutus sesi; yang lebih tinggi mulai masuk berikutnya.",
        "A lower limit ends the session, which logs in again; a higher one waits for the next log-in.",
    ),
    Fallback.SLOW: (
        "Sesi tidak dapat diputus; yang tidak boleh lagi diberi kecepatan terendah.",
        "Sessions cannot be ended; who may not go on is left the least speed.",
    ),
    Fallback.NEXT_LOGIN: (
        "Batas baru berlaku mulai masuk berikutnya; karena itu sesi di sini paling lama {minutes} menit.",
        "New limits wait for the next log-in; so a session lasts {minutes} minutes at most here.",
    ),
}
_CANNOT = {
    "coa_rate": ("Batas baru saat sesi berjalan (CoA)", "New limits while running (CoA)"),
    "disconnect": ("Memutus sesi (Disconnect)", "Ending sessions (Disconnect)"),
}
_WHY = {
    SILENCE: ("tidak dijawab", "no answer"),
    "refused": ("ditolak tanpa alasan", "refused without a cause"),
    "": ("menurut pengaturan atau jenisnya", "by its settings or its make"),
}
_LEARNT = (
    "{what} tidak berfungsi: {why}, sejak {since}; dicoba lagi setelah sehari.",
    "{what} does not work: {why}, since {since}; tried again after a day.",
)
_SAID = ("{what} tidak berfungsi: {why}.", "{what} does not work: {why}.")
_REFUSED = ("ditolak dengan sebab {cause}", "refused with cause {cause}")


def instead(found: Fallback, language: str, longest_session_s: int) -> str:
    """What is done there, in one sentence."""
    return _INSTEAD[found][_index(language)].format(minutes=longest_session_s // 60)


def place_of_row(nas: Nas, row: GatewayRow) -> Place:
    """A gateway as a place, with what was learnt of it."""
    return Place(nas, None, row.coa_rate_works, row.disconnect_works)


def story(nas: Nas, row: GatewayRow, language: str, zone: ZoneInfo, longest_session_s: int) -> list[str]:
    """What it cannot do and why, then what is done instead; empty where nothing is amiss."""
    found = fallback_of(place_of_row(nas, row))
    if found is Fallback.NONE:
        return []
    return [*_faults(found, row, language, zone), instead(found, language, longest_session_s)]


def _faults(found: Fallback, row: GatewayRow, language: str, zone: ZoneInfo) -> Iterator[str]:
    if found is not Fallback.SLOW:
        yield _fault("coa_rate", row.coa_rate_works, row.coa_rate_why, row.coa_rate_since_s, language, zone)
    if found is not Fallback.END:
        yield _fault("disconnect", row.disconnect_works, row.disconnect_why, row.disconnect_since_s, language, zone)


def _fault(what: str, works: Ability, why: str, since_s: int | None, language: str, zone: ZoneInfo) -> str:
    index = _index(language)
    told = _WHY[why][index] if why in _WHY else _REFUSED[index].format(cause=why)
    if works is Ability.NO and since_s is not None:
        since = moment(since_s, language, zone)
        return _LEARNT[index].format(what=_CANNOT[what][index], why=told, since=since)
    return _SAID[index].format(what=_CANNOT[what][index], why=_WHY[""][index])


def _index(language: str) -> int:
    return 1 if language == "en" else 0
