"""`netquota order list`: what gateways were asked, and what became of it."""

from __future__ import annotations

import click

from netquota.cli.invocation import Invocation, json_option, pass_invocation

STATES = ("pending", "sent", "acknowledged", "refused", "superseded", "given_up")
_COLUMNS = ("at", "nas", "user", "order", "why", "state", "cause", "result", "tries", "ms")


@click.group()
def order() -> None:
    """Orders to gateways: new limits and disconnects."""


@order.command("list")
@click.option("--user", help="Only for this NIP or username.")
@click.option("--nas", help="Only to this gateway.")
@click.option("--state", type=click.Choice(STATES), help="Only in this state.")
@click.option("--most", default=50, show_default=True, help="At most so many, the newest first.")
@json_option
@pass_invocation
def listing(
    invocation: Invocation, user: str | None, nas: str | None, state: str | None, most: int, as_json: bool
) -> None:
    """List orders, the newest first."""
    from netquota.cli.desk import office_of, policy_of
    from netquota.cli.moments import iso_moment, shown_moment
    from netquota.cli.output import print_json, print_table
    from netquota.services.explain import nas_named, subscriber_of
    from netquota.storage.order_store import OrderState
    from netquota.storage.report_store import OrderFilter, order_lines

    with office_of(invocation.settings) as office, office.database.read() as connection:
        policy, _ = policy_of(connection, office, invocation.settings)
        wanted = OrderFilter(
            nas_id=None if nas is None else nas_named(policy.snapshot, nas).id,
            employee_id=None if user is None else subscriber_of(policy.snapshot, user).id,
            state=None if state is None else OrderState(state), most=most,
        )  # fmt: skip
        found = order_lines(connection, wanted)
    if as_json:
        zone = office.zone
        print_json(
            [
                {
                    "at": iso_moment(one.created_ms // 1000, zone), "nas": one.nas, "gateway": one.gateway,
                    "username": one.username, "kind": one.kind, "down_bps": one.down_bps, "up_bps": one.up_bps,
                    "code": one.code, "state": one.state, "error_cause": one.error_cause, "result": one.result,
                    "attempts": one.attempts,
                    "took_ms": None if one.ended_ms is None else one.ended_ms - one.created_ms,
                }
                for one in found
            ]
        )  # fmt: skip
        return
    rows = [
        (
            shown_moment(one.created_ms // 1000, office.zone), one.nas, one.username,
            _what(one.kind, one.down_bps, one.up_bps), one.code, one.state, one.error_cause, one.result, one.attempts,
            None if one.ended_ms is None else one.ended_ms - one.created_ms,
        )
        for one in found
    ]  # fmt: skip
    print_table(_COLUMNS, rows, "no orders")


def _what(kind: str, down_bps: int | None, up_bps: int | None) -> str:
    from netquota.domain.units import Rate, exact_rate

    return kind if down_bps is None or up_bps is None else f"{kind} {exact_rate(Rate(down_bps, up_bps))}"
