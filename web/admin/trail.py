"""What the audit trail tells, in the words of the pages: what was done, which field, and its values."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime

from flask_babel import LazyString, gettext
from flask_babel import lazy_gettext as _

from netquota.services.catalogue import KINDS
from netquota.storage.audit_store import AuditEntry
from web import moments
from web.admin import applications, labels, requests, round_words
from web.context import here
from web.formatting import number
from web.rendering import current_language

_ACTIONS: Mapping[str, LazyString] = {
    "add": _("added"),
    "change": _("changed"),
    "remove": _("removed"),
    "password": _("new password"),
    "pause": _("paused"),
    "resume": _("resumed"),
    "disconnect": _("disconnected"),
    "show_secret": _("secret shown"),
    "second_factor": _("second factor on"),
    "second_factor_off": _("second factor off"),
    "recovery_codes": _("new recovery codes"),
    "recovery_code": _("recovery code used"),
    "grant": _("more volume given"),
    "token": _("token made"),
    "token_revoked": _("token revoked"),
    "remind": _("reminded"),
    "signed_out": _("signed out everywhere"),
    "schedule": _("given a time"),
    "shadow": _("put in shadow"),
    "test": _("tried out"),
    "retry": _("sent again"),
    "reset": _("counted anew"),
    "swap": _("turns swapped"),
    "choose": _("turn given"),
    "outage": _("outage noted"),
    "outage_over": _("outage over"),
    "wanted": _("asked for"),
    "skipped": _("left out"),
    "step": _("step taken"),
    "draft": _("drafted"),
    "open": _("opened"),
    "measure": _("measured anew"),
    "adjust": _("proposal adjusted"),
    "conclude": _("concluded"),
    "send": _("sheets sent"),
    "answer": _("answered"),
    "close": _("closed"),
    "password_code": _("code for a password made"),
    "revoke": _("revoked"),
    "import": _("taken over"),
    "approve": _("request for the budget approved"),
    "request": _("filed"),
    "assessed": _("assessed"),
    "waits_head": _("laid before the head of the office"),
    "approved": _("approved"),
    "refused": _("refused"),
    "budget": _("passed to the budget plan"),
    "withdrawn": _("withdrawn"),
    "declare_none": _("said to have no application"),
    "withdraw_none": _("no longer said to have no application"),
}
_RECORDED: Mapping[str, LazyString] = {
    "at_s": _("At"),
    "bins": _("Readings"),
    "draft": _("Draft"),
    "due_s": _("Was due"),
    "from_s": _("From"),
    "left_out": _("Left out"),
    "material": _("What was shown or handed out"),
    "moves_on": _("Moves on (day)"),
    "note": _("In words"),
    "number": _("Number"),
    "on": _("Date"),
    "permille": _("Share in per mille"),
    "purpose": _("Whose guests, or what for"),
    "scopes": _("May do"),
    "session": _("Session number"),
    "sessions": _("Sessions"),
    "sha256": _("Checksum of its data"),
    "to_s": _("Until"),
    "token": _("Token"),
    "vouchers": _("Vouchers"),
    "wanted": _("How much more, down/up"),
    "round.days": _("Days measured"),
    "samples.down": _("Download"),
    "samples.up": _("Upload"),
}
"""What is noted beside the fields of things."""
_TURN = "turn "
_MOMENTS = frozenset({"link.from", "link.until"})
_MOMENT = re.compile(r"(at|due|from|to|valid_from|valid_until|(\w+_)?until|ended|starts|ends)_s")
"""Moments in epoch seconds; other names that end in `_s` are spans of seconds."""
_CLOSED: Mapping[str, Mapping[str, object]] = {
    "request.state": {state: words for state, (_mood, words) in requests.STATES.items()},
    "round.state": {state: words for state, (_mood, words) in round_words.STATES.items()},
    "round.conclusion": {each: words for each, (_mood, words) in round_words.CONCLUSIONS.items()},
    "round.reply": {each: words for each, (_mood, words) in round_words.REPLIES.items()},
    "application.step": {**applications.STEPS},
    "application.outcome": {**applications.OUTCOME_WORDS},
    "draft.state": {"draft": _("draft")},
}


def action(name: str) -> str:
    """What an entry did."""
    return str(_ACTIONS.get(name, name))


def actions() -> list[tuple[str, str]]:
    """All that can be filtered by."""
    return [(name, str(text)) for name, text in _ACTIONS.items()]


def field(kind: str, name: str) -> str:
    """Which field of a kind an entry is about; the key of a quota, of which more was given, stays as it is."""
    if name.startswith(_TURN) and name.removeprefix(_TURN).isdecimal():
        return gettext("Turn of %(time)s", time=_stamp(name.removeprefix(_TURN)))
    known = _RECORDED.get(f"{kind}.{name}") or labels.known(kind, name) or _RECORDED.get(name)
    if known is None and kind in KINDS:  # an import that is taken back notes columns
        known = next((labels.short(kind, each.name) for each in KINDS[kind].fields if name in each.columns), None)
    return str(known or name).partition(",")[0]


def value(kind: str, name: str, text: object) -> str:
    """A value of such a field for eyes."""
    words = _CLOSED.get(f"{kind}.{name}", {}).get(str(text))
    if words is not None:
        return str(words)
    if name.endswith("_s") and not _MOMENT.fullmatch(name) and str(text).isdecimal():
        return gettext("%(number)s seconds", number=number(int(str(text)), current_language()))
    is_moment = bool(_MOMENT.fullmatch(name)) or f"{kind}.{name}" in _MOMENTS
    return _stamp(str(text)) if is_moment and str(text).isdecimal() and len(str(text)) < 12 else labels.value(text)


def told(kind: str, fields: Mapping[str, object]) -> str:
    """All fields of an entry in one line."""
    return "; ".join(f"{field(kind, name)}: {value(kind, name, text)}" for name, text in fields.items())


def _stamp(at_s: str) -> str:
    return moments.stamp(datetime.fromtimestamp(int(at_s), UTC), here().zone, current_language())


def change_words(entry: AuditEntry) -> str:
    """A change in one sentence: `Ceiling of DISDUKCAPIL changed from 60M/30M to 80M/40M.`"""
    parts = [
        gettext(
            "%(field)s of %(key)s changed from %(old)s to %(new)s.",
            field=field(entry.kind, name), key=entry.key, old=value(entry.kind, name, entry.before.get(name, "")),
            new=value(entry.kind, name, new),
        )
        for name, new in entry.after.items()
        if not name.endswith("_why") or len(entry.after) == 1
    ]  # fmt: skip
    return " ".join(parts[:3])
