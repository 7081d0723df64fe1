"""What templates may say of a notice: its facts as texts, in Indonesian or English."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, cast
from urllib.parse import quote
from zoneinfo import ZoneInfo

from netquota.domain.alarms import Alarm, AlarmCause
from netquota.domain.notices import Topic
from netquota.domain.quota import Action
from netquota.domain.requests import RequestState
from netquota.domain.units import Rate, format_octets, format_rate
from netquota.services import alarm_words
from netquota.services.notice_tables import day_text, month_text, monthly_table, summary
from netquota.services.words import moment

_PAGES: Mapping[Topic, str] = {
    Topic.QUOTA_WARNED: "/kuota",
    Topic.QUOTA_SPENT: "/kuota",
    Topic.POOL_WARNED: "/opds/+opd",
    Topic.POOL_SPENT: "/opds/+opd",
    Topic.REQUEST_DECIDED: "/requests/+number",
    Topic.APPLICATIONS_DUE: "/applications",
    Topic.SHEET_DUE: "/rounds/+number",
    Topic.GATEWAY_SILENT: "/gateways/+what",
    Topic.NOT_ENFORCED: "/gateways/+nas",
    Topic.LINK_FULL: "/links/+what",
    Topic.JOB_FAILED: "/overview",
    Topic.BACKUP_STALE: "/overview",
    Topic.NOT_DELIVERED: "/notices",
    Topic.ALARM_OVER: "/overview",
    Topic.DAILY: "/overview",
    Topic.MONTHLY: "/links",
    Topic.TEST: "/notices",
}
"""Where more is told: a path, or a path and (after +) the fact that ends it."""

_CONSEQUENCES: dict[Action, tuple[str, str]] = {
    Action.THROTTLE: ("kecepatan turun menjadi {rate}", "the speed drops to {rate}"),
    Action.DISCONNECT: ("internet berhenti sampai kuota terisi lagi", "the internet stops until it refills"),
    Action.NOTIFY: ("internet tetap berjalan; pemakaian dicatat", "the internet goes on; the use is noted"),
}

_OUTCOMES: dict[RequestState, tuple[str, str]] = {
    RequestState.APPROVED: ("disetujui", "approved"),
    RequestState.REFUSED: ("ditolak", "refused"),
    RequestState.BUDGET: ("masuk usulan anggaran", "in the budget plan"),
}


@dataclass(frozen=True, slots=True)
class CityWords:
    """What every notice may say of the city; `zone` that of its moments."""

    city: str
    help: str
    url: str
    zone: ZoneInfo

    def values(self, page: str) -> dict[str, str]:
        """As fields, with the address of the page that tells more; empty where nobody said where the pages are."""
        return {"city": self.city, "help": self.help, "page": f"{self.url}{page}" if self.url else ""}


Facts = Mapping[str, Any]


def values_of(topic: Topic, facts: Facts, language: str, words: CityWords) -> dict[str, str]:
    """The fields of a topic but for those of the person who is told."""
    return words.values(_page(topic, facts)) | _FIELDS[topic](facts, language, words)


def _page(topic: Topic, facts: Facts) -> str:
    """The page that tells more; names in it may hold anything."""
    path, _, field = _PAGES[topic].partition("+")
    return f"{path}{quote(str(facts.get(field, '')), safe='')}" if field else path


def _quota(facts: Facts, language: str, words: CityWords) -> dict[str, str]:
    used, entitled = int(facts["used"]), int(facts["entitled"])
    pair = cast("Sequence[int] | None", facts.get("rate"))
    rate = "" if pair is None else format_rate(Rate(pair[0], pair[1]), language)
    told = _CONSEQUENCES[Action(facts["action"])][_at(language)].format(rate=rate)
    return {
        "quota": str(facts.get("quota") or "–"), "used": format_octets(used, language),
        "limit": format_octets(entitled, language), "percent": _percent(used, entitled), "rate": rate,
        "until": moment(int(facts["period_end_s"]), language, words.zone), "consequence": told,
    }  # fmt: skip


def _alarm(facts: Facts, language: str, words: CityWords) -> dict[str, str]:
    since_s = facts.get("since_s")
    since = "" if since_s is None else moment(int(since_s), language, words.zone)
    return {"what": str(facts.get("what", "")), "since": since}


def _not_enforced(facts: Facts, language: str, words: CityWords) -> dict[str, str]:
    cause = AlarmCause(facts["cause"])
    alarm = Alarm(str(facts["nas"]), str(facts["what"]), cause, facts.get("since_s"), int(facts.get("number", 0)))
    told = {"told": alarm_words.told(alarm, language), "remedy": alarm_words.remedy(alarm, language)}
    return _alarm(facts, language, words) | told


def _link(facts: Facts, language: str, words: CityWords) -> dict[str, str]:
    used, limit = (Rate(*cast("tuple[int, int]", tuple(facts[name]))) for name in ("used", "limit"))
    fuller = max((now * 100 // most for now, most in zip(_both(used), _both(limit), strict=True) if most), default=0)
    rates = {"used": format_rate(used, language), "limit": format_rate(limit, language)}
    return _alarm(facts, language, words) | rates | {"percent": f"{fuller} %"}


def _job(facts: Facts, language: str, words: CityWords) -> dict[str, str]:
    return _alarm(facts, language, words) | {"result": str(facts.get("result", ""))}


def _undelivered(facts: Facts, language: str, words: CityWords) -> dict[str, str]:
    told = {"number": str(facts["number"]), "problem": str(facts.get("problem", ""))}
    return _alarm(facts, language, words) | told


def _over(facts: Facts, language: str, words: CityWords) -> dict[str, str]:
    minutes = max(1, int(facts["lasted_s"]) // 60)
    lasted = f"{minutes} {('menit', 'minutes')[_at(language)]}"
    if minutes >= 120:
        lasted = f"{minutes // 60} {('jam', 'hours')[_at(language)]}"
    return _alarm(facts, language, words) | {"lasted": lasted}


def _daily(facts: Facts, language: str, words: CityWords) -> dict[str, str]:
    return {
        "day": day_text(date.fromisoformat(facts["day"]), language), "summary": summary(facts, language, words.zone),
        "audit_head": str(facts["audit_head"]), "audit_entries": str(facts["audit_entries"]),
    }  # fmt: skip


def _monthly(facts: Facts, language: str, _words: CityWords) -> dict[str, str]:
    return {"month": month_text(date.fromisoformat(facts["month"]), language), "table": monthly_table(facts, language)}


def _request(facts: Facts, language: str, _words: CityWords) -> dict[str, str]:
    pair, octets, until = cast("Sequence[int] | None", facts["rate"]), facts["octets"], facts["until"]
    parts = [] if pair is None else [format_rate(Rate(pair[0], pair[1]), language)]
    parts += [] if octets is None else [format_octets(int(octets), language)]
    return {
        "number": str(facts["number"]), "person": str(facts["person"]), "why": str(facts["why"]),
        "outcome": _OUTCOMES[RequestState(facts["state"])][_at(language)], "size": ", ".join(parts),
        "until": "" if until is None else day_text(date.fromisoformat(until), language),
    }  # fmt: skip


def _reporting(facts: Facts, _language: str, _words: CityWords) -> dict[str, str]:
    return {"reported": str(facts["reported"]), "offices": str(facts["offices"])}


def _sheet(facts: Facts, language: str, _words: CityWords) -> dict[str, str]:
    return {"round": str(facts["round"]), "due": day_text(date.fromisoformat(facts["due"]), language)}


def _test(_facts: Facts, _language: str, _words: CityWords) -> dict[str, str]:
    return {}


def _at(language: str) -> int:
    return 1 if language == "en" else 0


def _percent(used: int, entitled: int) -> str:
    return f"{used * 100 // entitled if entitled else 100} %"


def _both(rate: Rate) -> tuple[int, int]:
    return rate.down_bps, rate.up_bps


_FIELDS: Mapping[Topic, Callable[[Facts, str, CityWords], dict[str, str]]] = {
    Topic.QUOTA_WARNED: _quota,
    Topic.QUOTA_SPENT: _quota,
    Topic.POOL_WARNED: _quota,
    Topic.POOL_SPENT: _quota,
    Topic.REQUEST_DECIDED: _request,
    Topic.APPLICATIONS_DUE: _reporting,
    Topic.SHEET_DUE: _sheet,
    Topic.GATEWAY_SILENT: _alarm,
    Topic.NOT_ENFORCED: _not_enforced,
    Topic.LINK_FULL: _link,
    Topic.JOB_FAILED: _job,
    Topic.BACKUP_STALE: _alarm,
    Topic.NOT_DELIVERED: _undelivered,
    Topic.ALARM_OVER: _over,
    Topic.DAILY: _daily,
    Topic.MONTHLY: _monthly,
    Topic.TEST: _test,
}
