"""The dictionary files are the source, the table is what they say, and others' dictionaries agree on the numbers."""

from pathlib import Path

import pytest

from radius import tables as t
from radius.dictionary import generate

DEBIAN = Path("/usr/share/freeradius")
OTHERWISE = {
    "MS-CHAP-Error": "string",  # begins with an octet that is no text (RFC 2548 §2.1.5), as the next
    "MS-CHAP-Domain": "string",
    "User-Password": "string",  # hidden, so octets until it is revealed
    "Vendor-Specific": "vsa",
}
"""Where we read octets on purpose and FreeRADIUS has another kind."""

NEWER = {"ChilliSpot-Max-Input-Gigawords", "ChilliSpot-Max-Output-Gigawords", "ChilliSpot-Max-Total-Gigawords"}
"""In CoovaChilli's own dictionary, not in Debian's."""


def test_generated_table_is_current() -> None:
    assert generate.TARGET.read_text(encoding="utf-8") == generate.render(generate.read())


def test_every_attribute_has_a_number_of_its_own() -> None:
    assert len(t.BY_NUMBER) == len(t.ATTRIBUTES)


def test_running_does_not_need_pyrad() -> None:
    for module in ("codec", "naming", "tables", "authenticity", "screening"):
        text = (generate.TARGET.parent / f"{module}.py").read_text(encoding="utf-8")
        assert "import pyrad" not in text
        assert "from pyrad" not in text


def debian_says() -> dict[tuple[str, str, str], set[str]]:
    """(vendor, name, number) to kinds, from the files of Debian's freeradius-common."""
    found: dict[tuple[str, str, str], set[str]] = {}
    for path in DEBIAN.glob("dictionary*"):
        vendor = ""
        for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
            match line.split("#")[0].split():
                case ["BEGIN-VENDOR", name, *_]:
                    vendor = name
                case ["END-VENDOR", *_]:
                    vendor = ""
                case ["ATTRIBUTE", name, number, kind, *_]:
                    found.setdefault((vendor, name, number), set()).add(kind.split("[")[0])
                case _:
                    pass
    return found


@pytest.mark.skipif(not DEBIAN.is_dir(), reason="freeradius-common is not installed")
def test_numbers_agree_with_debians_dictionaries() -> None:
    theirs = debian_says()
    names = {number: name for name, number in generate.read().vendors.forward.items()}
    for one in t.ATTRIBUTES.values():
        if one.name not in NEWER:
            kinds = theirs.get((names[one.vendor], one.name, str(one.number)), set())
            assert OTHERWISE.get(one.name, one.kind.value) in kinds, one
