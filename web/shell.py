"""The frame around each admin page: who is signed in, the menu, the banners.

The menu is a table; an item shows when its screen exists (its endpoint is registered) and the person may see it.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from flask_babel import lazy_gettext as _
from flask_babel.speaklater import LazyString

from web.components import Strip


@dataclass(frozen=True, slots=True)
class MenuItem:
    """A screen in the menu. `key` is pressed after `g`; `bar` places it in the phone's bottom bar too."""

    name: str
    label: LazyString
    icon: str
    endpoint: str
    key: str = ""
    bar: LazyString | None = None


@dataclass(frozen=True, slots=True)
class MenuGroup:
    """Screens under one heading."""

    name: str
    label: LazyString
    items: tuple[MenuItem, ...]


MENU: tuple[MenuGroup, ...] = (
    MenuGroup(
        "watch",
        _("Watch"),
        (
            MenuItem("overview", _("Overview"), "gauge", "admin.overview", "r", _("Overview")),
            MenuItem("opds", _("OPD"), "office", "admin.opds", "o", _("OPD")),
            MenuItem("employees", _("Employees"), "people", "admin.employees", "u"),
            MenuItem("devices", _("Devices"), "plug", "admin.devices"),
            MenuItem("vouchers", _("Vouchers"), "key", "admin.vouchers"),
            MenuItem("sessions", _("Live sessions"), "pulse", "admin.sessions", "s", _("Sessions")),
            MenuItem("denials", _("Denials"), "deny", "admin.denials", "d"),
            MenuItem("enforced", _("Enforced"), "stop", "admin.enforced", "e"),
        ),
    ),
    MenuGroup(
        "arrange",
        _("Arrange"),
        (
            MenuItem("plans", _("Plans"), "sliders", "admin.plans", "p"),
            MenuItem("quotas", _("Quotas"), "slow", "admin.quotas", "q"),
            MenuItem("allocation", _("Allocation"), "share", "admin.allocation", "b"),
            MenuItem("rotation", _("Rotation & schedules"), "turn", "admin.rotation", "j"),
            MenuItem("gateways", _("Gateways"), "router", "admin.gateways", "n"),
            MenuItem("links", _("Provider links"), "plug", "admin.links", "l"),
            MenuItem("hotspot", _("Hotspot pages"), "phone", "admin.hotspot"),
            MenuItem("applications", _("Applications"), "table", "admin.applications"),
            MenuItem("requests", _("Requests"), "inbox", "admin.requests"),
            MenuItem("imports", _("Import"), "doc", "admin.imports", "i"),
        ),
    ),
    MenuGroup(
        "plan",
        _("Planning"),
        (
            MenuItem("capacity", _("Capacity"), "trend", "planning.capacity", "k"),
            MenuItem("budget", _("Budget request"), "doc", "planning.budget"),
            MenuItem("rounds", _("Assessment"), "check", "admin.rounds"),
            MenuItem("reports", _("Reports"), "table", "planning.reports"),
        ),
    ),
    MenuGroup(
        "system",
        _("System"),
        (
            MenuItem("system", _("System"), "gear", "admin.system"),
            MenuItem("notices", _("Notices"), "mail", "admin.notices"),
            MenuItem("admins", _("Admins"), "people", "admin.admins"),
            MenuItem("audit", _("Audit trail"), "key", "admin.audit", "a"),
            MenuItem("help", _("Help"), "info", "admin.help"),
        ),
    ),
)


@dataclass(frozen=True, slots=True)
class Brake:
    """Enforcement is paused while counting goes on: for whom, by whom, why, until when."""

    scope: str
    who: str
    why: str
    until: datetime | None = None
    manage_url: str | None = None


@dataclass(frozen=True, slots=True)
class Shell:
    """What base.html needs; `current` is the name of the menu item that is open, `counts` the badges by name."""

    person: str = ""
    role: str = ""
    current: str = ""
    counts: Mapping[str, int] = field(default_factory=dict)
    sample: bool = False
    brake: Brake | None = None
    strips: tuple[Strip, ...] = ()
    search_url: str | None = None
    account_url: str | None = None
    logout_url: str | None = None
    may_see: Callable[[str], bool] = lambda _name: True


def visible_menu(shell: Shell, endpoints: Collection[str]) -> list[MenuGroup]:
    """The groups that have at least one screen which exists and which the person may see."""
    groups = list[MenuGroup]()
    for group in MENU:
        shown = tuple(item for item in group.items if item.endpoint in endpoints and shell.may_see(item.name))
        if shown:
            groups.append(MenuGroup(group.name, group.label, shown))
    return groups
