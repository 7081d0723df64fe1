"""`netquota radtest`: one log-in by a real RADIUS packet, for machines without radclient."""

from __future__ import annotations

import sys
from dataclasses import replace
from ipaddress import ip_network
from typing import TYPE_CHECKING

import click

from netquota.cli.failures import Exit
from netquota.cli.invocation import Invocation, pass_invocation

if TYPE_CHECKING:
    from radius.simulator.client import Question


@click.command()
@click.argument("user")
@click.argument("password", default="-")
@click.option("--nas", metavar="NAME", help="Ask as this gateway: its secret is taken from the database.")
@click.option("--secret", help="The shared secret, where no --nas is given.")
@click.option("--server", default="127.0.0.1", show_default=True, help="Host of the RADIUS server.")
@click.option("--port", type=click.IntRange(1, 65535), help="Its port for log-ins; else radius.auth_port.")
@click.option("--method", type=click.Choice(["pap", "chap", "mschap", "mschapv2"]), default="pap", show_default=True)
@click.option("--mac", default="", help="Calling-Station-Id.")
@click.option("--called-station", default="", help="Called-Station-Id, by which sites may be told apart.")
@click.option("--source", default="", help="Our own address to ask from.")
@pass_invocation
def radtest(
    invocation: Invocation, user: str, password: str, nas: str | None, secret: str | None, server: str,
    port: int | None, method: str, mac: str, called_station: str, source: str,
) -> Exit:  # fmt: skip
    """Log USER in and print the answer as radclient does. PASSWORD - (or none) asks for it.

    Exit code 0: accepted, 1: refused, or accepted by one who does not know the password, 3: no answer.
    """
    from radius.simulator.client import Question
    from radius.simulator.client import radtest as ask
    from radius.simulator.sessions import Method

    if (nas is None) == (secret is None):
        raise click.UsageError("Give either --nas NAME or --secret SECRET.")
    question = Question(
        user, _password(password), (secret or "").encode(), server, port or invocation.settings.radius.auth_port,
        Method(method), "radtest", mac, called_station, source,
    )  # fmt: skip
    if nas is not None:
        question = _as_nas(invocation, question, nas)
    answer = ask(question)
    for line in answer.lines():
        click.echo(line)
    if answer.packet is None:
        return Exit.UNREACHABLE
    return Exit.DONE if answer.accepted and answer.proven is not False else Exit.FAILED


def _password(given: str) -> str:
    """`-`: asked for at a terminal, else a line of standard input, so that it stands in no process list."""
    if given != "-":
        return given
    if sys.stdin.isatty():
        answer: str = click.prompt("password", hide_input=True)
        return answer
    return sys.stdin.readline().rstrip("\n")


def _as_nas(invocation: Invocation, question: Question, name: str) -> Question:
    """The gateway's secret; its own address, too, where that is a single one of loopback (the sample city)."""
    from netquota.cli.desk import office_of
    from netquota.services.explain import nas_named
    from netquota.storage.policy_store import load_snapshot

    with office_of(invocation.settings) as office, office.database.read() as connection:
        nas = nas_named(load_snapshot(connection, office.secrets, office.zone), name)
    network = ip_network(nas.address)
    own = str(network.network_address) if network.is_loopback and network.num_addresses == 1 else ""
    return replace(question, secret=nas.secret, source=question.source or own)
