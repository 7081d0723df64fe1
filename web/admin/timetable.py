"""Windows of schedules and jobs of the clock in the words of the pages; the form keeps the text that can be typed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from zoneinfo import ZoneInfo

from flask_babel import LazyString, gettext
from flask_babel import lazy_gettext as _

from netquota.domain.schedule import EVERY_DAY, Holidays, Season, Window
from web import formatting, moments
from web.rendering import current_language
from web.wordings import Wordings

_MONDAY = date(2024, 1, 1)
_JOBS: Mapping[str, LazyString] = {
    "roll_over": _("New periods of quotas"),
    "carry_late": _("Late reports into what was carried on"),
    "grants": _("Ends of what was granted until a moment"),
    "edges": _("Turns of schedules, ends of what was granted"),
    "stale": _("End of silent sessions"),
    "close_orders": _("End of orders of ended sessions"),
    "reconcile": _("A look at all sessions"),
    "queues": _("Ceilings of the gateways' queues"),
    "ceilings": _("Additions to ceilings, from and until their days"),
    "drafts": _("Drafts of limits whose time has come"),
    "shadows": _("What drafts in shadow would have done"),
    "outages": _("Outages of provider links, from and until their moments"),
    "turns": _("Ceilings and volume of rotation groups, turn by turn"),
    "ceilings_noted": _("Which ceilings are in force, noted"),
    "interfaces": _("Reading interfaces, asking far ends of links"),
    "roll_up": _("Sums by hour and day"),
    "measure": _("Measures of offices, sites and links"),
    "check_sums": _("Sums compared with samples"),
    "trim": _("Forgetting what lives for minutes"),
    "moves": _("Moves to other offices on the day of the list"),
    "watch": _("Looking for what stands wrong"),
    "daily_notice": _("The day, told to admins"),
    "monthly_notice": _("The month, told to planners"),
    "studies": _("Studies of what offices and links need"),
    "backup": _("Copy of the database"),
    "month_files": _("Files of the months that are over"),
    "backup_trial": _("Trial of the newest copy"),
    "certificate": _("The certificate of the pages"),
    "days_off": _("Days off and the coming Ramadan"),
    "retention": _("Forgetting what was kept long enough"),
}
_RESULTS = Wordings(
    (
        (r"the first look at the clock", _("begins from here")),
        (r"trimmed", _("tidied up")),
        (r"(?P<number>\d+) people moved", _("%(number)s people moved")),
        (
            r"(?P<number>\d+) troubles, (?P<told>\d+) notices",
            _("%(number)s things stand wrong, %(told)s notices written"),
        ),
        (
            (
                r"(?P<answered>\d+) of (?P<asked>\d+) gateways answered, (?P<counted>\d+) interfaces counted,"
                r" (?P<heard>\d+) of (?P<probes>\d+) far ends answered"
            ),
            _("%(answered)s of %(asked)s gateways, %(counted)s interfaces, %(heard)s of %(probes)s far ends"),
        ),
        (
            r"(?P<name>netquota-\S+) restored and read in (?P<seconds>[\d.]+) s, whole: (?P<rows>.*)",
            _("restored and read in %(seconds)s s: whole"),
        ),
        (r"no copy to try yet", _("no copy to try yet")),
        (r"the pages have no https address", _("the pages have no https address")),
        (r"(?P<host>\S+): (?P<days>-?\d+) days left", _("%(host)s: %(days)s days left")),
        (r"(?P<host>\S+) could not be asked: (?P<problem>.*)", _("%(host)s could not be asked: %(problem)s")),
        (r"no folder is set.*", _("no folder is set")),
        (r"(?P<number>\d+) months written.*", _("%(number)s months written")),
        (r"written", _("written")),
        (r"written before", _("was written before")),
        (r"(?P<month>\d{4}-\d\d): written", _("%(month)s written")),
        (r"(?P<month>\d{4}-\d\d): written before", _("%(month)s was written before")),
        (r"(?P<number>\d+) sessions ended at their last news", _("%(number)s sessions ended")),
        (r"(?P<number>\d+) orders superseded", _("%(number)s orders ended")),
        (
            r"(?P<days>\d+) days off added, (?P<gone>\d+) taken out, (?P<ramadans>\d+) Ramadans proposed",
            _("%(days)s days off added, %(gone)s taken out, %(ramadans)s Ramadans proposed"),
        ),
        (r"no queues", _("no queues at gateways")),
        (
            r"(?P<number>\d+) queues ordered, (?P<orders>\d+) orders given up",
            _("%(number)s queues ordered, %(orders)s orders given up"),
        ),
        (r"(?P<number>\d+) corrected", _("%(number)s corrected")),
        (
            r"(?P<ended>\d+) grants ended, (?P<number>\d+) sessions looked at, (?P<orders>\d+) orders",
            _("%(ended)s grants ended, %(number)s sessions looked at, %(orders)s orders"),
        ),
        (
            r"(?P<turned>\d+) outages turned, (?P<orders>\d+) orders",
            _("%(turned)s outages begun or ended, %(orders)s orders"),
        ),
        (
            r"(?P<turns>\d+) turns begun, (?P<number>\d+) sessions looked at, (?P<orders>\d+) orders",
            _("%(turns)s turns begun, %(number)s sessions looked at, %(orders)s orders"),
        ),
        (
            r"(?P<number>\d+) sessions looked at, (?P<orders>\d+) orders, (?P<carried>\d+) carried on",
            _("%(number)s sessions looked at, %(orders)s orders, %(carried)s carried on"),
        ),
        (
            r"(?P<number>\d+) sessions looked at, (?P<orders>\d+) orders",
            _("%(number)s sessions looked at, %(orders)s orders"),
        ),
        (
            (
                r"(?P<decisions>\d+) decisions, (?P<sessions>\d+) sessions, (?P<notices>\d+) notices forgotten;"
                r" (?P<samples>\d+) samples summed and forgotten, (?P<sums>\d+) sums forgotten"
            ),
            _("forgotten: %(decisions)s log-ins, %(sessions)s sessions, %(notices)s notices, %(samples)s samples"),
        ),
        (
            r"(?P<hours>\d+) hours and (?P<days>\d+) days summed, (?P<late>\d+) of them again",
            _("%(hours)s hours and %(days)s days summed, %(late)s of them again"),
        ),
        (r"nothing summed yet", _("nothing summed yet")),
        (r"(?P<number>\d+) sums were wrong and made anew", _("%(number)s sums were wrong and made anew")),
        (r"(?P<number>\d+) ceilings changed", _("%(number)s ceilings changed")),
        (
            r"(?P<number>\d+) ceilings changed, (?P<orders>\d+) orders",
            _("%(number)s ceilings changed, %(orders)s orders"),
        ),
        (
            r"(?P<gateways>\d+) gateways and (?P<probes>\d+) far ends would be asked",
            _("%(gateways)s gateways and %(probes)s far ends would be asked"),
        ),
        (r"(?P<number>\d+) subjects measured over .*", _("%(number)s offices, sites and links measured")),
        (r"(?P<number>\d+) drafts published", _("%(number)s drafts published")),
        (
            r"(?P<number>\d+) drafts in shadow, (?P<days>\d+) days looked at",
            _("%(number)s drafts in shadow, %(days)s days looked at"),
        ),
        (
            r"task (?P<number>\d+) waits for the process that plans",
            _("task %(number)s waits for the process that plans"),
        ),
        (
            r"not tried: (?P<free>\d+) octets are free in (?P<folder>.+), (?P<needed>\d+) are wanted; .*",
            _("not tried: %(free)s octets are free in %(folder)s, %(needed)s are wanted; make room"),
        ),
        (r"wanted by (?P<who>[^:]+): (?P<why>.*)", _("asked for by %(who)s: %(why)s")),
        (r"skipped by (?P<who>[^:]+): (?P<why>.*)", _("left out by %(who)s: %(why)s")),
        (
            r"(?P<file>\S+): \d+ octets, verified; (?P<gone>\d+) old copies deleted",
            _("%(file)s, verified; %(gone)s old copies deleted"),
        ),
    )
)


def window_words(window: Window, zone: ZoneInfo) -> str:
    """`Office hours: Mon–Fri 07.30–16.00, not on holidays, 8 / 2 Mbit/s`."""
    language = current_language()
    parts = [f"{window.name}: {' '.join(filter(None, (_days(window, zone), _hours(window))))}".rstrip(": ")]
    if window.dates is not None:
        parts.append("–".join(moments.date_long(day, zone, language) for day in window.dates))
    if window.holidays is not Holidays.ANY:
        only = window.holidays is Holidays.ONLY
        parts.append(gettext("only on holidays") if only else gettext("not on holidays"))
    if window.season is not Season.ANY:
        only = window.season is Season.ONLY
        parts.append(gettext("only in Ramadan") if only else gettext("not in Ramadan"))
    if window.rate is not None:
        rate = formatting.rate_pair(window.rate.down_bps, window.rate.up_bps, language)
        parts.append(f"{rate} Mbit/s")
    if window.plan_key is not None:
        parts.append(gettext("plan %(plan)s", plan=window.plan_key))
    return ", ".join(parts)


def _days(window: Window, zone: ZoneInfo) -> str:
    """Days in a row as `Mon–Fri`, others one by one; nothing for all of them."""
    if window.weekdays == EVERY_DAY:
        return ""
    days = sorted(window.weekdays)
    names = [moments.weekday_short(date.fromordinal(_MONDAY.toordinal() + day), zone, current_language())
             for day in days]  # fmt: skip
    is_row = len(days) > 2 and days == list(range(days[0], days[-1] + 1))
    return f"{names[0]}–{names[-1]}" if is_row else ", ".join(names)


def _hours(window: Window) -> str:
    if window.from_time == window.to_time:
        return ""
    return f"{window.from_time:%H.%M}–{window.to_time:%H.%M}"


def job(name: str) -> str:
    """What a job of the clock does."""
    return str(_JOBS.get(name, name))


def result(text: str) -> str:
    """What a run of a job told; a failure, and what is not known here, stays as it was written."""
    told = _RESULTS.told(text)
    return text if told is None else told
