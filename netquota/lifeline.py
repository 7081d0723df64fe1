"""What every process of ours does for its surroundings: it ends with its parent, tells systemd, leaves no core dump."""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import socket
from collections.abc import Mapping

SUPERVISOR_VARIABLE = "NETQUOTA_SUPERVISOR_PID"
_PR_SET_PDEATHSIG = 1  # prctl(2)


def follow_parent(env: Mapping[str, str]) -> None:
    """End with the supervisor that started this process, also when it is killed; does nothing without one.

    Linux sends the signal when the starting thread ends (prctl(2), PR_SET_PDEATHSIG). A parent that was gone before
    that was asked for is noticed by its id.
    """
    parent = env.get(SUPERVISOR_VARIABLE)
    if not parent:
        return
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    if str(os.getppid()) != parent:
        raise SystemExit(0)


def ask_to_renew(env: Mapping[str, str]) -> bool:
    """Ask the supervisor to start its processes anew, with the settings of now; whether there is one."""
    parent = env.get(SUPERVISOR_VARIABLE, "")
    if not parent.isdecimal() or str(os.getppid()) != parent:
        return False
    os.kill(int(parent), signal.SIGUSR1)
    return True


def leave_no_core_dump() -> None:
    """Keep passwords and keys in memory out of core files, also in the processes started from this one.

    One octet is the limit at which Linux does not even call a program that collects dumps (core(5)).
    """
    _, most = resource.getrlimit(resource.RLIMIT_CORE)
    if most != 0:
        resource.setrlimit(resource.RLIMIT_CORE, (1, 1))


def tell_systemd(message: str, env: Mapping[str, str]) -> None:
    """Send `READY=1`, `WATCHDOG=1` or `STOPPING=1` (sd_notify(3)); does nothing where systemd does not listen."""
    address = env.get("NOTIFY_SOCKET", "")
    if not address.startswith(("/", "@")):
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
        notify.settimeout(1.0)
        try:
            notify.sendto(message.encode(), "\0" + address[1:] if address.startswith("@") else address)
        except OSError:
            return  # whoever listened is gone; what systemd misses, its watchdog notices
