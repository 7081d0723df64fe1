"""Applications that are always reachable: how their addresses are written, whose address a page's is."""

from __future__ import annotations

import pytest

from netquota.domain.reachable import covers, parse_hosts
from netquota.errors import InvalidValue


@pytest.mark.parametrize(
    ("text", "hosts"),
    [
        ("Absensi.Kota.go.id", ("absensi.kota.go.id",)),
        ("absensi.kota.go.id., 10.20.0.5,10.20.4.7/24 , absensi.kota.go.id",
         ("absensi.kota.go.id", "10.20.0.5", "10.20.4.0/24")),
        ("intranet", ("intranet",)),
    ],
)  # fmt: skip
def test_hosts_are_names_addresses_and_networks_each_once(text: str, hosts: tuple[str, ...]) -> None:
    assert parse_hosts(text, "hosts") == hosts


@pytest.mark.parametrize(
    "text",
    ["", " , ", "*.kota.go.id", "https://absensi.kota.go.id", "absensi.kota.go.id/masuk", "0.0.0.0/0", "10.0.0.0/8",
     "2001:db8::1", "999.1.1.1", "a b", "-a.id", "a..id", "x" * 64 + ".id", ", ".join(f"a{n}.id" for n in range(21)),
     'a";drop', "a$(b).id"],
)  # fmt: skip
def test_what_a_gateway_could_not_take_is_refused(text: str) -> None:
    with pytest.raises(InvalidValue):
        parse_hosts(text, "hosts")


@pytest.mark.parametrize(
    ("host", "held"),
    [
        ("absensi.kota.go.id", True), ("ABSENSI.kota.go.id.", True), ("x.absensi.kota.go.id", False),
        ("10.20.4.200", True), ("10.20.5.1", False), ("::1", False), ("", False), ("10.20.4.0/24", False),
    ],
)  # fmt: skip
def test_a_host_is_an_applications_by_its_name_or_network(host: str, held: bool) -> None:
    assert covers(("absensi.kota.go.id", "10.20.4.0/24"), host) is held
