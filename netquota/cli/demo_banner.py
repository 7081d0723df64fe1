"""What `netquota demo` prints: where to look, who may log in, and lines that work when pasted."""

from __future__ import annotations

import os
import shutil
import socket
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from netquota import ports
from netquota.settings import Settings
from radius.simulator.status_client import answers

if TYPE_CHECKING:
    from netquota.cli.demo import Standing

_HOST = "127.0.0.1"
_MIKROTIK, _CHILLI, _CHILLI_ADDRESS = "gw-balaikota", "gw-pendidikan", "127.0.1.3"
_USUAL, _BEHIND_CHILLI = "budi.santoso", "siti.rahmawati"
_OTHERS = (
    ("agus.wibowo", "suspended"),
    ("rina.marlina", "quota spent: refused"),
    ("dewi.lestari", "quota spent: slowed"),
    ("yusuf.hidayat", "quota nearly spent"),
    ("hendra.kusuma", "a limit of his own"),
)


def not_answering(settings: Settings, secrets: Mapping[str, str], within_s: float) -> list[str]:
    """Which doors do not answer after so many seconds of waiting."""
    until = time.monotonic() + within_s
    silent: list[str] = []
    for name, port in (
        ("radius.auth_port", settings.radius.auth_port),
        ("radius.acct_port", settings.radius.acct_port),
    ):
        secret = secrets.get(_MIKROTIK)
        if secret and not answers(_HOST, port, secret.encode(), max(0.5, until - time.monotonic())):
            silent.append(f"{name} {port}")
    if not _listens(settings.web.bind, settings.web.port, until):
        silent.append(f"web.port {settings.web.port}")
    return silent


def banner(settings: Settings, standing: Standing, silent: list[str]) -> str:
    """The whole text; `silent` doors are named."""
    web = settings.web.public_url or f"http://{_shown_host(settings.web.bind)}:{settings.web.port}"
    metrics = settings.metrics
    lines = [
        "",
        f"{settings.city.name} is running. SAMPLE DATA: the city, its people and all figures are invented.",
        "",
        f"  Pages      {web}/   user admin, {_admin_password(standing)}",
        f"  Portal     {web}/portal/login   my quota: {web}/kuota",
    ]
    if metrics.port:
        radius = metrics.port + ports.worker_index(0)
        lines.append(f"  Metrics    http://{metrics.bind}:{metrics.port}/metrics (web), port {radius} (RADIUS)")
    lines += [f"  Employees  password {standing.password} for each of them; some to try:"]
    lines += [f"             {name:<16}{what}" for name, what in ((_USUAL, "nothing special"), *_OTHERS)]
    lines += ["", *_radius_lines(settings, standing), ""]
    lines += [f"STILL STARTING: {', '.join(silent)}. A line below tells when all of it answers."] if silent else []
    lines.append(f"Why did it answer so?  {_program()}{_same_settings(settings)} explain {_USUAL}")
    lines.append("Ctrl-C stops it all.")
    return "\n".join(lines)


def afterwards(silent: list[str]) -> str:
    """What is told at last, where the banner named parts that were still starting."""
    return f"NOT ANSWERING: {', '.join(silent)}; the log above says why." if silent else "All of it answers now."


def _radius_lines(settings: Settings, standing: Standing) -> list[str]:
    """The radclient lines, each complete, and what to do without radclient."""
    auth_port = settings.radius.auth_port
    found: list[str] = []
    if secret := standing.secrets.get(_MIKROTIK):
        pairs = (
            f"User-Name={_USUAL},User-Password={standing.password},NAS-IP-Address={_HOST},Message-Authenticator=0x00"
        )
        found += [
            "Log in as a MikroTik does:",
            "",
            f'  echo "{pairs}" | radclient -x {_HOST}:{auth_port} auth {secret}',
            "",
        ]
    if secret := standing.secrets.get(_CHILLI):
        pairs = (
            f"User-Name={_BEHIND_CHILLI},User-Password={standing.password},NAS-IP-Address={_CHILLI_ADDRESS},"
            f"Packet-Src-IP-Address={_CHILLI_ADDRESS},Message-Authenticator=0x00"
        )
        found += ["or as a CoovaChilli:", "", f'  echo "{pairs}" | radclient -x {_HOST}:{auth_port} auth {secret}', ""]
    without = f"{_program()}{_same_settings(settings)} radtest {_USUAL} {standing.password} --nas {_MIKROTIK}"
    return [*found, f"Without radclient:  {without}"]


def _admin_password(standing: Standing) -> str:
    if standing.admin_password is None:
        return f"password as shown at the first run (`{_program()} admin reset admin` makes another)"
    return f"password {standing.admin_password} (shown this once)"


def _program() -> str:
    """How this command is called in this shell: a checkout's is seldom on the path."""
    called = Path(sys.argv[0])
    return "netquota" if called.name != "netquota" or shutil.which("netquota") else sys.argv[0]


def _same_settings(settings: Settings) -> str:
    """What a command needs to find this very city from another shell of this folder, without this one's variables."""
    from netquota.settings import load

    usual = load(env={name: text for name, text in os.environ.items() if not name.startswith("NETQUOTA_")})
    given = "" if usual.state_dir == settings.state_dir else f" --set state_dir={settings.state_dir}"
    if usual.radius.auth_port != settings.radius.auth_port:
        given += f" --set radius.auth_port={settings.radius.auth_port}"
    return given


def _shown_host(bind: str) -> str:
    return _HOST if bind in ("0.0.0.0", "::") else bind


def _listens(host: str, port: int, until: float) -> bool:
    while True:
        try:
            socket.create_connection((_shown_host(host), port), timeout=1.0).close()
        except OSError:
            if time.monotonic() >= until:
                return False
            time.sleep(0.2)
        else:
            return True
