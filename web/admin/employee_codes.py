"""A code for somebody who forgot his password: shown to the operator once, and as a QR code to be scanned there."""

from __future__ import annotations

from flask import make_response, render_template, request, url_for
from flask.typing import ResponseReturnValue

from netquota.services import password_codes, sight
from web.admin.door import author, blueprint
from web.admin.employees import WhyForm
from web.context import here
from web.svg import qr_code


@blueprint.route("/employee-code/<path:username>", methods=["GET", "POST"])
def employee_code(username: str) -> ResponseReturnValue:
    """Make it; the present password stays good until it is used."""
    person, form = sight.person(here().policy.snapshot, here().scope, username), WhyForm()
    if not form.validate_on_submit():
        return render_template("admin/employee_code.html", person=person, form=form, code="")
    code = password_codes.give_code(here().office, person.username, author(str(form.why.data)))
    base = here().settings.web.public_url or request.host_url.rstrip("/")
    shape = qr_code(base + url_for("password.by_code", code=code))
    answer = make_response(
        render_template("admin/employee_code.html", person=person, form=form, code=code, shape=shape)
    )
    answer.headers["Cache-Control"] = "no-store"
    return answer
