"""Log-in against a directory, Debian's slapd by TLS: right, wrong, empty, escaped, away, hanging; its people listed."""

from __future__ import annotations

import base64
import hashlib
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from netquota.domain.directory import Answer
from netquota.errors import ConfigurationError
from netquota.ldap_directory import DirectoryTrouble, LdapDirectory
from netquota.secrets import Keyring
from netquota.services.allocate import add, get, listing
from netquota.services.directory import DirectoryAway, DirectoryDesk
from netquota.services.imports import running
from netquota.services.imports.directory_rows import directory_sheet
from netquota.services.office import Author, Office
from netquota.services.tokens import TokenDesk
from netquota.services.verify import Claim, SlowCheck
from netquota.settings import Directory as Settings
from netquota.storage.database import Database
from netquota.storage.policy_store import load_snapshot
from radius.methods import Chap, Pap
from radius.methods.chap import respond
from tests.hotspot_city import MIKROTIK, Hotspot, onward
from tests.live.slapd import BASE, Slapd, slapd

pytestmark = [pytest.mark.needs("slapd"), pytest.mark.needs("ldap-utils")]
PASSWORD = "padi kuning di sawah"
NIP = "198609262015051001"
NOW, DAY_S = 1_800_000_000, 86_400
BY = Author("ani", "uji")


def person(uid: str, name: str, nip: str = "", opd: str = "DISDIK") -> str:
    salt = b"garam"
    hashed = base64.b64encode(hashlib.sha1(PASSWORD.encode() + salt).digest() + salt).decode()  # noqa: S324 (slapd's)
    number = f"employeeNumber: {nip}\n" if nip else ""
    return (
        f"dn: uid={uid},ou=people,{BASE}\nobjectClass: inetOrgPerson\nuid: {uid}\ncn: {name}\nsn: {name}\n"
        f"mail: {uid}@kota.go.id\ndepartmentNumber: {opd}\n{number}userPassword: {{SSHA}}{hashed}\n\n"
    )


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Slapd]:
    if shutil.which("slapd") is None and not Path("/usr/sbin/slapd").exists():
        pytest.fail("slapd is missing: install slapd and ldap-utils, or set NETQUOTA_TESTS_WITHOUT=slapd,ldap-utils")
    people = person("siti", "Siti Aminah", NIP) + person("budi", "Budi Santoso")
    with slapd(tmp_path_factory.mktemp("slapd"), people) as server:
        yield server


def asked(told: Settings, username: str = "siti", password: str = PASSWORD, nip: str = "") -> Answer:
    return LdapDirectory(told).verify(username, nip, password)


@pytest.mark.parametrize(
    "more",
    [
        {}, {"user_dn": f"uid={{username}},ou=people,{BASE}", "bind_dn": "", "bind_password": "", "base_dn": ""},
        {"user_filter": "(|(uid={username})(employeeNumber={nip}))"},
    ],
    ids=["searched", "by pattern", "own filter"],
)  # fmt: skip
def test_a_password_is_right_or_wrong_by_tls(directory: Slapd, more: dict[str, object]) -> None:
    told = directory.settings(**more)
    assert asked(told) is Answer.RIGHT
    for username, password in (("siti", "salah"), ("siti", ""), ("nobody", PASSWORD), ("", PASSWORD), ("", "")):
        assert asked(told, username, password) is Answer.WRONG, (username, password)


def test_tls_is_begun_on_a_plain_port_and_its_authority_must_be_known(directory: Slapd) -> None:
    assert asked(directory.settings(url=directory.url)) is Answer.RIGHT
    for url in (directory.url, directory.tls_url):
        assert asked(directory.settings(url=url, ca_file="")) is Answer.AWAY
    assert asked(directory.settings(url=directory.tls_url.replace("localhost", "127.0.0.1"))) is Answer.AWAY  # its name


@pytest.mark.parametrize(
    "name", ["*", "si*", "siti)(uid=*", "siti,ou=people", "\\2a", "siti\x00", "s" * 5000, "uid=siti"]
)
def test_a_name_finds_nobody_by_a_trick(directory: Slapd, name: str) -> None:
    for more in ({}, {"user_dn": f"uid={{username}},ou=people,{BASE}"}):
        assert asked(directory.settings(**more), name) is not Answer.RIGHT


@pytest.mark.parametrize(
    "told",
    [
        {"url": "http://x", "base_dn": "x"}, {"url": "ldap://", "base_dn": "x"}, {"url": "ldaps://dc.kota.go.id"},
        {"url": "ldap://dc.kota.go.id", "starttls": False, "base_dn": "x"},
    ],
)  # fmt: skip
def test_settings_that_would_send_passwords_in_clear_or_nowhere_are_refused(told: dict[str, object]) -> None:
    with pytest.raises(ConfigurationError, match=r"directory\."):
        LdapDirectory(Settings.model_validate(told))


def test_a_search_that_may_not_log_in_is_away_not_wrong(directory: Slapd) -> None:
    assert asked(directory.settings(bind_password="lain")) is Answer.AWAY
    with pytest.raises(DirectoryTrouble, match="bind_dn"):
        LdapDirectory(directory.settings(bind_password="lain")).people()


def test_a_search_that_ends_in_an_error_says_nothing_about_a_password(directory: Slapd) -> None:
    """Else everybody's password were wrong, and counted as guessing, while a directory is busy or misconfigured."""
    assert asked(directory.settings(base_dn="dc=lain,dc=id")) is Answer.AWAY


def test_a_directory_that_is_gone_or_hangs_costs_its_time_and_no_more(directory: Slapd) -> None:
    gone = directory.settings(url="ldaps://127.0.0.1:1")
    assert asked(gone) is Answer.AWAY
    directory.hang()
    try:
        begun = time.monotonic()
        assert asked(directory.settings(timeout_s=1)) is Answer.AWAY
        assert time.monotonic() - begun < 5
    finally:
        directory.go_on()
    assert asked(directory.settings()) is Answer.RIGHT


@pytest.fixture
def office(office: Office) -> Office:
    add(office, "plan", {"key": "staf", "name": "Staf", "rate": "10M/2M"}, BY)
    add(office, "opd", {"code": "DISDIK", "name": "Dinas Pendidikan", "plan": "staf"}, BY)
    return office


def check_of(office: Office, told: Settings, keep_s: int = DAY_S) -> tuple[SlowCheck, Claim]:
    with office.database.read() as connection:
        snapshot = load_snapshot(connection, office.secrets, office.zone)
    siti = snapshot.subscribers["siti"]
    keyring = Keyring([Fernet.generate_key()])
    desk = DirectoryDesk(LdapDirectory(told), keyring, keep_s, 1)
    slow = SlowCheck(keyring, TokenDesk(office.database, keyring), None, desk)
    return slow, Claim(siti.id, snapshot.credentials[siti.id], "AA:BB:CC:00:11:22", 1, None, siti)


def test_an_account_marked_directory_is_checked_there_alone(office: Office, directory: Slapd) -> None:
    siti = {"username": "siti", "name": "Siti Aminah", "opd": "DISDIK", "password": "sandi lama yang panjang"}
    add(office, "employee", siti | {"directory": "yes"}, BY)
    slow, claim = check_of(office, directory.settings())
    assert slow.check(claim, Pap(PASSWORD.encode()), NOW).right
    for wrong in (b"sandi lama yang panjang", b"", b"\xff\xfe"):
        assert not slow.check(claim, Pap(wrong), NOW).right
    assert not slow.check(claim, Chap(7, respond(7, PASSWORD.encode(), b"c"), b"c"), NOW).right


def test_what_was_right_lately_is_good_while_the_directory_is_away(office: Office, directory: Slapd) -> None:
    add(office, "employee", {"username": "siti", "name": "Siti", "opd": "DISDIK", "directory": "yes"}, BY)
    slow, claim = check_of(office, directory.settings(timeout_s=1))
    assert slow.check(claim, Pap(PASSWORD.encode()), NOW).right
    assert not slow.check(claim, Pap(b"salah ketik"), NOW + 1).right  # which undoes nothing
    directory.hang()
    try:
        assert slow.check(claim, Pap(PASSWORD.encode()), NOW + 60).right
        for password, at_s in ((b"tebakan", NOW + 60), (PASSWORD.encode(), NOW + DAY_S)):
            with pytest.raises(DirectoryAway):  # no word of it: the gateway asks again
                slow.check(claim, Pap(password), at_s)
    finally:
        directory.go_on()
    never, _ = check_of(office, directory.settings(url="ldaps://127.0.0.1:1"))
    with pytest.raises(DirectoryAway):
        never.check(claim, Pap(PASSWORD.encode()), NOW)


def test_its_people_are_one_more_list_judged_before_it_is_applied(office: Office, directory: Slapd) -> None:
    sheet = directory_sheet(LdapDirectory(directory.settings()))
    for outcome, dry in ((2, True), (2, False), (0, False)):
        run_id = running.begun(office, "employee", "directory", [sheet], BY)
        one = running.opened(office, run_id, BY.name)
        judged = running.tried(office, one, 31)
        assert judged.faults == []
        assert sum(line.outcome == "create" for line in judged.lines) == outcome
        assert dry or len(running.applied(office, one, 31, BY).created) == outcome
    assert listing(office, "employee").total == 2
    siti = get(office, "employee", NIP).values
    assert (siti["username"], siti["name"], siti["opd"], siti["mail"], siti["directory"]) == (
        "siti", "Siti Aminah", "DISDIK", "siti@kota.go.id", "yes",
    )  # fmt: skip


def test_the_portal_asks_the_directory_and_says_when_it_is_away(database: Database, directory: Slapd) -> None:
    hotspot = Hotspot.on(database, directory=directory.settings().model_dump())
    hotspot.city.add("employee", username="budi", name="Budi Santoso", opd="DISDIK", directory="yes")
    hotspot.city.context.view.expire()
    client = hotspot.browser()

    def tried(password: str) -> str:
        page = client.get("/portal/login", query_string=MIKROTIK)
        return hotspot.log_in(client, page, "budi", password).text

    assert "NIP atau sandi tidak cocok" in tried("tebakan")
    page = client.get("/portal/login", query_string=MIKROTIK)
    quota = onward(hotspot.log_in(client, page, "budi", PASSWORD))[1]
    assert quota["username"] == "budi"
    directory.hang()
    try:
        assert "Direktori sandi tidak menjawab" in tried("tebakan lain")
    finally:
        directory.go_on()
