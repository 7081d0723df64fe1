"""schemathesis sends the API what its document allows and what it forbids: no failure of ours, every answer as told."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import CHECKS
from schemathesis.generation import GenerationMode
from schemathesis.openapi import from_wsgi

from netquota.services import api_tokens
from netquota.services.api_tokens import TokenScope
from netquota.storage.database import open_database
from tests.live import seeded
from tests.web_city import BY, WebCity
from web.api.v1 import door
from web.api.v1.table import OPERATIONS
from web.app import LARGEST_BODY

EXAMPLES, TOO_LARGE = 8, 413
LEFT_OUT = frozenset({
    "positive_data_acceptance",  # fields must also go together, which a schema does not say
    "unsupported_method",  # routing answers; test_api has it
    "ensure_resource_availability", "use_after_free",  # what was made in another example may be gone
})  # fmt: skip


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[WebCity]:
    """A city at work, the same for all operations."""
    path = tmp_path_factory.mktemp("api") / "netquota.sqlite"
    shutil.copyfile(sqlite_template, path)
    database = open_database(f"sqlite:///{path}")
    web = WebCity.on(database, web={"plain_http": True, "api_requests_a_minute": 10_000_000})
    web.add_admin()
    seeded.alive(web.office, days=1)
    yield web
    database.dispose()


@pytest.fixture(autouse=True)
def strangers_are_let_ask(monkeypatch: pytest.MonkeyPatch) -> None:
    """One check sends bad tokens, more than a stranger may in a minute (test_api_rights has that)."""
    monkeypatch.setattr(door, "STRANGERS_A_MINUTE", 10_000_000)


@pytest.fixture(scope="module")
def schema(city: WebCity) -> Any:
    return from_wsgi("/api/v1/openapi.json", city.app)


@pytest.fixture(scope="module")
def checks() -> list[Any]:
    return CHECKS.get_by_names([name for name in CHECKS.get_all_names() if name not in LEFT_OUT])


@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda one: one.name)
def test_every_answer_is_as_the_document_says(
    city: WebCity, schema: Any, checks: list[Any], operation: Any, mode: GenerationMode
) -> None:
    described = schema[operation.path][operation.method]
    text = api_tokens.create(city.office, "rina", "uji", tuple(TokenScope), BY).text

    @settings(
        max_examples=EXAMPLES, deadline=None, database=None, derandomize=True, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(case=described.as_strategy(generation_mode=mode))
    def send(case: Any) -> None:
        headers = {"Authorization": f"Bearer {text}"}
        answer = case.call(headers=headers)
        if answer.status_code == TOO_LARGE:  # what is wrong with such a body nobody reads
            assert len(case.body if isinstance(case.body, bytes) else json.dumps(case.body)) > LARGEST_BODY // 2
            return
        case.validate_response(answer, checks=checks, headers=headers)

    send()
