"""`python -m netquota_gateway COMMAND`: the gateway (run) and its command line (status, login, ceiling ...)."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import sys
from collections.abc import Sequence
from getpass import getpass
from pathlib import Path
from typing import Final

from netquota.errors import NetquotaError
from netquota.lifeline import tell_systemd
from netquota.logging import configure, get_logger
from netquota_gateway.control import Control, ask
from netquota_gateway.doors import Doors, now
from netquota_gateway.gateway import Gateway
from netquota_gateway.kernel import LinuxKernel
from netquota_gateway.memory import Memory
from netquota_gateway.names import Names
from netquota_gateway.page import Page
from netquota_gateway.settings import Settings, load

_LAST_WORDS_S: Final = 3.0
_DEFAULT: Final = Path("/etc/netquota-gateway/gateway.toml")


async def serve(settings: Settings) -> None:
    """Be the gateway until SIGTERM. Raises `OSError` and `KernelRefused` where the machine does not fit."""
    gateway = Gateway(settings, LinuxKernel(settings), Memory(settings.gateway.state_dir), os.urandom, now())
    doors = Doors(gateway)
    await doors.open()
    page = await Page(doors).serve()
    control = await Control(doors).serve(settings.gateway.control_socket)
    gateway.start(now())
    names = asyncio.create_task(Names(settings.portal, gateway.hotspot.kernel).keep())
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, doors.stop)
    get_logger("netquota_gateway").info("ready", gateway=settings.gateway.identifier)
    tell_systemd("READY=1", os.environ)
    async with page, control:
        await doors.run()
    names.cancel()
    await doors.finish(_LAST_WORDS_S)


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; its exit status."""
    asked = _parser().parse_args(arguments)
    try:
        settings = load(asked.config)
        if asked.command == "check":
            return 0 if settings.secret else 1
        if asked.command == "remove":
            LinuxKernel(settings).remove()
            return 0
        if asked.command == "run":
            configure(asked.log, process="gateway")
            asyncio.run(serve(settings))
            return 0
        return _told(settings, asked)
    except (NetquotaError, OSError) as error:
        print(f"netquota_gateway: {error}", file=sys.stderr)
        return 1


def _told(settings: Settings, asked: argparse.Namespace) -> int:
    what: dict[str, object] = {"do": asked.command, **{k: v for k, v in vars(asked).items() if k in ("ip", "rate")}}
    if asked.command == "login":
        what |= {"username": asked.username, "password": getpass()}
    answer = ask(settings.gateway.control_socket, what)
    print(json.dumps(answer, indent=2, ensure_ascii=False))
    return 0 if answer["ok"] else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("netquota_gateway", description="A Linux hotspot gateway for netquota.")
    parser.add_argument("--config", type=Path, default=_DEFAULT, help=f"its settings (default {_DEFAULT})")
    commands = parser.add_subparsers(dest="command", required=True)
    run = commands.add_parser("run", help="be the gateway")
    run.add_argument("--log", default="info", choices=["debug", "info", "warning", "error"])
    commands.add_parser("check", help="read the settings and say what is wrong with them")
    commands.add_parser("remove", help="take its rules and queues out of the kernel")
    commands.add_parser("status", help="who is logged in, and whether the server answers")
    for name, meaning in (("login", "log a device in"), ("logout", "log it out"), ("interim", "report its use now")):
        command = commands.add_parser(name, help=meaning)
        command.add_argument("ip", help="the device's address")
        if name == "login":
            command.add_argument("username")
    ceiling = commands.add_parser("ceiling", help="another ceiling for the whole site, until the next start")
    ceiling.add_argument("rate", help="down/up, such as 20M/5M")
    return parser


if __name__ == "__main__":
    sys.exit(main())
