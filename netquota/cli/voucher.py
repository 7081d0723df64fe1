"""`netquota voucher make|list|show|revoke`: codes for guests of an office, within its allowance."""

from __future__ import annotations

import click

from netquota.cli.invocation import Invocation, dry_run_option, json_option, pass_invocation


@click.group()
def voucher() -> None:
    """Vouchers for guests: codes that are good for a time."""


@voucher.command("make")
@click.argument("opd")
@click.option("--plan", required=True, help="A plan for guests.")
@click.option("--count", type=click.IntRange(1, 200), default=1, show_default=True, help="How many.")
@click.option("--purpose", required=True, help="Whose guests they are; it stands on the slips.")
@click.option("--for", "span", metavar="SPAN", help="Good for so long from the first use, such as 4h or 3d.")
@click.option("--until", metavar="TIME", help="Or until a local day (its end) or time, all together.")
@dry_run_option
@pass_invocation
def make(
    invocation: Invocation, opd: str, plan: str, count: int, purpose: str, span: str | None, until: str | None,
    dry_run: bool,
) -> None:  # fmt: skip
    """Make vouchers of OPD and print their codes."""
    from netquota.cli.desk import author, office_of
    from netquota.services import vouchers as desk

    with office_of(invocation.settings) as office:
        until_s = None if until is None else desk.until_of(office, until)
        wish = desk.Wish(opd, plan, count, purpose, None if span is None else desk.span_of(office, span), until_s)
        if dry_run:
            standing, most = desk.allowance(office, opd)
            click.echo(f"would make {count} vouchers of {opd}, which has {standing} of {most} that are good now")
            return
        batch = desk.make(office, wish, author(purpose))
        _, found = desk.show(office, batch.key)
    click.echo(f"voucher {batch.key}: {count} of {opd}")
    for one in found:
        click.echo(f"  {desk.code_in_groups(one.code)}")


@voucher.command("list")
@json_option
@pass_invocation
def listing(invocation: Invocation, as_json: bool) -> None:
    """List batches, the newest first."""
    from netquota.cli.desk import office_of
    from netquota.cli.moments import iso_moment, shown_moment
    from netquota.cli.output import print_json, print_table
    from netquota.services import vouchers as desk

    with office_of(invocation.settings) as office:
        found, zone = desk.listing(office), office.zone
    if as_json:
        print_json(
            [
                {
                    "key": one.key, "opd": one.opd, "plan": one.plan, "purpose": one.purpose, "sponsor": one.sponsor,
                    "count": one.count, "open": one.open, "made": iso_moment(one.created_s, zone),
                    "valid_for_s": one.valid_for_s, "valid_until": iso_moment(one.valid_until_s, zone),
                }
                for one in found
            ]
        )  # fmt: skip
        return
    rows = [
        (one.key, one.opd, one.plan, f"{one.open}/{one.count}", one.sponsor, shown_moment(one.created_s, zone),
         one.purpose)
        for one in found
    ]  # fmt: skip
    print_table(("batch", "opd", "plan", "good", "made by", "made", "purpose"), rows, "no vouchers")


@voucher.command("show")
@click.argument("batch")
@click.option("--codes", is_flag=True, help="Show the codes: who has one, is the guest.")
@json_option
@pass_invocation
def show(invocation: Invocation, batch: str, codes: bool, as_json: bool) -> None:
    """List the vouchers of a BATCH, such as V-17, by the names that stand in lists."""
    from netquota.cli.desk import office_of
    from netquota.cli.moments import iso_moment, shown_moment
    from netquota.cli.output import print_json, print_table
    from netquota.domain.people import guest_name
    from netquota.services import vouchers as desk

    with office_of(invocation.settings) as office:
        made, found = desk.show(office, batch)
        now_s, zone = office.now_s, office.zone
    if as_json:
        print_json(
            [
                {
                    "name": guest_name(made.id, one.code), "state": str(one.state(now_s)),
                    "valid_until": iso_moment(one.valid_until_s, zone), **({"code": one.code} if codes else {}),
                }
                for one in found
            ]
        )  # fmt: skip
        return
    rows = [
        (guest_name(made.id, one.code), str(one.state(now_s)), shown_moment(one.valid_until_s, zone),
         *([desk.code_in_groups(one.code)] if codes else []))
        for one in found
    ]  # fmt: skip
    print_table(("voucher", "state", "until", *(["code"] if codes else [])), rows, "no vouchers")


@voucher.command("revoke")
@click.argument("what", metavar="BATCH|VOUCHER|CODE")
@click.option("--why", required=True, help="Why; it stands in the audit trail.")
@dry_run_option
@pass_invocation
def revoke(invocation: Invocation, what: str, why: str, dry_run: bool) -> None:
    """End a batch, or one voucher (V-17-h7kq, or its code); running sessions end, too."""
    from netquota.cli.desk import author, office_of
    from netquota.services import vouchers as desk

    with office_of(invocation.settings) as office:
        if dry_run:
            click.echo(f"would revoke {what}")
            return
        ended = desk.revoke(office, what, author(why))
    click.echo(f"{ended} vouchers were revoked")
