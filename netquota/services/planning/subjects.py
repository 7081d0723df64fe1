"""Who is planned for: offices and provider links (sites too where something is measured), by the names people use."""

from __future__ import annotations

from dataclasses import dataclass

from netquota.domain.samples import LINK, OPD, PERSON, SITE
from netquota.domain.scope import Scope
from netquota.errors import InvalidValue, NotFound
from netquota.services.usage import Subject
from netquota.storage import policy_subjects, usage_report
from netquota.storage.database import Connection

KINDS = {"opd": OPD, "link": LINK, "site": SITE}
MEASURED = (*KINDS, "gateway", "employee")
"""Whatever has measures: a gateway is its sites together, without a ceiling of its own."""
NOBODY = 0
"""No row has this number: what has no ceiling of its own."""
PLANNED = (LINK, OPD)
"""The kinds that are forecast and dimensioned."""


@dataclass(frozen=True, slots=True)
class Named:
    """A subject of measures with its natural key: an office's code, a link's or site's name."""

    key: str
    subject: Subject
    word: str


def every(connection: Connection, kind: int) -> list[Named]:
    """All subjects of a kind by their keys."""
    word = next(word for word, of in KINDS.items() if of == kind)
    hosted = usage_report.sites_by_opd(connection) if kind == OPD else {}
    names = policy_subjects.names(connection, kind)
    found = [
        Named(key, Subject(kind, ident, tuple(hosted.get(ident, ())) if kind == OPD else (ident,)), word)
        for ident, key in names.items()
    ]
    return sorted(found, key=lambda each: each.key)


def one(connection: Connection, word: str, key: str) -> Named:
    """A subject by its kind's word and its key. Raises `InvalidValue`, `NotFound`."""
    if word not in MEASURED:
        raise InvalidValue("kind", word, f"name one of {', '.join(MEASURED)}")
    if word == "gateway":
        sites = policy_subjects.sites_at(connection, key)
        if sites is not None:
            return Named(key, Subject(OPD, NOBODY, tuple(sites)), word)
    elif word == "employee":
        ident = policy_subjects.employee_id(connection, key)
        if ident is not None:
            return Named(key, Subject(PERSON, ident, (ident,)), word)
    else:
        for each in every(connection, KINDS[word]):
            if each.key == key:
                return each
    raise NotFound(word, key)


def reached(scope: Scope, named: Named) -> bool:
    """Whether somebody who is confined to some offices may see a subject: those offices alone, not their people."""
    return scope.is_all or (named.word == "opd" and scope.covers(named.subject.id))


def planned(connection: Connection) -> list[Named]:
    """All links, then all offices."""
    return [each for kind in PLANNED for each in every(connection, kind)]
