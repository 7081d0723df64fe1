"""What has to arrive from a new gateway until it works, step by step: each seen, wrong (with its finding), or awaited.

Pure, from the same evidence and findings as the doctor's. A fault that was followed by what is right is none any more.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from netquota.services.gateway_doctor.findings import Finding, Level, What
from netquota.storage.gateway_evidence import Evidence


class Step(StrEnum):
    """In the order in which a gateway is brought up."""

    PACKET = "packet"
    SECRET = "secret"  # noqa: S105 - a step, no secret
    SIGNED = "signed"
    SITE = "site"
    LOGIN = "login"
    ACCOUNTING = "accounting"
    INTERIM = "interim"
    COA = "coa"


class State(StrEnum):
    """How a step stands."""

    SEEN = "seen"
    WRONG = "wrong"
    AWAITED = "awaited"


@dataclass(frozen=True, slots=True)
class Check:
    """One step; `finding` says what is wrong, or what was seen."""

    step: Step
    state: State
    finding: Finding | None = None


_FAULTS: Final[Mapping[Step, frozenset[What]]] = {
    Step.PACKET: frozenset({What.STRANGER_NEAR, What.SILENT}),
    Step.SECRET: frozenset({What.WRONG_SECRET}),
    Step.SIGNED: frozenset({What.UNSIGNED, What.NOT_SIGNING}),
    Step.SITE: frozenset({What.NO_SITE, What.UNKNOWN_IDENTITY}),
    Step.LOGIN: frozenset({What.DROPPED}),
    Step.ACCOUNTING: frozenset({What.NO_ACCOUNTING, What.NEVER_ACCOUNTED}),
    Step.INTERIM: frozenset({What.NO_INTERIM, What.LATE_INTERIM, What.OTHER_INTERVAL}),
    Step.COA: frozenset({What.COA_SILENT, What.COA_REFUSED}),
}
_SIGNS: Final[Mapping[Step, frozenset[What]]] = {
    Step.PACKET: frozenset({What.HEARD, What.NEVER_HEARD}),
    Step.INTERIM: frozenset({What.REPORTS}),
    Step.COA: frozenset({What.COA_WORKS, What.COA_UNTRIED}),
}
_PASSING: Final = frozenset({What.WRONG_SECRET, What.UNSIGNED, What.DROPPED})
"""Faults of single packets: what came right after the last of them outweighs them."""


def checklist(found: Evidence, findings: Sequence[Finding], has_site: bool) -> list[Check]:
    """Every step. `findings`: all that the doctor found from this evidence; `has_site`: a site is behind it."""
    return [_check(step, found, findings, has_site) for step in Step]


def is_complete(checks: Sequence[Check]) -> bool:
    """Whether the gateway works: all was seen, but for orders, which may not have been needed yet."""
    return all(check.state is State.SEEN or check.step is Step.COA for check in checks) and not any(
        check.state is State.WRONG for check in checks
    )


def _check(step: Step, found: Evidence, findings: Sequence[Finding], has_site: bool) -> Check:
    seen = _is_seen(step, found, has_site)
    for finding in findings:
        if finding.what in _FAULTS[step] and not (seen and _is_over(finding, found)):
            is_mild = step is Step.ACCOUNTING and finding.what is What.NEVER_ACCOUNTED and not found.logins
            return Check(step, State.AWAITED if is_mild else State.WRONG, finding)
    sign = next((finding for finding in findings if finding.what in _SIGNS.get(step, frozenset())), None)
    return Check(step, State.SEEN if seen else State.AWAITED, sign)


def _is_seen(step: Step, found: Evidence, has_site: bool) -> bool:
    line = found.line
    match step:
        case Step.PACKET:
            return line.last_packet_s is not None or bool(line.problems)
        case Step.SECRET:
            return line.authenticator_seen or line.last_accounting_s is not None or bool(found.logins)
        case Step.SIGNED:
            return line.authenticator_seen or line.authenticator_policy == "off"
        case Step.SITE:
            return has_site and line.last_packet_s is not None
        case Step.LOGIN:
            return bool(found.logins)
        case Step.ACCOUNTING:
            return line.last_accounting_s is not None
        case Step.INTERIM:
            return any(one.last_event_s > one.started_s for one in found.sessions)
        case Step.COA:
            return any(learnt.works == "yes" for row in found.abilities.values() for learnt in row.values())


def _is_over(finding: Finding, found: Evidence) -> bool:
    """Whether something right came after a fault of single packets."""
    if finding.what not in _PASSING or finding.level is Level.OK:
        return False
    causes = [problem.last_s for problem in found.line.problems if problem.first_s == finding.since_s]
    good_s = max(found.line.last_accounting_s or 0, max(found.logins, default=0))
    return bool(causes) and good_s > max(causes)
