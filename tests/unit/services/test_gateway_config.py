"""Generated configurations: RouterOS scripts are sound and known, no name breaks out, programs take their files."""

from __future__ import annotations

import ctypes
import importlib
import os
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netquota.domain.people import Opd
from netquota.domain.places import Mode, Nas, ProviderLink, Site, Way
from netquota.domain.reachable import Reachable
from netquota.domain.units import Rate
from netquota.errors import InvalidValue, NotFound
from netquota.services.gateway_config import (
    DIALECTS,
    MASK,
    ConfigFacts,
    ConfigOptions,
    Note,
    Part,
    Queues,
    SiteQueue,
    configuration,
    dialect_of,
    gather,
    part_of,
)
from netquota.services.gateway_config.facts import Tunnel
from netquota.services.gateway_config.quoting import Language, routeros, written
from netquota.settings import Settings
from radius.families import FAMILIES
from tests.unit.services.routeros_syntax import SyntaxFault, checked

ROOT = Path(__file__).parents[3]
GOLDEN = Path(__file__).parent / "gateway_config_golden"
TUNNEL = Tunnel("vpn.kota.go.id", 51820, "10.99.0.1", "c2VydmVyIHB1YmxpYyBrZXk=", "10.99.0.7/24")
FACTS = ConfigFacts(
    name="gw-setda", label="MikroTik RouterOS", servers=("10.10.0.1", "10.10.0.2"), auth_port=1812, acct_port=1813,
    coa_port=3799, secret="rahasia-sekali-123", token="token-gerbang", uam_secret="uam-rahasia",
    public_url="https://netquota.kota.go.id", portal_host="netquota.kota.go.id",
    queues=(
        SiteQueue("nq-mpp", ("Mal Pelayanan",), ("vlan20",), Rate(8_000_000, 4_000_000), False),
        SiteQueue("nq-setda", ("Kantor Setda",), ("bridge-hotspot",), Rate(20_000_000, 10_000_000)),
    ),
    line=Rate(100_000_000, 50_000_000), always_reachable=("absensi.kota.go.id", "10.20.0.0/24"),
    wan_interface="ether1", hotspot_interface="bridge-hotspot",
)  # fmt: skip
NASTY = 'Kantor "Wali\\Kota" $[:put 1] {x} ?\té;'


def script(facts: ConfigFacts) -> str:
    (only,) = configuration(facts, DIALECTS["routeros"])
    return only.text


def files(dialect: str, facts: ConfigFacts = FACTS) -> dict[str, str]:
    return {file.place: file.text for file in configuration(facts, DIALECTS[dialect])}


@pytest.mark.parametrize(
    ("name", "facts"),
    [
        ("routeros7-simple.rsc", FACTS),
        ("routeros6-tree-tunnel.rsc", replace(FACTS, routeros=6, way=Queues.TREE, tunnel=TUNNEL)),
    ],
)
def test_script_is_the_known_one(name: str, facts: ConfigFacts) -> None:
    """After a wanted change: WRITE_GOLDEN=1 pytest …, then read the difference."""
    if os.environ.get("WRITE_GOLDEN"):
        (GOLDEN / name).write_text(script(facts), encoding="utf-8")
    assert script(facts) == (GOLDEN / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("version", [6, 7])
@pytest.mark.parametrize("way", list(Queues))
@pytest.mark.parametrize(
    "more",
    [
        {}, {"tunnel": TUNNEL}, {"public_url": "", "portal_host": ""}, {"line": None}, {"queues": ()},
        {"queues": (SiteQueue(NASTY, (NASTY,), (NASTY,), Rate(1, 1)),), "name": NASTY, "secret": NASTY},
    ],
    ids=["plain", "tunnel", "no pages", "no link", "no site", "nasty"],
)  # fmt: skip
def test_every_variant_reads_soundly(version: int, way: Queues, more: dict[str, object]) -> None:
    checked(script(replace(FACTS, routeros=version, way=way, **more)))


@given(st.text(max_size=40))
def test_no_text_breaks_out_of_its_string(text: str) -> None:
    (read,) = checked(f":put {routeros(text)}")
    assert read.encode("latin-1") == text.encode("utf-8", "surrogatepass")


@pytest.mark.parametrize(
    "broken",
    [
        ':put "open', ":if (1 = 1 do={ :put 1 }", ":if (1 = 1) do={ :put 1", "/radius remove [find]", "/radios add",
        "add name=1", ':put "\\q"', "/tool netwatch get [find where name=1] status", ":put 1 }", ':put "é"',
        '/system script add name=x source=":put \\"open"',
    ],
)  # fmt: skip
def test_reader_of_scripts_refuses(broken: str) -> None:
    with pytest.raises(SyntaxFault):
        checked(broken)


@pytest.mark.parametrize("version", [6, 7])
@pytest.mark.parametrize("way", list(Queues))
def test_a_router_of_lines_gets_no_hotspot(version: int, way: Queues) -> None:
    nas = Nas(1, "gw1", "10.0.0.1", b"x", "mikrotik-ppp")
    site = Site(
        1, "Kantor", Opd(1, "SETDA", "Setda", ceiling=Rate(2, 1)), None, Mode.WHOLE_OPD, way=Way.GROUP, group="g"
    )
    dialect = dialect_of("mikrotik-ppp")
    options = ConfigOptions(routeros=version, queues=way, hotspot_network="10.7.0.0/16")
    settings = Settings.model_validate({"web": {"public_url": "https://netquota.kota.go.id"}})
    (file,) = configuration(
        gather(settings, nas, [site], dialect, options, reachable=(), fallback_host="10.10.0.1"), dialect
    )
    checked(file.text)
    assert "/ip hotspot" not in file.text
    assert "/ppp profile set" in file.text
    assert "10.7.0.0/16" in file.text


def test_the_reference_gateway_takes_its_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    facts = replace(FACTS, name='gw "a"', address="10.0.0.1", wan_interface="eth0", hotspot_interface="eth1")
    found = files("netquota-gateway", facts)
    (tmp_path / "secret").write_text(found["/etc/netquota-gateway/secret"])
    text = found["/etc/netquota-gateway/gateway.toml"].replace("/etc/netquota-gateway", str(tmp_path))
    (tmp_path / "gateway.toml").write_text(text)
    monkeypatch.syspath_prepend(str(ROOT / "deploy" / "gateway"))
    settings = importlib.import_module("netquota_gateway.settings").load(tmp_path / "gateway.toml")
    assert (settings.gateway.identifier, settings.secret) == ('gw "a"', b"rahasia-sekali-123")
    assert (settings.shaping.line, settings.shaping.ceiling) == (FACTS.line, Rate(8_000_000, 4_000_000))
    assert [str(one) for one in settings.portal.always] == ["absensi.kota.go.id", "10.20.0.0/24"]
    assert settings.fail_open.after_s == 300


def test_script_asks_what_the_issue_asks() -> None:
    text = script(replace(FACTS, tunnel=TUNNEL))
    for wanted in (
        "timeout=3s", "accept=yes port=3799", "radius-interim-update=received", "action=bypassed", "/tool netwatch add",
        "fasttrack", "/ipv6 firewall filter add", "priority=1", "/interface wireguard add", 'parent-queue="nq-setda"',
        "/readyz", "/api/gateway/v1/queues", "require-message-auth", 'dst-host="absensi.kota.go.id"',
    ):  # fmt: skip
        assert wanted in text.replace("type=bypassed", "action=bypassed"), wanted
    older = script(replace(FACTS, routeros=6, tunnel=TUNNEL))
    assert "require-message-auth" not in older
    assert "wireguard" not in older
    assert "l2tp-client" in older
    assert "http-get" not in older


@pytest.mark.parametrize("version", [6, 7])
def test_the_routers_script_counts_applications_by_rules_that_it_makes_and_removes(version: int) -> None:
    text = script(replace(FACTS, routeros=version)).replace("\\", "")
    for way, side in (("down", "src"), ("up", "dst")):
        rule = f'chain=forward action=passthrough {side}-address-list=$listName comment=($remark . " {way}")'
        made = f'find where comment=($remark . " {way}")]] = 0) do={{'
        assert made in text
        assert f"/ip firewall mangle add {rule} place-before=" in text  # before what others' rules end
        assert f"/ip firewall mangle add {rule} }}" in text
    assert ':set told ($told . "address " . $down . " " . $up . " " . $what . "n")' in text
    for menu in ("mangle", "address-list"):
        assert f'in=[/ip firewall {menu} find where comment~"^netquota address " dynamic=no]' in text
        assert f"/ip firewall {menu} remove $" in text
    assert ":if ($heard) do={" in text  # an answer that did not come removes nothing


def test_secrets_are_masked_unless_given() -> None:
    settings = Settings.model_validate({"gateways": {"server_addresses": ["10.10.0.1"]}})
    nas = Nas(1, "gw1", "10.0.0.1", b"rahasia-sekali-123", "mikrotik")
    facts = gather(settings, nas, (), DIALECTS["routeros"], reachable=())
    assert facts.secret == MASK
    assert script(facts).index(":error") < script(facts).index("/radius")  # entered as it is, it changes nothing
    for dialect in DIALECTS.values():
        assert "rahasia" not in "".join(file.text for file in configuration(facts, dialect))
    assert "rahasia" not in repr(replace(facts, secret="rahasia"))


@pytest.mark.parametrize("way", list(Queues))
def test_queues_of_sites_that_are_gone_go_too(way: Queues) -> None:
    menu, suffix = ("simple", "") if way is Queues.SIMPLE else ("tree", "-up")
    (line,) = [
        one for one in script(replace(FACTS, way=way)).splitlines() if f"/queue {menu} remove" in one and "!=" in one
    ]
    assert [f'name!="{queue.name}{suffix}"' in line for queue in FACTS.queues] == [True, True]


def test_without_a_token_the_gateways_own_fetching_is_left_alone() -> None:
    text = script(replace(FACTS, token=""))
    assert "netquota-queues" not in text
    assert "netquota-watch" in text


def test_sites_of_one_group_are_under_one_queue_with_the_smallest_limit() -> None:
    opd = Opd(1, "SETDA", "Setda", ceiling=Rate(20_000_000, 10_000_000))
    link = ProviderLink(1, "Astinet", "X", Rate(100_000_000, 50_000_000))
    sites = [
        Site(1, "Lantai 1", opd, link, Mode.WHOLE_OPD, group="nq-setda", match_vlan=20, way=Way.GROUP),
        Site(
            2, "Lantai 2", opd, link, Mode.WHOLE_OPD, Rate(5_000_000, 50_000_000), group="nq-setda", match_port="ether5"
        ),
        Site(3, "Aula", opd, None, group="nq-aula"),
    ]
    nas = Nas(1, "gw1", "10.0.0.1", b"x", "mikrotik", coa_port=1700)
    facts = gather(Settings(), nas, sites, DIALECTS["routeros"], ConfigOptions(hotspot_interface="wlan1"), reachable=())
    assert facts.queues == (
        SiteQueue("nq-aula", ("Aula",), ("wlan1",), Rate(20_000_000, 10_000_000), False),
        SiteQueue("nq-setda", ("Lantai 1", "Lantai 2"), ("vlan20", "ether5"), Rate(5_000_000, 10_000_000)),
    )
    assert (facts.line, facts.coa_port) == (Rate(100_000_000, 50_000_000), 1700)
    assert Note.NO_PAGES in facts.notes


@pytest.mark.parametrize(("host", "note"), [("127.0.0.1", Note.LOOPBACK), ("", Note.NO_ADDRESS), ("10.0.0.9", None)])
def test_an_address_that_no_gateway_can_reach_is_said(host: str, note: Note | None) -> None:
    nas = Nas(1, "gw1", "10.0.0.1", b"x", "mikrotik")
    facts = gather(Settings(), nas, (), DIALECTS["routeros"], reachable=(), fallback_host=host)
    assert [one for one in facts.notes if one in (Note.LOOPBACK, Note.NO_ADDRESS)] == ([note] if note else [])


def test_every_family_has_a_configuration_and_a_line_for_every_part() -> None:
    for key in FAMILIES:
        dialect = dialect_of(key)
        assert configuration(FACTS, dialect)
        assert [part for part in Part if not part_of(FACTS, dialect, part)] == []


def test_what_cannot_be_is_refused() -> None:
    with pytest.raises(InvalidValue, match="routeros"):
        ConfigOptions(routeros=5)
    with pytest.raises(InvalidValue, match="hotspot_network"):
        ConfigOptions(hotspot_network="10.5.50.1/24")
    with pytest.raises(InvalidValue, match="tunnel_endpoint"):
        gather(Settings(), Nas(1, "g", "10.0.0.1", b"x", "mikrotik"), (), DIALECTS["routeros"],
               ConfigOptions(tunnel_address="10.99.0.7/24"), reachable=())  # fmt: skip
    with pytest.raises(NotFound):
        dialect_of("mikrotik", "junos")


@pytest.mark.parametrize(("language", "text"), [
    (Language.WORDS, "two words"), (Language.WORDS, "a#b"), (Language.SHELL, "a\nb"), (Language.LINES, "a\nb"),
    (Language.LINES, " kuda"), (Language.TOML, "a\nb"),
])  # fmt: skip
def test_a_value_that_a_file_cannot_hold_is_refused_and_not_shown(language: Language, text: str) -> None:
    with pytest.raises(InvalidValue) as refused:
        written(text, language)
    assert text not in str(refused.value)


def test_shell_reads_chilli_values_back(tmp_path: Path) -> None:
    facts = replace(FACTS, secret="a'b$(touch x)\"`;", name="gw-1")
    for place, text in files("chilli", facts).items():
        (tmp_path / place.rpartition("/")[2]).write_text(text)
    show = f'. {tmp_path}/config; printf "%s|%s" "$HS_RADSECRET" "$HS_UAMALLOW"'
    told = subprocess.run(["sh", "-eu", "-c", show], capture_output=True, text=True, check=True, cwd=tmp_path)
    assert told.stdout == f"{facts.secret}|10.10.0.1,10.10.0.2,10.20.0.0/24,netquota.kota.go.id,absensi.kota.go.id"
    assert subprocess.run(["sh", "-n", f"{tmp_path}/ipup.sh"], check=False).returncode == 0
    options = (tmp_path / "local.conf").read_text()
    for wanted in ("swapoctets", "acctupdate", "bwbucketminsize 125000", "coaport 3799"):
        assert wanted in options.splitlines()


@pytest.mark.needs("ocserv")
def test_ocserv_takes_its_file(tmp_path: Path) -> None:
    folder = _on_disk(tmp_path)
    certificate = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-nodes",
        "-subj",
        "/CN=x",
    ]
    subprocess.run(
        [*certificate, "-keyout", f"{folder}/key", "-out", f"{folder}/cert"], check=True, capture_output=True
    )
    rest = f"tcp-port = 4443\nserver-cert = {folder}/cert\nserver-key = {folder}/key\nsocket-file = {folder}/s\n"
    rest += "device = vpns\nipv4-network = 10.9.0.0/24\nrun-as-user = nobody\nrun-as-group = nogroup\n"
    (folder / "whole.conf").write_text((folder / "ocserv.conf").read_text() + rest)
    told = subprocess.run(
        [shutil.which("ocserv") or "/usr/sbin/ocserv", "--test-config", "--config", f"{folder}/whole.conf"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert told.returncode == 0, told.stderr
    assert "unknown option" not in told.stderr + told.stdout


@pytest.mark.needs("ocserv")
def test_radcli_takes_its_files(tmp_path: Path) -> None:
    folder = _on_disk(tmp_path)
    radcli = ctypes.CDLL("libradcli.so.4")
    radcli.rc_read_config.restype = ctypes.c_void_p
    radcli.rc_conf_str.restype = radcli.rc_dict_getattr.restype = ctypes.c_void_p
    handle = radcli.rc_read_config(str(folder / "radiusclient.conf").encode())
    assert handle
    handle = ctypes.c_void_p(handle)
    assert radcli.rc_read_dictionary(handle, str(folder / "dictionary").encode()) == 0
    radcli.rc_dict_findattr.restype = ctypes.c_void_p
    assert radcli.rc_dict_findattr(handle, b"RP-Downstream-Speed-Limit")


def _on_disk(folder: Path) -> Path:
    """ocserv's files in a folder, which their texts name in place of /etc/ocserv/radius."""
    for place, text in files("ocserv").items():
        (folder / place.rpartition("/")[2]).write_text(text.replace("/etc/ocserv/radius", str(folder)))
    return folder


@pytest.mark.needs("hostapd")
def test_hostapd_takes_its_lines(tmp_path: Path) -> None:
    """It has no mode that only checks: a line that it cannot know ends it, and it counts the file's faults."""
    path = tmp_path / "hostapd.conf"
    path.write_text(files("hostapd")["/etc/hostapd/netquota.conf"] + "interface=none0\ndriver=none\nnot_an_option=1\n")
    program = shutil.which("hostapd") or "/usr/sbin/hostapd"
    told = subprocess.run([program, str(path)], capture_output=True, text=True, timeout=10, check=False).stdout
    assert "unknown configuration item 'not_an_option'" in told
    assert "1 errors found in configuration file" in told, told


@pytest.mark.needs("dnsmasq-base")
def test_dnsmasq_takes_its_file_and_announces_the_portals_api(tmp_path: Path) -> None:
    text = files("netquota-gateway")["/etc/dnsmasq.d/netquota.conf"]
    assert "dhcp-option=114,https://netquota.kota.go.id/capport/v1" in text.splitlines()
    assert "dhcp-range=10.5.50.10,10.5.50.254,1h" in text.splitlines()
    path = tmp_path / "dnsmasq.conf"
    path.write_text(text)
    program = shutil.which("dnsmasq") or "/usr/sbin/dnsmasq"
    told = subprocess.run([program, "--test", f"--conf-file={path}"], capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stderr


def test_the_routers_script_fetches_the_hotspots_pages_where_the_portal_has_an_address() -> None:
    for page in FACTS.hotspot_pages:
        assert f'url="https://netquota.kota.go.id/hotspot/{page}"' in script(FACTS)
    assert "html-directory=$pagesFolder" in script(FACTS)
    assert "html-directory" not in script(replace(FACTS, public_url="", portal_host=""))


@pytest.mark.parametrize("dialect", ["routeros", "chilli", "netquota-gateway", "other"])
def test_every_walled_garden_holds_what_is_always_reachable(dialect: str) -> None:
    settings = Settings.model_validate({"gateways": {"always_reachable": ["absensi.kota.go.id"]}})
    apps = (Reachable(1, "E-office", ("e-office.kota.go.id", "10.20.4.0/24"), "https://e-office.kota.go.id/"),)
    facts = gather(settings, Nas(1, "gw", "10.0.0.1", b"x", "mikrotik"), (), DIALECTS[dialect], reachable=apps)
    text = "".join(file.text for file in configuration(facts, DIALECTS[dialect]))
    for host in ("absensi.kota.go.id", "e-office.kota.go.id", "10.20.4.0/24"):
        assert host in text, host
