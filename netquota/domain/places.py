"""Gateways, sites and provider links as the rules see them.

Ceiling and link follow where somebody is (model.md, Site); what a gateway can do is data here and in radius.families.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from netquota.domain.people import Opd
from netquota.domain.units import Rate


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


@dataclass(frozen=True, slots=True)
class ProviderLink:
    """Capacity bought from a provider, in bit/s."""

    id: int
    name: str
    provider: str
    capacity: Rate


@dataclass(frozen=True, slots=True)
class Site:
    """Where somebody is: a gateway, or the part of one that the `match_*` texts pick out (None = any)."""

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
    can_coa_rate: Ability = Ability.LEARN
    can_disconnect: Ability = Ability.LEARN
    realms: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Gateway:
    """One gateway behind a client: (client, NAS-Identifier, else NAS-IP-Address)."""

    id: int
    nas_id: int
    identifier: str
