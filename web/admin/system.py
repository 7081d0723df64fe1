"""The system itself: its health with remedies, copies of the database, versions, the settings in force."""

from __future__ import annotations

import platform
import sys
from dataclasses import dataclass
from importlib import metadata
from typing import Final, cast

from flask import render_template

from netquota import __version__
from netquota.channels import ways_of
from netquota.services.backup_trial import last_trial
from netquota.services.findings import Finding, Mark
from netquota.services.machine_doctor import standing_findings
from netquota.settings import Settings, default_state_dir, flat, load, shown
from netquota.storage import backup, job_store, revision
from web import system_words
from web.admin import timetable
from web.admin.door import argument, blueprint
from web.components import Mood
from web.context import here

_MOODS: Final = {Mark.OK: Mood.OK, Mark.WARN: Mood.WARN, Mark.BAD: Mood.BAD}
_LOUDEST: Final = (Mark.BAD, Mark.WARN, Mark.OK)
_PARTS: Final = ("pyrad", "sqlalchemy", "flask", "apscheduler", "prometheus-client", "cryptography")
JOBS: Final = ("backup", "backup_trial", "certificate")
"""What an admin starts from here by hand."""


@dataclass(frozen=True, slots=True)
class Setting:
    """A key with its value in force; secrets are stars. `is_own`: another than the one that ships."""

    key: str
    value: str
    is_own: bool


@blueprint.get("/system")
def system() -> str:
    """Health first, the worst on top; `?settings=all` shows every setting, else those that were chosen."""
    context = here()
    ways = list(ways_of(context.settings))
    found = sorted(standing_findings(context.settings, ways, context.database, context.now_s), key=_loudness)
    with context.database.read() as connection:
        schema, trial = revision.current(connection) or "-", last_trial(connection)
        ran = job_store.last_successes(connection)
    every = argument("settings") == "all"
    return render_template(
        "admin/system.html", words=system_words, job_words=timetable.job, every=every, trial=trial,
        jobs=[(name, ran.get(name)) for name in JOBS],
        findings=[(one, _MOODS[one.mark]) for one in found], versions=versions(context.database.kind, schema),
        copies=backup.copies(context.settings.state_dir / "backups"),
        settings=[one for one in settings_in_force(context.settings) if every or one.is_own],
    )  # fmt: skip


def _loudness(found: Finding) -> int:
    return _LOUDEST.index(found.mark)


def versions(kind: str, schema: str) -> list[tuple[str, str]]:
    """What runs, as a report of a fault should say it: names of programs, their versions."""
    return [
        ("netquota", __version__), (kind, f"schema {schema}"), ("Python", sys.version.partition(" ")[0]),
        (platform.system(), f"{platform.release()} {platform.machine()}"),
        *((part, metadata.version(part)) for part in _PARTS),
    ]  # fmt: skip


def settings_in_force(settings: Settings) -> list[Setting]:
    """Every key by name."""
    usual = flat(load(env={"NETQUOTA_CONFIG": ""}, overrides={"state_dir": settings.state_dir}))
    usual["state_dir"] = default_state_dir()
    return [Setting(key, _text(shown(key, value)), value != usual[key]) for key, value in flat(settings).items()]


def _text(value: object) -> str:
    if isinstance(value, tuple):
        return ", ".join(str(part) for part in cast(tuple[object, ...], value)) or "–"
    return str(value).lower() if isinstance(value, bool) else str(value) or "–"
