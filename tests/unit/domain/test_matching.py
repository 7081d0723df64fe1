"""Where somebody is: the site that matches most closely, by the rule that domain.matching writes down."""

from __future__ import annotations

from typing import Any

import pytest

from netquota.domain.matching import Arrival, nearest_site, vlan_in
from netquota.domain.people import Opd
from netquota.domain.places import Site, Way

OPD = Opd(1, "DINKES", "Dinas Kesehatan")


def _site(number: int, **asked: Any) -> Site:
    return Site(number, f"site {number}", OPD, nas_id=1, **asked)


REST = _site(1)
GATEWAY = _site(2, match_gateway="gw-mal")
HOTSPOT = _site(3, match_called_station="hotspot-lantai-1")
PORT = _site(4, match_port="ether5")
VLAN = _site(5, match_vlan=20)
GATEWAY_AND_HOTSPOT = _site(6, match_gateway="gw-mal", match_called_station="hotspot-lantai-1")
PATTERN = _site(7, match_called_station="*:Dinkes*")
CITY = (REST, GATEWAY, HOTSPOT, PORT, VLAN, GATEWAY_AND_HOTSPOT, PATTERN)


@pytest.mark.parametrize(
    ("arrival", "found"),
    [
        (Arrival(), REST),  # nothing said: the site that asks for nothing
        (Arrival("gw-lain", "hotspot-lantai-9", "ether1"), REST),
        (Arrival("gw-mal"), GATEWAY),
        (Arrival("GW-Mal"), GATEWAY),  # as an admin may write it
        (Arrival("gw-lain", "hotspot-lantai-1"), HOTSPOT),
        (Arrival("gw-mal", "hotspot-lantai-1"), GATEWAY_AND_HOTSPOT),  # asks for more
        (Arrival("gw-mal", "x", "ether5"), PORT),  # as many: the port lies inside the gateway
        (Arrival("gw-mal", "x", "vlan20-hotspot"), VLAN),
        (Arrival("gw-lain", "hotspot-lantai-1", "bridge", 20), VLAN),
        (Arrival("gw-lain", "00-11-22-33-44-55:Dinkes-Tamu"), PATTERN),
        (Arrival("gw-lain", "00-11-22-33-44-55:Setda"), REST),
    ],
)
def test_the_closest_match_wins(arrival: Arrival, found: Site) -> None:
    assert nearest_site(CITY, arrival) is found
    assert nearest_site(CITY[::-1], arrival) is found


def test_a_whole_text_wins_over_a_pattern() -> None:
    exact, pattern = _site(8, match_called_station="ap:Dinkes"), PATTERN
    assert nearest_site((pattern, exact), Arrival(called_station="ap:dinkes")) is exact


def test_a_place_of_people_wins_over_a_line_and_the_older_of_equals_wins() -> None:
    line, older, younger = _site(8, way=Way.CIRCUIT), _site(9), _site(10)
    assert nearest_site((line, older, younger), Arrival("gw")) is older


def test_nobody_is_at_a_site_that_asks_for_something_else() -> None:
    assert nearest_site((GATEWAY, VLAN), Arrival("gw-lain", "", "vlan21")) is None


@pytest.mark.parametrize(
    ("port", "vlan"),
    [
        ("vlan20-hotspot", 20),
        ("hotspot-vlan-20", 20),
        ("VLAN ID: 4094", 4094),
        ("eth1.20", 20),
        ("bond0/1.7", 7),
        ("slot=0;subslot=0;port=1;vlanid=20", 20),
        ("ether5", None),
        ("20", None),  # NAS-Port's number is no VLAN
        ("vlan4095", None),
        ("vlan20000", None),
        ("10.10.0.20", None),
        ("", None),
    ],
)
def test_a_vlan_is_read_from_the_names_that_gateways_give_their_ports(port: str, vlan: int | None) -> None:
    assert vlan_in(port) == vlan
