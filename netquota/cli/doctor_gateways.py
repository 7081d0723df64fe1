"""The checks of `netquota doctor` on gateways: heard lately, clock, interim reports, CoA, secret, directions."""

from __future__ import annotations

from collections.abc import Iterator

from netquota.cli.desk import office_of
from netquota.cli.findings import Finding, bad, ok, warn
from netquota.domain.places import Ability
from netquota.errors import NetquotaError, NotFound
from netquota.settings import Settings
from netquota.storage import usage_report
from netquota.storage.database import Connection
from netquota.storage.gateway_store import GatewayRow
from netquota.storage.ledger_store import SITE
from netquota.storage.policy_store import load_snapshot
from netquota.storage.report_store import ClientLine, clients
from netquota.storage.session_report import OpenSession, SessionFilter, open_sessions
from netquota.storage.snapshot import Snapshot

_SILENT_S = 900
_CLOCK_OFF_S = 300
_LONG_INTERIM_S = 900
_RECENT_S = 86_400
_DIRECTION_DAYS = 3
_ENOUGH_OCTETS = 1_000_000_000
_UNANSWERED = 3
_SECRET = ("secret_mismatch_suspected", "wrong_authenticator", "wrong_message_authenticator")


def gateway_findings(settings: Settings, name: str | None) -> Iterator[Finding]:
    """Every gateway, or the one of a name. Raises `NotFound`."""
    try:
        with office_of(settings) as office, office.database.read() as connection:
            snapshot = load_snapshot(connection, office.secrets, office.zone)
            found = [line for line in clients(connection) if name is None or line.name == name]
            if name is not None and not found:
                raise NotFound("nas", name)
            for line in found:
                yield from _client(connection, snapshot, line, office.now_s)
    except NotFound:
        raise
    except NetquotaError as error:
        yield bad("gateways", str(error), "put that right first")


def _client(connection: Connection, snapshot: Snapshot, line: ClientLine, now_s: int) -> Iterator[Finding]:
    about = f"gateway {line.name}"
    if line.last_packet_s is None:
        yield from _problems(about, line, now_s)
        yield warn(about, f"never heard from {line.address}", "check its RADIUS server address, port and secret")
        return
    silent_s = now_s - line.last_packet_s
    if silent_s > _SILENT_S:
        yield bad(about, f"silent for {silent_s // 60} min", "see whether it runs, and reaches this server by UDP")
    else:
        yield ok(about, f"last packet {silent_s} s ago")
    yield from _problems(about, line, now_s)
    sessions = open_sessions(connection, SessionFilter(nas_id=line.id, size=2000), now_s).sessions
    yield from _accounting(about, line, sessions, now_s)
    for row in line.gateways:
        yield from _behind(f"{about} ({row.identifier})", row)
    yield from _directions(connection, snapshot, about, line, now_s)


def _problems(about: str, line: ClientLine, now_s: int) -> Iterator[Finding]:
    for problem in line.problems:
        if now_s - problem.last_s > _RECENT_S:
            continue
        told = f"{problem.packets} packets dropped: {problem.cause}, the last {(now_s - problem.last_s) // 60} min ago"
        if problem.cause.startswith(_SECRET):
            yield bad(
                about, told, f"compare the shared secret with the gateway's: `netquota nas set {line.name} --secret -`"
            )
        else:
            yield warn(about, told, "see its RADIUS settings; docs/mikrotik.md tells what each cause means")


def _accounting(about: str, line: ClientLine, sessions: tuple[OpenSession, ...], now_s: int) -> Iterator[Finding]:
    """Whether it accounts, and how often its sessions report."""
    if line.last_accounting_s is None:
        yield bad(about, "it logs people in but never accounts", "switch accounting on; without it no quota is counted")
        return
    if not sessions:
        yield ok(about, f"no session now; last accounting {(now_s - line.last_accounting_s) // 60} min ago")
        return
    seen = sorted(one.last_event_s - one.started_s for one in sessions)
    quiet = [one for one in sessions if now_s - one.last_arrival_s > 2 * one.interim_s]
    asked = sorted(one.interim_s for one in sessions)[len(sessions) // 2]
    if seen[-1] == 0 and now_s - min(one.started_s for one in sessions) > _LONG_INTERIM_S:
        yield bad(
            about, "no Interim-Update seen", "let it take the interval from RADIUS (radius-interim-update=received)"
        )
    elif 2 * len(quiet) > len(sessions):
        yield warn(
            about, f"{len(quiet)} of {len(sessions)} sessions report late", f"{asked} s between reports are asked for"
        )
    else:
        yield ok(about, f"{len(sessions)} sessions, asked to report every {asked} s")


def _behind(about: str, row: GatewayRow) -> Iterator[Finding]:
    """One gateway: its clock, whether CoA reaches it and works."""
    if abs(row.clock_offset_s) > _CLOCK_OFF_S:
        yield warn(about, f"its clock is {row.clock_offset_s} s off (corrected)", "set its NTP client")
    if row.unanswered >= _UNANSWERED:
        yield bad(
            about, f"{row.unanswered} orders in a row were not answered",
            "let it take CoA (`/radius incoming set accept=yes port=3799`) and open that UDP port from here",
        )  # fmt: skip
    elif Ability.NO in (row.coa_rate_works, row.disconnect_works):
        yield warn(about, f"CoA {_learnt(row)}", "limits change at log-in there")
    elif Ability.YES in (row.coa_rate_works, row.disconnect_works):
        yield ok(about, f"CoA answers ({_learnt(row)})")
    else:
        yield ok(about, "CoA was not needed yet")


def _learnt(row: GatewayRow) -> str:
    """What its answers told so far."""
    found = (("rate", row.coa_rate_works), ("disconnect", row.disconnect_works))
    return ", ".join(f"{name}: {'not tried yet' if able == Ability.LEARN else able}" for name, able in found)


def _directions(
    connection: Connection, snapshot: Snapshot, about: str, line: ClientLine, now_s: int
) -> Iterator[Finding]:
    """People download more than they upload; the other way round for days, Input and Output are probably exchanged."""
    sites = [site.id for site in snapshot.sites_of_nas(line.id)]
    found = usage_report.bins(connection, SITE, sites, now_s - _DIRECTION_DAYS * 86_400, now_s)
    down, up = sum(each.down for each in found), sum(each.up for each in found)
    if down + up < _ENOUGH_OCTETS:
        return
    told = f"{down / 1e9:.1f} GB down, {up / 1e9:.1f} GB up in {_DIRECTION_DAYS} days"
    if down < up:
        yield warn(
            about,
            told,
            f"Input and Output may be exchanged: `netquota nas set {line.name} --octets-reversed yes` (or no)",
        )
    else:
        yield ok(about, told)
