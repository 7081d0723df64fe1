"""The words of notices: shipped templates, and those of the office in their place. A broken one never silences."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from netquota.domain.notice_text import Template, Text, template
from netquota.domain.notices import KINDS, Topic
from netquota.errors import InvalidValue
from netquota.resources import data_file

LANGUAGES = ("id", "en")
FOLDER = "config/notices"


@dataclass(frozen=True, slots=True)
class Source:
    """Where the words of a topic come from in a language, and what is wrong with the office's own (then not used)."""

    topic: Topic
    language: str
    path: Path | None
    problem: str = ""

    @property
    def file(self) -> str:
        """The name of its file, shipped or the office's."""
        return file_name(self.topic, self.language)


@dataclass(frozen=True, slots=True)
class Templates:
    """All templates; `folder` may hold the office's own, None = only what ships."""

    folder: Path | None = None
    _read: dict[Path, tuple[float, Template | InvalidValue]] = field(default_factory=dict, repr=False)

    def text(self, topic: Topic, language: str, values: dict[str, str]) -> Text:
        """The notice in words; in the shipped ones where the office's own cannot be used."""
        tongue = language if language in LANGUAGES else LANGUAGES[0]
        own = self._own(topic, tongue)
        return (own if isinstance(own, Template) else shipped(topic, tongue)).filled(values)

    def sources(self) -> list[Source]:
        """Every topic and language, with what is wrong."""
        return [self._source(topic, language) for topic in Topic for language in LANGUAGES]

    def problems(self) -> list[str]:
        """What is wrong with the office's own, one line each."""
        return [source.problem for source in self.sources() if source.problem]

    def _source(self, topic: Topic, language: str) -> Source:
        own = self._own(topic, language)
        path = None if own is None or self.folder is None else self.folder / file_name(topic, language)
        return Source(topic, language, path, str(own) if isinstance(own, InvalidValue) else "")

    def _own(self, topic: Topic, language: str) -> Template | InvalidValue | None:
        """The office's template, what is wrong with it, or None where there is none; read anew once it was changed."""
        if self.folder is None:
            return None
        path = self.folder / file_name(topic, language)
        try:
            changed = path.stat().st_mtime
        except OSError:
            return None
        held = self._read.get(path)
        if held is None or held[0] != changed:
            held = self._read[path] = changed, _checked(path, topic)
        return held[1]


def file_name(topic: Topic, language: str) -> str:
    """`quota_warned.id.txt`."""
    return f"{topic}.{language}.txt"


def shipped_text(topic: Topic, language: str) -> str:
    """The shipped template as it lies there."""
    return data_file(f"{FOLDER}/{file_name(topic, language)}").read_text(encoding="utf-8")


@lru_cache(maxsize=64)
def shipped(topic: Topic, language: str) -> Template:
    """The shipped template. Raises `InvalidValue` where somebody broke it."""
    return template(shipped_text(topic, language), KINDS[topic].fields, file_name(topic, language))


def templates_in(folder: str) -> Templates:
    """The templates by the setting `notices.templates_dir`."""
    return Templates(Path(folder) if folder else None)


def _checked(path: Path, topic: Topic) -> Template | InvalidValue:
    try:
        return template(path.read_text(encoding="utf-8"), KINDS[topic].fields, path.name)
    except InvalidValue as error:
        return error
    except (OSError, UnicodeDecodeError) as error:
        return InvalidValue(path.name, type(error).__name__, "save it as text in UTF-8 that netquota may read")
