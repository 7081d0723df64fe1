"""The Jinja filters: writers of `web.formatting` and `web.moments` with language and zone filled in."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from zoneinfo import ZoneInfo

from flask_babel import gettext

from web import formatting, moments

_SPOKEN = (
    *(formatting.number, formatting.rate, formatting.measured_rate, formatting.megabits, formatting.megabits_limit),
    *(formatting.volume, formatting.volume_limit, formatting.gigabytes, formatting.exact_octets),
    *(formatting.percent, formatting.rupiah, moments.duration),
)
_DATED = (
    *(moments.date_long, moments.date_full, moments.date_short, moments.day_month),
    *(moments.weekday_short, moments.month_name, moments.stamp),
)
Filter = Callable[..., str]


def filters(zone: ZoneInfo, language: Callable[[], str]) -> dict[str, Filter]:
    """Each writer under its own name (`{{ bps|rate }}`, `{{ at|clock_time }}`); `language` is asked at each use."""

    def in_language(write: Filter) -> Filter:
        return lambda value, *more: write(value, language(), *more)

    def on_the_day(write: Filter) -> Filter:
        return lambda moment: write(moment, zone, language())

    def rate_pair(down: int | None, up: int | None) -> str:
        return formatting.rate_pair(down, up, language())

    def near(moment: datetime | None, now: datetime) -> str:
        return moments.near(moment, now, zone, language())

    def day_at(moment: datetime) -> str:
        day = moments.day_month(moment, zone, language())
        return gettext("%(day)s at %(time)s", day=day, time=moments.clock_time(moment, zone))

    def date_at(moment: datetime | None) -> str:
        if moment is None:
            return formatting.UNKNOWN
        day = moments.date_long(moment, zone, language())
        return gettext("%(day)s at %(time)s", day=day, time=moments.clock_time(moment, zone))

    return {
        **{write.__name__: in_language(write) for write in _SPOKEN},
        **{write.__name__: on_the_day(write) for write in _DATED},
        "rate_pair": rate_pair,
        "near": near,
        "moment": lambda at_s: None if at_s is None else datetime.fromtimestamp(at_s, UTC),
        "day_at": day_at,
        "date_at": date_at,
        "iso": moments.iso,
        "clock_time": partial(moments.clock_time, zone=zone),
        "clock_time_zone": partial(moments.clock_time_zone, zone=zone),
    }
