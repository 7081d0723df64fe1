"""Reasons in words, Indonesian and English: the same sentence in a Reply-Message, on a page and on the command line.

Order of a sentence: what happened, whose rule, until when, what to do; formal and without blame.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from netquota.domain.policy import Code, Decision, Reason, Rule
from netquota.domain.units import format_octets, format_rate

MONTHS = {
    "id": "Januari Februari Maret April Mei Juni Juli Agustus September Oktober November Desember".split(),
    "en": "January February March April May June July August September October November December".split(),
}
_UNTOLD = "–"
_MORE = "…"
MOST_OCTETS = 253
_ZONES = {7: "WIB", 8: "WITA", 9: "WIT"}

# {source} whose rule, {rate} its rate, {used} and {limit} octets or devices, {until} a local moment, {note} why.
_SENTENCES: dict[Code, tuple[str, str]] = {
    Code.ACTIVE: ("Akun aktif.", "The account is active."),
    Code.UNKNOWN: (
        "NIP atau sandi tidak cocok. Periksa huruf besar, lalu coba lagi.",
        "NIP or password does not match. Check capitals and try again.",
    ),
    Code.WRONG_PASSWORD: (
        "NIP atau sandi tidak cocok. Periksa huruf besar, lalu coba lagi.",
        "NIP or password does not match. Check capitals and try again.",
    ),
    Code.HELD_OFF: (
        "Terlalu banyak sandi salah untuk akun ini. Coba lagi semenit lagi.",
        "Too many wrong passwords for this account. Try again in a minute.",
    ),
    Code.SUSPENDED: (
        "Akun ini dinonaktifkan{note}. Hubungi operator kantor Anda.",
        "This account is suspended{note}. Contact your office's operator.",
    ),
    Code.LEFT: (
        "Akun ini sudah ditutup. Hubungi operator kantor Anda bila keliru.",
        "This account is closed. Contact your office's operator if that is wrong.",
    ),
    Code.NOT_YET_VALID: (
        "Akun ini berlaku mulai {until}. Masuk lagi sesudahnya.",
        "This account is valid from {until}. Log in again after that.",
    ),
    Code.EXPIRED: (
        "Masa berlaku akun ini habis pada {until}. Minta perpanjangan kepada operator kantor Anda.",
        "This account expired on {until}. Ask your office's operator to extend it.",
    ),
    Code.OPD_SUSPENDED: (
        "Layanan untuk {source} sedang dihentikan. Hubungi Diskominfo.",
        "Service for {source} is suspended. Contact the ICT office.",
    ),
    Code.NO_PLAN: (
        "Akun ini belum mendapat paket. Hubungi operator kantor Anda.",
        "This account has no plan yet. Contact your office's operator.",
    ),
    Code.NO_CEILING: (
        "Lokasi {source} belum mempunyai batas atas, sehingga sambungannya tidak dapat dibatasi. Hubungi Diskominfo.",
        "Site {source} has no ceiling yet, so its line cannot be limited. Contact the ICT office.",
    ),
    Code.ELSEWHERE: (
        "Akun sambungan {source} hanya berlaku di gerbang lokasinya sendiri. Masuk dengan akun pegawai di sini.",
        "The line account {source} is good at its own site's gateway alone. Log in with an employee's account here.",
    ),
    Code.CIRCUIT_RATE: (
        "Sambungan {source}: seluruh batas atas {rate}.",
        "Line of {source}: the whole ceiling {rate}.",
    ),
    Code.DEVICES_FREE: ("Perangkat {used} dari {limit}.", "Device {used} of {limit}."),
    Code.DEVICES_REPLACED: (
        "Perangkat ini menggantikan sesinya yang lama; {used} dari {limit}.",
        "This device replaces its older session; {used} of {limit}.",
    ),
    Code.DEVICES_END_IDLE: (
        "Perangkat terpakai {used} dari {limit}; yang paling lama diam diputus.",
        "Devices in use {used} of {limit}; the longest idle one is ended.",
    ),
    Code.DEVICES_FULL: (
        "Anda memakai {used} dari {limit} perangkat. Putuskan satu untuk masuk di sini.",
        "You use {used} of {limit} devices. End one to log in here.",
    ),
    Code.OUTSIDE_HOURS: (
        "Di luar jam layanan {source}. Masuk lagi {until}.",
        "Outside the hours of {source}. Log in again {until}.",
    ),
    Code.WITHIN_HOURS: ("Dalam jam layanan {source}{until_if}.", "Within the hours of {source}{until_if}."),
    Code.WINDOW_RATE: ("Jadwal {source}: {rate}{until_if}.", "Schedule {source}: {rate}{until_if}."),
    Code.PLAN_RATE: ("Paket {source}: {rate}.", "Plan {source}: {rate}."),
    Code.OVERRIDE_RATE: ("Batas khusus pegawai: {rate}{until_if}{note}.", "Personal limit: {rate}{until_if}{note}."),
    Code.BOOST_RATE: (
        "Tambahan sementara untuk {source}: {rate}{until_if}{note}.",
        "Extra for {source} for a time: {rate}{until_if}{note}.",
    ),
    Code.TURN_RATE: (
        "Giliran {source}: {rate}{until_if}.",
        "Turn in {source}: {rate}{until_if}.",
    ),
    Code.TURN_OWN: ("Giliran {source} sedang berjalan{until_if}.", "It is the turn in {source}{until_if}."),
    Code.TURN_WAITS: ("Giliran {source} berikutnya: {until}.", "Next turn in {source}: {until}."),
    Code.TURN_CHOSEN: (
        "Giliran {source} berikutnya dimulai {until}, untuk OPD yang paling lama menunggu.",
        "The next turn in {source} begins {until}, for the office that waited longest.",
    ),
    Code.EVENT_RATE: (
        "Tambahan {source}: {rate}{until_if}{note}.",
        "Extra of {source}: {rate}{until_if}{note}.",
    ),
    Code.EVENT_CUT: (
        "Dikurangi sementara ({source}) menjadi {rate}{until_if}{note}.",
        "Cut for a time ({source}) to {rate}{until_if}{note}.",
    ),
    Code.CEILING_ABOVE: ("Batas atas {source} {rate}: tidak mengurangi.", "Ceiling of {source} {rate}: no effect."),
    Code.CEILING_CAPS: ("Dibatasi batas atas {source}: {rate}.", "Capped by the ceiling of {source}: {rate}."),
    Code.SHARE_OF_CEILING: (
        "Bagian dari batas atas {source}, yang dibagi menurut pemakaian: {rate}.",
        "Part of the ceiling of {source}, which is shared by use: {rate}.",
    ),
    Code.CEILING_FULL: (
        "Batas atas {source} sedang terpakai penuh. Coba lagi sebentar lagi.",
        "The ceiling of {source} is fully used just now. Try again in a moment.",
    ),
    Code.QUOTA_LEFT: ("Kuota {source}: {used} dari {limit} terpakai.", "Quota {source}: {used} of {limit} used."),
    Code.QUOTA_WARNED: (
        "Kuota {source} hampir habis: {used} dari {limit}. Penuh kembali {until}.",
        "Quota {source} is nearly spent: {used} of {limit}. It refills on {until}.",
    ),
    Code.QUOTA_THROTTLED: (
        "Kecepatan Anda {rate} karena kuota {source} habis: {used} dari {limit}. Penuh kembali {until}.",
        "Your speed is {rate} because quota {source} is spent: {used} of {limit}. It refills on {until}.",
    ),
    Code.QUOTA_SPENT: (
        "Kuota {source} habis: {used} dari {limit}. Penuh kembali {until}, atau ajukan tambahan.",
        "Quota {source} spent: {used} of {limit}. It refills on {until}, or ask for more.",
    ),
    Code.QUOTA_NOTIFIED: (
        "Kuota {source} terlampaui: {used} dari {limit}. Penuh kembali {until}.",
        "Quota {source} is exceeded: {used} of {limit}. It refills on {until}.",
    ),
    Code.QUOTA_HELD: (
        "Sisa kuota {source} sedang dipakai perangkat lain: {used} dari {limit} terpakai. Coba lagi nanti.",
        "What is left of quota {source} is held by other devices: {used} of {limit} used. Try again later.",
    ),
    Code.QUOTA_STEP: (
        "Kecepatan Anda {rate} karena kuota {source} sudah {used} dari {limit}. Penuh kembali {until}.",
        "Your speed is {rate} because {used} of {limit} of quota {source} is used. It refills on {until}.",
    ),
    Code.QUOTA_LANDING: (
        "Kecepatan Anda {rate} agar sisa kuota {source} cukup sampai hitungan berikutnya: {used} dari {limit}.",
        "Your speed is {rate} to last until the next count of quota {source}: {used} of {limit}.",
    ),
    Code.FLOOR_HOLDS: ("Kecepatan tidak pernah di bawah {rate}.", "The speed is never under {rate}."),
    Code.PAUSED: (
        "Penegakan sedang dijeda{until_if}; pemakaian tetap dihitung.",
        "Enforcement is paused{until_if}; use is still counted.",
    ),
    Code.TRY_LATER: (
        "Layanan sedang sibuk. Coba lagi sebentar lagi.",
        "The service is busy. Try again in a moment.",
    ),
    Code.TOO_MANY_GATEWAYS: (
        "Gerbang {source} belum diterima: terlalu banyak nama gerbang dari alamat yang sama. Hubungi admin.",
        "Gateway {source} is not admitted: too many gateways' names come from its address. Tell the admin.",
    ),
    Code.ENDED_BY_ADMIN: (
        "Sesi ini diakhiri admin{note}. Masuk lagi.",
        "An admin ended this session{note}. Log in again.",
    ),
    Code.ENDED_BY_OWNER: (
        "Perangkat ini diputus dari halaman kuota. Masuk lagi bila perlu.",
        "This device was ended from the quota page. Log in again if you need it.",
    ),
}


def sentence(reason: Reason, language: str, zone: ZoneInfo) -> str:
    """The reason in words; `language` "id" or "en", moments in `zone`."""
    indonesian = language != "en"
    words = _SENTENCES[reason.code][0 if indonesian else 1]
    until = None if reason.until_s is None else moment(reason.until_s, language, zone)
    until_if = "" if until is None else f" {'sampai' if indonesian else 'until'} {until}"
    return words.format(
        source=_natural_key(reason) or _UNTOLD,
        rate=_UNTOLD if reason.rate is None else format_rate(reason.rate, language),
        used=_amount(reason, reason.used, language),
        limit=_amount(reason, reason.limit, language),
        until=until or ("nanti" if indonesian else "later"),
        until_if=until_if,
        note=f" ({reason.note})" if reason.note else "",
    )


def told(decision: Decision, language: str, zone: ZoneInfo) -> str:
    """The one sentence that says most: the refusal, or the last reason in force of the decision's cause."""
    refusal = decision.refusal
    if refusal is not None:
        return sentence(refusal, language, zone)
    found = [reason for reason in decision.reasons if reason.code is decision.cause and reason.in_force]
    return sentence(found[-1], language, zone) if found else ""


def reply(decision: Decision, language: str, zone: ZoneInfo, contact: str = "") -> str:
    """What is told, as a Reply-Message carries it (RFC 2865 §5.18): with whom to call, where there is room for it.

    A note or name that is too long is shortened, so that the remedy, which comes last, is never cut off.
    """
    found = told(decision, language, zone)
    refusal = decision.refusal
    if refusal is not None and (over := len(found.encode()) - MOST_OCTETS) > 0:
        refusal = replace(refusal, note=_shortened(refusal.note, over))
        found = sentence(refusal, language, zone)
    if refusal is not None and (over := len(found.encode()) - MOST_OCTETS) > 0:
        found = sentence(replace(refusal, source=_shortened(refusal.source, over)), language, zone)
    whom = f" {'Help' if language == 'en' else 'Bantuan'}: {contact}" if contact and refusal is not None else ""
    return found + whom if len((found + whom).encode()) <= MOST_OCTETS else found


def _shortened(text: str, octets: int) -> str:
    """The text with at least so many octets fewer, and a mark that it is."""
    kept = max(0, len(text.encode()) - octets - len(_MORE.encode()))
    return text.encode()[:kept].decode(errors="ignore").rstrip() + _MORE if text else ""


def story(reasons: Sequence[Reason], language: str, zone: ZoneInfo) -> list[str]:
    """All reasons in words, in the order in which they were asked."""
    return [sentence(reason, language, zone) for reason in reasons]


def moment(at_s: int, language: str, zone: ZoneInfo) -> str:
    """A moment as the office writes it: `1 Desember pukul 00.00 WIB`, `1 December at 00.00 WIB`."""
    local = datetime.fromtimestamp(at_s, UTC).astimezone(zone)
    months = MONTHS["en" if language == "en" else "id"]
    offset = local.utcoffset()
    hours = None if offset is None else offset.total_seconds() / 3600
    named = _ZONES.get(int(hours), "") if hours in _ZONES else local.tzname() or ""
    at = "at" if language == "en" else "pukul"
    return f"{local.day} {months[local.month - 1]} {at} {local:%H.%M} {named}".rstrip()


def _natural_key(reason: Reason) -> str:
    """Whose rule it is; a plan's source also says through whom it came ("opd:staf")."""
    return reason.source.partition(":")[2] if reason.code is Code.PLAN_RATE else reason.source


def _amount(reason: Reason, number: int | None, language: str) -> str:
    if number is None:
        return _UNTOLD
    return str(number) if reason.rule is Rule.DEVICES else format_octets(number, language)
