"""Does it report, as often as asked, with all that counting needs, and the right way round? Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from statistics import median_low
from typing import Protocol

from netquota.services.class_token import Granted
from netquota.services.gateway_config import Part
from netquota.services.gateway_doctor.arrivals import FOREIGN_CLASS, RECENT_S
from netquota.services.gateway_doctor.findings import Finding, Level, What
from netquota.storage.gateway_evidence import Evidence, SessionTrace

LONG_WITHOUT_S = 900
_PATIENCE_S = 300
_LOGINS = 3
_ENOUGH_OCTETS = 1_000_000_000
_NEAR_WRAP = 2**31
DIRECTION_DAYS = 3


Traces = Sequence[SessionTrace]


class ReadsClass(Protocol):
    """What a Class token granted (services.class_token)."""

    def granted(self, token: bytes | None) -> Granted | None:
        """None where it is absent or not ours."""
        ...


def accounting(found: Evidence, now_s: int) -> Iterator[Finding]:
    """Whether log-ins are followed by reports at all."""
    last_s = found.line.last_accounting_s
    unreported = [at for at in found.logins if at < now_s - _PATIENCE_S and (last_s is None or at > last_s)]
    if len(unreported) >= _LOGINS or (last_s is None and unreported):
        values = {"logins": len(unreported)}
        yield Finding(What.NO_ACCOUNTING, Level.BAD, min(unreported), values=values, part=Part.ACCOUNTING)
    elif last_s is None and found.line.last_packet_s is not None:
        first_s = min((row.first_packet_s for row in found.line.gateways if row.first_packet_s), default=None)
        yield Finding(What.NEVER_ACCOUNTED, Level.BAD, first_s, part=Part.ACCOUNTING)
    elif last_s is not None and not found.sessions:
        yield Finding(What.NO_SESSION, Level.OK, last_s, values={"minutes": (now_s - last_s) // 60})


def interims(found: Evidence, now_s: int, reader: ReadsClass) -> Iterator[Finding]:
    """Whether running sessions report while they run, and as often as their log-in's answer asked."""
    sessions = found.sessions
    if not sessions or found.line.last_accounting_s is None:
        return
    asked_s = median_low([_asked(one, reader) for one in sessions])
    fault = _no_interim(sessions, now_s) or _late(sessions, now_s, asked_s) or _own_interval(sessions, asked_s, reader)
    yield fault or Finding(What.REPORTS, Level.OK, values={"sessions": len(sessions), "asked_s": asked_s})


def _no_interim(sessions: Traces, now_s: int) -> Finding | None:
    begun_s = min(one.started_s for one in sessions)
    if now_s - begun_s <= LONG_WITHOUT_S or any(one.last_event_s > one.started_s for one in sessions):
        return None
    return Finding(What.NO_INTERIM, Level.BAD, begun_s, values={"sessions": len(sessions)}, part=Part.INTERIM)


def _late(sessions: Traces, now_s: int, asked_s: int) -> Finding | None:
    late = [one.last_arrival_s for one in sessions if now_s - one.last_arrival_s > 2 * one.interim_s]
    if 2 * len(late) <= len(sessions):
        return None
    values = {"late": len(late), "sessions": len(sessions), "asked_s": asked_s}
    return Finding(What.LATE_INTERIM, Level.WARN, min(late), values=values, part=Part.INTERIM)


def _own_interval(sessions: Traces, asked_s: int, reader: ReadsClass) -> Finding | None:
    """A session's interval grows with the gaps between its reports, so a longer one is the gateway's own."""
    longer = [one for one in sessions if one.interim_s > _asked(one, reader) * 5 // 4]
    if 2 * len(longer) <= len(sessions):
        return None
    values = {"own_s": median_low([one.interim_s for one in longer]), "asked_s": asked_s}
    since_s = min(one.started_s for one in longer)
    return Finding(What.OTHER_INTERVAL, Level.WARN, since_s, values=values, part=Part.INTERIM)


def _asked(session: SessionTrace, reader: ReadsClass) -> int:
    granted = reader.granted(session.class_token)
    return session.interim_s if granted is None else granted.interim_s


def identifiers(found: Evidence) -> Iterator[Finding]:
    """Whether reports bear what ties them to their log-in, and by what CoA finds the session."""
    without_class = [one.started_s for one in found.sessions if one.class_token is None]
    without_address = [one.started_s for one in found.sessions if not one.framed_ip]
    sessions = len(found.sessions)
    for what, part, without in (
        (What.NO_CLASS, Part.CLASS, without_class),
        (What.NO_FRAMED_IP, Part.FRAMED_IP, without_address),
    ):
        if 2 * len(without) > sessions:
            values = {"without": len(without), "sessions": sessions}
            yield Finding(what, Level.WARN, min(without), values=values, part=part)


def foreign_classes(found: Evidence, now_s: int) -> Iterator[Finding]:
    """Reports whose log-in somebody else answered."""
    for problem in found.line.problems:
        if problem.cause == FOREIGN_CLASS and now_s - problem.last_s <= RECENT_S:
            values = {"packets": problem.packets}
            yield Finding(What.FOREIGN_CLASS, Level.WARN, problem.first_s, values=values, part=Part.CLASS)


def counters(found: Evidence, wraps_known: bool) -> Iterator[Finding]:
    """Totals that fell, or will: counters of 32 bits begin again at 4 GiB."""
    fell = [one.last_event_s for one in found.sessions if one.flag == "fell"]
    if fell:
        yield Finding(What.FELL, Level.BAD, min(fell), values={"sessions": len(fell)}, part=Part.GIGAWORDS)
    plain = [one.started_s for one in found.sessions if not one.has_gigawords and _is_near_wrap(one)]
    if plain and not wraps_known:
        yield Finding(What.NO_GIGAWORDS, Level.WARN, min(plain), values={"sessions": len(plain)}, part=Part.GIGAWORDS)


def _is_near_wrap(session: SessionTrace) -> bool:
    return max(session.input_octets, session.output_octets) >= _NEAR_WRAP


def direction(name: str, flows: Sequence[tuple[int, int, int]], is_reversed: bool) -> Iterator[Finding]:
    """People download more than they upload; `flows` are (day's first second, down, up) octets of whole days.

    `is_reversed`: how its input and output are read now.
    """
    down, up = sum(flow[1] for flow in flows), sum(flow[2] for flow in flows)
    if down + up < _ENOUGH_OCTETS:
        return
    values = {"down_octets": down, "up_octets": up, "days": DIRECTION_DAYS}
    if down >= up:
        yield Finding(What.DIRECTION, Level.OK, values=values)
        return
    since_s = min(at for at, day_down, day_up in flows if day_down < day_up)
    command = f"netquota nas set {name} --octets-reversed {'no' if is_reversed else 'yes'}"
    yield Finding(What.REVERSED, Level.WARN, since_s, values=values, part=Part.DIRECTION, command=command)
