"""The checks of `netquota doctor` and the system's page: clock, key, disk, database, ports, jobs, copies, trust."""

from __future__ import annotations

import shutil
from collections.abc import Collection, Iterator
from datetime import UTC, datetime
from pathlib import Path

from netquota import instance_lock, ports
from netquota.clock import SystemClock
from netquota.errors import ConfigurationError, NetquotaError
from netquota.secrets import Keyring
from netquota.services import certificates
from netquota.services.backup_trial import Trial, last_trial, told
from netquota.services.certificates import Certificate
from netquota.services.findings import Finding, bad, ok, warn
from netquota.services.measured import unread
from netquota.services.notice_templates import templates_in
from netquota.settings import Settings
from netquota.storage import backup, revision
from netquota.storage.database import Database, open_database
from netquota.storage.health_report import signs_of_life
from netquota.storage.policy_store import load_snapshot

_LEAST_FREE_OCTETS = 1_000_000_000
_BACKUP_OLD_S = 2 * 86_400
_CLOCK_BACK_S = 60


def machine_findings(settings: Settings, ways: Collection[str], *, deep: bool = False) -> Iterator[Finding]:
    """All but the gateways and the ports, on a database opened for it. `ways`: by which notices may go.

    `deep` reads every page of a SQLite file.
    """
    now_s = int(SystemClock().now().timestamp())
    yield from _around(settings, ways, now_s)
    try:
        database = open_database(settings.database.url)
    except ConfigurationError as error:
        yield bad("database", str(error), "set database.url")
        return
    try:
        yield from database_findings(settings, database, now_s, deep=deep)
    finally:
        database.dispose()


def standing_findings(settings: Settings, ways: Collection[str], database: Database, now_s: int) -> Iterator[Finding]:
    """The same of a process that has the database open, at a moment (epoch s)."""
    yield from _around(settings, ways, now_s)
    yield from database_findings(settings, database, now_s)


def _around(settings: Settings, ways: Collection[str], now_s: int) -> Iterator[Finding]:
    yield from _key(settings)
    yield from _disk(settings.state_dir)
    yield from _backups(settings, now_s)
    yield from _notices(settings, ways)


def _notices(settings: Settings, ways: Collection[str]) -> Iterator[Finding]:
    """Whether anybody can be told, and whether the office's own words can be used."""
    for problem in templates_in(settings.notices.templates_dir).problems():
        yield warn("notices", problem, "the words that ship are used until then; see `netquota notice templates`")
    if not ways:
        yield warn("notices", "no way is set up: nobody is told of anything", "set up mail or Telegram: [notices]")
    else:
        yield ok("notices", f"go by {', '.join(ways)}; `netquota notice test --to ADDRESS` tries one out")


def _key(settings: Settings) -> Iterator[Finding]:
    try:
        Keyring.load(settings.security.key_file)
    except ConfigurationError as error:
        yield bad("key file", str(error), "put the right file in place; the first start writes one")
        return
    yield ok("key file", f"{settings.security.key_file} can be read, by its owner alone")


def _disk(folder: Path) -> Iterator[Finding]:
    try:
        free = shutil.disk_usage(folder).free
    except OSError as error:
        yield bad("disk", f"state_dir {folder}: {error.strerror}", "set state_dir to a folder that netquota may write")
        return
    told = f"{free / 1e9:.1f} GB free in {folder}"
    if free < _LEAST_FREE_OCTETS:
        yield bad("disk", told, "make room: without it nothing more is counted and gateways repeat their reports")
    else:
        yield ok("disk", told)


def database_findings(settings: Settings, database: Database, now_s: int, *, deep: bool = False) -> Iterator[Finding]:
    """The schema, and what only the database knows: copies tried, the clock, the scheduler, the certificate."""
    try:
        found = revision.check(database, integrity=deep)
        yield ok("database", f"{database.kind}, schema {found.revision}")
        for fault in found.faults:
            yield bad("database", fault, "restore the last sound backup: `netquota db restore`")
        yield from _within(settings, database, now_s)
    except NetquotaError as error:
        yield bad("database", str(error), "see whether it runs and database.url is right; then `netquota db check`")


def _within(settings: Settings, database: Database, now_s: int) -> Iterator[Finding]:
    with database.read() as connection:
        signs = signs_of_life(connection)
        try:
            load_snapshot(connection, Keyring.load(settings.security.key_file), settings.city.zone)
        except ConfigurationError as error:
            yield bad("key file", str(error), "put the key file of this database in place")
        trial, silent = last_trial(connection), unread(connection, now_s)
        certificate = certificates.held(connection)
    yield from _trial(trial, now_s)
    yield from _certificate(settings, certificate, now_s)
    for one in silent:
        yield warn("interfaces", f"{one.kind} {one.name}: {one.problem}", "see its page, or docs/measured-links.md")
    here = datetime.fromtimestamp(now_s, UTC).astimezone(settings.city.zone)
    if signs.last_packet_s is not None and signs.last_packet_s > now_s + _CLOCK_BACK_S:
        behind = signs.last_packet_s - now_s
        yield bad(
            "clock", f"it is {behind} s behind the last packet", "set the clock; install chrony or systemd-timesyncd"
        )
    else:
        yield ok("clock", f"{here:%Y-%m-%d %H:%M:%S} in {settings.city.timezone}; compare it with your own")
    if signs.lease_until_s is None or signs.lease_until_s < now_s:
        yield warn("scheduler", "none works now", "start `netquota serve` or `netquota scheduler`")
    else:
        yield ok("scheduler", "works")


def _trial(trial: Trial | None, now_s: int) -> Iterator[Finding]:
    """Whether the newest copy was restored into a scratch place, and was whole."""
    if trial is None:
        yield warn(
            "backup", "no copy was tried yet", "run `netquota db try`; the scheduler tries the newest each night"
        )
    elif not trial.is_good:
        yield bad(
            "backup", f"{trial.name}: {'; '.join(trial.faults)}", "make another: `netquota db backup`, then `db try`"
        )
    elif now_s - trial.at_s > _BACKUP_OLD_S:
        days = (now_s - trial.at_s) / 86400
        yield warn("backup", f"none was tried for {days:.0f} days", "look at `netquota job history backup_trial`")
    else:
        yield ok("backup", f"{trial.name} was restored and is whole: {told(trial)}")


def _certificate(settings: Settings, held: Certificate | None, now_s: int) -> Iterator[Finding]:
    """How long browsers go on trusting the pages."""
    address = certificates.address_of(settings.web.public_url)
    if address is None:
        return
    if held is None or held.host != address[0]:
        yield warn(
            "certificate", "it was not looked at yet", "the scheduler does each night: `netquota job run certificate`"
        )
        return
    if held.until_s is None:
        yield warn(
            "certificate",
            f"{held.host} could not be asked: {held.problem}",
            "see whether the name leads to the web server",
        )
        return
    day = datetime.fromtimestamp(held.until_s, UTC).astimezone(settings.city.zone).date()
    told = f"of {held.host} ends on {day}"
    if held.problem:
        yield warn(
            "certificate",
            f"{told}, and browsers do not trust it: {held.problem}",
            "put one of a public authority in place",
        )
    elif held.until_s - now_s < certificates.SOON_S:
        yield (bad if held.until_s - now_s < certificates.AT_ONCE_S else warn)(
            "certificate", told, "renew it: certbot, Caddy or the office's own authority"
        )
    else:
        yield ok("certificate", told)


def port_findings(settings: Settings) -> Iterator[Finding]:
    """Taken ports are right while netquota runs, and in the way while it does not."""
    try:
        with instance_lock.only_instance(settings.state_dir):
            ports.require_free(ports.endpoints(settings))
    except ConfigurationError as error:
        if "already runs" not in str(error):
            yield bad("ports", str(error), "free the port, or choose another in the settings")
            return
        yield from _answers(settings)
    else:
        yield warn("ports", "all free: `netquota serve` does not run here", "start it")


def _answers(settings: Settings) -> Iterator[Finding]:
    """While it runs, every port must be taken: by ourselves."""
    for endpoint in ports.endpoints(settings):
        try:
            ports.require_free((endpoint,))
        except ConfigurationError:
            continue
        yield bad(
            "ports", f"netquota runs, but nobody listens on {endpoint.setting} {endpoint.port}",
            "the log says why that process does not come up; or was it started with other settings?",
        )  # fmt: skip
        return
    yield ok("ports", "netquota runs and listens on all of them")


def _backups(settings: Settings, now_s: int) -> Iterator[Finding]:
    folder = settings.state_dir / "backups"
    copies = [made_s for name, _, made_s in backup.copies(folder) if not name.startswith("netquota-before")]
    newest = max(copies, default=None)
    if newest is None:
        yield warn(
            "backup", f"there is none in {folder}", "run `netquota db backup`; the scheduler makes one each night"
        )
        return
    age_s = now_s - newest
    if age_s > _BACKUP_OLD_S:
        yield warn("backup", f"the newest is {age_s / 86400:.0f} days old", "look at `netquota job list`")
    else:
        yield ok("backup", f"the newest is {max(0, age_s) / 3600:.0f} hours old; keep the key file apart from it")
