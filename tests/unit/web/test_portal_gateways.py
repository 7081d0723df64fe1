"""What the portal hands to gateways, by known answers (computed with md5sum), and where it may send a browser."""

from __future__ import annotations

import pytest

from netquota.errors import InvalidValue
from radius.methods.chap import Chap, verify
from web.portal import chilli, mikrotik, targets

CHALLENGE = "00112233445566778899aabbccddeeff"
CLIENTS = {"203.0.113.7", "198.51.100.0/24"}
PUBLIC = "https://wifi.arunika.go.id"


def test_mikrotik_writes_octets_as_three_octal_digits() -> None:
    assert mikrotik.octets(r"\371A\000z\\") == b"\xf9A\0z\\\\"


def test_mikrotik_chap_is_known() -> None:
    assert mikrotik.chap_password(r"\371", r"\034\177A", "nqt-token") == "1863284afb1c8e8b528d8d443deb63dc"


def test_mikrotik_chap_is_what_radius_verifies() -> None:
    response = bytes.fromhex(mikrotik.chap_password(r"\371", r"\034\177A", "nqt-token"))
    assert verify(Chap(0xF9, response, b"\x1c\x7fA"), b"nqt-token")


def test_mikrotik_logs_in_by_a_plain_link() -> None:
    link = mikrotik.login_url("http://10.5.50.1/login?x=1", "siti@kota", "nqt-a", "http://example.com/?a=b&c")
    assert link == (
        "http://10.5.50.1/login?x=1&username=siti%40kota&password=nqt-a&dst=http%3A%2F%2Fexample.com%2F%3Fa%3Db%26c"
    )
    assert mikrotik.logout_url("http://10.5.50.1/login") == "http://10.5.50.1/logout?erase-cookie=on"


@pytest.mark.parametrize(
    ("secret", "answer"),
    [(b"uam-secret", "133300827d4722ca294db2255f34a17d"), (None, "f098366f4f227516ae5c6542bb687535")],
)
def test_chilli_response_is_known_and_is_chap_with_id_0(secret: bytes | None, answer: str) -> None:
    challenge = chilli.challenge_octets(CHALLENGE)
    assert chilli.chap_response(challenge, secret, "nqt-token") == answer
    seen_by_radius = challenge if secret is None else bytes.fromhex("1f56214c11e1237cfad9dc28892f6ffd")
    assert verify(Chap(0, bytes.fromhex(answer), seen_by_radius), b"nqt-token")


@pytest.mark.parametrize("text", ["", "00", "zz" * 16, CHALLENGE + "00"])
def test_chilli_challenge_is_16_octets(text: str) -> None:
    with pytest.raises(InvalidValue):
        chilli.challenge_octets(text)


SIGNED = "http://portal.example/portal/login?res=notyet&uamip=10.1.0.1&uamport=3990"


@pytest.mark.parametrize(
    ("address", "good"),
    [
        (f"{SIGNED}&md=C735B2E3C1A13B113E508F20200C7341", True),
        (f"{SIGNED}0&md=C735B2E3C1A13B113E508F20200C7341", False),
        (f"{SIGNED}&md=", False),
        (SIGNED, False),
    ],
)
def test_chilli_redirect_is_ours_only_with_its_signature(address: str, good: bool) -> None:
    assert chilli.is_signed(address, b"uam-secret") is good


@pytest.mark.parametrize(
    "address",
    [
        "http://10.5.50.1/login",
        "https://192.168.88.1:8443/login",
        "http://100.64.3.1/login",
        "http://[fe80::1]/login",
        "http://203.0.113.7/login",
        "http://198.51.100.99/login",
        "http://hotspot/login",
        "http://login.lan/login",
        "http://hotspot.arunika.go.id/login",
    ],
)
def test_a_gateway_is_where_gateways_are(address: str) -> None:
    assert targets.gateway_url(address, CLIENTS, PUBLIC) == address


@pytest.mark.parametrize(
    "address",
    [
        "",
        "javascript:alert(1)",
        "data:text/html,x",
        "//10.5.50.1/login",
        "http://8.8.8.8/login",
        "http://evil.example/login",
        "http://evilarunika.go.id/login",
        "http://go.id/login",
        "http://10.5.50.1@evil.example/login",
        "http://evil.example#10.5.50.1",
        "http://evil.example\\@10.5.50.1/",
        "http://10.5.50.1:99999/",
        "http://10.5.50.1/\r\nx: y",
        "http://10.5.50.1/" + "x" * 2000,
    ],
)
def test_a_token_never_leaves_for_the_internet(address: str) -> None:
    with pytest.raises(InvalidValue):
        targets.gateway_url(address, CLIENTS, PUBLIC)


ALLOWED = targets.Allowed(frozenset({"netquota.kota.go.id", "10.5.50.1"}), ("absensi.kota.go.id", "10.20.4.0/24"))


@pytest.mark.parametrize(
    "address",
    [
        "https://netquota.kota.go.id/kuota", "http://10.5.50.1/status", "https://absensi.kota.go.id/masuk?x=1",
        "http://ABSENSI.kota.go.id", "http://absensi.kota.go.id:8080/", "http://10.20.4.7/e-office",
    ],
)  # fmt: skip
def test_a_log_in_leads_to_ours_the_gateways_and_what_is_always_reachable(address: str) -> None:
    assert targets.wanted_url(address, ALLOWED).lower() == address.lower()


EVIL = [
    "", "javascript:alert(1)", "JaVaScRiPt:alert(1)", "data:text/html,x", "ftp://absensi.kota.go.id",
    "//evil.example", "/relative", "absensi.kota.go.id", "http:evil.example", "http:///evil.example",
    "https://absensi.kota.go.id\\@evil.example/", "http:\\\\evil.example", "\\\\evil.example",
    "https://absensi.kota.go.id@evil.example/", "https://evil.example#absensi.kota.go.id", "http://[::1",
    "http://absensi.kota.go.id/\r\nx: y", "http://absensi.kota.go.id/\tx", " https://absensi.kota.go.id",
    "https://user:pass@absensi.kota.go.id/", "http://absensi.kota.go.id:99999/", "http://10.20.4.7/" + "x" * 2000,
]  # fmt: skip
STRANGE = [
    "https://evil.example/", "https://evilabsensi.kota.go.id/", "https://absensi.kota.go.id.evil.example/",
    "http://10.20.5.7/", "http://169460999/", "https://kota.go.id/", "http://[::ffff:10.20.4.7]/",
]  # fmt: skip


@pytest.mark.parametrize("address", EVIL)
def test_a_log_in_never_leads_to_what_is_no_web_page(address: str) -> None:
    assert targets.wanted_url(address, ALLOWED) == ""
    assert targets.wanted_url(address, targets.Allowed(anywhere=True)) in {
        "",
        "https://evil.example#absensi.kota.go.id",
    }


@pytest.mark.parametrize("address", STRANGE)
def test_a_log_in_leads_elsewhere_only_where_the_gateway_signed_it(address: str) -> None:
    assert targets.wanted_url(address, ALLOWED) == ""
    assert targets.wanted_url(address, targets.Allowed(anywhere=True)) == address


@pytest.mark.parametrize(
    ("address", "probe"),
    [
        ("http://captive.apple.com/hotspot-detect.html", True),
        ("http://connectivitycheck.gstatic.com/generate_204", True),
        ("http://example.com/generate_204", True),
        ("http://example.com/", False),
    ],
)
def test_nobody_wanted_the_page_that_a_device_looks_for_a_portal_by(address: str, probe: bool) -> None:
    assert targets.is_probe(address) is probe
