"""The checks of `netquota doctor` on enforcement: what keeps limits from being in force, and what is done instead."""

from __future__ import annotations

from collections.abc import Iterator

from netquota.cli.desk import office_of
from netquota.domain.alarms import alarms
from netquota.errors import NetquotaError
from netquota.services import alarm_words, fallback_words
from netquota.services.findings import Finding, Mark, bad, ok, warn
from netquota.settings import Settings
from netquota.storage.alarm_report import gateway_facts
from netquota.storage.database import Connection
from netquota.storage.gateway_store import gateways
from netquota.storage.policy_store import load_snapshot
from netquota.storage.snapshot import Snapshot

_LANGUAGE = "en"


def enforcement_findings(settings: Settings, name: str | None) -> Iterator[Finding]:
    """Every gateway, or those of one client."""
    try:
        with office_of(settings) as office, office.database.read() as connection:
            snapshot = load_snapshot(connection, office.secrets, office.zone)
            yield from _alarms(connection, settings, name, office.now_s)
            yield from _fallbacks(connection, snapshot, settings, name)
    except NetquotaError as error:
        yield bad("enforcement", str(error), "put that right first")


def _alarms(connection: Connection, settings: Settings, name: str | None, now_s: int) -> Iterator[Finding]:
    found = alarms(gateway_facts(connection, now_s), now_s, settings.enforcement.orders_late_after_s)
    found = [alarm for alarm in found if name in (None, alarm.nas)]
    for alarm in found:
        since = "" if alarm.since_s is None else f", for {max(0, now_s - alarm.since_s) // 60} min"
        told = f"{alarm_words.told(alarm, _LANGUAGE)}{since}"
        mark = Mark.WARN if alarm.is_mild else Mark.BAD
        yield Finding(mark, f"enforcement at {alarm.gateway}", told, alarm_words.remedy(alarm, _LANGUAGE))
    if not found:
        yield ok("enforcement", "limits are in force wherever somebody is online")


def _fallbacks(connection: Connection, snapshot: Snapshot, settings: Settings, name: str | None) -> Iterator[Finding]:
    longest_s = settings.enforcement.longest_session_without_coa_s
    for row in gateways(connection):
        nas = snapshot.nas_by_id.get(row.nas_id)
        if nas is None or name not in (None, nas.name):
            continue
        story = fallback_words.story(nas, row, _LANGUAGE, settings.city.zone, longest_s)
        if story:
            yield warn(f"enforcement at {row.identifier}", " ".join(story[:-1]), story[-1])
