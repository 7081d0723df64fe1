"""The forms of signing in and of one's own account, and what is said of a password that is refused."""

from __future__ import annotations

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import PasswordField, SelectChoice, SelectField, StringField
from wtforms.validators import InputRequired, Length

from netquota.errors import InvalidValue
from web import remedies

_NEEDED = InputRequired(_("Please fill this in."))
_LONGEST = Length(max=253, message=_("That is too long."))

PASSWORD_REMEDIES = (
    _("use at least 8 characters; a few words together are easy to remember"),
    _("use at most 128 octets; gateways carry no more"),
    _("leave out control characters"),
    _("it is among the first that a guesser tries; put a few words together that only you would"),
    _("it holds your NIP, name or another thing known of you; use something nobody knows of you"),
)
"""What netquota.passwords says, so that the catalogue has it too; `refusal` finds them by the text itself."""


def refusal(error: InvalidValue) -> str:
    """Why a value was refused, in the page's language, as a sentence."""
    return as_sentence(error.remedy)


def as_sentence(remedy: str) -> str:
    """What to do, in the page's language, as a sentence."""
    said = remedies.told(remedy)
    return said[:1].upper() + said[1:] + "."


class SignInForm(FlaskForm):
    """Name and password of an admin."""

    username = StringField(_("Username"), [_NEEDED, _LONGEST])
    password = PasswordField(_("Password"), [_NEEDED, _LONGEST])


class PasswordForm(FlaskForm):
    """One's own new password."""

    current = PasswordField(_("Present password"), [_NEEDED, _LONGEST])
    new = PasswordField(_("New password"), [_NEEDED, _LONGEST])


class AppearanceForm(FlaskForm):
    """Language and theme."""

    language = SelectField(
        _("Language"), choices=[SelectChoice("id", "Bahasa Indonesia"), SelectChoice("en", "English")]
    )
    theme = SelectField(
        _("Theme"),
        choices=[
            SelectChoice("auto", _("System theme")),
            SelectChoice("light", _("Light")),
            SelectChoice("dark", _("Dark")),
        ],
    )
