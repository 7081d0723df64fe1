"""Every family's known answers (nas.md): 10M down, 2M up, 5 GB left, as radclient prints them; and its facts.

One entry a family: what an accept adds to the times, what a CoA carries, by what it names a session.
"""

from dataclasses import dataclass, replace

import pytest

from netquota.domain.enforcement import Desired, SessionIdentity
from netquota.domain.mac import MacFormat
from netquota.domain.places import Ability
from netquota.domain.units import Rate
from radius.codec import Code, parse, request
from radius.families import FAMILIES, Family, coa_attributes, identifiers, reply_attributes
from radius.families.family import Fact
from radius.simulator.readable import readable

DESIRED = Desired(Rate(10_000_000, 2_000_000), None, 5_000_000_000, 28_800, 600, 300, "opd-dinkes", "pegawai-10m")
SESSION = SessionIdentity(
    "budi",
    "81a00017",
    "10.5.0.17",
    "02:AB:22:33:44:66",
    gateway_identifier="gw-dinkes",
    audit_session_id="0A0900010000002A",
)
ENDS, IDLE, INTERIM = "Session-Timeout = 28800", "Idle-Timeout = 600", "Acct-Interim-Interval = 300"
TIMES = (ENDS, IDLE, INTERIM)
WISPR = ("WISPr-Bandwidth-Max-Up = 2000000", "WISPr-Bandwidth-Max-Down = 10000000")
CHILLI_CAP = ("ChilliSpot-Max-Total-Octets = 705032704", "ChilliSpot-Max-Total-Gigawords = 1")
FILTER = 'Filter-Id = "opd-dinkes"'
GROUP = 'Mikrotik-Group = "opd-dinkes"'
RATE_LIMIT = 'Mikrotik-Rate-Limit = "2M/10M"'
ARUBA_ROLE = 'Aruba-User-Role = "opd-dinkes"'
RUCKUS_ROLE = 'Ruckus-User-Groups = "opd-dinkes"'
POLICIES = (
    'Cisco-AVPair = "ip:sub-qos-policy-in=opd-dinkes-up"',
    'Cisco-AVPair = "ip:sub-qos-policy-out=opd-dinkes-down"',
)
NAME, SESSION_ID, ADDRESS = 'User-Name = "budi"', 'Acct-Session-Id = "81a00017"', "Framed-IP-Address = 10.5.0.17"
DASHED = 'Calling-Station-Id = "02-AB-22-33-44-66"'
YES, NO, LEARN = Ability.YES, Ability.NO, Ability.LEARN


@dataclass(frozen=True)
class Known:
    """Known answers of one family; `facts`: port, rate by CoA, disconnect, cap, cap by CoA, MAC format."""

    accept: tuple[str, ...]
    change: tuple[str, ...]
    names: tuple[str, ...]
    facts: tuple[int, Ability, Ability, Ability, Ability, MacFormat]
    quirks: frozenset[str] = frozenset()


HOTSPOT = Known(
    (*TIMES, *WISPR, FILTER),
    (*TIMES, *WISPR, FILTER),
    (NAME, SESSION_ID, DASHED),
    (3799, LEARN, LEARN, NO, NO, MacFormat.DASHES),
)
KNOWN = {
    "mikrotik": Known(
        (*TIMES, "Port-Limit = 100", RATE_LIMIT, "Mikrotik-Total-Limit = 705032704",
         "Mikrotik-Total-Limit-Gigawords = 1", GROUP),
        (ENDS, IDLE, RATE_LIMIT, GROUP),
        (NAME, ADDRESS, SESSION_ID),
        (3799, LEARN, LEARN, YES, NO, MacFormat.COLONS),
        frozenset({"cap_has_gigawords", "holds_queue"}),
    ),
    "mikrotik-ppp": Known(
        (*TIMES, RATE_LIMIT, GROUP),
        (ENDS, IDLE, RATE_LIMIT, GROUP),
        (NAME, SESSION_ID, ADDRESS),
        (3799, YES, LEARN, NO, NO, MacFormat.COLONS),
        frozenset({"holds_queue", "only_lines"}),
    ),
    "chilli": Known(
        (*TIMES, FILTER, *WISPR, *CHILLI_CAP),
        (*TIMES, FILTER, *WISPR, *CHILLI_CAP),  # what it leaves out is cleared
        (NAME, SESSION_ID),
        (3799, YES, YES, YES, YES, MacFormat.DASHES),
        frozenset({"cap_has_gigawords", "coa_replaces_all", "octets_reversed", "limits_in_accounting_response"}),
    ),
    "uspot": Known(
        (*TIMES, *WISPR, *CHILLI_CAP),
        TIMES,  # a rate in it would have to match the session
        (NAME, SESSION_ID),
        (3799, NO, LEARN, YES, NO, MacFormat.DASHES),
        frozenset({"cap_has_gigawords", "bare_orders"}),
    ),
    "netquota_gateway": Known(
        (*TIMES, *WISPR, *CHILLI_CAP),
        (*TIMES, *WISPR, *CHILLI_CAP),
        (NAME, SESSION_ID, ADDRESS),
        (3799, YES, YES, YES, YES, MacFormat.DASHES),
        frozenset({"cap_has_gigawords"}),
    ),
    "wispr": HOTSPOT,
    "pfsense": Known(
        (*TIMES, *WISPR, FILTER, "pfSense-Max-Total-Octets = 4294967295"),  # clipped, never wrapped
        (),
        (NAME, SESSION_ID),
        (3799, NO, NO, YES, NO, MacFormat.DASHES),
    ),
    "opnsense": replace(HOTSPOT, quirks=frozenset({"wraps_32bit"})),
    "opennds": replace(HOTSPOT, change=(), facts=(3799, NO, NO, NO, NO, MacFormat.DASHES)),
    "unifi": replace(HOTSPOT, change=(ENDS,), facts=(3799, NO, LEARN, NO, NO, MacFormat.DASHES)),
    "omada": HOTSPOT,
    "ruijie": replace(
        HOTSPOT,
        names=(NAME, SESSION_ID, 'Calling-Station-Id = "02ab22334466"'),
        facts=(3799, LEARN, LEARN, NO, NO, MacFormat.BARE),
    ),
    "ruckus": Known(
        (*TIMES, RUCKUS_ROLE, *WISPR),
        (RUCKUS_ROLE, ENDS, *WISPR),
        (NAME, SESSION_ID, DASHED),
        (3799, LEARN, LEARN, NO, NO, MacFormat.DASHES),
    ),
    "aruba": Known(
        (*TIMES, ARUBA_ROLE, *WISPR),
        (ARUBA_ROLE, ENDS),
        (NAME, SESSION_ID, 'Calling-Station-Id = "02ab22334466"', 'NAS-Identifier = "gw-dinkes"'),
        (3799, NO, LEARN, NO, NO, MacFormat.BARE),
    ),
    "fortinet": Known(
        (*TIMES, 'Fortinet-Group-Name = "opd-dinkes"', *WISPR),
        (),
        (NAME, ADDRESS, SESSION_ID),  # by the name alone it says NAK
        (3799, NO, LEARN, NO, NO, MacFormat.DASHES),
    ),
    "cisco": Known(
        (*TIMES, *POLICIES),
        (*POLICIES, ENDS),
        (NAME, SESSION_ID, 'Calling-Station-Id = "02ab.2233.4466"',
         'Cisco-AVPair = "audit-session-id=0A0900010000002A"'),
        (1700, NO, LEARN, NO, NO, MacFormat.DOTS),
    ),
    "accel-ppp": Known(
        (*TIMES, 'Filter-Id = "10000/2000"'),
        (ENDS, 'Filter-Id = "10000/2000"'),
        (NAME, SESSION_ID, ADDRESS),
        (3799, LEARN, LEARN, NO, NO, MacFormat.DASHES),
        frozenset({"only_lines"}),
    ),
    "ocserv": Known(
        (
            *TIMES,
            "RP-Upstream-Speed-Limit = 250",
            "RP-Downstream-Speed-Limit = 1250",
            f"Class = 0x{b'nq-10000-2000'.hex()}",
        ),
        (),
        (NAME, SESSION_ID),
        (3799, NO, NO, NO, NO, MacFormat.DASHES),
    ),
    "hostapd": Known(TIMES, (), (NAME, SESSION_ID, DASHED), (3799, NO, LEARN, NO, NO, MacFormat.DASHES)),
    "plain": Known(
        (*TIMES, FILTER),
        (*TIMES, FILTER),
        (NAME, SESSION_ID, ADDRESS, DASHED),
        (3799, NO, LEARN, NO, NO, MacFormat.DASHES),
    ),
}  # fmt: skip
QUIRKS = (
    "cap_has_gigawords", "coa_replaces_all", "resets_on_coa", "wraps_32bit", "octets_reversed",
    "limits_in_accounting_response", "holds_queue", "only_lines", "bare_orders",
)  # fmt: skip
EACH = pytest.mark.parametrize("family", FAMILIES.values(), ids=lambda family: family.key)


def in_words(attributes: bytes) -> tuple[str, ...]:
    return tuple(readable(parse(request(Code.COA_REQUEST, 1, attributes, b"secret", message_authenticator=False))))


def test_every_family_has_its_known_answers() -> None:
    assert set(KNOWN) == set(FAMILIES)


@EACH
def test_accept_of_ten_down_two_up_with_five_gigabytes_left(family: Family) -> None:
    assert in_words(reply_attributes(family, DESIRED)) == KNOWN[family.key].accept


@EACH
def test_coa_carries_what_the_family_can_change(family: Family) -> None:
    assert in_words(coa_attributes(family, DESIRED)) == KNOWN[family.key].change


@EACH
def test_session_is_named_as_the_family_wants(family: Family) -> None:
    assert in_words(identifiers(family, SESSION)) == KNOWN[family.key].names


@EACH
def test_facts_are_those_of_the_table(family: Family) -> None:
    able = family.can_coa_rate, family.can_disconnect, family.can_cap, family.can_raise_cap
    known = KNOWN[family.key]
    assert (family.coa_port, *able, family.mac_format) == known.facts
    assert {name for name in QUIRKS if getattr(family, name)} == known.quirks


@EACH
def test_a_family_that_knows_nothing_for_sure_names_no_source(family: Family) -> None:
    assert bool(family.known) <= bool(family.tried_with)
    assert family.known <= set(Fact)


@EACH
def test_abilities_agree_with_what_is_sent(family: Family) -> None:
    """Who can change a rate is sent one: an ACK to a CoA without it would pass for a limit in force."""
    faster = replace(DESIRED, rate=Rate(20_000_000, 4_000_000))
    changes = coa_attributes(family, DESIRED) != coa_attributes(family, faster)
    assert changes or family.can_coa_rate is NO
    assert family.can_coa_rate is not NO or "Bandwidth" not in " ".join(in_words(coa_attributes(family, DESIRED)))
    assert bool(identifiers(family, SESSION))


def test_chilli_is_told_both_rates_however_high() -> None:
    """Without a rate at log-in its bucket stays tiny for the session's whole life."""
    words = in_words(reply_attributes(FAMILIES["chilli"], Desired(Rate(40_000_000_000, 40_000_000_000))))
    assert words[-2:] == ("WISPr-Bandwidth-Max-Up = 4294967295", "WISPr-Bandwidth-Max-Down = 4294967295")


@pytest.mark.parametrize(("cap", "told"), [(1, 1), (2**32 - 1, 2**32 - 1), (2**32, 2**32 - 1), (2**45, 2**32 - 1)])
def test_cap_without_gigawords_is_clipped_never_wrapped(cap: int, told: int) -> None:
    words = in_words(reply_attributes(FAMILIES["pfsense"], replace(DESIRED, octet_cap=cap)))
    assert words[-1] == f"pfSense-Max-Total-Octets = {told}"


@pytest.mark.parametrize("family", ["aruba", "ruckus", "fortinet", "cisco", "plain"])
def test_role_is_the_groups_name_else_the_plans(family: str) -> None:
    by_plan = in_words(reply_attributes(FAMILIES[family], replace(DESIRED, group=None)))
    assert any("pegawai-10m" in word for word in by_plan)
    nameless = in_words(reply_attributes(FAMILIES[family], replace(DESIRED, group=None, plan_key="")))
    assert not any("Role" in word or "Group" in word or "AVPair" in word or "Filter" in word for word in nameless)


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("gw-1", 'NAS-Identifier = "gw-1"'),
        ("10.9.0.1", "NAS-IP-Address = 10.9.0.1"),
        ("2001:db8::9", "NAS-IPv6-Address = 2001:db8::9"),
    ],
)
def test_gateway_is_named_as_it_names_itself(name: str, told: str) -> None:
    assert in_words(identifiers(FAMILIES["aruba"], replace(SESSION, gateway_identifier=name)))[-1] == told


def test_gateway_that_never_said_its_name_is_not_named() -> None:
    assert in_words(identifiers(FAMILIES["aruba"], SessionIdentity("budi"))) == (NAME,)
