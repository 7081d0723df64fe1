"""The operation that reads the system: its health with remedies, copies of the database, versions, settings."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict

from netquota.channels import ways_of
from netquota.services.api_tokens import TokenScope
from netquota.services.backup_trial import last_trial
from netquota.services.machine_doctor import standing_findings
from netquota.storage import backup, revision
from web.admin.system import settings_in_force, versions
from web.api.v1.operations import OBJECT, Answer, Call, Operation, iso
from web.auth.rights import API
from web.context import here


def operations() -> Iterator[Operation]:
    """The one."""
    yield Operation(
        "system.read", "GET", "/system", "system", "Health with remedies, copies of the database and what their trial "
        "found, versions, the settings in force without secrets.", API["system.read"], TokenScope.READ, _system,
        {200: OBJECT},
    )  # fmt: skip


def _system(_call: Call) -> Answer:
    context = here()
    with context.database.read() as connection:
        schema, trial = revision.current(connection) or "-", last_trial(connection)
    found = standing_findings(context.settings, list(ways_of(context.settings)), context.database, context.now_s)
    copies = backup.copies(context.settings.state_dir / "backups")
    return Answer({
        "health": [{"mark": f.mark, "about": f.about, "found": f.found, "remedy": f.remedy} for f in found],
        "copies": [{"name": name, "octets": octets, "made": iso(int(made_s))} for name, octets, made_s in copies],
        "trial": None if trial is None else {"name": trial.name, "at": iso(trial.at_s), "faults": list(trial.faults)},
        "versions": dict(versions(context.database.kind, schema)),
        "settings": [asdict(one) for one in settings_in_force(context.settings)],
    })  # fmt: skip
