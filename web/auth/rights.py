"""Who may open which page: the one table. A route that is not in it opens to nobody (and fails a test).

What a person sees within a page (his own office alone) is the query's affair: `SignedIn.scope_opd_id`.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class Role(StrEnum):
    """The roles of admins (netquota.services.catalogue)."""

    NETWORK_ADMIN = "network_admin"
    OPD_OPERATOR = "opd_operator"
    PLANNER = "planner"


Roles = frozenset[Role]

ANYBODY: Final = None
"""Pages without a sign-in; each sees to what it shows by itself."""
SIGNED_IN: Final[Roles] = frozenset(Role)
NETWORK: Final[Roles] = frozenset({Role.NETWORK_ADMIN})
OFFICES: Final[Roles] = frozenset({Role.NETWORK_ADMIN, Role.OPD_OPERATOR})
WATCHING: Final[Roles] = frozenset({Role.NETWORK_ADMIN, Role.PLANNER})

RIGHTS: Final[Mapping[str, Roles | None]] = {
    "static": ANYBODY,
    "health.livez": ANYBODY,
    "health.readyz": ANYBODY,
    "portal.login": ANYBODY,
    "portal.go_on": ANYBODY,
    "portal.end_device": ANYBODY,
    "kuota.show": ANYBODY,
    "kuota.sign_in": ANYBODY,
    "kuota.end_device": ANYBODY,
    "kuota.log_out": ANYBODY,
    "auth.sign_in": ANYBODY,
    "auth.sign_out": SIGNED_IN,
    "auth.account": SIGNED_IN,
    "auth.change_password": SIGNED_IN,
    "auth.change_appearance": SIGNED_IN,
    "auth.end_session": SIGNED_IN,
    "admin.home": SIGNED_IN,
    "admin.overview": WATCHING,
    "admin.opds": SIGNED_IN,
    "admin.opd": SIGNED_IN,
    "admin.employees": OFFICES,
    "admin.employee": OFFICES,
    "admin.employee_speed": NETWORK,
    "admin.employee_status": NETWORK,
    "admin.employee_password": NETWORK,
    "admin.sessions": OFFICES,
    "admin.session": OFFICES,
    "admin.session_act": NETWORK,
    "admin.session_speed": NETWORK,
    "admin.session_end": NETWORK,
    "admin.orders": OFFICES,
    "admin.denials": OFFICES,
    "admin.search": OFFICES,
    "admin.plans": NETWORK,
    "admin.quotas": NETWORK,
    "admin.rotation": NETWORK,
    "admin.links": WATCHING,
    "admin.link": WATCHING,
    "admin.gateways": NETWORK,
    "admin.gateway": NETWORK,
    "admin.gateway_secret": NETWORK,
    "admin.new_thing": NETWORK,
    "admin.edit_thing": NETWORK,
    "admin.remove_thing": NETWORK,
    "admin.undo": NETWORK,
    "admin.audit": NETWORK,
    "admin.enforcement": NETWORK,
    "admin.enforcement_pause": NETWORK,
    "admin.enforcement_resume": NETWORK,
}


def may_open(role: str, endpoint: str) -> bool:
    """Whether a signed-in person of this role may open the endpoint."""
    if endpoint not in RIGHTS:
        return False
    roles = RIGHTS[endpoint]
    return roles is ANYBODY or role in roles
