"""Where settings come from: a TOML file, the environment, options. Each layer is flat: "radius.auth_port" -> value.

Keys are checked here, so that a misspelt one is named with its place and with what was probably meant.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import cast

from netquota.errors import ConfigurationError

PREFIX = "NETQUOTA_"
SYSTEM_FILE = Path("/etc/netquota/netquota.toml")
CHOSEN_FILE = "chosen.toml"
"""In `state_dir`: what was chosen on the first-run page; whatever is set elsewhere goes before it."""
NO_SETTINGS = ("NETQUOTA_CONFIG", "NETQUOTA_SKIP_ASSETS", "NETQUOTA_SUPERVISOR_PID", "NETQUOTA_TEST")
"""Variables (or their beginnings) that bear the prefix and mean something else."""


@dataclass(frozen=True, slots=True)
class Layer:
    """The keys that one source sets, and how a message names the place of one of them."""

    values: Mapping[str, object]
    origin: Callable[[str], str]


def variable(key: str) -> str:
    """The environment's name for a key: `radius.auth_port` -> `NETQUOTA_RADIUS__AUTH_PORT`."""
    return PREFIX + key.replace(".", "__").upper()


def find_file(env: Mapping[str, str]) -> Path | None:
    """The file to read when none is given; an empty NETQUOTA_CONFIG means none."""
    if (named := env.get("NETQUOTA_CONFIG")) is not None:
        return Path(named) if named else None
    return next((path for path in (Path("netquota.toml"), SYSTEM_FILE) if path.is_file()), None)


def file_layer(path: Path, known: Sequence[str]) -> Layer:
    """The tables of a TOML file. Raises `ConfigurationError` where it is missing, unreadable or has unknown keys."""
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigurationError(f"configuration file {path} cannot be read: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"configuration file {path} is no valid TOML: {error}") from None
    layer = Layer(_flattened(tables), lambda _: f"in {path}")
    return _checked(layer, known)


def chosen_layer(state_dir: Path, known: Sequence[str]) -> Layer | None:
    """What was chosen on the first-run page; None where nothing was."""
    path = state_dir / CHOSEN_FILE
    return file_layer(path, known) if path.is_file() else None


def keep_chosen(state_dir: Path, timezone: str, language: str) -> None:
    """Keep the city's zone and language for every process that starts from now on. Raises `OSError`."""
    path = state_dir / CHOSEN_FILE
    fresh = path.with_suffix(".new")
    fresh.write_text(f'[city]\ntimezone = "{timezone}"\nlanguage = "{language}"\n', encoding="utf-8")
    fresh.replace(path)


def environment_layer(env: Mapping[str, str], known: Sequence[str], secret: frozenset[str]) -> Layer:
    """Every NETQUOTA_ variable; `…_FILE` reads a secret key's value from a file."""
    values: dict[str, object] = {}
    files: dict[str, str] = {}
    for name, text in env.items():
        if not name.startswith(PREFIX) or name.startswith(NO_SETTINGS):
            continue
        key = name.removeprefix(PREFIX).lower().replace("__", ".")
        pointed = key.removesuffix("_file")
        if key not in known and pointed in secret and pointed != key:
            files[pointed] = text
        else:
            values[key] = text
    values |= {key: _secret(key, Path(path)) for key, path in files.items()}
    return _checked(Layer(values, lambda key: f"environment {variable(key)}"), known)


def option_layer(overrides: Mapping[str, object], known: Sequence[str]) -> Layer:
    """What was given on the command line, or by code that starts a process."""
    return _checked(Layer(dict(overrides), lambda _: "option"), known)


def nested(values: Mapping[str, object]) -> dict[str, object]:
    """Flat keys as tables of tables, as the model wants them."""
    tables: dict[str, object] = {}
    for key, value in values.items():
        table, _, name = key.rpartition(".")
        if table:
            cast(dict[str, object], tables.setdefault(table, {}))[name] = value
        else:
            tables[name] = value
    return tables


def _flattened(tables: Mapping[str, object], under: str = "") -> dict[str, object]:
    flat: dict[str, object] = {}
    for name, value in tables.items():
        if isinstance(value, dict):
            flat |= _flattened(cast(dict[str, object], value), f"{under}{name}.")
        else:
            flat[under + name] = value
    return flat


def _secret(key: str, path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{key} (environment {variable(key)}_FILE): {path} cannot be read: {error}") from None


def _checked(layer: Layer, known: Sequence[str]) -> Layer:
    for key in layer.values:
        if key not in known:
            raise ConfigurationError(f"{key} ({layer.origin(key)}) is no setting; {_suggestion(key, known)}")
    return layer


def _suggestion(key: str, known: Sequence[str]) -> str:
    """The known key that was probably meant: by its whole name, else by the last part under any table."""
    close = get_close_matches(key, known, n=1, cutoff=0.7)
    if not close:
        last = key.rpartition(".")[2]
        by_last = {name.rpartition(".")[2]: name for name in known}
        close = [by_last[found] for found in get_close_matches(last, by_last, n=1, cutoff=0.7)]
    return f"did you mean {close[0]}?" if close else "see `netquota config example`"
