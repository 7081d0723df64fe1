"""Alarms in words, Indonesian and English: what does not happen, and what to do. The same on every page."""

from __future__ import annotations

from netquota.domain.alarms import Alarm, AlarmCause

# what (Indonesian, English), what to do (Indonesian, English)
_WORDS: dict[AlarmCause, tuple[str, str, str, str]] = {
    AlarmCause.NO_WORKER: (
        "{number} perintah menunggu dan tidak ada proses RADIUS yang mengirimnya",
        "{number} orders wait and no RADIUS process sends them",
        "Periksa apakah `netquota serve` berjalan dan lognya.",
        "See whether `netquota serve` runs, and its log.",
    ),
    AlarmCause.ACCOUNTING_SILENT: (
        "ada yang masuk, tetapi tidak ada laporan pemakaian",
        "people log in, but no use is reported",
        "Nyalakan accounting di gerbang dan buka port 1813/UDP; tanpa itu kuota tidak terhitung.",
        "Switch accounting on at the gateway and open UDP port 1813; without it no quota is counted.",
    ),
    AlarmCause.NO_INTERIMS: (
        "{number} sesi berjalan tanpa laporan berkala",
        "{number} sessions run without interim reports",
        "Biarkan gerbang memakai selang dari RADIUS (radius-interim-update=received) dan periksa sambungannya.",
        "Let it take the interval from RADIUS (radius-interim-update=received), and look at its line.",
    ),
    AlarmCause.WRONG_SECRET: (
        "paketnya ditolak karena kunci bersama salah",
        "its packets are dropped, as the shared secret is wrong",
        "Samakan kunci bersama di gerbang dan di sini.",
        "Make the shared secret the same at the gateway and here.",
    ),
    AlarmCause.TOO_MANY_GATEWAYS: (
        "lebih banyak nama gerbang (NAS-Identifier) dari yang diizinkan; laporan dari nama baru ditolak",
        "names more gateways (NAS-Identifier) than it may; what new ones report is refused",
        "Periksa nama gerbang di sana; naikkan radius.gateways_per_client bila memang sebanyak itu.",
        "See which names it sends; raise radius.gateways_per_client if there are so many.",
    ),
    AlarmCause.COA_FAILING: (
        "perintah ke sesi yang berjalan (CoA) tidak berfungsi",
        "orders to running sessions (CoA) do not work",
        "Izinkan CoA di gerbang (`/radius incoming set accept=yes port=3799`) dan buka port UDP itu dari sini.",
        "Let it take CoA (`/radius incoming set accept=yes port=3799`) and open that UDP port from here.",
    ),
    AlarmCause.ORDERS_LATE: (
        "{number} perintah menunggu terlalu lama",
        "{number} orders have waited too long",
        "Lihat jawaban gerbang pada perintahnya; gerbang yang lambat perlu lebih banyak waktu.",
        "See the gateway's answers to its orders; a slow one needs more time.",
    ),
}


def told(alarm: Alarm, language: str) -> str:
    """What does not happen, without the gateway's name."""
    return _WORDS[alarm.cause][1 if language == "en" else 0].format(number=alarm.number)


def remedy(alarm: Alarm, language: str) -> str:
    """What to do."""
    return _WORDS[alarm.cause][3 if language == "en" else 2]
