"""One's own tokens for programs: made with scopes and an end, shown once, with their last use, revoked."""

from __future__ import annotations

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import LazyString, gettext
from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import SelectChoice, SelectField, StringField
from wtforms.validators import InputRequired, Length

from netquota.errors import InvalidValue, NotFound
from netquota.services import api_tokens
from netquota.services.api_tokens import SCOPE_OF_KIND, TokenScope
from web.auth import person
from web.auth.forms import refusal
from web.auth.rights import Role, may_change
from web.context import here

blueprint = Blueprint("tokens", __name__)
_DAY_S = 86_400
_DAYS = {"30": 30, "90": 90, "366": 366}
_SCOPES: dict[TokenScope, LazyString] = {
    TokenScope.READ: _("read all that you may see"),
    TokenScope.ACCOUNTS: _("make and change employees' accounts"),
    TokenScope.POLICY: _("make and change offices, plans, quotas, schedules, sites and links"),
    TokenScope.NETWORK: _("make and change gateways"),
    TokenScope.SESSIONS: _("end running sessions and give their people another speed"),
    TokenScope.OPERATIONS: _("run jobs; pause and resume enforcement"),
    TokenScope.ADMINS: _("make and change admins"),
}
_OF_OFFICES = frozenset({TokenScope.READ, TokenScope.ACCOUNTS, TokenScope.SESSIONS})


class TokenForm(FlaskForm):
    """What a token is for and how long it holds; its scopes are ticked beside."""

    name = StringField(_("What it is for"), [InputRequired(_("Please fill this in.")), Length(max=120)])
    days = SelectField(
        _("It ends after"),
        choices=[
            SelectChoice("90", _("90 days")),
            SelectChoice("30", _("30 days")),
            SelectChoice("366", _("a year")),
            SelectChoice("", _("no time: until it is revoked")),
        ],
        validate_choice=False,
    )


@blueprint.route("/account/tokens", methods=["GET", "POST"])
def tokens() -> ResponseReturnValue:
    """The list, and a new one: its text is shown this once."""
    form = TokenForm()
    if not form.validate_on_submit():
        return _page(form), 400 if request.method == "POST" else 200
    who, days = person.present(), _DAYS.get(str(form.days.data))
    scopes = [scope for scope in request.form.getlist("scope") if scope in _offered()]
    try:
        made = api_tokens.create(
            here().whole_office, who.admin.username, str(form.name.data), scopes, who.author(),
            life_s=None if days is None else days * _DAY_S,
        )  # fmt: skip
    except InvalidValue as error:
        told = gettext("Tick at least one thing that it may do.") if error.field == "scopes" else refusal(error)
        form.name.errors = [told]
        return _page(form), 400
    answer = make_response(render_template("auth/token.html", token=made.text, name=form.name.data))
    answer.headers["Cache-Control"] = "no-store"
    return answer


@blueprint.post("/account/tokens/<int:token_id>")
def revoke(token_id: int) -> ResponseReturnValue:
    """Let one of one's own tokens open nothing any more."""
    who = person.present()
    try:
        api_tokens.revoke(here().whole_office, token_id, who.author(), owner=who.admin.username)
    except NotFound:
        flash(gettext("This token was not good any more."), "info")
    else:
        flash(gettext("Token %(number)s opens nothing any more.", number=token_id))
    return redirect(url_for("tokens.tokens"))


def _offered() -> list[TokenScope]:
    """The scopes that are of any use to the person: a token never may more than he."""
    role = person.present().admin.role
    if role == Role.NETWORK_ADMIN:
        return list(TokenScope)
    if role == Role.OPD_OPERATOR:
        kinds = {scope for kind, scope in SCOPE_OF_KIND.items() if may_change(role, kind)}
        return [scope for scope in TokenScope if scope in _OF_OFFICES | kinds]
    return [TokenScope.READ]


def _page(form: TokenForm) -> str:
    context, who = here(), person.present()
    found = api_tokens.tokens_of(context.whole_office, who.admin.username)
    ticked = request.form.getlist("scope") or [TokenScope.READ]
    return render_template(
        "auth/tokens.html", form=form, tokens=[(one, one.is_valid(context.now_s)) for one in found],
        scopes=[(scope.value, _SCOPES[scope], scope in ticked) for scope in _offered()],
        scope_names=_SCOPES,
    )  # fmt: skip
