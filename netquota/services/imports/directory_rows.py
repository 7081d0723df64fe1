"""People of a directory elsewhere (LDAP, Active Directory) as one more list to import."""

from __future__ import annotations

from typing import Final

from netquota.domain.directory import Directory
from netquota.errors import NetquotaError
from netquota.sheets import Cells, Sheet

_FIELDS: Final = ("username", "nip", "name", "opd", "mail", "phone")


def directory_sheet(directory: Directory) -> Sheet:
    """Its people as a list that imports judge like any other; each is marked as checked there.

    Raises `NetquotaError` where the directory cannot be asked.
    """
    people = directory.people()
    if not people:
        raise NetquotaError("the directory names nobody; see directory.base_dn and directory.people_filter")
    names = [name for name in _FIELDS if any(each.get(name) for each in people)]
    header = Cells(1, (*names, "directory"))
    rows = sorted(people, key=lambda each: each.get("username", ""))
    body = [Cells(at, (*(each.get(name, "") for name in names), "yes")) for at, each in enumerate(rows, start=2)]
    return Sheet("directory", (header, *body))
