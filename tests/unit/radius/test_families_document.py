"""docs/families.md says of each family what its row says; the assertion shows the line as it should stand."""

import re
from pathlib import Path

import pytest

from netquota.domain.enforcement import Desired, SessionIdentity
from netquota.domain.places import Ability
from netquota.domain.units import Rate
from radius.codec import Code, parse, request
from radius.families import FAMILIES, Family, coa_attributes, identifiers, reply_attributes
from radius.families.family import Fact
from radius.naming import attributes

DOCUMENT = Path(__file__).parents[3] / "docs" / "families.md"
DESIRED = Desired(Rate(10_000_000, 2_000_000), None, 5_000_000_000, 28_800, 600, 300, "group", "plan")
SESSION = SessionIdentity("budi", "1", "10.5.0.17", "02:AB:22:33:44:66", gateway_identifier="gw", audit_session_id="7")
TIMES = {"Session-Timeout", "Idle-Timeout", "Acct-Interim-Interval"}
QUIRKS = {
    "coa_replaces_all": "a CoA replaces the whole set",
    "resets_on_coa": "a CoA resets its counters",
    "wraps_32bit": "no Gigawords: wraps at 4 GiB",
    "octets_reversed": "Input and Output reversed",
    "limits_in_accounting_response": "takes limits in Accounting-Response",
    "bare_orders": "refuses signed or stamped orders",
    "holds_queue": "holds a site's queue",
    "only_lines": "lines only, no log-in page",
}


def names(octets: bytes) -> str:
    """The attributes' names in wire order, times apart, each once."""
    packet = parse(request(Code.COA_REQUEST, 1, octets, b"s", message_authenticator=False))
    found = [name for name, _ in attributes(packet)]
    times = ["times"] if TIMES & set(found) else []
    return ", ".join(times + list(dict.fromkeys(name for name in found if name not in TIMES))) or "-"


def able(ability: Ability) -> str:
    return "learnt" if ability is Ability.LEARN else ability


def rows(family: Family) -> list[str]:
    """Its lines in the two tables of the document: what it is sent, and what is known of it."""
    gigawords = ", gigawords" if family.cap_has_gigawords else ""
    cap = f"yes{gigawords}" if family.can_cap is Ability.YES else "no"
    sent = names(reply_attributes(family, DESIRED)), names(coa_attributes(family, DESIRED))
    named, quirks = (
        names(identifiers(family, SESSION)),
        [told for flag, told in QUIRKS.items() if getattr(family, flag)],
    )
    known = ", ".join(fact for fact in Fact if fact in family.known) or "nothing"
    facts = (
        family.coa_port, able(family.can_coa_rate), able(family.can_disconnect), cap, able(family.can_raise_cap),
        f"{family.interim_s} s", f"`{family.mac_format.value}`", "; ".join(quirks) or "-",
    )  # fmt: skip
    return [
        f"| `{family.key}` | {family.label} | {sent[0]} | {sent[1]} | {named} |",
        f"| `{family.key}` | " + " | ".join(str(fact) for fact in facts) + " |",
        f"| `{family.key}` | {known} | {family.tried_with or '-'} |",
    ]


@pytest.mark.parametrize("family", FAMILIES.values(), ids=lambda family: family.key)
def test_document_says_what_the_row_says(family: Family) -> None:
    lines = DOCUMENT.read_text(encoding="utf-8").splitlines()
    missing = [row for row in rows(family) if row not in lines]
    assert missing == []


def test_document_knows_no_family_that_is_gone() -> None:
    found = re.findall(r"^\| `([^`]+)` \|", DOCUMENT.read_text(encoding="utf-8"), re.MULTILINE)
    assert set(found) == set(FAMILIES)
    assert len(found) == 3 * len(FAMILIES)
