"""The commands of one kind of thing, from its fields: each field an option, each thing by its natural key."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import Any

import click

from netquota.cli.invocation import Invocation, dry_run_option, json_option, pass_invocation
from netquota.services.catalogue import KINDS, Field, Kind

_FROM_INPUT = "-"
_HAS_PASSWORD = ("admin", "employee", "circuit")
_why_option = click.option("--why", default="", help="Why; it stands in the audit trail.")


def group_of(name: str, columns: Sequence[str]) -> click.Group:
    """The group of a kind; `columns` are the fields that its list shows."""
    kind = KINDS[name]
    commands = [_add(kind), _list(kind, columns), _show(kind), _set(kind), _remove(kind)]
    if name in _HAS_PASSWORD:
        commands.append(_reset(kind))
    made = click.Group(name, help=_HELP[name])
    for command in commands:
        made.add_command(command)
    return made


_HELP = {
    "employee": "People who log in to the hotspots; by NIP or username.",
    "circuit": "Lines of offices: a router that logs in for a whole site; by log-in name.",
    "device": "Devices without a browser (printers, attendance machines, cameras); by hardware address.",
    "opd": "Offices of the city; by code.",
    "site": "Places where people are online, with the office whose ceiling holds there.",
    "plan": "Named sets of limits.",
    "quota": "Volumes in a period, of a plan's people, an office or one person.",
    "schedule": "Windows of the week with other rates or plans.",
    "holiday": "Days off: public holidays, joint leave (cuti bersama), the office's own; by date.",
    "ramadan": "The days of Ramadan, which count once the office confirms them; by year of the Hijra.",
    "event": "More, or less, for a set of offices until a moment; over by itself.",
    "rotation": "Groups of offices or people that take turns at a bonus.",
    "nas": "Gateways that ask by RADIUS.",
    "link": "Capacity bought from providers.",
    "application": "Applications that offices reported (SIPA); by code.",
    "terms": "Terms of use, shown at the log-in until accepted; by edition.",
    "reachable": "The city's applications that are reachable before log-in and after the quota; by name.",
    "admin": "People who may use the admin pages.",
}


def _fields_as_options(kind: Kind, *, with_key: bool, required_marked: bool) -> Callable[[Any], Any]:
    def decorate(command: Any) -> Any:
        for field in reversed(kind.fields):
            if field.name == kind.key and not with_key:
                continue
            command = click.option(
                f"--{field.name.replace('_', '-')}", field.name, metavar=_metavar(field),
                help=_help(field, required_marked),
            )(command)  # fmt: skip
        return command

    return decorate


def _a(kind: Kind) -> str:
    return f"an {kind.name}" if kind.name[0] in "aeio" else f"a {kind.name}"


def _metavar(field: Field) -> str:
    return (field.refers_to or ("TEXT" if not field.format.is_secret else "SECRET")).upper()


def _help(field: Field, required_marked: bool) -> str:
    notes = [field.help]
    if field.format.is_secret:
        notes.append("; - asks for it, or reads a line of standard input")
    if required_marked and field.required:
        notes.append(" [needed]")
    elif required_marked and field.default:
        notes.append(f" [{field.default}]")
    return "".join(notes) + ("" if notes[-1].endswith("]") else ".")


def _add(kind: Kind) -> click.Command:
    @click.command("add", help=f"Make a new {kind.name}.")
    @click.argument("thing", metavar=kind.key.upper())
    @_fields_as_options(kind, with_key=False, required_marked=True)
    @_why_option
    @dry_run_option
    @pass_invocation
    def add(invocation: Invocation, thing: str, why: str, dry_run: bool, **given: str | None) -> None:
        from netquota.cli.object_changes import carry_out_add

        carry_out_add(invocation, kind, {kind.key: thing, **_texts(kind, given)}, why, dry_run)

    return add


def _set(kind: Kind) -> click.Command:
    @click.command("set", help=f'Change fields of {_a(kind)}; "" empties one. Running sessions follow at once.')
    @click.argument("thing", metavar=kind.key.upper())
    @_fields_as_options(kind, with_key=True, required_marked=False)
    @_why_option
    @dry_run_option
    @pass_invocation
    def change(invocation: Invocation, thing: str, why: str, dry_run: bool, **given: str | None) -> None:
        from netquota.cli.object_changes import carry_out_set

        values = _texts(kind, given)
        if not values:
            raise click.UsageError(f"Say what to change, such as --{kind.fields[-2].name.replace('_', '-')} ...")
        carry_out_set(invocation, kind, thing, values, why, dry_run)

    return change


def _remove(kind: Kind) -> click.Command:
    @click.command("remove", help=f"Delete {_a(kind)} that nothing refers to any more.")
    @click.argument("thing", metavar=kind.key.upper())
    @click.option("--yes", is_flag=True, help="Do not ask.")
    @_why_option
    @dry_run_option
    @pass_invocation
    def remove(invocation: Invocation, thing: str, why: str, dry_run: bool, yes: bool) -> None:
        from netquota.cli.object_changes import carry_out_remove
        from netquota.cli.output import confirmed

        confirmed(f"Remove {kind.name} {thing}?", yes or dry_run)
        carry_out_remove(invocation, kind, thing, why, dry_run)

    return remove


def _reset(kind: Kind) -> click.Command:
    @click.command("reset", help=f"Give {_a(kind)} a new password, made up and printed once.")
    @click.argument("thing", metavar=kind.key.upper())
    @_why_option
    @dry_run_option
    @pass_invocation
    def reset(invocation: Invocation, thing: str, why: str, dry_run: bool) -> None:
        from netquota.cli.object_changes import carry_out_reset

        carry_out_reset(invocation, kind, thing, why, dry_run)

    return reset


def _list(kind: Kind, columns: Sequence[str]) -> click.Command:
    @click.command("list", help=f"List every {kind.name} that matches.")
    @click.option("--search", default="", help="Only those that hold this text.")
    @click.option("--where", multiple=True, metavar="FIELD=VALUE", help="Only those with this value; may be repeated.")
    @click.option("--sort", default="", metavar="FIELD", help="Sort by this; -FIELD the other way round.")
    @json_option
    @pass_invocation
    def listing(
        invocation: Invocation, search: str, where: tuple[str, ...], sort: str, as_json: bool, quota: str | None = None
    ) -> None:  # fmt: skip
        from netquota.cli.object_lists import print_list

        print_list(invocation, kind, columns, search, where, sort, as_json, quota)

    return _asked_by_quota(listing) if kind.name == "employee" else listing


def _asked_by_quota(command: click.Command) -> click.Command:
    """People may be asked for by how their quotas stand, too."""
    told = "Only whose quota is spent, or warned: past its first warning line, not spent."
    return click.option("--quota", type=click.Choice(("spent", "warned")), help=told)(command)


def _show(kind: Kind) -> click.Command:
    @click.command("show", help=f"Show every field of {_a(kind)}.")
    @click.argument("thing", metavar=kind.key.upper())
    @json_option
    @pass_invocation
    def show(invocation: Invocation, thing: str, as_json: bool) -> None:
        from netquota.cli.object_lists import print_one

        print_one(invocation, kind, thing, as_json)

    return show


def _texts(kind: Kind, given: dict[str, str | None]) -> dict[str, str]:
    return {name: _text(kind.field(name), text) for name, text in given.items() if text is not None}


def _text(field: Field, text: str) -> str:
    """What was given; `-` for a secret asks for it, so that it stands in no history and no process list."""
    if not field.format.is_secret or text != _FROM_INPUT:
        return text
    if sys.stdin.isatty():
        answer: str = click.prompt(field.name, hide_input=True, confirmation_prompt=True)
        return answer
    return sys.stdin.readline().rstrip("\n")
