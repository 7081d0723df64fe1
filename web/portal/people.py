"""Who logs in at the portal: name or NIP, the real password, guessing slowed down; what is refused is noted."""

from __future__ import annotations

from dataclasses import dataclass

from flask_babel import gettext, ngettext

from netquota.domain.people import Subscriber, username_key
from netquota.domain.policy import Code, Decision
from netquota.services.authorize import refused
from netquota.services.directory import DirectoryAway
from netquota.services.guessing import employee_guess
from netquota.services.reasons import reasons_json
from netquota.storage import record_store
from netquota.storage.database import Connection
from netquota.storage.record_store import DecisionRow
from netquota.storage.snapshot import Snapshot
from web.auth.attempts import Attempt
from web.context import Context
from web.portal import proving
from web.portal.state import Start

_NIP_DIGITS = 18
_FEW = 3


@dataclass(frozen=True, slots=True)
class Admitted:
    """A person whose password was right."""

    subscriber: Subscriber


@dataclass(frozen=True, slots=True)
class Turned:
    """Not let in: what to tell beside the form, in the page's language."""

    problem: str


def admitted(context: Context, start: Start, typed: str, password: str) -> Admitted | Turned:
    """Check name and password; costs the same for a name that nobody has."""
    name = typed.strip()
    if not name or not password:
        return Turned(gettext("Fill in NIP or username, and the password."))
    if len(name) > 253 or not name.isprintable():
        return Turned(gettext("NIP or password does not match. Check capitals and try again."))
    snapshot = context.policy.snapshot
    found = find(snapshot, name)
    guess = employee_guess(None if found is None else found.id, name, start.mac, start.source)
    attempt = Attempt(guess.account, guess.source, guess.employee_id, guess.mac)
    wait_s = attempt.wait_s()
    if wait_s:
        return Turned(_wait(wait_s))
    try:
        right = proving.is_own_password(context, found, password)
    except DirectoryAway:
        return Turned(gettext("The directory of passwords does not answer. Try again in a minute."))
    if not right or found is None:
        return _turned_away(context, start, attempt, found, name)
    with context.database.write() as connection:
        attempt.succeeded(connection)
    return Admitted(found)


def find(snapshot: Snapshot, name: str) -> Subscriber | None:
    """The employee of a user name, or of a NIP (18 digits, spaces do not matter)."""
    digits = name.replace(" ", "")
    if len(digits) == _NIP_DIGITS and digits.isdecimal() and digits.isascii():
        by_nip = snapshot.by_nip(digits)
        if by_nip is not None:
            return by_nip
    return snapshot.subscribers.get(username_key(name))


def note_refusal(
    connection: Connection, start: Start, person: Subscriber | None, name: str, decision: Decision, now_s: int
) -> None:
    """A refusal that no gateway hears of stands in the log of decisions all the same."""
    row = DecisionRow(
        now_s, False, None if person is None else person.id, name[:253], start.nas_id, start.identity, start.mac,
        decision.cause, reasons_json(decision.reasons),
    )  # fmt: skip
    record_store.write_records(connection, [row])


def _turned_away(context: Context, start: Start, attempt: Attempt, found: Subscriber | None, name: str) -> Turned:
    failure = attempt.failed()
    cause = Code.UNKNOWN if found is None else Code.WRONG_PASSWORD
    with context.database.write() as connection:
        note_refusal(connection, start, found, name if found is None else found.username, refused(cause), context.now_s)
    if failure.wait_s:
        return Turned(_wait(failure.wait_s))
    if failure.left > _FEW:
        return Turned(gettext("NIP or password does not match. Check capitals and try again."))
    return Turned(
        ngettext(
            "NIP or password does not match. Check capitals; %(num)s attempt left.",
            "NIP or password does not match. Check capitals; %(num)s attempts left.",
            failure.left,
        )
    )


def _wait(wait_s: int) -> str:
    return ngettext(
        "Too many attempts for this account. Try again in %(num)s second.",
        "Too many attempts for this account. Try again in %(num)s seconds.",
        wait_s,
    )
