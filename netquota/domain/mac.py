"""Hardware addresses: one form for us (`AA:BB:CC:DD:EE:FF`), and the forms in which gateways write them.

A small value rule; a Calling-Station-Id that is no hardware address is left as it came.
"""

import re
from enum import Enum
from functools import lru_cache
from typing import Final

_SEPARATORS: Final = re.compile(r"[:.\-\s]")
_TWELVE_DIGITS: Final = re.compile(r"[0-9A-F]{12}")


class MacFormat(Enum):
    """How a gateway writes a hardware address; RFC 3580 §3.21 asks for upper case and dashes."""

    COLONS = "AA:BB:CC:DD:EE:FF"
    DASHES = "AA-BB-CC-DD-EE-FF"
    LOWER_COLONS = "aa:bb:cc:dd:ee:ff"
    BARE = "aabbccddeeff"
    DOTS = "aabb.ccdd.eeff"


@lru_cache(maxsize=65536)
def normalised_mac(text: str) -> str:
    """`AA:BB:CC:DD:EE:FF` from any usual writing; what is no hardware address comes back as it is."""
    digits = _SEPARATORS.sub("", text).upper()
    if _TWELVE_DIGITS.fullmatch(digits) is None:
        return text
    return ":".join(digits[at : at + 2] for at in range(0, 12, 2))


def written_mac(mac: str, form: MacFormat) -> str:
    """A normalised address as a gateway writes it; other texts unchanged."""
    if normalised_mac(mac) != mac or len(mac) != 17:
        return mac
    match form:
        case MacFormat.COLONS:
            return mac
        case MacFormat.DASHES:
            return mac.replace(":", "-")
        case MacFormat.LOWER_COLONS:
            return mac.lower()
        case MacFormat.BARE:
            return mac.replace(":", "").lower()
        case MacFormat.DOTS:
            bare = mac.replace(":", "").lower()
            return f"{bare[:4]}.{bare[4:8]}.{bare[8:]}"
