"""Notices to people: which there are, for whom, how urgent; when one may go out, and when one is given up. Pure.

Instants are epoch seconds. How a notice reads is notice_text.py's and the office's templates' affair.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from netquota.domain.periods import local_instant
from netquota.errors import InvalidValue

DAY_S: Final = 86_400
FIRST_WAIT_S: Final = 60
LONGEST_WAIT_S: Final = 3600
BUNDLE: Final = 20
"""Most notices in one message."""


class Audience(StrEnum):
    """Who is told, by what they are for the city."""

    EMPLOYEE = "employee"
    OPERATOR = "operator"
    ADMIN = "admin"
    PLANNER = "planner"


class Channel(StrEnum):
    """The way a notice goes."""

    MAIL = "mail"
    TELEGRAM = "telegram"
    WEBHOOK = "webhook"


class Topic(StrEnum):
    """What a notice is about; also the name of its templates."""

    QUOTA_WARNED = "quota_warned"
    QUOTA_SPENT = "quota_spent"
    POOL_WARNED = "pool_warned"
    POOL_SPENT = "pool_spent"
    REQUEST_DECIDED = "request_decided"
    APPLICATIONS_DUE = "applications_due"
    SHEET_DUE = "sheet_due"
    GATEWAY_SILENT = "gateway_silent"
    NOT_ENFORCED = "not_enforced"
    LINK_FULL = "link_full"
    JOB_FAILED = "job_failed"
    BACKUP_STALE = "backup_stale"
    NOT_DELIVERED = "not_delivered"
    ALARM_OVER = "alarm_over"
    DAILY = "daily"
    MONTHLY = "monthly"
    TEST = "test"


@dataclass(frozen=True, slots=True)
class Kind:
    """One topic: who is told, whether quiet hours hold for it, how long it is worth telling, what templates may name.

    `fields` come with a value as people would read it, for previews and tests.
    """

    audience: Audience
    urgent: bool
    lives_s: int
    fields: Mapping[str, str]


_CITY: Final = {
    "city": "Kota Teluk Arunika",
    "help": "Diskominfo, telepon 123",
    "page": "https://netquota.kota.go.id/…",
}
_QUOTA: Final = _CITY | {
    "name": "Melati Kusuma", "opd": "DISDUKCAPIL", "quota": "Kuota staf bulanan", "used": "8 GB", "limit": "10 GB",
    "percent": "80 %", "until": "1 Desember pukul 00.00 WIB", "rate": "2 Mbit/s / 1 Mbit/s",
    "consequence": "Sesudah habis, kecepatan turun menjadi 2 Mbit/s / 1 Mbit/s.",
}  # fmt: skip
_ALARM: Final = _CITY | {"what": "gw-disdukcapil", "since": "24 November pukul 09.00 WIB"}

KINDS: Final[Mapping[Topic, Kind]] = {
    Topic.QUOTA_WARNED: Kind(Audience.EMPLOYEE, False, 31 * DAY_S, _QUOTA),
    Topic.QUOTA_SPENT: Kind(Audience.EMPLOYEE, False, 31 * DAY_S, _QUOTA),
    Topic.POOL_WARNED: Kind(Audience.OPERATOR, False, 31 * DAY_S, _QUOTA),
    Topic.POOL_SPENT: Kind(Audience.OPERATOR, False, 31 * DAY_S, _QUOTA),
    Topic.REQUEST_DECIDED: Kind(
        Audience.OPERATOR, False, 14 * DAY_S,
        _CITY | {
            "opd": "DISDUKCAPIL", "number": "P-2026-014", "outcome": "disetujui", "person": "Melati Kusuma",
            "size": "20 Mbit/s / 10 Mbit/s", "until": "31 Desember 2026", "why": "layak, batas sering penuh",
        },
    ),
    Topic.APPLICATIONS_DUE: Kind(
        Audience.OPERATOR, False, 14 * DAY_S, _CITY | {"opd": "DISDUKCAPIL", "reported": "26", "offices": "59"}
    ),
    Topic.SHEET_DUE: Kind(
        Audience.OPERATOR, False, 14 * DAY_S,
        _CITY | {"opd": "DISDUKCAPIL", "round": "Tinjauan semester II 2026", "due": "31 Desember 2026"},
    ),
    Topic.GATEWAY_SILENT: Kind(Audience.ADMIN, True, DAY_S, _ALARM),
    Topic.NOT_ENFORCED: Kind(
        Audience.ADMIN, True, DAY_S,
        _ALARM | {"told": "perintah ke sesi yang berjalan (CoA) tidak berfungsi", "remedy": "Izinkan CoA di gerbang."},
    ),
    Topic.LINK_FULL: Kind(
        Audience.ADMIN, False, DAY_S,
        _ALARM | {"used": "96 Mbit/s / 20 Mbit/s", "limit": "100 Mbit/s / 50 Mbit/s", "percent": "96 %"},
    ),
    Topic.JOB_FAILED: Kind(Audience.ADMIN, False, DAY_S, _ALARM | {"result": "OSError: disk full"}),
    Topic.BACKUP_STALE: Kind(Audience.ADMIN, False, DAY_S, _ALARM),
    Topic.NOT_DELIVERED: Kind(
        Audience.ADMIN, True, DAY_S, _ALARM | {"number": "12", "problem": "SMTP: connection refused"}
    ),
    Topic.ALARM_OVER: Kind(Audience.ADMIN, False, DAY_S, _ALARM | {"lasted": "25 menit"}),
    Topic.DAILY: Kind(
        Audience.ADMIN, False, 2 * DAY_S,
        _CITY | {"day": "23 November", "summary": "Gerbang diam: 0", "audit_head": "3f9a…", "audit_entries": "1284"},
    ),
    Topic.MONTHLY: Kind(Audience.PLANNER, False, 14 * DAY_S, _CITY | {"month": "November 2026", "table": "…"}),
    Topic.TEST: Kind(Audience.ADMIN, True, 3600, _CITY | {"name": "Rina"}),
}  # fmt: skip


# -- addresses ------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Address:
    """Where a notice goes: a mail address, a Telegram chat, a telephone number (or name) known to the webhook."""

    channel: Channel
    to: str

    def __str__(self) -> str:
        return f"{self.channel}:{self.to}"


_MAIL = re.compile(r"[^@\s,;<>\"]+@[^@\s,;<>\"]+\.[^@\s,;<>\"]+")
_CHAT = re.compile(r"-?\d{1,20}|@\w{5,32}")


def address_of(text: str, field: str = "address") -> Address:
    """`mail:nama@kota.go.id`, `telegram:-1001234`, `webhook:+62811…`; a bare mail address will do. `InvalidValue`."""
    name, colon, to = text.strip().partition(":")
    if not colon and "@" in text:
        name, to = Channel.MAIL, text.strip()
    if name not in set(Channel):
        remedy = f"begin it with one of {', '.join(f'{channel}:' for channel in Channel)}"
        raise InvalidValue(field, text, remedy)
    channel = Channel(name)
    return Address(channel, _checked(channel, to.strip(), field))


def _checked(channel: Channel, to: str, field: str) -> str:
    if channel is Channel.MAIL and not (to.isascii() and to.isprintable() and _MAIL.fullmatch(to) and len(to) <= 254):
        raise InvalidValue(field, to, "give a mail address such as nama@kota.go.id")
    if channel is Channel.TELEGRAM and _CHAT.fullmatch(to) is None:
        raise InvalidValue(field, to, "give a chat's number, such as -1001234567890, or a channel's @name")
    if channel is Channel.WEBHOOK:
        to = phone_number(to) or to
        if not (0 < len(to) <= 80 and to.isprintable()):
            raise InvalidValue(field, to, "give a telephone number or a name that the webhook's gateway knows")
    return to


def phone_number(text: str) -> str | None:
    """An Indonesian or international number as `+62811…`; None for anything else (E.164: 8 to 15 digits)."""
    digits = re.sub(r"[\s().-]", "", text)
    if digits.startswith("0") and not digits.startswith("00"):
        digits = f"+62{digits[1:]}"
    elif digits.startswith("62"):
        digits = f"+{digits}"
    return digits if re.fullmatch(r"\+[1-9]\d{7,14}", digits) else None


# -- when -----------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class QuietHours:
    """Local hours in which nobody is told what can wait; they may cross midnight. Equal ends: never quiet."""

    begins: time
    ends: time
    zone: ZoneInfo

    def over_at(self, now_s: int) -> int:
        """When what can wait may go out: `now_s`, or the end of the quiet hours that hold then."""
        local = datetime.fromtimestamp(now_s, UTC).astimezone(self.zone)
        if not self._holds(local.time()):
            return now_s
        day: date = local.date()
        if local.time() >= self.ends:  # it ends tomorrow
            day += timedelta(days=1)
        return max(now_s, int(local_instant(day, self.ends, self.zone).timestamp()))

    def _holds(self, moment: time) -> bool:
        if self.begins <= self.ends:
            return self.begins <= moment < self.ends
        return moment >= self.begins or moment < self.ends


def quiet_hours(text: str, zone: ZoneInfo, field: str = "quiet_hours") -> QuietHours:
    """`21:00-06:00`; empty = never. Raises `InvalidValue`."""
    if not text.strip():
        return QuietHours(time(0), time(0), zone)
    begins, dash, ends = text.replace("–", "-").partition("-")
    try:
        found = [time.fromisoformat(part.strip().replace(".", ":").zfill(5)) for part in (begins, ends)]
    except ValueError:
        found = []
    if not dash or len(found) != 2 or any(moment.tzinfo for moment in found):
        raise InvalidValue(field, text, "give two local times such as 21:00-06:00, or nothing")
    return QuietHours(found[0], found[1], zone)


def next_try_s(attempts: int, now_s: int, spread: int = 0, asked_s: int | None = None) -> int:
    """When to try again after so many failures: 1, 2, 4 … minutes, an hour at most, and later by up to a tenth.

    `spread` (a row's number) keeps many from trying in the same second; `asked_s`: how long the other side wants peace.
    """
    wait_s = min(LONGEST_WAIT_S, FIRST_WAIT_S * 2 ** min(attempts - 1, 10))
    wait_s += wait_s * (spread * 2654435761 % 1000) // 10_000
    return now_s + max(wait_s, min(asked_s or 0, LONGEST_WAIT_S))
