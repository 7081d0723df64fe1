"""One's own password once more, before a secret is shown; wrong ones count like those at the sign-in."""

from __future__ import annotations

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import PasswordField
from wtforms.validators import InputRequired, Length

from netquota.domain.people import username_key
from web.auth import attempts, person


class AgainForm(FlaskForm):
    """One's own password once more, before a secret is shown."""

    password = PasswordField(_("Your password"), [InputRequired(_("Please fill this in.")), Length(max=253)])


def is_the_person(form: AgainForm) -> bool:
    """Whether the password given is the present one of who sits here; else the form says so, and the try counts."""
    who = person.present()
    attempt = attempts.Attempt(f"admin:{username_key(who.admin.username)}", person.remote_address())
    if not attempt.wait_s() and attempts.is_right(who.admin.password_hash, str(form.password.data)):
        return True
    attempt.failed()
    form.password.errors = [gettext("This is not your present password.")]
    return False
