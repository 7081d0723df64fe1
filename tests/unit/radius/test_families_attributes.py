"""What each family of gateways is sent: the known answers of nas.md, written as radclient prints them."""

import pytest

from netquota.domain.enforcement import Desired, SessionIdentity, desired_state, spread_interim
from netquota.domain.policy import Decision
from netquota.domain.units import Burst, Rate
from netquota.errors import InvalidValue, NotFound
from radius.codec import Code, parse, request
from radius.families import (
    FAMILIES,
    accept_attributes,
    coa_attributes,
    family_named,
    identifiers,
    reply_attributes,
)
from radius.simulator.readable import readable

TEN_TWO = Rate(10_000_000, 2_000_000)
DECISION = Decision(
    True, (), TEN_TWO, octet_cap=5_000_000_000, idle_timeout_s=600, interim_s=300, plan_key="pegawai-10m"
)
TIMES = ["Session-Timeout = 28800", "Idle-Timeout = 600", "Acct-Interim-Interval = 300"]
WISPR = ["WISPr-Bandwidth-Max-Up = 2000000", "WISPr-Bandwidth-Max-Down = 10000000"]
CHILLI_CAP = ["ChilliSpot-Max-Total-Octets = 705032704", "ChilliSpot-Max-Total-Gigawords = 1"]
MIKROTIK_CAP = ["Mikrotik-Total-Limit = 705032704", "Mikrotik-Total-Limit-Gigawords = 1"]
SESSION = SessionIdentity("budi", "81a00017", "10.5.0.17", "02:11:22:33:44:66")


def in_words(attributes: bytes) -> list[str]:
    return readable(parse(request(Code.COA_REQUEST, 1, attributes, b"secret", message_authenticator=False)))


@pytest.mark.parametrize(
    ("family", "answer"),
    [
        ("mikrotik", [*TIMES, "Port-Limit = 100", 'Mikrotik-Rate-Limit = "2M/10M"', *MIKROTIK_CAP]),
        ("chilli", [*TIMES, *WISPR, *CHILLI_CAP]),
        ("wispr", [*TIMES, *WISPR]),
        ("opnsense", [*TIMES, *WISPR]),
        ("netquota_gateway", [*TIMES, *WISPR, *CHILLI_CAP]),
        ("accel-ppp", [*TIMES, 'Filter-Id = "10000/2000"']),
        (
            "ocserv",
            [
                *TIMES,
                "RP-Upstream-Speed-Limit = 250",
                "RP-Downstream-Speed-Limit = 1250",
                f"Class = 0x{b'nq-10000-2000'.hex()}",
            ],
        ),
        ("plain", [*TIMES, 'Filter-Id = "pegawai-10m"']),
    ],
)
def test_accept_of_ten_down_two_up_with_five_gigabytes_left(family: str, answer: list[str]) -> None:
    assert in_words(accept_attributes(FAMILIES[family], DECISION, 28_800)) == answer


def test_mikrotik_is_told_the_burst() -> None:
    burst = Burst(Rate(20_000_000, 4_000_000), Rate(8_000_000, 1_500_000), 10)
    words = in_words(reply_attributes(FAMILIES["mikrotik"], Desired(TEN_TWO, burst)))
    assert 'Mikrotik-Rate-Limit = "2M/10M 4M/20M 1500k/8M 10/10"' in words


@pytest.mark.parametrize(
    ("family", "answer"),
    [
        # RouterOS refuses Total-Limit and the interim interval in a CoA
        ("mikrotik", [*TIMES[:2], 'Mikrotik-Rate-Limit = "2M/10M"', 'Mikrotik-Group = "opd-dinkes"']),
        # what a CoA leaves out, CoovaChilli clears
        ("chilli", [*TIMES, 'Filter-Id = "opd-dinkes"', *WISPR, *CHILLI_CAP]),
        ("netquota_gateway", [*TIMES, *WISPR, *CHILLI_CAP]),
        ("wispr", [*TIMES, *WISPR, 'Filter-Id = "opd-dinkes"']),
        ("plain", [*TIMES, 'Filter-Id = "opd-dinkes"']),
        ("accel-ppp", [TIMES[0], 'Filter-Id = "10000/2000"']),
        ("ocserv", []),
    ],
)
def test_coa_carries_all_that_the_family_can_change(family: str, answer: list[str]) -> None:
    desired = Desired(TEN_TWO, None, 5_000_000_000, 28_800, 600, 300, "opd-dinkes", "pegawai-10m")
    assert in_words(coa_attributes(FAMILIES[family], desired)) == answer


@pytest.mark.parametrize(
    ("family", "answer"),
    [
        ("mikrotik", ['User-Name = "budi"', "Framed-IP-Address = 10.5.0.17", 'Acct-Session-Id = "81a00017"']),
        ("chilli", ['User-Name = "budi"', 'Acct-Session-Id = "81a00017"']),
        ("wispr", ['User-Name = "budi"', 'Acct-Session-Id = "81a00017"', 'Calling-Station-Id = "02-11-22-33-44-66"']),
    ],
)
def test_session_is_named_as_its_family_wants(family: str, answer: list[str]) -> None:
    assert in_words(identifiers(FAMILIES[family], SESSION)) == answer


def test_what_is_not_known_of_a_session_is_left_out() -> None:
    assert in_words(identifiers(FAMILIES["mikrotik"], SessionIdentity("budi"))) == ['User-Name = "budi"']


@pytest.mark.parametrize(
    ("cap", "octets", "gigawords"), [(1, 1, 0), (2**32 - 1, 2**32 - 1, 0), (2**32, 0, 1), (2**40 + 7, 7, 256)]
)
def test_caps_beyond_32_bits_go_into_gigawords(cap: int, octets: int, gigawords: int) -> None:
    words = in_words(reply_attributes(FAMILIES["mikrotik"], Desired(TEN_TWO, octet_cap=cap)))
    assert words[-2:] == [f"Mikrotik-Total-Limit = {octets}", f"Mikrotik-Total-Limit-Gigawords = {gigawords}"]


def test_rate_beyond_32_bits_is_clipped_never_wrapped() -> None:
    words = in_words(reply_attributes(FAMILIES["wispr"], Desired(Rate(5_000_000_000, 1_000_000))))
    assert "WISPr-Bandwidth-Max-Down = 4294967295" in words


@pytest.mark.parametrize("family", ["mikrotik", "chilli", "wispr", "accel-ppp", "ocserv"])
@pytest.mark.parametrize("rate", [Rate(0, 1), Rate(1, 0), Rate(-5, 1)])
def test_limit_of_nothing_is_refused(family: str, rate: Rate) -> None:
    with pytest.raises(InvalidValue):
        reply_attributes(FAMILIES[family], Desired(rate))


@pytest.mark.parametrize("family", list(FAMILIES))
def test_interim_interval_is_never_under_sixty_seconds(family: str) -> None:
    assert "Acct-Interim-Interval = 60" in in_words(reply_attributes(FAMILIES[family], Desired(TEN_TWO, interim_s=5)))


def test_interim_interval_of_the_session_goes_before_the_decisions() -> None:
    assert "Acct-Interim-Interval = 317" in in_words(accept_attributes(FAMILIES["mikrotik"], DECISION, 28_800, 317))


def test_session_that_should_have_ended_gets_a_second_not_eternity() -> None:
    assert "Session-Timeout = 1" in in_words(accept_attributes(FAMILIES["wispr"], DECISION, -3))


def test_long_names_are_cut_between_characters() -> None:
    words = in_words(reply_attributes(FAMILIES["plain"], Desired(TEN_TWO, plan_key="é" * 200)))
    assert words[-1] == f'Filter-Id = "{"é" * 126}"'


def test_unknown_family_is_named_with_those_there_are() -> None:
    with pytest.raises(NotFound, match="mikrotik, mikrotik-ppp, chilli"):
        family_named("draytek")


def test_abilities_agree_with_what_is_encoded() -> None:
    capped, bare = Desired(TEN_TWO, octet_cap=10), Desired(TEN_TWO)
    for family in FAMILIES.values():
        assert (family.can_cap == "yes") == (reply_attributes(family, capped) != reply_attributes(family, bare))
        assert (family.can_raise_cap == "yes") == (coa_attributes(family, capped) != coa_attributes(family, bare))
        if family.coa_replaces_all:
            assert reply_attributes(family, capped) == coa_attributes(family, capped)


def test_limits_of_a_running_session_count_from_its_start() -> None:
    desired = desired_state(DECISION, 600, elapsed_s=1000, used_octets=70)
    assert (desired.octet_cap, desired.session_timeout_s) == (5_000_000_070, 1600)


def test_equal_states_have_equal_texts_and_come_back() -> None:
    burst = Burst(Rate(20_000_000, 4_000_000), Rate(8_000_000, 1_500_000), 10)
    for desired in (Desired(TEN_TWO), Desired(TEN_TWO, burst, 7, 60, 90, 61, "ka\u0142", "p")):
        assert Desired.from_json(desired.to_json()) == desired
    assert Desired(TEN_TWO).to_json() == Desired(Rate(10_000_000, 2_000_000)).to_json()


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"rate": 3}', '{"rate": {"down_bps": 1, "up_bps": 1}, "unknown": 1}']
)
def test_text_that_is_no_state_is_refused(text: str) -> None:
    with pytest.raises(InvalidValue):
        Desired.from_json(text)


def test_interim_is_spread_over_devices_and_steady_for_each() -> None:
    devices = [SessionIdentity(f"u{n}", mac=f"02:00:00:00:00:{n:02X}") for n in range(200)]
    spread = [spread_interim(300, device) for device in devices]
    assert spread == [spread_interim(300, device) for device in devices]
    assert min(spread) >= 300
    assert max(spread) <= 345
    assert len(set(spread)) > 30
    assert spread_interim(10, devices[0]) >= 60
    assert spread_interim(300, None) == 300
