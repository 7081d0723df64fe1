"""The command line: the composition root. Commands are loaded when they are used, so that `--help` is quick."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import click

from netquota import __version__
from netquota.cli.failures import told
from netquota.cli.invocation import Invocation, parsed_overrides
from netquota.lifeline import follow_parent, leave_no_core_dump

# name -> where the command is, and the line that `netquota --help` shows for it
COMMANDS = {
    "serve": ("netquota.cli.serve:serve", "Run everything: RADIUS, web, scheduler, metrics."),
    "radius": ("netquota.cli.serve:radius", "Run one RADIUS worker alone."),
    "web": ("netquota.cli.serve:web", "Run the web pages alone."),
    "scheduler": ("netquota.cli.serve:scheduler", "Run the scheduler alone."),
    "demo": ("netquota.cli.demo:demo", "Run everything with a sample city and simulated gateways."),
    "simulate": ("netquota.cli.simulate:simulate", "Rehearse a city with simulated gateways, by a scenario."),
    "db": ("netquota.cli.database:db", "Upgrade, check, back up and restore the database."),
    "config": ("netquota.cli.config:config", "Check and show the settings."),
    "doctor": ("netquota.cli.doctor:doctor", "Look for what is wrong and say what to do."),
    "admin": ("netquota.cli.objects:admin", "People who may use the admin pages."),
    "employee": ("netquota.cli.objects:employee", "People who log in to the hotspots."),
    "opd": ("netquota.cli.objects:opd", "Offices of the city."),
    "application": ("netquota.cli.objects:application", "Applications that offices reported."),
    "draft": ("netquota.cli.draft:draft", "Drafts of limits: tried, published, in shadow."),
    "round": ("netquota.cli.round:round_", "Assessment rounds: all offices, need against use, proposals, sheets."),
    "request": ("netquota.cli.request:request", "Requests for more bandwidth."),
    "circuit": ("netquota.cli.objects:circuit", "Lines of offices, which log in for a whole site."),
    "device": ("netquota.cli.objects:device", "Devices without a browser, which log in by hardware address."),
    "site": ("netquota.cli.objects:site", "Places where people are online."),
    "plan": ("netquota.cli.objects:plan", "Named sets of limits; what was used, what is to come, what it costs."),
    "quota": ("netquota.cli.objects:quota", "Volumes in a period."),
    "schedule": ("netquota.cli.objects:schedule", "Windows of the week with other rates or plans."),
    "holiday": ("netquota.cli.objects:holiday", "Days off: public holidays, joint leave, the office's own."),
    "ramadan": ("netquota.cli.objects:ramadan", "The days of Ramadan, once the office confirms them."),
    "calendar": ("netquota.cli.calendar:calendar", "The city's office hours, in which use is measured."),
    "event": ("netquota.cli.objects:event", "More or less for a set of offices until a moment."),
    "rotation": ("netquota.cli.objects:rotation", "Groups that take turns at a bonus."),
    "nas": ("netquota.cli.objects:nas", "Gateways that ask by RADIUS."),
    "link": ("netquota.cli.objects:link", "Capacity bought from providers."),
    "terms": ("netquota.cli.objects:terms", "Terms of use that people accept at the log-in."),
    "directory": ("netquota.cli.directory:directory", "LDAP or Active Directory: try it, take its people over."),
    "voucher": ("netquota.cli.voucher:voucher", "Codes for guests of an office, within its allowance."),
    "reachable": ("netquota.cli.objects:reachable", "Applications of the city that are always reachable."),
    "session": ("netquota.cli.session:session", "Who is online; disconnect."),
    "order": ("netquota.cli.order:order", "What gateways were asked, and what became of it."),
    "denials": ("netquota.cli.denials:denials", "Who was refused, why, and what helps."),
    "explain": ("netquota.cli.explain:explain", "Why somebody has the limit they have."),
    "usage": ("netquota.cli.usage:usage", "What an employee, an office, a link or a site used."),
    "month": ("netquota.cli.month:month", "A month's use as files for other tools."),
    "enforcement": ("netquota.cli.enforcement:enforcement", "Pause and resume enforcement; the emergency brake."),
    "audit": ("netquota.cli.audit:audit", "Who changed what, and whether the record is whole."),
    "job": ("netquota.cli.job:job", "What runs by the clock; run it by hand."),
    "import": ("netquota.cli.list_import:imports", "Lists that were imported; take one back."),
    "notice": ("netquota.cli.notice:notice", "Notices by mail, Telegram and webhook: what went to whom; a test."),
    "api": ("netquota.cli.api:api", "Tokens for programs, and the API's document."),
    "key": ("netquota.cli.key:key", "The file that opens stored secrets."),
    "portal": ("netquota.cli.portal:portal", "The hotspot's log-in page: files for the gateways."),
    "radtest": ("netquota.cli.radtest:radtest", "Send one log-in to a RADIUS server, as radclient does."),
}


class LazyGroup(click.Group):
    """A group that imports a command's module when the command is run, not when it is listed."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, _, attribute = COMMANDS[cmd_name][0].partition(":")
        command: object = getattr(importlib.import_module(module), attribute)
        if not isinstance(command, click.Command):
            raise TypeError(f"{module}:{attribute} is no command")
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, short) for name, (_, short) in COMMANDS.items()])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.option(
    "--config", type=click.Path(path_type=Path), help="Settings file; else NETQUOTA_CONFIG, ./netquota.toml …"
)
@click.option(
    "--set", "sets", multiple=True, metavar="KEY=VALUE", help="Override a setting: --set radius.auth_port=1912."
)
@click.option("--debug", is_flag=True, help="Show the traceback of an unexpected error.")
@click.version_option(__version__, prog_name="netquota")
@click.pass_context
def root(ctx: click.Context, config: Path | None, sets: tuple[str, ...], debug: bool) -> None:
    """Bandwidth limits and quotas for the offices of a city, by RADIUS."""
    ctx.obj = Invocation(config=config, overrides=parsed_overrides(sets), debug=debug)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a command and exit: 0 done, 1 failed, 2 wrong usage or input, 3 not reachable or only partly done."""
    follow_parent(os.environ)
    leave_no_core_dump()
    sys.exit(told(root, sys.argv[1:] if arguments is None else arguments))
