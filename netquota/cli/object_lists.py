"""Prints what `netquota KIND list|show` found: exact texts that `set` takes back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from netquota.cli.desk import office_of, policy_of
from netquota.cli.invocation import Invocation
from netquota.cli.output import print_json, print_pairs, print_table
from netquota.errors import InvalidValue
from netquota.services import allocate
from netquota.services.allocate import LARGEST_PAGE, Record, Wanted
from netquota.services.catalogue import Kind
from netquota.services.office import Office
from netquota.services.standing import ids_at


def print_list(
    invocation: Invocation, kind: Kind, columns: Sequence[str], search: str, where: Sequence[str], sort: str,
    as_json: bool, quota: str | None = None,
) -> None:  # fmt: skip
    """All that match, whatever their number; of people, whose quota stands so. Raises `InvalidValue` for a filter that
    cannot be."""
    with office_of(invocation.settings) as office:
        only = None if quota is None else _standing(invocation, office, quota)
        found = list(_all(office, kind, Wanted(_filters(where), sort, 1, LARGEST_PAGE, search, only=only)))
    if as_json:
        print_json([{**record.values, "version": record.version} for record in found])
        return
    print_table(columns, ([record.values[name] for name in columns] for record in found), f"no {kind.name} matches")


def print_one(invocation: Invocation, kind: Kind, key: str, as_json: bool) -> None:
    """Every field of one thing. Raises `NotFound`."""
    with office_of(invocation.settings) as office:
        record = allocate.get(office, kind.name, key)
    if as_json:
        print_json({**record.values, "version": record.version})
        return
    print_pairs(record.values.items())


def _standing(invocation: Invocation, office: Office, quota: str) -> list[int]:
    with office.database.read() as connection:
        policy, _ = policy_of(connection, office, invocation.settings)
        return ids_at(connection, policy, office.now_s, quota)


def _all(office: Office, kind: Kind, wanted: Wanted) -> Iterator[Record]:
    page = 1
    while True:
        found = allocate.listing(office, kind.name, replace(wanted, page=page))
        yield from found.records
        if page * wanted.size >= found.total:
            return
        page += 1


def _filters(where: Sequence[str]) -> dict[str, str]:
    filters: dict[str, str] = {}
    for text in where:
        name, equals, value = text.partition("=")
        if not equals:
            raise InvalidValue("--where", text, "write FIELD=VALUE, such as opd=DISDIK; FIELD= finds empty ones")
        filters[name.strip()] = value.strip()
    return filters
