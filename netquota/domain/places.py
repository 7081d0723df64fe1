"""Gateways, sites and provider links as the rules see them.

Ceiling and link follow where somebody is (model.md, Site); what a gateway can do is data here and in radius.families.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from netquota.domain.people import Opd
from netquota.domain.units import Rate

NOBODY: Final = 0
"""In place of a client's id: a packet came from an address that no client has."""


class Ability(StrEnum):
    """Whether a gateway can do a thing; `learn` until its answers told."""

    YES = "yes"
    NO = "no"
    LEARN = "learn"


class AuthenticatorPolicy(StrEnum):
    """What is asked of Message-Authenticator (reliability.md P11); `auto` = required once seen."""

    AUTO = "auto"
    REQUIRED = "required"
    OFF = "off"


class Mode(StrEnum):
    """How a site is limited: each person by himself, or the whole OPD by one limit."""

    PER_EMPLOYEE = "per_employee"
    WHOLE_OPD = "whole_opd"


class Way(StrEnum):
    """How one limit for a whole OPD is held at a site (product.md): by whose hand the sum stays under the ceiling."""

    CIRCUIT = "circuit"
    GROUP = "group"
    SHARE = "share"


class WayWhy(StrEnum):
    """Why a way is in force at a site: the admin's word, or the rule that found it (domain.ways)."""

    CHOSEN = "chosen"
    HAS_CIRCUIT = "has_circuit"
    NO_LOGIN_PAGE = "no_login_page"
    ONE_GATEWAY = "one_gateway"
    SEVERAL_GATEWAYS = "several_gateways"
    SEVERAL_CEILINGS = "several_ceilings"
    NO_GROUP_QUEUE = "no_group_queue"


@dataclass(frozen=True, slots=True)
class ProviderLink:
    """Capacity bought from a provider, in bit/s."""

    id: int
    name: str
    provider: str
    capacity: Rate


@dataclass(frozen=True, slots=True)
class Site:
    """Where somebody is: a gateway, or the part of one that the `match_*` texts pick out (None = any).

    `way`: how the whole OPD's limit is held there, as in force, None where each person is limited by himself;
    `way_chosen` the admin's word, None = by rule; `group` the name of queue and profile at the gateway.
    `link_part`: the host's part of a link that is too small for its offices' ceilings, None where it is not, or where
    sessions share. `moved_from`: the link that it belongs to, while that is out and `link` serves it.
    """

    id: int
    name: str
    host: Opd
    link: ProviderLink | None = None
    mode: Mode = Mode.PER_EMPLOYEE
    ceiling: Rate | None = None
    nas_id: int | None = None
    match_gateway: str | None = None
    match_called_station: str | None = None
    match_port: str | None = None
    match_vlan: int | None = None
    way: Way | None = None
    way_chosen: Way | None = None
    way_why: WayWhy | None = None
    group: str = ""
    link_part: Rate | None = None
    moved_from: ProviderLink | None = None

    @property
    def limit(self) -> Rate | None:
        """The most that flows there: the site's own ceiling under its host's and the link's; None where none is set."""
        found: Rate | None = None
        for rate in (self.ceiling, self.host.ceiling, self.link_part):
            if rate is not None:
                found = rate if found is None else found.capped_by(rate)
        return found

    @property
    def is_shared(self) -> bool:
        """Whether its running sessions share a ceiling, pushed to their gateways by CoA."""
        return self.way is Way.SHARE and self.limit is not None


@dataclass(frozen=True, slots=True)
class Nas:
    """A RADIUS client: address or CIDR, shared secret, family; several gateways may stand behind it."""

    id: int
    name: str
    address: str
    secret: bytes = field(repr=False)
    family: str
    authenticator_policy: AuthenticatorPolicy = AuthenticatorPolicy.AUTO
    authenticator_seen: bool = False
    is_proxy: bool = False
    lenient: bool = False
    octets_reversed: bool | None = None
    coa_port: int | None = None
    coa_address: str | None = None
    coa_per_second: int | None = None
    can_coa_rate: Ability = Ability.LEARN
    can_disconnect: Ability = Ability.LEARN
    realms: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Gateway:
    """One gateway behind a client: (client, NAS-Identifier, else NAS-IP-Address)."""

    id: int
    nas_id: int
    identifier: str
