"""A small city behind the web door, for tests of pages and portal: an application, a clock that stands, people."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from cryptography.fernet import Fernet
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from netquota.clock import FixedClock
from netquota.secrets import Keyring
from netquota.services import api_tokens
from netquota.services.allocate import add
from netquota.services.api_tokens import TokenScope
from netquota.services.office import Author, Office
from netquota.settings import Settings
from netquota.storage.database import Database
from web.app import create_app
from web.context import Context

NOON = datetime(2026, 11, 24, 5, 0, tzinfo=UTC)  # a Tuesday, 12.00 WIB
PASSWORD = "kuda nil di sawah"
BY = Author("ani", "uji")
_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')
_builders: dict[object, Any] = {}
_compiled = Rule._compile_builder  # pyright: ignore[reportPrivateUsage]


def _compiled_once(rule: Rule, append_unknown: bool = True) -> Any:
    """An application has 300 rules and each test an application of its own: what a rule says is compiled once."""
    key = (rule.rule, tuple(rule._trace), str(rule.defaults), append_unknown)  # pyright: ignore[reportPrivateUsage]
    if key not in _builders:
        _builders[key] = _compiled(rule, append_unknown)
    return _builders[key]


Rule._compile_builder = _compiled_once  # type: ignore[method-assign]


@dataclass(frozen=True)
class WebCity:
    """The application with what it works on."""

    app: Flask
    database: Database
    keyring: Keyring
    clock: FixedClock

    @classmethod
    def on(cls, database: Database, **sections: dict[str, object]) -> WebCity:
        """On an empty database with the schema; `sections` are tables of the settings."""
        settings = Settings.model_validate({"city": {"name": "Kota Teluk Arunika"}, **sections})
        keyring, clock = Keyring([Fernet.generate_key()]), FixedClock(NOON)
        app = create_app(settings, clock, database, keyring)
        app.testing = True
        return cls(app, database, keyring, clock)

    @property
    def context(self) -> Context:
        found: Context = self.app.extensions["netquota"]
        return found

    @property
    def office(self) -> Office:
        return self.context.office

    @property
    def now_s(self) -> int:
        return self.context.now_s

    def add(self, kind: str, **values: str) -> int:
        """Make a thing by its natural key; gives its row id."""
        return add(self.office, kind, values, BY).id

    def add_admin(self, username: str = "rina", role: str = "network_admin", **more: str) -> int:
        return self.add("admin", username=username, name=username.title(), role=role, password=PASSWORD, **more)

    def visitor(self) -> FlaskClient:
        """A browser that nobody has signed in with."""
        return self.app.test_client()

    def browser(self, username: str = "rina") -> FlaskClient:
        """A browser in which this admin has signed in."""
        client = self.visitor()
        answer = sign_in(client, username)
        assert answer.status_code == 302, answer.text
        return client


def token_of(page: TestResponse) -> str:
    """The CSRF token of a page's forms."""
    found = _TOKEN.search(page.text)
    assert found is not None, page.text
    return found.group(1)


def sign_in(client: FlaskClient, username: str, password: str = PASSWORD, wanted: str = "/login") -> TestResponse:
    """Send the sign-in form."""
    token = token_of(client.get(wanted))
    return client.post(wanted, data={"username": username, "password": password, "csrf_token": token})


def post(client: FlaskClient, address: str, page: str = "/account", **fields: str) -> TestResponse:
    """Send a form with the token of `page`."""
    return client.post(address, data={"csrf_token": token_of(client.get(page)), **fields})


def ask_api(
    city: WebCity, token: str, method: str, path: str, body: object = None, **headers: str
) -> TestResponse:  # fmt: skip
    """A program's request with a token; `If_Match` is the header If-Match."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    data = None if body is None else json.dumps(body)
    kind = None if body is None else "application/json"
    return city.visitor().open(
        f"/api/v1{path}", method=method, data=data, content_type=kind,
        headers={"Authorization": f"Bearer {token}", **named},
    )  # fmt: skip


class Programs:
    """Programs that ask by the API, one for each admin, with a token for all scopes."""

    def __init__(self, web: WebCity) -> None:
        self.web = web
        self._tokens: dict[str, str] = {}

    def ask(self, who: str, method: str, path: str, body: object = None, **headers: str) -> TestResponse:
        """What is answered to the program of this admin."""
        if who not in self._tokens:
            self._tokens[who] = api_tokens.create(self.web.office, who, "uji", tuple(TokenScope), BY).text
        return ask_api(self.web, self._tokens[who], method, path, body, **headers)

    def read(self, who: str, path: str) -> Any:
        """What is read, without fail."""
        return self._good(self.ask(who, "GET", path))

    def done(self, who: str, path: str, body: object, **headers: str) -> Any:
        """What a POST answers, without fail."""
        return self._good(self.ask(who, "POST", path, body, **headers))

    @staticmethod
    def _good(answer: TestResponse) -> Any:
        assert 200 <= answer.status_code < 300, answer.text
        return answer.get_json()
