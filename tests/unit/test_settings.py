"""Settings: which source wins, what a mistake says, and that the example file tells the truth."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from netquota.errors import ConfigurationError
from netquota.resources import data_file
from netquota.settings import as_environment, flat, known_keys, load
from netquota.settings_layers import variable

EXAMPLE = data_file("config/netquota.example.toml").read_text(encoding="utf-8")
COMMENTED_KEY = re.compile(r"^# ([a-z_0-9]+) = ", re.MULTILINE)


def written(folder: Path, text: str) -> Path:
    path = folder / "netquota.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_option_goes_before_environment_before_file(tmp_path: Path) -> None:
    path = written(tmp_path, "[radius]\nauth_port = 1\nacct_port = 1\nworkers = 1\n")
    env = {"NETQUOTA_RADIUS__AUTH_PORT": "2", "NETQUOTA_RADIUS__ACCT_PORT": "2", "HOME": "/root"}
    radius = load(path, env, {"radius.auth_port": 3}).radius
    assert (radius.auth_port, radius.acct_port, radius.workers) == (3, 2, 1)


def test_file_is_found_by_variable_and_an_empty_one_means_none(tmp_path: Path) -> None:
    path = written(tmp_path, '[city]\nname = "Kota Uji"\n')
    assert load(env={"NETQUOTA_CONFIG": str(path)}).city.name == "Kota Uji"
    assert load(env={"NETQUOTA_CONFIG": ""}).city.name == "Kota"


def test_secret_is_read_from_a_file(tmp_path: Path) -> None:
    secret = tmp_path / "url"
    secret.write_text("postgresql://netquota:rahasia@db/netquota\n")
    settings = load(env={"NETQUOTA_CONFIG": "", "NETQUOTA_DATABASE__URL_FILE": str(secret)})
    assert settings.database.url == "postgresql://netquota:rahasia@db/netquota"


def test_what_is_empty_follows_the_state_folder(tmp_path: Path) -> None:
    settings = load(env={"NETQUOTA_CONFIG": "", "NETQUOTA_STATE_DIR": str(tmp_path)})
    assert settings.database.url == f"sqlite:///{tmp_path}/netquota.sqlite"
    assert settings.security.key_file == tmp_path / "netquota.key"


@pytest.mark.parametrize(("public_url", "secure"), [("https://hotspot.kota.go.id/", True), ("http://10.0.0.1", False)])
def test_cookies_are_secure_where_the_public_address_is(public_url: str, secure: bool) -> None:
    web = load(env={"NETQUOTA_CONFIG": ""}, overrides={"web.public_url": public_url}).web
    assert web.secure_cookies is secure
    assert not web.public_url.endswith("/")


def test_lists_come_from_file_and_environment_alike(tmp_path: Path) -> None:
    path = written(tmp_path, '[radius]\nbind = ["127.0.0.1"]\n')
    assert load(path, {}).radius.bind == ("127.0.0.1",)
    assert load(path, {"NETQUOTA_RADIUS__BIND": "10.0.0.1, ::1"}).radius.bind == ("10.0.0.1", "::1")


@pytest.mark.parametrize(
    ("text", "env", "words"),
    [
        ("[radius]\nauth_prot = 1812\n", {}, ["radius.auth_prot", "netquota.toml", "did you mean radius.auth_port?"]),
        ("[raduis]\nworkers = 2\n", {}, ["raduis.workers", "did you mean radius.workers?"]),
        ("radius = 3\n", {}, ["radius (in", "is no setting"]),
        ("[radius]\nauth_port = 99999\n", {}, ["radius.auth_port", "netquota.toml", "99999", "65535"]),
        ("", {"NETQUOTA_WEB__PORT": "http"}, ["web.port", "environment NETQUOTA_WEB__PORT", "'http'", "integer"]),
        ("", {"NETQUOTA_WEB__PROT": "80"}, ["web.prot", "NETQUOTA_WEB__PROT", "did you mean web.port?"]),
        ("", {"NETQUOTA_CITY__TIMEZONE": "WIB"}, ["city.timezone", "'WIB'", "Asia/Jakarta"]),
        ("", {"NETQUOTA_CITY__LANGUAGE": "jv"}, ["city.language", "'jv'", "'id' or 'en'"]),
        ("", {"NETQUOTA_DATABASE__URL_FILE": "/nowhere/url"}, ["database.url", "/nowhere/url", "cannot be read"]),
        ("[radius\n", {}, ["netquota.toml", "no valid TOML"]),
    ],
)
def test_a_mistake_is_one_line_with_key_place_and_remedy(
    tmp_path: Path, text: str, env: dict[str, str], words: list[str]
) -> None:
    with pytest.raises(ConfigurationError) as caught:
        load(written(tmp_path, text), env)
    message = str(caught.value)
    assert "\n" not in message
    assert [word for word in words if word not in message] == []


def test_missing_file_that_was_asked_for_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"absent\.toml cannot be read"):
        load(tmp_path / "absent.toml", {})


def test_a_secret_is_never_in_a_message(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as caught:
        load(written(tmp_path, '[database]\nurl = ["postgresql://u:rahasia@h/d"]\n'), {})
    assert "rahasia" not in str(caught.value)


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="frozen"):
        load(env={"NETQUOTA_CONFIG": ""}).radius.workers = 2  # pyright: ignore[reportAttributeAccessIssue]


def test_another_process_gets_the_very_same_settings(tmp_path: Path) -> None:
    given = {
        "state_dir": tmp_path,
        "radius.bind": ["127.0.0.1", "::1"],
        "web.secure_cookies": True,
        "radius.workers": 3,
    }
    settings = load(env={"NETQUOTA_CONFIG": ""}, overrides=given)
    assert load(env=as_environment(settings)) == settings


def test_example_file_shows_every_key_with_its_default(tmp_path: Path) -> None:
    path = written(tmp_path, COMMENTED_KEY.sub(r"\1 = ", EXAMPLE))
    shown = load(path, {})
    plain = load(env={"NETQUOTA_CONFIG": ""}, overrides={"state_dir": "/var/lib/netquota"})
    assert flat(shown) == flat(plain)
    assert sorted(COMMENTED_KEY.findall(EXAMPLE)) == sorted(key.rpartition(".")[2] for key in known_keys())


def test_example_file_as_it_stands_changes_nothing(tmp_path: Path) -> None:
    assert load(written(tmp_path, EXAMPLE), {}) == load(env={"NETQUOTA_CONFIG": ""})


def test_variable_names_can_be_told_apart() -> None:
    assert len({variable(key) for key in known_keys()}) == len(known_keys())
