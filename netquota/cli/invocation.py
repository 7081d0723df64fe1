"""What every command is handed: where the settings come from. They are loaded when first asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import click

from netquota.errors import InvalidValue

if TYPE_CHECKING:
    from netquota.settings import Settings


@dataclass(slots=True)
class Invocation:
    """The options before the command; take it by `@pass_invocation`."""

    config: Path | None = None
    overrides: Mapping[str, object] = field(default_factory=dict[str, object])
    debug: bool = False
    _settings: Settings | None = None

    @property
    def settings(self) -> Settings:
        """The settings in force. Raises `ConfigurationError`."""
        if self._settings is None:
            from netquota.settings import load

            self._settings = load(self.config, overrides=self.overrides)
        return self._settings


pass_invocation = click.make_pass_decorator(Invocation)
json_option = click.option("--json", "as_json", is_flag=True, help="Write JSON, for programs.")
dry_run_option = click.option("--dry-run", is_flag=True, help="Say what would change, change nothing.")


def parsed_overrides(sets: tuple[str, ...]) -> dict[str, object]:
    """`--set` options as flat keys. Raises `InvalidValue` for one without `=`."""
    overrides: dict[str, object] = {}
    for text in sets:
        key, equals, value = text.partition("=")
        if not equals:
            raise InvalidValue("--set", text, "write KEY=VALUE, such as radius.auth_port=1912")
        overrides[key.strip()] = value.strip()
    return overrides
