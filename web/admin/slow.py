"""The panel "If it is slow": what was found for each session, in words, with what to do and where to go."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from flask import url_for

from netquota.domain.slowness import OF_CEILING, Cause, Finding
from netquota.services import slowness_words
from netquota.services.slowness import Slowness
from netquota.storage.session_report import OpenSession
from web.admin.door import may
from web.components import Mood
from web.rendering import current_language

_MOODS = {
    Cause.NOT_HERE: Mood.OK, Cause.OFFLINE: Mood.SILENT, Cause.OWN_LIMIT: Mood.INFO, Cause.SHARE: Mood.INFO,
    Cause.OWN_QUOTA: Mood.SLOW, Cause.CUT: Mood.SLOW, Cause.GATEWAY_SILENT: Mood.BAD, Cause.PROVIDER_DOWN: Mood.BAD,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Told:
    """One cause: its mood, the words, what to do, at which gateway, where to look; whether no limit is the cause."""

    mood: Mood
    what: str
    remedy: str
    where: str
    url: str
    elsewhere: bool


def told(slow: Sequence[Slowness]) -> list[Told]:
    """All causes, session by session."""
    return list(_told(slow))


def _told(slow: Sequence[Slowness]) -> Iterator[Told]:
    language = current_language()
    for one in slow:
        where = one.session.gateway if one.session is not None and len(slow) > 1 else ""
        for finding in one.findings:
            what = slowness_words.told(finding, language)
            yield Told(
                _MOODS.get(finding.cause, Mood.WARN), what[:1].upper() + what[1:],
                slowness_words.remedy(finding, language), where, _url(finding, one.session), finding.is_elsewhere,
            )  # fmt: skip


def _url(finding: Finding, session: OpenSession | None) -> str:
    """The page of what is the cause, where the person may open it."""
    match finding.cause:
        case Cause.LINK_FULL | Cause.PROVIDER_DOWN | Cause.PROVIDER_LOSSY if may("admin.link"):
            return url_for("admin.link", name=finding.name)
        case Cause.GATEWAY_SILENT | Cause.ORDER_UNANSWERED if may("admin.gateway") and session is not None:
            return url_for("admin.gateway", name=session.nas)
        case Cause.CUT if finding.cut is not None and finding.cut.code not in OF_CEILING:
            return ""
        case Cause.OPD_FULL | Cause.SHARE | Cause.CUT if session is not None and session.host:
            return url_for("admin.opd", code=session.host)
        case _:
            return ""
