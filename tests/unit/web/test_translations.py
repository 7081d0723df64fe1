"""The Indonesian catalogue says everything that templates and code of the web door say in English."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po

ROOT = Path(__file__).parents[3]
WEB = ROOT / "web"
CATALOGUE = ROOT / "web" / "translations" / "id" / "LC_MESSAGES" / "messages.po"
PLACEHOLDER = re.compile(r"%\((\w+)\)")
TAG = re.compile(r"<[^>]+>")
Text = str | tuple[str, ...]


@pytest.fixture(scope="module")
def spoken() -> dict[Text, str]:
    """Each English source text of the web door with the place that says it."""
    with (ROOT / "babel.cfg").open(encoding="utf-8") as config:
        methods, options = parse_mapping_cfg(config)
    found = extract_from_dir(ROOT, methods, options, directory_filter=within_web)
    return {text: f"{place}:{line}" for place, line, text, _comments, _context in found}


@pytest.fixture(scope="module")
def catalogue() -> Catalog:
    with CATALOGUE.open("rb") as stream:
        return read_po(stream, locale="id")


def within_web(folder: str) -> bool:
    return WEB in (Path(folder), *Path(folder).parents)


def answers(catalogue: Catalog) -> Iterator[tuple[str, str]]:
    for message in catalogue:
        if message.id:
            source = message.id if isinstance(message.id, str) else message.id[0]
            answer = message.string if isinstance(message.string, str) else message.string[0]
            yield source, answer


def test_every_text_is_said_in_indonesian(spoken: dict[Text, str], catalogue: Catalog) -> None:
    known = {source for source, answer in answers(catalogue) if answer}
    missing = [f"{place}: {text}" for text, place in spoken.items() if first(text) not in known]
    assert len(spoken) > 100
    assert missing == []


def test_nothing_is_a_guess(catalogue: Catalog) -> None:
    assert [message.id for message in catalogue if message.fuzzy and message.id] == []


def test_placeholders_and_tags_survive_translation(catalogue: Catalog) -> None:
    for source, answer in answers(catalogue):
        assert set(PLACEHOLDER.findall(source)) == set(PLACEHOLDER.findall(answer)), source
        assert sorted(TAG.findall(source)) == sorted(TAG.findall(answer)), source


def first(text: Text) -> str:
    return text if isinstance(text, str) else text[0]
