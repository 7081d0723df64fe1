"""Is it heard, from where, with the right secret, signed, by the right clock, under a name that a site knows? Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from ipaddress import ip_address, ip_network

from netquota.domain.places import Site
from netquota.services.gateway_config import Part
from netquota.services.gateway_doctor.findings import Finding, Level, What
from netquota.storage.gateway_evidence import Evidence
from netquota.storage.report_store import ClientLine, Problem
from netquota.storage.unknown_store import UnknownSource

SILENT_S = 900
RECENT_S = 86_400
CLOCK_OFF_S = 300
_SECRET = ("secret_mismatch_suspected", "wrong_authenticator", "wrong_message_authenticator")
_UNSIGNED = "no_message_authenticator"
FOREIGN_CLASS = "class_not_ours"
_NEAR_PREFIX = {4: 24, 6: 64}


def heard(found: Evidence, now_s: int) -> Iterator[Finding]:
    """Whether packets come, and who else's come in their place."""
    line = found.line
    last_s = line.last_packet_s
    if last_s is not None and now_s - last_s <= SILENT_S:
        yield Finding(What.HEARD, Level.OK, last_s, values={"ago_s": now_s - last_s})
        return
    near = nearest(line.address, found.strangers)
    if near is not None:
        yield _stranger(line, near)
    elif last_s is None and not line.problems:
        values = {"registered": line.address}
        yield Finding(What.NEVER_HEARD, Level.WARN, found.registered_s, values=values, part=Part.RADIUS)
    if last_s is not None:
        minutes = (now_s - last_s) // 60
        yield Finding(What.SILENT, Level.BAD, last_s, values={"minutes": minutes}, part=Part.RADIUS)


def _stranger(line: ClientLine, near: UnknownSource) -> Finding:
    values = {"address": near.address, "packets": near.packets, "registered": line.address}
    command = f"netquota nas set {line.name} --address {near.address}"
    return Finding(What.STRANGER_NEAR, Level.BAD, near.first_s, values=values, command=command)


def nearest(registered: str, strangers: Sequence[UnknownSource]) -> UnknownSource | None:
    """The last unknown source in the neighbourhood (/24, /64) of the registered address; None where there is none."""
    network = ip_network(registered, strict=False)
    prefix = min(network.prefixlen, _NEAR_PREFIX[network.version])
    around = network.supernet(new_prefix=prefix)
    for one in strangers:
        try:
            address = ip_address(one.address.partition("%")[0])
        except ValueError:
            continue
        mapped = address.ipv4_mapped if address.version == 6 else None
        if (mapped or address) in around:
            return one
    return None


def dropped(found: Evidence, now_s: int) -> Iterator[Finding]:
    """Packets of the last day that came to nothing, by cause."""
    for problem in found.line.problems:
        if now_s - problem.last_s <= RECENT_S and problem.cause != FOREIGN_CLASS:
            yield _dropped(found.line.name, problem, now_s)


def _dropped(name: str, problem: Problem, now_s: int) -> Finding:
    values = {"cause": problem.cause, "packets": problem.packets, "minutes": (now_s - problem.last_s) // 60}
    since_s = problem.first_s
    if problem.cause.startswith(_SECRET):
        command = f"netquota nas set {name} --secret -"
        return Finding(What.WRONG_SECRET, Level.BAD, since_s, values=values, part=Part.RADIUS, command=command)
    if problem.cause == _UNSIGNED:
        return Finding(What.UNSIGNED, Level.BAD, since_s, values=values, part=Part.SIGNATURE)
    return Finding(What.DROPPED, Level.WARN, since_s, values=values)


def signing(found: Evidence) -> Iterator[Finding]:
    """Whether its log-ins bear a Message-Authenticator."""
    line = found.line
    if line.authenticator_policy != "off" and not line.authenticator_seen and found.logins:
        yield Finding(What.NOT_SIGNING, Level.WARN, min(found.logins), part=Part.SIGNATURE)


def clock(found: Evidence) -> Iterator[Finding]:
    """Each gateway's clock against ours; what is off is corrected in the books."""
    for row in found.line.gateways:
        if abs(row.clock_offset_s) > CLOCK_OFF_S:
            values = {"seconds": row.clock_offset_s}
            yield Finding(What.CLOCK, Level.WARN, None, row.identifier, values, Part.CLOCK)


def identity(found: Evidence, sites: Sequence[Site]) -> Iterator[Finding]:
    """Whether a site knows each gateway by the name that it gives."""
    line = found.line
    if not sites and line.last_packet_s is not None:
        command = f"netquota site add NAME --opd CODE --nas {line.name}"
        yield Finding(What.NO_SITE, Level.WARN, found.registered_s, command=command)
    known = {site.match_gateway or "" for site in sites}
    if "" in known:
        return
    for row in line.gateways if known else ():
        if row.identifier not in known:
            values = {"identifier": row.identifier, "known": ", ".join(sorted(known))}
            command = f'netquota site set SITE --match-gateway "{row.identifier}"'
            yield Finding(
                What.UNKNOWN_IDENTITY, Level.BAD, row.first_packet_s, row.identifier, values, Part.IDENTITY, command
            )
