"""Facts into files: templates of deploy/, every value quoted by the file's own language unless it says it is raw."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache, partial

from jinja2 import Environment, FunctionLoader, StrictUndefined

from netquota.resources import data_file
from netquota.services.gateway_config.dialects import OTHER, Dialect, Target
from netquota.services.gateway_config.facts import ConfigFacts
from netquota.services.gateway_config.notes import note_text
from netquota.services.gateway_config.quoting import Language, Raw, ascii_remark, remark, written


class Part(StrEnum):
    """A piece of the configuration that can be missing at a gateway; each is a template of its own."""

    RADIUS = "radius"
    SIGNATURE = "signature"
    COA = "coa"
    ACCOUNTING = "accounting"
    INTERIM = "interim"
    CLASS = "class"
    DIRECTION = "direction"
    GIGAWORDS = "gigawords"
    CLOCK = "clock"
    IDENTITY = "identity"
    FRAMED_IP = "framed_ip"


@dataclass(frozen=True, slots=True)
class ConfigFile:
    """One file of a gateway's configuration and where it belongs there."""

    place: str
    text: str

    @property
    def name(self) -> str:
        """Its name without folders, for a download."""
        return self.place.rpartition("/")[2]


def configuration(facts: ConfigFacts, dialect: Dialect) -> tuple[ConfigFile, ...]:
    """All files of a gateway's configuration. Raises `InvalidValue` for a value that a file cannot hold."""
    return tuple(
        ConfigFile(target.place, _text(facts, dialect, target))
        for target in dialect.files
        if not target.is_fixed or _ships(f"{dialect.folder}/{target.template}")
    )


def _text(facts: ConfigFacts, dialect: Dialect, target: Target) -> str:
    name = f"{dialect.folder}/{target.template}"
    if target.is_fixed:
        return data_file(f"deploy/{name}").read_text(encoding="utf-8")
    return _rendered(facts, name, target.language)


def part_of(facts: ConfigFacts, dialect: Dialect, part: Part) -> str:
    """The lines that bring about one part at this kind of gateway, as the whole configuration has them."""
    for folder, language in ((dialect.folder, dialect.language), (OTHER.folder, OTHER.language)):
        name = f"{folder}/parts/{part}"
        if _source(name) is not None:
            return _without_remarks(_rendered(facts, name, language))
    return ""


def _without_remarks(text: str) -> str:
    return "\n".join(line for line in text.splitlines() if line and not line.startswith("#"))


def _rendered(facts: ConfigFacts, template: str, language: Language) -> str:
    text = _environment(language).get_template(template).render(facts=facts, v7=facts.routeros >= 7, ships=_ships)
    return text.strip("\n") + "\n"


@lru_cache
def _environment(language: Language) -> Environment:
    """Templates of one language. HTML escaping would be wrong here: `finalize` quotes every place holder instead."""
    environment = Environment(  # noqa: S701
        loader=FunctionLoader(_source),
        finalize=partial(written, language=language),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    filters: dict[str, Callable[..., object]] = {
        "remark": ascii_remark if language is Language.ROUTEROS else remark,
        "raw": Raw,
        "listed": partial(_listed, language=language),
        "comma": _comma,
        "told": note_text,
    }
    environment.filters.update(filters)
    return environment


def _source(name: str) -> str | None:
    """The text of deploy/NAME.j2; None where there is none."""
    found = data_file(f"deploy/{name}.j2")
    return found.read_text(encoding="utf-8") if found.is_file() else None


def _ships(name: str) -> bool:
    """Whether deploy/NAME is there; what a configuration says of a fixed file it says only then."""
    return data_file(f"deploy/{name}").is_file()


def _listed(values: tuple[str, ...], language: Language) -> Raw:
    """Values with commas between, each quoted."""
    return Raw(",".join(written(value, language) for value in values))


def _comma(values: tuple[str, ...]) -> str:
    """Values with commas between, to be quoted as one."""
    return ",".join(values)
