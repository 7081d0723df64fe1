"""Is it this person's password? The one place where the portal asks; where it is kept is no page's affair."""

from __future__ import annotations

from netquota.domain.people import Subscriber
from netquota.services import credentials
from web.auth import attempts
from web.context import Context


def is_own_password(context: Context, person: Subscriber | None, password: str) -> bool:
    """Whether it is right; costs the same where there is no such person. One kept with old parameters is hashed anew.

    Raises `TooManyRequests` where so many are being checked that this one would wait too long, `DirectoryAway` where
    the directory that would know cannot be asked.
    """
    if person is not None and keeps_no_password(context, person):
        return context.directory.is_right(person, password, context.now_s)
    stored = None if person is None else context.policy.snapshot.credentials[person.id].password_hash
    right = attempts.is_right(stored, password)
    if right and person is not None and stored is not None:
        credentials.renew_hash(context.whole_office, "employee", person.id, stored, password)
    return right


def keeps_no_password(context: Context, person: Subscriber) -> bool:
    """Whether his password is the directory's: nobody changes it here."""
    return context.policy.snapshot.credentials[person.id].directory
