"""Terms of use between the password and the gateway: shown when an edition stands that this person has not accepted."""

from __future__ import annotations

from datetime import date

from flask import url_for

from netquota.domain.people import Subscriber
from netquota.domain.terms import Terms, standing_terms
from netquota.storage import terms_store
from web.context import Context
from web.portal import answers, state
from web.portal.pages import TermsPage
from web.portal.state import Start

FIELD = "edition"


def unread(context: Context, person: Subscriber) -> Terms | None:
    """The terms that stand today, where this person has not accepted them."""
    found = standing_terms(context.policy.snapshot.rules.terms, context.office.today)
    if found is None:
        return None
    with context.database.read() as connection:
        return None if terms_store.has_accepted(connection, person.id, found.id) else found


def accepted(context: Context, person: Subscriber, start: Start, edition: str) -> bool:
    """Keep that he accepts the edition that he was shown; not another that came to stand meanwhile."""
    found = standing_terms(context.policy.snapshot.rules.terms, context.office.today)
    if found is None or found.edition != edition:
        return False
    with context.database.write() as connection:
        terms_store.accept(connection, person.id, found.id, start.mac, context.now_s)
    return True


def terms_page(context: Context, terms: Terms, start: Start, spoken: str, again: str) -> TermsPage:
    """The page; `again` leads back to the log-in form."""
    text = (terms.text_en if spoken == "en" else "") or terms.text
    parts = tuple(part.strip() for part in text.split("\n") if part.strip())
    hidden = ((state.FIELD, state.sealed(context.keyring, start)), (FIELD, terms.edition))
    return TermsPage(
        answers.our_office(spoken), spoken, terms.edition, date.fromisoformat(terms.from_day), parts,
        url_for("portal.accept_terms", **answers.chosen_language()), hidden, again,
    )  # fmt: skip
