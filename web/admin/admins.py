"""Admins: roles and offices, second factor, where they are signed in, their tokens; ended and revoked from here."""

from __future__ import annotations

from collections.abc import Callable

from flask import abort, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from netquota.services import admin_desk, api_tokens, credentials, second_factor
from netquota.services.made_codes import made_code
from netquota.storage import audit_store
from netquota.storage.audit_store import AuditFilter
from web.admin.door import author, blueprint
from web.auth import person
from web.context import here
from web.frame import open_menu, role_name


@blueprint.get("/admins")
def admins() -> str:
    """All of them, with what tells whether an account is used."""
    found = admin_desk.listing(here().whole_office, here().session_limits)
    return render_template("admin/admins.html", lines=found, role_of=role_name)


@blueprint.get("/admins/<path:username>")
def one_admin(username: str) -> str:
    """One admin: where he is signed in, his tokens, what he changed last."""
    return _page(username)


@blueprint.post("/admin-act/<path:username>")
def admin_act(username: str) -> ResponseReturnValue:
    """Sign him out, revoke a token, end his second factor, give a new password: as the button says, with a reason."""
    why = request.form.get("why", "").strip()
    if not why:
        return _page(username, problem=gettext("Say why; others will read it.")), 400
    office, by, act = here().whole_office, author(why), request.form.get("act", "")
    token = request.form.get("token", "")
    own = person.present()
    keep = own.session.digest if own.admin.username == username else b""
    acts: dict[str, Callable[[], object]] = {
        "sign_out": lambda: admin_desk.sign_out(office, username, by, keep),
        "revoke": lambda: api_tokens.revoke(office, int(token) if token.isdecimal() else 0, by, owner=username),
        "second_factor_off": lambda: second_factor.remove(office, username, by),
    }
    if act == "password":
        password = made_code(4)
        credentials.set_password(office, username, password, by, kind="admin")
        answer = make_response(_page(username, password=password))
        answer.headers["Cache-Control"] = "no-store"
        return answer
    if act not in acts:
        abort(404)
    acts[act]()
    told = {
        "sign_out": gettext("Signed out everywhere."), "revoke": gettext("The token opens nothing any more."),
        "second_factor_off": gettext("The second factor is off; it is offered at the next sign-in."),
    }  # fmt: skip
    flash(told[act])
    return redirect(url_for("admin.one_admin", username=username))


def _page(username: str, problem: str = "", password: str = "") -> str:
    open_menu("admins")
    office = here().whole_office
    found = admin_desk.named(office, username)
    with here().database.read() as connection:
        changes = audit_store.entries(connection, AuditFilter(actor=username), limit=8)
    return render_template(
        "admin/admin.html", admin=found, role=role_name(found.role), problem=problem, password=password,
        sessions=admin_desk.sessions_of(office, found, here().session_limits),
        tokens=api_tokens.tokens_of(office, username), changes=changes, now_s=here().now_s,
    )  # fmt: skip
