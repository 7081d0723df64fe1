"""How a command ends: one line on standard error and an exit code; never a traceback, but a reference to find it by."""

from __future__ import annotations

import secrets
import sys
import traceback
from collections.abc import Sequence
from datetime import UTC, datetime
from enum import IntEnum

import click

from netquota.errors import ConfigurationError, InvalidValue, NetquotaError, StorageUnavailable


class Exit(IntEnum):
    """Exit codes (docs: conventions)."""

    DONE = 0
    FAILED = 1
    USAGE = 2
    UNREACHABLE = 3


def told(command: click.Command, arguments: Sequence[str]) -> int:
    """Run the command; tell what went wrong; give the exit code."""
    try:
        given: object = command.main(list(arguments), prog_name="netquota", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        return _say("stopped", Exit.FAILED)
    except NetquotaError as error:
        return _say(str(error), code_of(error))
    except BrokenPipeError:  # `netquota … | head`
        sys.stderr.close()
        return Exit.FAILED
    except Exception as error:  # noqa: BLE001 - the door's edge: nothing but a reference reaches the user
        return _say(_unexpected(error, debug="--debug" in arguments), Exit.FAILED)
    return given if isinstance(given, int) else Exit.DONE


def code_of(error: NetquotaError) -> Exit:
    """What a script can tell the error by: its own input (2), something out of reach (3), anything else (1)."""
    match error:
        case InvalidValue() | ConfigurationError():
            return Exit.USAGE
        case StorageUnavailable():
            return Exit.UNREACHABLE
        case _:
            return Exit.FAILED


def _say(message: str, code: Exit) -> Exit:
    click.echo(f"netquota: {message}", err=True)
    return code


def _unexpected(error: Exception, *, debug: bool) -> str:
    reference = secrets.token_hex(4)
    trace = "".join(traceback.format_exception(error))
    if debug:
        click.echo(trace, err=True)
    where = _logged(reference, error) or _kept(reference, trace) or "run it again with --debug for details"
    return f"unexpected error {reference} ({type(error).__name__}); {where}; please report it"


def _logged(reference: str, error: Exception) -> str | None:
    """Where the traceback stands, if this process keeps a log."""
    from netquota.logging import get_logger, is_configured

    if not is_configured():
        return None
    get_logger("netquota.cli").error("unexpected error", reference=reference, exc_info=error)
    return "details are in the log"


def _kept(reference: str, trace: str) -> str | None:
    """The file in the state folder to which the traceback was added, if that was possible."""
    from netquota.logging import hide_passwords
    from netquota.settings import load

    try:
        path = load().state_dir / "errors.log"
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8") as file:
            file.write(f"{datetime.now(UTC).isoformat(timespec='seconds')} {reference}\n{hide_passwords(trace)}\n")
    except (OSError, NetquotaError):
        return None
    return f"details are in {path}"
