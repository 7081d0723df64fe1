"""The wizard's form: from fields to choices and back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import DecimalField, IntegerField, SelectField, SelectMultipleField, StringField
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from netquota.documents.inputs import BudgetKind, Signer
from netquota.domain.nip import format_nip, parse_nip
from netquota.domain.units import parse_rate
from netquota.errors import InvalidValue
from netquota.services.planning.budget_choices import Choices, Extra
from netquota.storage.plan_policy import PlannedLink
from web.admin.door import date_of, text_of
from web.rendering import current_language

_NEEDED = InputRequired(_("Please fill this in."))
_MEGA = 10**6
_MOST_RP = 10**15


class PercentField(DecimalField):
    """Per cent, typed with a comma or a point; shown without needless zeros, as the page's language writes it."""

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        """Read what was typed."""
        super().process_formdata([text.replace(",", ".").replace("%", "").strip() for text in valuelist])

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        text = "" if self.data is None else f"{self.data:g}"
        return text.replace(".", ",") if current_language() == "id" else text


class BudgetForm(FlaskForm):
    """What the planner fills in; the fields of links are named `price-N` and `capacity-N` and read apart."""

    kind = SelectField(
        _("Budget"), choices=[("APBD", _("APBD (the year's budget)")), ("APBD-P", _("APBD-P (revision)"))]
    )
    year = IntegerField(_("Budget year"), [_NEEDED, NumberRange(2000, 2100)])
    change_from = StringField(_("The change holds from"), [Length(max=10)])
    opds = SelectMultipleField(_("Offices in the document"))
    level = PercentField(_("At the limit at most, % of office hours"), [_NEEDED, NumberRange(0.1, 100)])
    step = StringField(_("Capacity in steps of"), [_NEEDED, Length(max=20)])
    growth = IntegerField(_("Growth on top of the forecast, %"), [Optional(), NumberRange(-90, 900)])
    ppn = PercentField(_("PPN, %"), [Optional(), NumberRange(0, 50)])
    addendum = StringField(_("Contract change in words"), [Length(max=500)])
    extra = StringField(_("Further line of the cost plan"), [Length(max=200)])
    extra_price = IntegerField(_("Its price, rupiah"), [Optional(), NumberRange(0, _MOST_RP)])
    head_name = StringField(_("Head of the office: name with titles"), [Length(max=120)])
    head_position = StringField(_("Position"), [Length(max=120)])
    head_rank = StringField(_("Rank"), [Length(max=80)])
    head_nip = StringField("NIP", [Length(max=24)])
    planner_name = StringField(_("Prepared by: name with titles"), [Length(max=120)])
    planner_position = StringField(_("Position"), [Length(max=120)])
    planner_rank = StringField(_("Rank"), [Length(max=80)])
    planner_nip = StringField("NIP", [Length(max=24)])


def filled(choices: Choices, codes: Sequence[str]) -> BudgetForm:
    """The form as these choices fill it in."""
    data: dict[str, object] = {
        "kind": choices.kind.value, "year": choices.year, "level": choices.permille / 10,
        "step": f"{choices.step_bps // _MEGA}M", "growth": (choices.growth_permille - 1000) // 10 or None,
        "ppn": None if choices.ppn_permille is None else choices.ppn_permille / 10,
        "change_from": "" if choices.change_from is None else choices.change_from.isoformat(),
        "opds": list(choices.opds), "addendum": choices.addendum, "extra": choices.extra.description,
        "extra_price": choices.extra.price_rp or None,
    }  # fmt: skip
    for name, signer in (("head", choices.head), ("planner", choices.planner)):
        parts = {"name": signer.name, "position": signer.position, "rank": signer.rank}
        data |= {f"{name}_{part}": text for part, text in parts.items()}
        data[f"{name}_nip"] = format_nip(signer.nip) if signer.nip else ""
    form = BudgetForm(formdata=None, data=data)
    form.opds.choices = [(code, code) for code in codes]
    return form


def submitted(codes: Sequence[str]) -> BudgetForm:
    """The form as it was sent."""
    form = BudgetForm()
    form.opds.choices = [(code, code) for code in codes]
    return form


def choices_of(form: BudgetForm, links: Sequence[PlannedLink], sent: Mapping[str, str], today: date) -> Choices:
    """What was filled in. Raises `InvalidValue` that names the field."""
    kind = BudgetKind(form.kind.data)
    growth = form.growth.data or 0
    extra = Extra(text_of(form.extra), 1, "paket", 1, form.extra_price.data or 0) if text_of(form.extra) else Extra()
    return Choices(
        kind, form.year.data or 0, tuple(form.opds.data or ()), round(10 * float(form.level.data or 1)),
        parse_rate(text_of(form.step), "step").down_bps, 1000 + 10 * growth,
        _capacities(links, sent), _prices(links, sent),
        None if form.ppn.data is None else round(10 * float(form.ppn.data)),
        date_of(form.change_from) if kind is BudgetKind.REVISION else None, {}, text_of(form.addendum), extra,
        _signer(form, "head", today), _signer(form, "planner", today),
    )  # fmt: skip


def _signer(form: BudgetForm, name: str, today: date) -> Signer:
    parts = [text_of(form[f"{name}_{part}"]) for part in ("position", "name", "rank", "nip")]
    if parts[3]:
        try:
            parts[3] = parse_nip(parts[3], today).digits
        except InvalidValue as error:
            raise InvalidValue(f"{name}_nip", parts[3], error.remedy) from None
    return Signer(*parts)


def _prices(links: Sequence[PlannedLink], sent: Mapping[str, str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for link in links:
        text = sent.get(f"price-{link.id}", "").strip().replace(".", "")
        if not text:
            continue
        if not text.isdecimal() or int(text) > _MOST_RP:
            raise InvalidValue(f"price-{link.id}", text, gettext("give whole rupiah"))
        found[link.name] = int(text)
    return found


def _capacities(links: Sequence[PlannedLink], sent: Mapping[str, str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for link in links:
        text = sent.get(f"capacity-{link.id}", "").strip()
        if text:
            text = f"{text}M" if text.isdecimal() else text
            found[link.name] = parse_rate(text, f"capacity-{link.id}").down_bps
    return found
