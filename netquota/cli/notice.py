"""`netquota notice`: what people were told, whether it arrives, and in which words."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from netquota.cli.failures import Exit
from netquota.cli.invocation import Invocation, dry_run_option, json_option, pass_invocation
from netquota.errors import NetquotaError

if TYPE_CHECKING:
    from netquota.storage.notice_store import Delivery


@click.group()
def notice() -> None:
    """Notices by mail, Telegram and webhook: what went to whom, a test, the words."""


@notice.command("list")
@click.option("--state", default="", help="Only these: waiting, sending, sent, given_up or lapsed.")
@click.option("--channel", default="", help="Only by this way: mail, telegram or webhook.")
@click.option("--topic", default="", help="Only about this, such as quota_spent.")
@click.option("--search", default="", help="Only those whose address, name or subject holds this.")
@click.option("--most", default=50, show_default=True, help="How many, newest first.")
@json_option
@pass_invocation
def listing(
    invocation: Invocation, state: str, channel: str, topic: str, search: str, most: int, as_json: bool
) -> None:
    """List notices, newest first."""
    from netquota.cli.desk import office_of
    from netquota.cli.moments import iso_moment, shown_moment
    from netquota.cli.output import print_json, print_table
    from netquota.services import notice_desk
    from netquota.storage.notice_store import DeliveryFilter

    with office_of(invocation.settings) as office:
        wanted = DeliveryFilter(state, channel, topic, search, size=max(1, most))
        found, zone = notice_desk.listing(office, wanted).deliveries, office.zone
    if as_json:
        print_json([_as_json(one) | {"created": iso_moment(one.created_s, zone)} for one in found])
        return
    columns = ("number", "written", "topic", "to", "name", "state", "tries", "said")
    rows = [
        (
            one.id, shown_moment(one.created_s, zone), one.topic, one.to, one.name, one.state, one.attempts, one.result,
        )
        for one in found
    ]  # fmt: skip
    print_table(columns, rows)


def _as_json(one: Delivery) -> dict[str, object]:
    return {
        "number": one.id, "topic": one.topic, "channel": one.to.channel, "to": one.to.to, "name": one.name,
        "subject": one.subject, "state": one.state, "attempts": one.attempts, "result": one.result,
    }  # fmt: skip


@notice.command()
@click.argument("number", type=int)
@json_option
@pass_invocation
def show(invocation: Invocation, number: int, as_json: bool) -> None:
    """Show the notice NUMBER as it was, or will be, sent."""
    from netquota.cli.desk import office_of
    from netquota.cli.output import print_json
    from netquota.services import notice_desk

    with office_of(invocation.settings) as office:
        found = notice_desk.one(office, number)
    if as_json:
        print_json(_as_json(found) | {"body": found.body})
        return
    click.echo(f"{found.to}  {found.name}  {found.state}  {found.result}\n\n{found.subject}\n\n{found.body}", nl=False)


@notice.command()
@click.option("--to", required=True, metavar="ADDRESS", help="mail:nama@kota.go.id, telegram:-100…, webhook:+62811…")
@click.option("--language", type=click.Choice(["id", "en"]), default="id", show_default=True)
@dry_run_option
@pass_invocation
def test(invocation: Invocation, to: str, language: str, dry_run: bool) -> Exit:
    """Send a test message from here, at once, and say what the other side answered."""
    from netquota.channels import Message, ways_of
    from netquota.clock import SystemClock
    from netquota.domain.notices import Topic, address_of
    from netquota.services.notice_addressing import address_book
    from netquota.services.notice_values import values_of

    settings = invocation.settings
    address, ways = address_of(to, "--to"), ways_of(settings)
    if address.channel not in ways:
        click.echo(f"netquota: {address.channel} is not set up; see [notices] in `netquota config example`", err=True)
        return Exit.USAGE
    book = address_book(settings, ways)
    text = book.templates.text(Topic.TEST, language, values_of(Topic.TEST, {}, language, book.words))
    if dry_run:
        click.echo(f"{address} would get:\n\n{text.subject}\n\n{text.body}", nl=False)
        return Exit.DONE
    now = SystemClock().now()
    message = Message(
        address.to, text.subject, text.body, language, Topic.TEST, "", f"test-{int(now.timestamp())}", now
    )  # fmt: skip
    try:
        said = ways[address.channel].send(message)
    except NetquotaError as error:
        click.echo(f"netquota: {address} did not take it: {error}", err=True)
        return Exit.UNREACHABLE
    click.echo(f"{address}: {said}")
    return Exit.DONE


@notice.command()
@click.argument("number", type=int)
@click.option("--why", default="", help="Why; it stands in the audit trail.")
@dry_run_option
@pass_invocation
def retry(invocation: Invocation, number: int, why: str, dry_run: bool) -> None:
    """Let the notice NUMBER, which did not arrive, go out again."""
    from netquota.cli.desk import author, office_of
    from netquota.services import notice_desk

    with office_of(invocation.settings) as office:
        if dry_run:
            click.echo(f"{notice_desk.one(office, number).to} would be tried again")
            return
        found = notice_desk.send_again(office, number, author(why))
    click.echo(f"{found.to} is tried again; `netquota notice list` shows what became of it")


@notice.command()
@click.option(
    "--export", "folder", type=click.Path(file_okay=False, path_type=Path),
    help="Write what ships into this folder, to be edited; what is there stays. Then set notices.templates_dir.",
)  # fmt: skip
@json_option
@pass_invocation
def templates(invocation: Invocation, folder: Path | None, as_json: bool) -> Exit:
    """Say where the words of each notice come from, and what is wrong with those of the office (exit 1)."""
    from netquota.cli.output import print_json, print_table
    from netquota.services.notice_templates import templates_in

    if folder is not None:
        return _export(folder)
    found = templates_in(invocation.settings.notices.templates_dir).sources()
    rows = [(one.file, "ships with netquota" if one.path is None else str(one.path), one.problem) for one in found]
    if as_json:
        print_json([{"file": file, "from": source, "problem": problem} for file, source, problem in rows])
    else:
        print_table(("file", "from", "problem"), rows)
    return Exit.FAILED if any(one.problem for one in found) else Exit.DONE


def _export(folder: Path) -> Exit:
    from netquota.domain.notices import Topic
    from netquota.services.notice_templates import LANGUAGES, file_name, shipped_text

    folder.mkdir(parents=True, exist_ok=True)
    written = 0
    for topic in Topic:
        for language in LANGUAGES:
            path = folder / file_name(topic, language)
            if not path.exists():
                path.write_text(shipped_text(topic, language), encoding="utf-8")
                written += 1
    click.echo(f"{written} files written to {folder}; set notices.templates_dir = {str(folder)!r}")
    return Exit.DONE
