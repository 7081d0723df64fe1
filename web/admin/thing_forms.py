"""Forms made from the catalogue of editable things: one control a field, with the choices that its kind allows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from flask_babel import gettext
from flask_wtf import FlaskForm
from wtforms import Field as Control
from wtforms import PasswordField, SelectChoice, SelectField, SelectMultipleField, StringField, TextAreaField
from wtforms.validators import Length
from wtforms.widgets import CheckboxInput

from netquota.domain.interfaces import Faces
from netquota.domain.people import Status
from netquota.domain.periods import PeriodKind
from netquota.domain.places import Ability, AuthenticatorPolicy, Mode, Way
from netquota.domain.policy import AtDeviceLimit
from netquota.domain.quota import Action, ChangeMode, Direction, Strictness
from netquota.domain.rotation import Choice, TurnUnit
from netquota.domain.scope import Scope
from netquota.errors import InvalidValue
from netquota.services import measured_fields, sight
from netquota.services.catalogue import LANGUAGES, NEWCOMERS, ROLES, Field, Kind
from netquota.services.clock_kinds import DayOff
from netquota.services.fields import HIDDEN
from netquota.storage.snapshot import Snapshot
from radius.families import FAMILIES
from web.admin import labels
from web.auth.rights import settable

_FLAG = ("yes", "no")
_CHOICES: Mapping[str, tuple[str, ...]] = {
    "action": tuple(Action), "active": _FLAG, "at_limit": tuple(AtDeviceLimit),
    "authenticator": tuple(AuthenticatorPolicy),
    "can_coa_rate": tuple(Ability), "can_disconnect": tuple(Ability), "direction": tuple(Direction),
    "family": tuple(FAMILIES), "hours_only": _FLAG, "for_guests": _FLAG, "directory": _FLAG, "landing": _FLAG,
    "language": LANGUAGES, "lenient": _FLAG,
    "mode": tuple(Mode),
    "octets_reversed": _FLAG, "period": tuple(PeriodKind), "proxy": _FLAG, "role": ROLES,
    "strictness": tuple(Strictness), "theme": ("auto", "light", "dark"), "employee.status": tuple(Status),
    "circuit.status": tuple(Status), "device.status": tuple(Status), "way": tuple(Way),
    "holiday.kind": tuple(DayOff), "works": _FLAG,
    "confirmed": _FLAG, "change_mode": tuple(ChangeMode), "newcomers": NEWCOMERS,
    "turn": tuple(TurnUnit), "choice": tuple(Choice),
    "opd.kind": (
        "office", "agency", "hospital", "health_centre", "clinic", "public_service", "district", "village", "unit",
    ),
    "opd.status": (Status.ACTIVE, Status.SUSPENDED), "snmp": measured_fields.VERSIONS,
    "snmp_auth": measured_fields.AUTH, "snmp_privacy": measured_fields.PRIVACY, "interface_faces": tuple(Faces),
}  # fmt: skip
FIRST: Mapping[str, tuple[str, ...]] = {
    "opd": ("code", "name", "ceiling", "guaranteed", "plan", "status"),
    "employee": ("username", "nip", "name", "opd", "plan", "valid_until"),
    "plan": ("key", "name", "rate", "simultaneous", "schedule"),
    "quota": ("key", "name", "plan", "opd", "employee", "octets", "period", "action", "throttle", "steps"),
    "schedule": ("key", "name", "windows"),
    "event": ("key", "name", "opds", "from", "until", "bonus", "ceiling", "leaves", "reason"),
    "rotation": ("key", "name", "opds", "employees", "turn", "choice", "times", "bonus", "ceiling", "octets"),
    "holiday": ("day", "name", "kind", "works"),
    "ramadan": ("year", "first_day", "last_day", "confirmed"),
    "nas": ("name", "address", "family", "secret"),
    "link": ("name", "provider", "capacity", "price", "starts_on", "ends_on"),
    "site": ("name", "opd", "nas", "link", "mode", "way", "ceiling"),
    "circuit": ("username", "name", "site", "mac_login", "password", "status"),
    "device": ("mac", "name", "opd", "plan", "valid_until"),
    "admin": ("username", "name", "role", "opd", "password"),
    "reachable": ("name", "hosts", "url"),
    "terms": ("edition", "from_day", "text", "text_en"),
    "application": ("code", "name", "opd", "function", "task", "hosting", "address", "users", "need"),
}
"""What a form shows at once; the rest is folded."""
_LEFT_OUT: Mapping[str, frozenset[str]] = {"employee": frozenset({"password", "nt_hash"})}
"""Set by a page of their own, or by the command line alone."""


_SEVERAL_LINES = frozenset({"windows", "text", "text_en"})


_PICKED = frozenset({"event.opds", "rotation.opds"})
"""Sets of offices, each ticked in a list of all."""
_IN_TURN = frozenset({"rotation.opds"})
"""Those of them whose order means something."""
ORDER = "in_order"
"""The control for the order of the things that are ticked."""


class PickField(SelectMultipleField):
    """Several of a set, each with a box of its own."""

    option_widget = CheckboxInput()


@dataclass(frozen=True, slots=True)
class Choices:
    """What a form may offer: the city's things within a scope, and the fields that the role may set."""

    snapshot: Snapshot
    scope: Scope
    role: str


class ThingForm(FlaskForm):
    """The base of the forms; controls are added by `form_for`."""

    def control(self, name: str) -> Control:
        """The control of a field."""
        return self._fields[name]

    @property
    def names(self) -> list[str]:
        """The fields of the thing that the form holds: without `why` and what is asked beside them."""
        return [name for name in self._fields if name not in ("why", ORDER)]

    @property
    def is_in_turn(self) -> bool:
        """Whether the order of the things that are ticked is asked for, too."""
        return ORDER in self._fields


def form_for(kind: Kind, choices: Choices, values: Mapping[str, str] | None) -> ThingForm:
    """A form of a kind; `values` as they stand (None: a new thing), which a posted form overrides."""
    controls: dict[str, object] = {}
    may_set = set(settable(choices.role, kind.name, [each.name for each in kind.fields]))
    for each in kind.fields:
        if each.name in may_set - _LEFT_OUT.get(kind.name, frozenset()):
            controls[each.name] = _control(kind, each, choices, (values or {}).get(each.name, ""))
            if f"{kind.name}.{each.name}" in _IN_TURN:
                controls[ORDER] = StringField(gettext("Order of the turns"), [Length(max=1000)])
    controls["why"] = StringField(gettext("Why"), [Length(max=200)])
    made = type("Made", (ThingForm,), controls)
    shown = {name: "" if text == HIDDEN else text for name, text in (values or {}).items()}
    if "windows" in shown:
        shown["windows"] = shown["windows"].replace("; ", "\n")
    picked = {name: _names(text) for name, text in shown.items() if f"{kind.name}.{name}" in _PICKED}
    form: ThingForm = made(data=shown | picked)
    return form


def given(form: ThingForm, kind: Kind, values: Mapping[str, str] | None) -> dict[str, str]:
    """What the form asks for: all that is filled in for a new thing, else the fields that differ from `values`.

    Raises `InvalidValue` for an order that names something that is not ticked.
    """
    asked = {name: _text(form, name, (values or {}).get(name, "")) for name in form.names}
    if values is None:
        return {name: text for name, text in asked.items() if text}
    kept = {name for name, text in asked.items() if not text and kind.field(name).format.is_secret}
    return {name: text for name, text in asked.items() if name not in kept and text != values.get(name, "")}


def _text(form: ThingForm, name: str, before: str) -> str:
    """What was typed or ticked; windows stand one a line. `before`: the text that is in force."""
    control = form.control(name)
    if isinstance(control, PickField):
        return _in_order(form, name, control.data or [], before)
    text = str(control.data or "").strip()
    return "; ".join(line.strip() for line in text.splitlines() if line.strip()) if name == "windows" else text


def _in_order(form: ThingForm, name: str, ticked: list[str], before: str) -> str:
    """Those that are ticked: in the order that was typed, else as they stand; who is new comes last."""
    typed = _names(str(form.control(ORDER).data or "")) if form.is_in_turn else []
    for each in typed:
        if each not in ticked:
            raise InvalidValue(name, each, "tick each that the order names")
    first = [each for each in typed or _names(before) if each in ticked]
    return ", ".join([*first, *(each for each in ticked if each not in first)])


def _names(text: str) -> list[str]:
    return [each.strip() for each in text.split(",") if each.strip()]


def _control(kind: Kind, each: Field, choices: Choices, now: str) -> Control:
    """`now`: the value in force; a list and a command may set what the form does not offer, and it stays."""
    label, name = labels.field(kind.name, each.name), each.name
    if f"{kind.name}.{name}" in _PICKED:
        codes = [opd.code for opd in sight.offices(choices.snapshot, choices.scope)]
        return PickField(label, choices=[SelectChoice(code, code) for code in codes], validate_choice=False)
    values = _CHOICES.get(f"{kind.name}.{name}") or _CHOICES.get(name)
    keys = None if each.ordered else _keys(each.refers_to, choices)
    if keys is not None:
        values, texts = tuple(keys), dict.fromkeys(keys)
    elif values is not None:
        values = values if now in ("", *values) else (*values, now)
        texts = {str(value): labels.choice(str(value)) for value in values}
    else:
        return _line(kind, each, label)
    blank = [] if each.required or (keys is None and each.default) else [SelectChoice("", "–")]
    options = [*blank, *(SelectChoice(str(value), str(texts[str(value)] or value)) for value in values)]
    return SelectField(label, choices=options, default=each.default or "", validate_choice=False)


def _line(kind: Kind, each: Field, label: str) -> Control:
    longest = [Length(max=20_000 if each.name in _SEVERAL_LINES else 1000)]
    if each.format.is_secret:
        return PasswordField(label, longest)
    needed = {"required": True} if each.required and each.name in FIRST.get(kind.name, ()) else {}  # none in a fold
    if each.name in _SEVERAL_LINES:
        return TextAreaField(label, longest, render_kw=needed)
    return StringField(label, longest, default=each.default if each.name != "key" else "", render_kw=needed)


def _keys(refers_to: str | None, choices: Choices) -> list[str] | None:
    """The natural keys to choose from; None where they are too many, or where the field refers to nothing."""
    snapshot = choices.snapshot
    match refers_to:
        case "opd":
            return [opd.code for opd in sight.offices(snapshot, choices.scope)]
        case "plan":
            return sorted(plan.key for plan in snapshot.plans.values())
        case "schedule":
            return sorted(schedule.key for schedule in snapshot.schedules.values())
        case "link":
            return sorted(link.name for link in snapshot.links.values())
        case "site":
            return sorted(site.name for site in snapshot.sites.values())
        case "nas":
            return sorted(nas.name for nas in snapshot.nas_by_id.values())
        case _:
            return None
