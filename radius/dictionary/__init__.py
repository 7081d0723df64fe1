"""Our own short dictionary files (FreeRADIUS syntax), and what one line of them says.

Only attributes that netquota reads or sends. `radius/tables.py` is generated from the files: none is read at run time.
"""

from enum import Enum
from typing import NamedTuple


class Kind(Enum):
    """How an attribute's octets are read; the words are those of the dictionary files."""

    TEXT = "string"
    OCTETS = "octets"
    INTEGER = "integer"
    TIME = "date"
    IPV4 = "ipaddr"
    IPV6 = "ipv6addr"
    PREFIX6 = "ipv6prefix"
    INTERFACE = "ifid"


class Attribute(NamedTuple):
    """One attribute's name, number and kind; `vendor` is 0 for those of the RFCs."""

    name: str
    number: int
    kind: Kind
    vendor: int = 0
    tagged: bool = False
