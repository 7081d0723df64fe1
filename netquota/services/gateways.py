"""The gateways a process knows: who is who behind each client, what their clocks and their CoA are like."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from netquota.domain.places import Ability
from netquota.storage.database import Connection
from netquota.storage.gateway_store import COUNTED_S, gateways
from radius.families.reports import AccountingReport, ClockOffset, clock_offset, event_time


@dataclass(slots=True)
class KnownGateway:
    """One gateway: its ids, its clock against ours, whether a rate by CoA works there, and ending a session."""

    id: int
    nas_id: int
    identifier: str
    rate_works: Ability
    clock: ClockOffset
    ends: Ability = Ability.LEARN


class GatewayBook:
    """Gateways by (client id, identifier), as the database has them."""

    def __init__(self) -> None:
        self._by_name: dict[tuple[int, str], KnownGateway] = {}
        self._by_id: dict[int, KnownGateway] = {}
        self._heard: dict[int, list[int]] = {}

    def named(self, nas_id: int, identifier: str) -> KnownGateway | None:
        """The gateway of this name behind a client, if known."""
        return self._by_name.get((nas_id, identifier))

    def of_id(self, gateway_id: int) -> KnownGateway | None:
        """The gateway of this id, if known."""
        return self._by_id.get(gateway_id)

    def is_one_too_many(self, nas_id: int, identifier: str, most: int, now_s: int) -> bool:
        """Whether a name is not known behind a client that has as many gateways as it may; `now_s` in epoch seconds.

        Those that were not heard for 30 days do not count.
        """
        if (nas_id, identifier) in self._by_name:
            return False
        heard = self._heard.get(nas_id, [])
        return len(heard) >= most and sum(at > now_s - COUNTED_S for at in heard) >= most

    def missing(self, names: Iterable[tuple[int, str]]) -> set[tuple[int, str]]:
        """Those of the names (client id, identifier) that are not known."""
        return {name for name in names if name not in self._by_name}

    def read(self, connection: Connection) -> None:
        """Read all gateways; a clock that is being watched stays as it is, and who was removed is forgotten."""
        by_name: dict[tuple[int, str], KnownGateway] = {}
        heard: dict[int, list[int]] = {}
        for row in gateways(connection):
            known = self._by_id.get(row.id)
            if known is None or (known.nas_id, known.identifier) != (row.nas_id, row.identifier):
                clock = ClockOffset(row.clock_offset_s)
                known = KnownGateway(row.id, row.nas_id, row.identifier, row.coa_rate_works, clock)
            known.rate_works, known.ends = row.coa_rate_works, row.disconnect_works
            by_name[(row.nas_id, row.identifier)] = known
            heard.setdefault(row.nas_id, []).append(row.last_packet_s or 0)
        self._by_name, self._by_id = by_name, {known.id: known for known in by_name.values()}
        self._heard = heard

    def event_time(self, known: KnownGateway, report: AccountingReport) -> tuple[int, bool]:
        """When the report's event happened (epoch s, our clock), and whether the gateway's offset changed with it."""
        before = known.clock.offset_s
        known.clock = clock_offset(known.clock, report)
        return event_time(report, known.clock.offset_s), known.clock.offset_s != before
