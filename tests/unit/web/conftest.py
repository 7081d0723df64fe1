"""An application that does nothing but render: what `install` gives, without views or database."""

from zoneinfo import ZoneInfo

import pytest
from argon2 import PasswordHasher
from flask import Flask

from netquota import passwords
from web import rendering
from web.components import Strip
from web.shell import Brake, Shell


@pytest.fixture(autouse=True)
def cheap_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hundreds of sign-ins, none of which asks what a hash costs."""
    monkeypatch.setattr(passwords, "_HASHER", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


def shell() -> Shell:
    return Shell(
        person="Rina Prameswari",
        role="Admin jaringan",
        current="sessions",
        counts={"requests": 2},
        sample=True,
        brake=Brake("seluruh kota", "Rina Prameswari", "gangguan gateway", manage_url="/brake"),
        strips=(Strip("12 pegawai dipindahkan.", undo_url="/undo/1"),),
        search_url="/search",
        logout_url="/logout",
        may_see=lambda name: name != "audit",
    )


@pytest.fixture
def app() -> Flask:
    made = Flask("web")
    made.config.update(TESTING=True, SECRET_KEY="for tests only")
    rendering.install(made, city="Kota Teluk Arunika", zone=ZoneInfo("Asia/Jakarta"), shell=shell)
    for name in ("overview", "sessions", "requests", "audit"):
        made.add_url_rule(f"/{name}", f"admin.{name}", lambda: "")
    return made
