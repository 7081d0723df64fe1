"""What can be found out about a gateway from what has arrived: a closed set, with how bad each is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from netquota.services.gateway_config import Part


class Level(StrEnum):
    """How it stands; `BAD` keeps people out, or what is used uncounted or unlimited."""

    OK = "ok"
    WARN = "warn"
    BAD = "bad"


class What(StrEnum):
    """One finding; the words are in `words`."""

    HEARD = "heard"
    NEVER_HEARD = "never_heard"
    SILENT = "silent"
    STRANGER_NEAR = "stranger_near"
    WRONG_SECRET = "wrong_secret"  # noqa: S105
    UNSIGNED = "unsigned"
    NOT_SIGNING = "not_signing"
    DROPPED = "dropped"
    CLOCK = "clock"
    UNKNOWN_IDENTITY = "unknown_identity"
    NO_SITE = "no_site"
    NO_ACCOUNTING = "no_accounting"
    NEVER_ACCOUNTED = "never_accounted"
    NO_SESSION = "no_session"
    NO_INTERIM = "no_interim"
    LATE_INTERIM = "late_interim"
    OTHER_INTERVAL = "other_interval"
    REPORTS = "reports"
    NO_CLASS = "no_class"
    FOREIGN_CLASS = "foreign_class"
    NO_FRAMED_IP = "no_framed_ip"
    FELL = "fell"
    NO_GIGAWORDS = "no_gigawords"
    REVERSED = "reversed"
    DIRECTION = "direction"
    COA_SILENT = "coa_silent"
    COA_REFUSED = "coa_refused"
    COA_WORKS = "coa_works"
    COA_UNTRIED = "coa_untried"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing found. `gateway`: which one behind the client, empty = the client itself; `since_s` epoch seconds.

    `values` fill the sentence; `part` is what of the configuration brings it right at the gateway, and `enter` those
    lines once they were rendered for it; `command` what helps here.
    """

    what: What
    level: Level
    since_s: int | None = None
    gateway: str = ""
    values: Mapping[str, object] = field(default_factory=dict[str, object])
    part: Part | None = None
    command: str = ""
    enter: str = ""
