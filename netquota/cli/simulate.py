"""`netquota simulate`: rehearse a city, with gateways in software and a scenario that is written down."""

from __future__ import annotations

import sys
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from netquota.cli.failures import Exit
from netquota.cli.invocation import Invocation, json_option, parsed_overrides, pass_invocation

if TYPE_CHECKING:
    from netquota.cli.simulate_run import Choices
    from netquota.settings import Settings
    from radius.simulator.scenario import Scenario


@click.command()
@click.argument("scenario_file", metavar="SCENARIO.toml", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--check", "only_check", is_flag=True, help="Read the scenario, say what it holds, send nothing.")
@click.option("--seed", type=click.IntRange(0), help="Another seed than the scenario's: other traffic.")
@click.option("--for", "duration", metavar="TIME", help="Another duration, such as 90s or 10m.")
@click.option("--speed", type=click.FloatRange(0.01), help="How much faster than the clock the city's day goes by.")
@click.option("--with-server", is_flag=True, help="Against a temporary server and city of its own.")
@click.option("--make-city", is_flag=True, help="First make the scenario's city in the (empty) database in force.")
@click.option("--truth", type=click.Path(path_type=Path, dir_okay=False), help="Keep what was sent, as JSON lines.")
@click.option("--verify", is_flag=True, help="Compare the database with what was sent; 1 where they differ.")
@click.option("--set", "sets", multiple=True, metavar="KEY=VALUE", help="Override a setting of the server.")
@json_option
@pass_invocation
def simulate(
    invocation: Invocation, scenario_file: Path, only_check: bool, seed: int | None, duration: str | None,
    speed: float | None, with_server: bool, make_city: bool, truth: Path | None, verify: bool, sets: tuple[str, ...],
    as_json: bool,
) -> int:  # fmt: skip
    """Rehearse a city: thousands of sessions on simulated gateways, by a scenario (docs/simulate.md)."""
    from netquota.cli.simulate_run import Choices, describe, report, run
    from radius.simulator.scenario_file import load_scenario

    scenario = _altered(load_scenario(scenario_file), seed, duration, speed)
    if only_check:
        describe(scenario, as_json)
        return Exit.DONE
    if make_city and with_server:
        raise click.UsageError("--with-server makes a city of its own; leave out --make-city")
    choices = Choices(truth, verify, make_city, quiet=as_json or not sys.stdout.isatty())
    overrides = {**invocation.overrides, **parsed_overrides(sets)}
    with _settings(invocation, overrides, scenario, with_server, choices) as settings:
        outcome = run(scenario, settings, choices)
    report(scenario, outcome, as_json)
    return outcome.exit_code


def _altered(scenario: Scenario, seed: int | None, duration: str | None, speed: float | None) -> Scenario:
    from radius.simulator.scenario_readers import duration as as_duration

    return replace(
        scenario,
        seed=scenario.seed if seed is None else seed,
        speed=scenario.speed if speed is None else speed,
        duration_s=scenario.duration_s if duration is None else as_duration(1, 7 * 86_400)(duration, "--for"),
    )


@contextmanager
def _settings(
    invocation: Invocation, overrides: dict[str, object], scenario: Scenario, with_server: bool, choices: Choices
) -> Generator[Settings]:
    """The settings of the server to play against: that of this machine, or one that lives as long as this block."""
    from netquota.settings import load

    if not with_server:
        yield load(invocation.config, overrides=overrides)
        return
    from netquota.cli.simulate_run import answering, make_city
    from netquota.cli.simulate_server import own_server

    with own_server(
        overrides,
        lambda settings, keyring: make_city(scenario, settings, keyring, choices.quiet),
        lambda settings, within_s: answering(scenario, settings, within_s),
    ) as settings:
        yield settings
