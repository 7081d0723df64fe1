"""`netquota round`: assessment rounds (*tinjauan*): opened, looked at, adjusted, sent, concluded, drafted, closed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from netquota.cli.invocation import Invocation, json_option, pass_invocation
from netquota.cli.moments import parsed_day
from netquota.domain.rounds import Conclusion, Reply

if TYPE_CHECKING:
    from netquota.domain.units import Rate
    from netquota.storage.round_store import Counts, Line, Round

_METHODS = ("headcount", "use", "weight")


@click.group("round")
def round_() -> None:
    """Assessment rounds: all offices, need against use, proposals, a sheet for each to send back."""


@round_.command("open")
@click.argument("name")
@click.option("--from", "first", metavar="DATE", required=True, help="First local day that is measured.")
@click.option("--until", "last", metavar="DATE", required=True, help="Last local day that is measured.")
@click.option("--due", metavar="DATE", required=True, help="By when the offices answer.")
@click.option("--method", type=click.Choice(_METHODS), default="use", help="What divides each link's capacity.")
@click.option("--why", default="", help="Why; it stands in the audit trail.")
@pass_invocation
def begin(
    invocation: Invocation, name: str, first: str, last: str, due: str, method: str, why: str
) -> None:  # fmt: skip
    """Open round NAME and measure its offices now."""
    from netquota.cli.desk import author, office_of, policy_of
    from netquota.cli.plan_figures import shown_progress
    from netquota.errors import InvalidValue
    from netquota.services import rounds
    from netquota.services.allocation_board import Method
    from netquota.services.planning.assessing import assess

    days = [parsed_day(text, option) for text, option in ((first, "--from"), (last, "--until"), (due, "--due"))]
    if days[0] is None or days[1] is None or days[2] is None:  # the options are required
        raise InvalidValue("--due", due, "write the date as 2026-12-31")
    wanted = rounds.Opened(name, days[0], days[1], days[2], Method(method))
    with office_of(invocation.settings) as office:
        number = rounds.begin(office, wanted, author(why), asks=False)
        measured = assess(
            office, lambda connection: policy_of(connection, office, invocation.settings)[0], number, shown_progress()
        )
    click.echo(f"round {number}: {measured} offices measured")


@round_.command("list")
@json_option
@pass_invocation
def listing(invocation: Invocation, as_json: bool) -> None:
    """List the newest rounds."""
    from netquota.cli.desk import office_of
    from netquota.cli.output import print_json, print_table
    from netquota.services import rounds

    with office_of(invocation.settings) as office:
        found = rounds.listing(office)
    if as_json:
        print_json([_json(one, counts) for one, counts in found])
        return
    rows = [
        (one.id, one.name, str(one.state), one.first, one.last, one.due, counts.lines, counts.replied, counts.concluded)
        for one, counts in found
    ]  # fmt: skip
    columns = ("round", "name", "state", "from", "until", "due", "offices", "answered", "concluded")
    print_table(columns, rows, "no rounds")


@round_.command("show")
@click.argument("number", type=int)
@json_option
@pass_invocation
def show(invocation: Invocation, number: int, as_json: bool) -> None:
    """Show round NUMBER: each office's use, need, proposal, answer and conclusion."""
    from netquota.cli.desk import office_of
    from netquota.cli.output import print_json, print_table
    from netquota.services import rounds

    with office_of(invocation.settings) as office:
        found = rounds.opened(office, number)
    if as_json:
        print_json(_json(found.round, found.counts) | {"opds": [_line_json(line) for line in found.lines]})
        return
    click.echo(f"{found.round.name} ({found.round.state}), {found.round.first} to {found.round.last}")
    columns = ("opd", "ceiling", "P95 bit/s", "at limit", "needs", "move", "to", "why", "answer", "conclusion")
    print_table(columns, [_row(line) for line in found.lines], "nothing is measured yet")


@round_.command("adjust")
@click.argument("number", type=int)
@click.argument("opd")
@click.option("--rate", help="The ceiling to propose, down/up; what the figures propose where left out.")
@click.option("--why", required=True, help="Why; the office reads it.")
@pass_invocation
def adjust(invocation: Invocation, number: int, opd: str, rate: str | None, why: str) -> None:
    """Propose another ceiling to OPD in round NUMBER."""
    from netquota.cli.desk import author, office_of
    from netquota.domain.units import parse_rate
    from netquota.services import rounds

    wanted = None if rate is None else parse_rate(rate, "--rate")
    with office_of(invocation.settings) as office:
        line = rounds.adjust(office, number, opd, wanted, author(why))
    click.echo(f"{opd}: {line.move} {_rate(line.rate)}".rstrip())


@round_.command("conclude")
@click.argument("number", type=int)
@click.argument("opd", required=False)
@click.option("--as", "conclusion", type=click.Choice([str(one) for one in Conclusion]), help="What is concluded.")
@click.option("--rest", is_flag=True, help="Conclude as proposed all that have no conclusion and made no remark.")
@click.option("--why", default="", help="A note beside it.")
@pass_invocation
def conclude(
    invocation: Invocation, number: int, opd: str | None, conclusion: str | None, rest: bool, why: str
) -> None:  # fmt: skip
    """Conclude on OPD in round NUMBER."""
    from netquota.cli.desk import author, office_of
    from netquota.services import rounds

    if rest == (opd is not None) or (opd is not None and conclusion is None):
        raise click.UsageError("Name an OPD and --as, or give --rest.")
    with office_of(invocation.settings) as office:
        if opd is None:
            click.echo(f"{rounds.conclude_rest(office, number, author(why))} offices concluded")
            return
        line = rounds.conclude(office, number, opd, Conclusion(str(conclusion)), author(why))
    click.echo(f"{opd}: {line.conclusion}")


@round_.command("answer")
@click.argument("number", type=int)
@click.argument("opd")
@click.option("--as", "reply", type=click.Choice([str(one) for one in Reply]), required=True, help="What it answers.")
@click.option("--remark", default="", help="In its words.")
@pass_invocation
def answer(invocation: Invocation, number: int, opd: str, reply: str, remark: str) -> None:
    """Note what OPD answered on paper to its sheet of round NUMBER."""
    from netquota.cli.desk import author, office_of
    from netquota.services import rounds

    with office_of(invocation.settings) as office:
        rounds.answer(office, number, opd, Reply(reply), remark, author(remark))
    click.echo(f"{opd}: {reply}")


def _acting(verb: str, summary: str) -> click.Command:
    """A command that moves a round on by a word."""

    @round_.command(verb, help=summary)
    @click.argument("number", type=int)
    @click.option("--why", default="", help="Why; it stands in the audit trail.")
    @pass_invocation
    def command(invocation: Invocation, number: int, why: str) -> None:
        from netquota.cli.desk import author, office_of
        from netquota.services import rounds

        with office_of(invocation.settings) as office:
            told = {
                "send": lambda: f"{rounds.send(office, number, author(why))} sheets are with the offices",
                "remind": lambda: f"reminded: {', '.join(rounds.remind(office, number, author(why))) or 'nobody'}",
                "draft": lambda: f"draft {rounds.make_draft(office, number, author(why))} was made",
                "close": lambda: (
                    f"closed; to the budget: {', '.join(rounds.close(office, number, author(why))) or '-'}"
                ),
                "discard": lambda: f"{rounds.discard(office, number, author(why)) or 'forgotten'}",
            }[verb]()
        click.echo(f"round {number}: {told}")

    return command


send = _acting("send", "Put the sheets of round NUMBER before the offices.")
remind = _acting("remind", "Remind the offices that have not answered in round NUMBER.")
draft = _acting("draft", "Make a draft of the ceilings that round NUMBER concludes to change.")
close = _acting("close", "Close round NUMBER.")
discard = _acting("discard", "Forget round NUMBER, whose sheets were not sent.")


def _row(line: Line) -> tuple[object, ...]:
    use = line.use
    share = "" if use.at_limit_permille is None else f"{use.at_limit_permille / 10:g} %"
    needs = f"{use.needed_down_bps}" if use.applications else ""
    return (
        line.opd, _rate(use.ceiling), use.p95_down_bps, share, needs, str(line.move), _rate(line.rate),
        line.adjusted_why or str(line.proposal.ground), line.reply or "", line.conclusion or "",
    )  # fmt: skip


def _rate(rate: Rate | None) -> str:
    from netquota.domain.units import exact_rate

    return "" if rate is None else exact_rate(rate)


def _json(one: Round, counts: Counts) -> dict[str, object]:
    return {
        "id": one.id, "name": one.name, "state": str(one.state), "from": one.first.isoformat(),
        "until": one.last.isoformat(), "due": one.due.isoformat(), "method": one.method, "by": one.by,
        "made_s": one.made_s, "measured_s": one.measured_s, "sent_s": one.sent_s, "closed_s": one.closed_s,
        "draft": one.draft_id, "offices": counts.lines, "answered": counts.replied, "concluded": counts.concluded,
    }  # fmt: skip


def _line_json(line: Line) -> dict[str, object]:
    from dataclasses import asdict

    return {
        "opd": line.opd, "figures": asdict(line.use), "move": str(line.move), "ground": str(line.proposal.ground),
        "proposed": _rate(line.proposal.rate), "adjusted": _rate(line.adjusted), "adjusted_why": line.adjusted_why,
        "reply": line.reply, "remark": line.remark, "conclusion": line.conclusion, "note": line.note,
    }  # fmt: skip
