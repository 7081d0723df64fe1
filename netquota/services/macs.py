"""Log-ins by hardware address: devices without a browser, and the lines of offices whose router is known by its own.

Who an address is, and what proves it. Gateways send the address as User-Name in whatever notation, with nothing, the
address, CoovaChilli's usual word or the shared secret as password.
"""

from __future__ import annotations

import hmac

from netquota.domain.mac import MacFormat, normalised_mac, written_mac
from netquota.domain.people import AccountKind, Subscriber
from netquota.domain.places import Nas
from netquota.services.facts import Policy, site_for
from radius.methods import Chap, Pap
from radius.methods.chap import verify

_SHORTEST_MAC, _LONGEST_MAC = 12, 17
_WRITTEN_LENGTH = 17
_USUAL_PASSWORD = b"password"
"""What CoovaChilli sends where its `macpasswd` is not set: the address alone proves the device anyhow."""


def address_of(username: str) -> str | None:
    """The hardware address that a User-Name is, normalised; None where it is a name."""
    if not _SHORTEST_MAC <= len(username) <= _LONGEST_MAC:
        return None
    found = normalised_mac(username)
    return found if len(found) == _WRITTEN_LENGTH and found.count(":") == 5 else None


def account_of_mac(policy: Policy, nas: Nas, gateway: str, username: str) -> Subscriber | None:
    """Whose hardware address a User-Name is: a device's anywhere, a line's at the gateway of its own site alone."""
    address = address_of(username) if policy.snapshot.roster.id_by_mac else None
    found = None if address is None else policy.snapshot.by_mac(address)
    if found is None or found.kind is AccountKind.DEVICE:
        return found
    return found if site_for(policy.snapshot, found, nas, gateway, "", "") is not None else None


def proves_itself(proof: object, username: str, mac: str, nas: Nas) -> bool:
    """Whether a log-in by hardware address is what gateways send: the device's own address, and no other password.

    `mac` is the Calling-Station-Id, normalised: it must be there and say the same as the User-Name.
    """
    own = normalised_mac(username)
    if mac != own:
        return False
    if isinstance(proof, Pap):
        given = proof.password
        as_mac = normalised_mac(given.decode("ascii", "replace")) == own
        return not given or as_mac or given == _USUAL_PASSWORD or hmac.compare_digest(given, nas.secret)
    if isinstance(proof, Chap):
        written = {written_mac(own, form).encode() for form in MacFormat}
        written |= {text.upper() for text in written} | {username.encode(), b"", _USUAL_PASSWORD, nas.secret}
        return any(verify(proof, text) for text in written)
    return False
