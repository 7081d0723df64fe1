"""Who a simulated gateway is, and how it misbehaves: data that a test or the demo writes down."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from netquota.domain.units import Rate
from radius.families import Family


class Obedience(StrEnum):
    """What becomes of an order."""

    OBEYS = "obeys"
    REFUSES = "refuses"
    SILENT = "silent"
    FORGED = "forged"  # answers with a wrong secret: not to be believed


@dataclass(slots=True)
class Quirks:
    """How this gateway misbehaves beyond its family; may be changed while it runs. None = as the family does."""

    obedience: Obedience = Obedience.OBEYS
    refusal_cause: int | None = 506
    answer_delay_s: float = 0.0
    needs_framed_ip: bool = False
    needs_user_name: bool = False  # without it there is no answer at all, as with CoovaChilli
    replaces_all: bool | None = None
    resets_on_coa: bool | None = None
    octets_reversed: bool | None = None
    wraps_32bit: bool | None = None
    clock_ahead_s: int = 0
    own_interim_s: int | None = None  # whatever the accept asked for
    reuses_session_ids: bool = False
    stamps_events: bool = True
    near_wrap: float = 0.0  # share of sessions whose counters stand just below 2^32 when they begin


@dataclass(frozen=True, slots=True)
class NasSettings:
    """Who the gateway is. `retry_s` between identical repetitions; `accounting_tries` 0: until acknowledged.

    `queue`: what all its sessions together get, None = as much as they may.
    """

    identifier: str
    family: Family
    secret: bytes = field(repr=False)
    address: str = "127.0.0.1"
    called_station: str = "hotspot1"
    signs: bool = True
    interim_s: int = 300
    retry_s: float = 3.0
    login_tries: int = 3
    accounting_tries: int = 0
    queue: Rate | None = None
