"""What MS-CHAP needs of a password: kept only where the city wants it, only encrypted, and gone with the password."""

from __future__ import annotations

from dataclasses import replace

import pytest

from netquota.errors import InvalidValue
from netquota.services.allocate import add, change, get
from netquota.services.credentials import set_password
from netquota.services.office import Author, Office
from netquota.services.tokens import TokenDesk
from netquota.services.verify import Claim, SlowCheck
from netquota.storage.policy_store import load_snapshot
from netquota.storage.snapshot import Credential
from radius.methods import MsChap, mschap

ANI = Author("ani", "lupa sandi")
GOOD, OTHER = "kuda nil di sawah", "empat ekor itik lagi"
CHALLENGE = bytes(range(8))


@pytest.fixture
def city(office: Office) -> Office:
    add(office, "opd", {"code": "X", "name": "X"}, ANI)
    add(office, "employee", {"username": "siti", "name": "Siti Aminah", "opd": "X"}, ANI)
    return office


def kept(office: Office) -> tuple[int, Credential]:
    with office.database.read() as connection:
        snapshot = load_snapshot(connection, office.secrets, office.zone)
    siti = snapshot.subscribers["siti"].id
    found = snapshot.credentials.find(siti)
    assert found is not None
    assert found == snapshot.credentials[siti]
    return siti, found


def lets_in(office: Office, password: str) -> bool:
    """Whether an answer made with this password is right."""
    employee_id, credential = kept(office)
    proof = MsChap(1, mschap.respond(CHALLENGE, mschap.nt_hash(password)), CHALLENGE)
    slow = SlowCheck(office.secrets, TokenDesk(office.database, office.secrets))
    return slow.check(Claim(employee_id, credential, "", 1), proof, office.now_s).right


def test_nt_hash_of_another_directory_is_sealed_and_lets_in(city: Office) -> None:
    change(city, "employee", "siti", {"nt_hash": mschap.nt_hash(GOOD).hex()}, ANI)
    sealed = kept(city)[1].nt_hash_encrypted
    assert sealed is not None
    assert mschap.nt_hash(GOOD) not in sealed
    assert city.secrets.decrypt(sealed) == mschap.nt_hash(GOOD)
    assert lets_in(city, GOOD)
    assert mschap.nt_hash(GOOD).hex() not in str(get(city, "employee", "siti").values)


@pytest.mark.parametrize("way", ["command", "form"])
def test_new_password_does_away_with_the_hash_of_the_old_one(city: Office, way: str) -> None:
    change(city, "employee", "siti", {"nt_hash": mschap.nt_hash(GOOD).hex()}, ANI)
    if way == "command":
        set_password(city, "siti", OTHER, ANI)
    else:
        change(city, "employee", "siti", {"password": OTHER}, ANI)
    assert kept(city)[1].nt_hash_encrypted is None
    assert not lets_in(city, GOOD)


@pytest.mark.parametrize(
    "text", ["xyz", "44ebba8d5312b8d611474411f56989", "z" * 32, "44ebba8d5312b8d611474411f56989ae00"]
)
def test_text_that_is_no_nt_hash_is_refused_and_not_shown(city: Office, text: str) -> None:
    with pytest.raises(InvalidValue) as caught:
        change(city, "employee", "siti", {"nt_hash": text}, ANI)
    assert text not in str(caught.value)


def test_without_the_citys_wish_no_password_can_be_used_for_ms_chap(city: Office) -> None:
    set_password(city, "siti", GOOD, ANI)
    assert kept(city)[1].password_encrypted is None
    assert not lets_in(city, GOOD)


def test_with_it_each_new_password_can(city: Office) -> None:
    city = replace(city, keeps_text=True)
    set_password(city, "siti", GOOD, ANI)
    assert lets_in(city, GOOD)
    change(city, "employee", "siti", {"password": OTHER}, ANI)
    assert lets_in(city, OTHER)
    add(city, "employee", {"username": "budi", "name": "Budi", "opd": "X", "password": GOOD}, ANI)
    with city.database.read() as connection:
        snapshot = load_snapshot(connection, city.secrets, city.zone)
    assert snapshot.credentials[snapshot.subscribers["budi"].id].password_encrypted is not None
