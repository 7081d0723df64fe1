"""Do changed limits and endings reach it? From what its answers, or its silence, taught. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from netquota.domain.enforcement import OrderKind
from netquota.domain.learning import SILENCE, Learnt
from netquota.domain.places import Ability
from netquota.services.gateway_config import Part
from netquota.services.gateway_doctor.findings import Finding, Level, What
from netquota.storage.gateway_evidence import Evidence

UNANSWERED = 3


def orders(found: Evidence) -> Iterator[Finding]:
    """Each gateway behind the client, by both kinds of order."""
    for row in found.line.gateways:
        name = row.identifier if len(found.line.gateways) > 1 else ""
        yield from _of_gateway(name, row.unanswered, found.abilities.get(row.id, {}))


def _of_gateway(name: str, unanswered: int, abilities: Mapping[OrderKind, Learnt]) -> Iterator[Finding]:
    failing = {kind: one for kind, one in abilities.items() if one.works is Ability.NO}
    is_silent = unanswered >= UNANSWERED or any(one.why == SILENCE for one in failing.values())
    if is_silent:
        yield _silent(name, unanswered, list(abilities.values()))
    for kind, one in failing.items():
        if one.why != SILENCE:
            values = {"kind": kind.value, "cause": one.why}
            yield Finding(What.COA_REFUSED, Level.WARN, one.since_s, name, values, Part.COA)
    if not (is_silent or failing):
        works = [kind.value for kind, one in abilities.items() if one.works is Ability.YES]
        what = What.COA_WORKS if works else What.COA_UNTRIED
        yield Finding(what, Level.OK, gateway=name, values={"kinds": ", ".join(works)})


def _silent(name: str, unanswered: int, learnt: list[Learnt]) -> Finding:
    since = [one.missed_s or one.since_s for one in learnt if one.why == SILENCE or one.misses]
    since_s = min((at for at in since if at is not None), default=None)
    return Finding(
        What.COA_SILENT,
        Level.BAD,
        since_s,
        name,
        {"orders": max([unanswered, *(one.misses for one in learnt)])},
        Part.COA,
    )
