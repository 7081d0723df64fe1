"""An application that does nothing but render: what `install` gives, without views or database."""

from zoneinfo import ZoneInfo

import pytest
from flask import Flask

from web import rendering
from web.components import Strip
from web.shell import Brake, Shell


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
