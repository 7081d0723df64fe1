"""Makers whose limits hang at a role or policy: its name is the group's at the gateway, else the plan's (nas.md).

WISPr rates go beside the role, as the captive portals of most take them; a role's own limit is set at the gateway.
"""

from __future__ import annotations

from typing import Final

from netquota.domain.enforcement import Desired, SessionIdentity
from netquota.domain.mac import MacFormat
from netquota.domain.places import Ability
from radius import tables as t
from radius.codec import Packet
from radius.families import family as f

_TIMES: Final = (f.session_timeout, f.idle_timeout, f.interim_interval)
_ARUBA_ROLE: Final = f.role(t.ARUBA_USER_ROLE)
_RUCKUS_ROLE: Final = f.role(t.RUCKUS_USER_GROUPS)
_AUDIT_SESSION: Final = b"audit-session-id"
LONGEST_SESSION_NAME: Final = 64
"""Octets kept of a gateway's own name of a session, as the books have room for."""


def _qos_policies(desired: Desired) -> bytes:
    """Two policies of the router, NAME-up and NAME-down: input is what comes from the user."""
    name = f.role_of(desired)
    if not name:
        return b""
    up = f.vendor_text(t.CISCO_AVPAIR, f"ip:sub-qos-policy-in={name}-up")
    return up + f.vendor_text(t.CISCO_AVPAIR, f"ip:sub-qos-policy-out={name}-down")


def _audit_session(packet: Packet) -> str:
    """The audit-session-id that each of its packets carries as a Cisco-AVPair."""
    for value in packet.vendor_all(*t.CISCO_AVPAIR):
        name, _, rest = value.partition(b"=")
        if name == _AUDIT_SESSION:
            return rest[:LONGEST_SESSION_NAME].decode("ascii", "ignore").replace("\0", "")
    return ""


def _by_audit_session(session: SessionIdentity) -> bytes:
    name = session.audit_session_id
    return f.vendor_text(t.CISCO_AVPAIR, f"{_AUDIT_SESSION.decode()}={name}") if name else b""


ARUBA: Final = f.Family(
    key="aruba",
    label="HPE Aruba",
    accept=(*_TIMES, _ARUBA_ROLE, f.wispr_rates),
    change=(_ARUBA_ROLE, f.session_timeout),
    identifiers=(f.by_user_name, f.by_session_id, f.by_mac(MacFormat.BARE), f.by_gateway),
    can_coa_rate=Ability.NO,  # it says ACK to a role, whose rate is its own
    mac_format=MacFormat.BARE,
    known=frozenset({f.Fact.GROUP, f.Fact.IDENTIFIERS, f.Fact.COA_RATE}),
    tried_with="HPE's documentation",
)
RUCKUS: Final = f.Family(
    key="ruckus",
    label="Ruckus ZoneDirector, SmartZone",
    accept=(*_TIMES, _RUCKUS_ROLE, f.wispr_rates),
    change=(_RUCKUS_ROLE, f.session_timeout, f.wispr_rates),
    identifiers=(f.by_user_name, f.by_session_id, f.by_mac(MacFormat.DASHES)),
)
FORTINET: Final = f.Family(
    key="fortinet",
    label="Fortinet FortiGate",
    accept=(*_TIMES, f.role(t.FORTINET_GROUP_NAME), f.wispr_rates),
    identifiers=(f.by_user_name, f.by_framed_ip, f.by_session_id),
    can_coa_rate=Ability.NO,  # it answers a CoA as if it were a Disconnect
    known=frozenset({f.Fact.IDENTIFIERS, f.Fact.PORT, f.Fact.DISCONNECT}),
    tried_with="Fortinet's documentation",
)
CISCO: Final = f.Family(
    key="cisco",
    label="Cisco IOS, WLC",
    accept=(*_TIMES, _qos_policies),
    change=(_qos_policies, f.session_timeout),
    identifiers=(f.by_user_name, f.by_session_id, f.by_mac(MacFormat.DOTS), _by_audit_session),
    session_name=_audit_session,
    coa_port=1700,
    can_coa_rate=Ability.NO,  # it says ACK to the policy that the session has already
    mac_format=MacFormat.DOTS,
    known=frozenset({f.Fact.PORT}),
    tried_with="a public report: WLCs may answer Disconnect and ignore CoA",
)
