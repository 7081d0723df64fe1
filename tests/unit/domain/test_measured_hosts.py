"""The hosts of an application are found in what its office wrote of where it answers, and nothing else is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netquota.domain.measured_hosts import hosts_of


@pytest.mark.parametrize(
    ("address", "hosts"),
    [
        ("siak.kota.go.id", ("siak.kota.go.id",)),
        ("https://SIAK.Kota.go.id:8443/masuk?x=1#a", ("siak.kota.go.id",)),
        ("http://10.20.0.5/simrs", ("10.20.0.5",)),
        ("10.20.0.5:8080", ("10.20.0.5",)),
        ("10.20.0.5/24", ("10.20.0.0/24",)),
        ("https://[2001:DB8::1]:443/x", ("2001:db8::1",)),
        ("2001:db8::/32", ("2001:db8::/32",)),
        ("https://ani:rahasia@siak.kota.go.id/", ("siak.kota.go.id",)),
        ("siak.kota.go.id., 10.20.0.5;  SIAK.kota.go.id", ("siak.kota.go.id", "10.20.0.5")),
        ("siak.kota.go.id (cadangan 10.20.0.6)", ("siak.kota.go.id",)),
    ],
)
def test_a_host_is_taken_out_of_addresses(address: str, hosts: tuple[str, ...]) -> None:
    assert hosts_of(address) == hosts


@pytest.mark.parametrize(
    "address",
    [
        "", "  ", "belum ada", "localhost", "http://localhost:80", "app.localhost", "127.0.0.1", "127.0.0.0/8", "[::1]",
        "224.0.0.251", "ff02::1", "0.0.0.0", "0.0.0.0/0", "0.0.0.0/1", "::/0", "169.254.1.1", "fe80::1%eth0",
        "10.0.0.300", "1.2.3.4.5", "-a.go.id", "a..go.id", "a" * 300 + ".go.id",
        "siak.kota.go.id\"]", "$(reboot).go.id",
        "https://", "é.go.id",
    ],
)  # fmt: skip
def test_what_is_no_place_in_a_network_is_left_out(address: str) -> None:
    assert hosts_of(address) == ()


@given(st.text(max_size=80))
def test_a_host_holds_nothing_that_a_routers_script_could_take_for_its_own(address: str) -> None:
    for host in hosts_of(address):
        assert set(host) <= set("abcdefghijklmnopqrstuvwxyz0123456789.-_:/")
        assert hosts_of(host) == (host,)
