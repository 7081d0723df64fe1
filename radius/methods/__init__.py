"""Ways to prove who somebody is: what a packet offers as a credential.

Whether it is right, the method's own module says; who may log in is not decided here.
"""

from netquota.errors import Malformed
from radius import tables as t
from radius.codec import Packet
from radius.methods.chap import Chap
from radius.methods.pap import Pap, reveal

__all__ = ["Chap", "Pap", "credential"]


def credential(packet: Packet, secret: bytes) -> Pap | Chap | None:
    """What an Access-Request offers; None where there is nothing that we can check.

    Raises `Malformed` for both a User-Password and a CHAP-Password (P6, RFC 2865 §4.1).
    """
    hidden = packet.get(t.USER_PASSWORD)
    response = packet.get(t.CHAP_PASSWORD)
    if hidden is not None and response is not None:
        raise Malformed(offset=packet.offset(t.CHAP_PASSWORD) or 0, problem="User-Password and CHAP-Password in one")
    if hidden is not None:
        return Pap(reveal(hidden, secret, packet.authenticator))
    if response is not None:
        challenge = packet.get(t.CHAP_CHALLENGE)
        return Chap(response[0], response[1:], packet.authenticator if challenge is None else challenge)
    return None
