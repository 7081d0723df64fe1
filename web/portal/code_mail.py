"""A code by mail for who forgot his password. Sent beside the page, so that its answer tells nothing: neither by its
words nor by its time does anybody learn who has an account, or an address.
"""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import cast

from flask import current_app, url_for
from flask_babel import force_locale, gettext

from netquota.channels.channel import LaterPlease, Message, Refused
from netquota.channels.ways import ways_of
from netquota.domain.notices import Channel
from netquota.domain.people import Subscriber
from netquota.logging import get_logger
from netquota.services.office import Author
from netquota.services.password_codes import LASTS_S, give_code, was_just_mailed
from netquota.storage import rows
from netquota.storage.password_code_store import Way
from web.context import Context

log = get_logger("web")
_DESK = "netquota.code_mail"
_MOST_WAITING = 50
_PLACE = "\ue000"  # of the code, which is made when the mail is: in no name or address
_lock = threading.Lock()


def is_set(context: Context) -> bool:
    """Whether this installation sends mail, and knows the address that a mail leads to."""
    return bool(context.settings.notices.smtp_host and context.settings.web.public_url)


def send(context: Context, person: Subscriber | None) -> None:
    """Mail a code to the person, where he has an address and got none a moment ago; returns at once."""
    pool, waiting = _desk()
    if person is None or not waiting.acquire(blocking=False):
        return
    spoken = person.language
    page = context.settings.web.public_url + url_for("password.by_code")
    with force_locale(spoken):
        subject = gettext("Code for a new password, %(city)s", city=context.settings.city.name)
        text = gettext(
            "Somebody, you we hope, asked for a new password of %(username)s at the hotspot.\n\nOpen %(page)s and "
            "enter this code within 15 minutes:\n\n    %(code)s\n\nIf it was not you, do nothing: the present "
            "password stays.",
            username=person.username, page=page, code=_PLACE,
        )  # fmt: skip
    pool.submit(_mailed, context, person, subject, text, waiting)


def _desk() -> tuple[ThreadPoolExecutor, threading.BoundedSemaphore]:
    """One sender for the process, and how many may wait for it."""
    with _lock:
        made = current_app.extensions.get(_DESK)
        if made is None:
            made = (ThreadPoolExecutor(1, thread_name_prefix="code mail"), threading.BoundedSemaphore(_MOST_WAITING))
            current_app.extensions[_DESK] = made
        return cast(tuple[ThreadPoolExecutor, threading.BoundedSemaphore], made)


def _mailed(context: Context, person: Subscriber, subject: str, text: str, waiting: threading.BoundedSemaphore) -> None:
    office = context.whole_office
    try:
        with office.database.read() as connection:
            row = rows.find(connection, "employee", ("id",), person.id)
        address = None if row is None else row["mail"]
        if not address or was_just_mailed(office, person.id):
            return
        code = give_code(office, person.username, Author("portal", "forgotten password"), LASTS_S, Way.MAIL)
        message = Message(
            address, subject, text.replace(_PLACE, code), person.language, "password_code", person.name,
            f"password-code-{person.id}-{office.now_s}", context.now,
        )  # fmt: skip
        ways_of(context.settings)[Channel.MAIL].send(message)
    except (LaterPlease, Refused) as error:
        log.warning("a code could not be mailed", employee=person.id, problem=str(error))
    except Exception as error:  # noqa: BLE001 (a thread's edge: nobody else would hear of it)
        log.error("a code could not be mailed", employee=person.id, kind=type(error).__name__)
    finally:
        waiting.release()
