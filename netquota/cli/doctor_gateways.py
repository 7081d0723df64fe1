"""The checks of `netquota doctor` on gateways: what netquota.services.gateway_doctor finds, at the terminal."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from netquota.cli.desk import office_of
from netquota.errors import NetquotaError, NotFound
from netquota.secrets import Keyring
from netquota.services import gateway_doctor
from netquota.services.class_token import class_signer
from netquota.services.findings import Finding, Mark, bad
from netquota.services.gateway_doctor import Surgery
from netquota.settings import Settings
from netquota.storage.policy_store import load_snapshot

_LANGUAGE = "en"


def gateway_findings(settings: Settings, name: str | None) -> Iterator[Finding]:
    """Every gateway, or the one of a name. Raises `NotFound`."""
    try:
        keyring = Keyring.load(settings.security.key_file)
        with office_of(settings, keyring) as office, office.database.read() as connection:
            snapshot = load_snapshot(connection, office.secrets, office.zone)
            signer = class_signer(keyring)
            surgery = Surgery(connection, snapshot, settings, signer, office.now_s)
            names = sorted(nas.name for nas in snapshot.nas_by_id.values()) if name is None else [name]
            for each in names:
                for found in gateway_doctor.examine_named(surgery, each):
                    yield _as_line(each, found, settings)
    except NotFound:
        raise
    except NetquotaError as error:
        yield bad("gateways", str(error), "put that right first")


def _as_line(name: str, found: gateway_doctor.Finding, settings: Settings) -> Finding:
    about = f"gateway {name}" + (f" ({found.gateway})" if found.gateway else "")
    told = gateway_doctor.told(found, _LANGUAGE)
    if found.since_s is not None and found.level is not gateway_doctor.Level.OK:
        told += f" Since {datetime.fromtimestamp(found.since_s, UTC).astimezone(settings.city.zone):%Y-%m-%d %H:%M}."
    steps = [gateway_doctor.remedy(found, _LANGUAGE), found.command and f"Here: {found.command}"]
    if found.enter:
        steps.append("At the gateway:\n" + "\n".join(f"         {line}" for line in found.enter.splitlines()))
    return Finding(Mark(found.level.value), about, told, "\n         ".join(step for step in steps if step))
