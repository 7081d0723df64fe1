"""Ways to prove who somebody is: what a packet offers as a credential.

Whether it is right, the method's own module says; who may log in is not decided here.
"""

from netquota.errors import Malformed
from radius import tables as t
from radius.codec import Packet
from radius.methods import mschap_attributes
from radius.methods.chap import Chap
from radius.methods.mschap import MsChap, MsChap2
from radius.methods.pap import Pap, reveal

__all__ = ["Chap", "MsChap", "MsChap2", "Pap", "Proof", "credential"]

Proof = Pap | Chap | MsChap | MsChap2


def credential(packet: Packet, secret: bytes) -> Proof | None:
    """What an Access-Request offers; None where there is nothing that we can check.

    Raises `Malformed` for more than one at once (P6, RFC 2865 §4.1), and for a broken offer by MS-CHAP.
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
    return mschap_attributes.offered(packet)
