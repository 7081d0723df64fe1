"""Which client a source address belongs to (reliability.md P2)."""

from __future__ import annotations

import pytest

from netquota.domain.places import Nas
from netquota.storage.nas_table import NasTable, canonical_address

ADDRESSES = ("10.0.0.1", "10.0.0.0/24", "10.0.0.0/8", "2001:db8::1", "2001:db8::/32", "fe80::5", "192.168.4.9/32")
TABLE = NasTable(Nas(number, text, text, b"s", "plain") for number, text in enumerate(ADDRESSES))


@pytest.mark.parametrize(
    ("address", "found"),
    [
        ("10.0.0.1", "10.0.0.1"),  # the address itself goes before any prefix
        ("10.0.0.2", "10.0.0.0/24"),  # of two prefixes the longer
        ("10.9.0.2", "10.0.0.0/8"),
        ("11.0.0.1", None),
        ("::ffff:10.0.0.1", "10.0.0.1"),  # IPv4 as a dual-stack socket gives it
        ("::ffff:10.0.0.77", "10.0.0.0/24"),
        ("2001:db8::1", "2001:db8::1"),
        ("2001:db8:0:0::1", "2001:db8::1"),
        ("2001:db8:7::1", "2001:db8::/32"),
        ("2001:db9::1", None),
        ("fe80::5%eth0", "fe80::5"),
        ("192.168.4.9", "192.168.4.9/32"),
        ("a00::1", None),  # 10.0.0.0/8 is no IPv6 prefix
        ("nonsense", None),
    ],
)
def test_the_longest_matching_prefix_wins(address: str, found: str | None) -> None:
    for _ in range(2):  # the second time from what is remembered
        nas = TABLE.find(address)
        assert (None if nas is None else nas.name) == found


def test_a_flood_of_foreign_addresses_takes_no_more_memory_than_the_bound() -> None:
    table = NasTable([Nas(1, "a", "10.0.0.0/24", b"s", "plain")])
    for number in range(10_000):
        assert table.find(f"172.16.{number // 256}.{number % 256}") is None
    assert len(table._remembered) <= 4096
    assert table.find("10.0.0.9") is not None


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        (" 10.0.0.1 ", "10.0.0.1"),
        ("10.0.0.1/32", "10.0.0.1"),
        ("10.1.2.3/16", "10.1.0.0/16"),
        ("2001:DB8:0::1", "2001:db8::1"),
        ("2001:db8::/32", "2001:db8::/32"),
    ],
)
def test_an_address_has_one_way_to_be_written(text: str, canonical: str) -> None:
    assert canonical_address(text) == canonical
