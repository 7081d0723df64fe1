"""A decision as the chain of its rules: who set what, what was overruled, what holds in the end, what changes it."""

from __future__ import annotations

from flask_babel import LazyString, gettext
from flask_babel import lazy_gettext as _

from netquota.domain.policy import Decision, Reason, Rule
from web import formatting, moments
from web.admin import words
from web.admin.door import instant
from web.components import ChainStep, Outcome
from web.context import here
from web.rendering import current_language

_RULES: dict[Rule, LazyString] = {
    Rule.ACCOUNT: _("Account"),
    Rule.OPD: _("Office"),
    Rule.PLAN: _("Plan"),
    Rule.DEVICES: _("Devices"),
    Rule.SCHEDULE: _("Schedule"),
    Rule.OVERRIDE: _("Personal limit"),
    Rule.ROTATION: _("Turn"),
    Rule.EVENT: _("Extra or cut"),
    Rule.CEILING: _("Ceiling of the place"),
    Rule.QUOTA: _("Quota"),
    Rule.FLOOR: _("Least speed"),
    Rule.PAUSE: _("Brake"),
    Rule.CREDENTIAL: _("Password"),
}
_SETTING = frozenset({Rule.PLAN, Rule.SCHEDULE, Rule.OVERRIDE, Rule.ROTATION, Rule.EVENT})


def steps(decision: Decision) -> list[ChainStep]:
    """The rules in their order, then the result."""
    found = [_step(reason, decision) for reason in decision.reasons]
    outcome = rate(decision) if decision.accepted else gettext("refused")
    return [*found, ChainStep(gettext("In force now"), outcome, outcome=Outcome.RESULT)]


def rate(decision: Decision) -> str:
    """The decision's rate: `10 / 5 Mbit/s`."""
    return f"{formatting.rate_pair(decision.rate.down_bps, decision.rate.up_bps, current_language())} Mbit/s"


def next_change(decision: Decision) -> str:
    """What will change it by itself."""
    if decision.until_s is None:
        return gettext("Nothing changes it by itself.")
    at = moments.near(instant(decision.until_s), here().now, here().zone, current_language())
    return gettext("It is decided anew by itself: %(at)s.", at=at)


def _step(reason: Reason, decision: Decision) -> ChainStep:
    outcome = Outcome.KEPT
    if reason.rule in _SETTING and not reason.in_force:
        outcome = Outcome.OVERRULED
    elif reason.code is decision.cause or reason is decision.refusal:
        outcome = Outcome.WINS
    return ChainStep(str(_RULES[reason.rule]), _value(reason), words.reason(reason), outcome)


def _value(reason: Reason) -> str:
    language = current_language()
    if reason.rate is not None:
        return formatting.rate_pair(reason.rate.down_bps, reason.rate.up_bps, language)
    if reason.used is not None and reason.limit is not None:
        if reason.rule is Rule.DEVICES:
            return gettext("%(used)s of %(most)s", used=reason.used, most=reason.limit)
        return gettext(
            "%(used)s of %(most)s", used=formatting.volume(reason.used, language),
            most=formatting.volume_limit(reason.limit, language),
        )  # fmt: skip
    return ""
