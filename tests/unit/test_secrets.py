"""The key file, what it seals and what it signs."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from hypothesis import given
from hypothesis import strategies as st

from netquota import secrets
from netquota.errors import ConfigurationError, InvalidValue
from netquota.secrets import Keyring, add_key, create_key_file

KEYS = [base64.urlsafe_b64encode(letter * 32) for letter in (b"n", b"o")]  # the newer, the older
RING = Keyring(KEYS)


def test_key_file_is_for_its_owner_alone_and_never_written_over(tmp_path: Path) -> None:
    path = tmp_path / "state" / "netquota.key"
    create_key_file(path)
    assert path.stat().st_mode & 0o777 == 0o600
    before = path.read_bytes()
    with pytest.raises(ConfigurationError, match="exists already"):
        create_key_file(path)
    assert path.read_bytes() == before
    Keyring.load(path)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644])
def test_key_file_that_others_may_read_is_refused_with_the_remedy(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "netquota.key"
    create_key_file(path)
    path.chmod(mode)
    with pytest.raises(ConfigurationError, match=r"security\.key_file .*chmod 600") as caught:
        Keyring.load(path)
    assert "\n" not in str(caught.value)


def test_a_systemd_credential_may_show_its_access_list_as_group_bits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "netquota.service" / "netquota.key"
    create_key_file(path)
    monkeypatch.setattr(secrets, "_CREDENTIALS", tmp_path)
    path.chmod(0o440)
    Keyring.load(path)
    path.chmod(0o444)
    with pytest.raises(ConfigurationError, match="read by others"):
        Keyring.load(path)


def test_missing_key_file_names_the_setting_and_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"security\.key_file .* is missing; restore it"):
        Keyring.load(tmp_path / "none.key")


@pytest.mark.parametrize("content", [b"", b"not a key\n", b"AAAA\n"])
def test_a_file_without_keys_is_refused_and_its_content_not_told(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "netquota.key"
    path.touch(0o600)
    path.write_bytes(content)
    with pytest.raises(ConfigurationError, match="holds no keys") as caught:
        Keyring.load(path)
    assert "not a key" not in str(caught.value)


@given(st.binary(max_size=300))
def test_what_is_sealed_opens_again(plain: bytes) -> None:
    assert RING.decrypt(RING.encrypt(plain)) == plain


def test_text_is_sealed_as_utf8() -> None:
    assert RING.decrypt_text(RING.encrypt_text("kunci bersama ✓")) == "kunci bersama ✓"


def test_an_older_key_still_opens_and_rotation_seals_with_the_newest() -> None:
    old = Keyring(KEYS[1:])
    sealed = old.encrypt(b"rahasia")
    rotated = RING.rotate(sealed)
    assert RING.decrypt(sealed) == b"rahasia"
    assert Keyring(KEYS[:1]).decrypt(rotated) == b"rahasia"


def test_added_key_goes_first_and_the_old_one_stays(tmp_path: Path) -> None:
    path = tmp_path / "netquota.key"
    create_key_file(path)
    before = Keyring.load(path)
    sealed, token = before.encrypt(b"x"), before.sign("form", b"y")
    add_key(path)
    after = Keyring.load(path)
    assert after.decrypt(sealed) == b"x"
    assert after.verify("form", token) == b"y"
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_running_process_opens_what_is_sealed_with_a_key_that_was_added_since(tmp_path: Path) -> None:
    path = tmp_path / "netquota.key"
    create_key_file(path)
    running, sealed = Keyring.load(path), Keyring.load(path).encrypt(b"x")
    add_key(path)
    fresh = Keyring.load(path)
    assert running.decrypt(fresh.encrypt(b"z")) == b"z"
    assert running.verify("form", fresh.sign("form", b"y")) == b"y"
    assert running.decrypt(sealed) == b"x"
    assert Keyring.load(path).derived_keys("class") == running.derived_keys("class")


def test_a_running_process_seals_with_the_newest_key(tmp_path: Path) -> None:
    path = tmp_path / "netquota.key"
    create_key_file(path)
    running, before = Keyring.load(path), path.read_bytes()
    add_key(path)
    (newest, *_) = path.read_bytes().split()
    assert Keyring([newest]).decrypt(running.encrypt(b"z")) == b"z"
    assert Keyring([newest]).verify("form", running.sign("form", b"y")) == b"y"
    assert newest not in before


@pytest.mark.parametrize("content", [b"", b"half a ke", None])
def test_a_key_file_that_is_gone_or_half_written_takes_nothing_away(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "netquota.key"
    create_key_file(path)
    running = Keyring.load(path)
    sealed = running.encrypt(b"x")
    if content is None:
        path.unlink()
    else:
        path.write_bytes(content)
    assert running.decrypt(sealed) == b"x"
    assert running.decrypt(running.encrypt(b"y")) == b"y"
    with pytest.raises(ConfigurationError):
        running.decrypt(RING.encrypt(b"z"))


def test_a_foreign_key_says_that_it_is_the_wrong_one() -> None:
    with pytest.raises(ConfigurationError, match="not the key of this database"):
        Keyring([Fernet.generate_key()]).decrypt(RING.encrypt(b"x"))


@given(st.binary(max_size=64), st.integers(min_value=0))
def test_an_altered_token_is_refused(payload: bytes, at: int) -> None:
    token = bytearray(RING.sign("form", payload))
    assert RING.verify("form", bytes(token)) == payload
    token[at % len(token)] ^= 1
    with pytest.raises(InvalidValue):
        RING.verify("form", bytes(token))


@pytest.mark.parametrize(
    "token",
    [b"", b"x", b"x" * 15, RING.sign("form", b"payload")],
    ids=["empty", "short", "no payload", "of a form"],
)
def test_a_token_is_good_for_its_purpose_alone(token: bytes) -> None:
    with pytest.raises(InvalidValue):
        RING.verify("log-in", token)


def test_every_process_under_one_file_derives_the_same_keys() -> None:
    assert Keyring(KEYS).derived_key("class") == RING.derived_key("class")
    assert RING.derived_key("class") != RING.derived_key("form")


def test_a_digest_means_nothing_in_another_process_and_parts_do_not_run_together() -> None:
    assert RING.digest(b"ab", b"c") == RING.digest(b"ab", b"c")
    assert RING.digest(b"ab", b"c") != RING.digest(b"a", b"bc")
    assert RING.digest(b"ab") != Keyring(KEYS).digest(b"ab")
