"""What pages say of the interface that measures a link or a site: who reads it, what passes beside the sessions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from flask_babel import gettext

from netquota.services import interfaces
from netquota.services.measured import FarEnd, Measured
from web import formatting, moments
from web.context import here
from web.rendering import current_language


@dataclass(frozen=True, slots=True)
class Panel:
    """Name and value pairs; `problem` what the last try met, empty where all is well; `is_named`: an interface is."""

    is_named: bool
    rows: tuple[tuple[str, str], ...]
    problem: str = ""


def panel(found: Measured) -> Panel:
    """The panel of a link or a site."""
    if found.wanted is None:
        return Panel(False, tuple(_far_ends(found.far_ends)))
    held = found.held
    return Panel(True, (*_interface(found), *_far_ends(found.far_ends)), "" if held is None else problem(held.problem))


def source(is_measured: bool) -> str:
    """What tells a figure: stands beside it."""
    return gettext("by its interface") if is_measured else gettext("by its sessions")


def _interface(found: Measured) -> Iterator[tuple[str, str]]:
    language, wanted, held = current_language(), found.wanted, found.held
    if wanted is None:
        return
    yield gettext("Interface"), gettext("%(interface)s at %(nas)s", interface=wanted.interface, nas=wanted.nas)
    if held is None or held.last is None:
        yield gettext("Read last"), gettext("not yet")
        return
    ago = moments.duration(max(0, here().now_s - held.last.at_s), language)
    how = gettext("by SNMP") if held.by == interfaces.SNMP else gettext("reported by the gateway")
    yield gettext("Read last"), gettext("%(ago)s ago, %(how)s", ago=ago, how=how)
    if found.is_fresh:
        down, up = (formatting.megabits(rate, language) for rate in (held.now_down_bps, held.now_up_bps))
        yield gettext("Now"), gettext("%(down)s down, %(up)s up, Mbit/s", down=down, up=up)
    beside = found.beside
    told = gettext("no whole hour was read yet") if beside is None else formatting.percent(beside.share, language)
    yield gettext("Seen by no session, 30 days"), told


def _far_ends(ends: tuple[FarEnd, ...]) -> Iterator[tuple[str, str]]:
    language = current_language()
    for end in ends:
        by = gettext("from the server") if end.by == interfaces.SERVER else gettext("from the gateway")
        told = gettext("%(share)s lost", share=formatting.percent(end.lost, language, 1))
        if end.round_trip_us is not None:
            told += f", {formatting.number(end.round_trip_us / 1000, language, 1)}\N{NO-BREAK SPACE}ms"
        yield gettext("%(address)s %(by)s, 24 hours", address=end.address, by=by), told


def problem(text: str) -> str:
    """What the last try met: words of services.interfaces in the page's language, what others said as it is."""
    known = {
        interfaces.NO_INTERFACE: gettext("the gateway has no interface of this name"),
        interfaces.NO_WAY: gettext(
            "the gateway is asked by nobody: set up SNMP there, or let it report its interfaces"
        ),
        interfaces.STOPPED: gettext("its reports have stopped"),
        interfaces.UNNAMED: gettext(
            "several gateways are behind this client: its report must name its own (?gateway=NAME)"
        ),
        interfaces.IMPLAUSIBLE: gettext(
            "its counter changed by more than the interface carries; this interval was not counted"
        ),
    }
    return known.get(text, text)
