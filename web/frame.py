"""The frame around this request's page: who is signed in, which menu item is open, the banners."""

from __future__ import annotations

from datetime import UTC, datetime

from flask import current_app, g, request, url_for
from flask_babel import gettext

from netquota.errors import StorageUnavailable
from netquota.storage import fact_store
from netquota.storage.snapshot import Pause, Snapshot
from web.auth import person
from web.auth.rights import Role, may_open
from web.context import here
from web.shell import MENU, Brake, Shell

_ENDPOINT_OF = {item.name: item.endpoint for group in MENU for item in group.items}


def open_menu(name: str) -> None:
    """Say which menu item this page belongs to, where its endpoint is not the item's own."""
    g.menu_item = name


def page_shell() -> Shell:
    """The frame; without a person on pages that anybody may open, and plain while the database is away."""
    who = person.known_person()
    if who is None:
        return Shell(sample=is_sample())
    role = who.admin.role
    return Shell(
        person=who.admin.name,
        role=role_name(role),
        current=_current_item(),
        sample=is_sample(),
        brake=_brake(role),
        search_url=_address("admin.search", role),
        account_url=url_for("auth.account"),
        logout_url=url_for("auth.sign_out"),
        may_see=lambda name: may_open(role, _ENDPOINT_OF.get(name, "")),
    )


def role_name(role: str) -> str:
    """The role in words."""
    names = {
        Role.NETWORK_ADMIN: gettext("Network admin"),
        Role.OPD_OPERATOR: gettext("OPD operator"),
        Role.PLANNER: gettext("Planner"),
        Role.HEAD_OF_OFFICE: gettext("Head of the office"),
        Role.AUDITOR: gettext("Auditor"),
    }
    return names.get(Role(role), role) if role in set(Role) else role


def is_sample() -> bool:
    """Whether all figures are invented (`netquota demo`); a city once real never becomes one."""
    if "is_sample" not in g:
        try:
            with here().database.read() as connection:
                g.is_sample = fact_store.is_sample(connection)
        except StorageUnavailable:
            return False
    return bool(g.is_sample)


def _current_item() -> str:
    if "menu_item" in g:
        return str(g.menu_item)
    return next((name for name, endpoint in _ENDPOINT_OF.items() if endpoint == request.endpoint), "")


def _address(endpoint: str, role: str) -> str | None:
    exists = endpoint in current_app.view_functions and may_open(role, endpoint)
    return url_for(endpoint) if exists else None


def _brake(role: str) -> Brake | None:
    try:
        snapshot = here().policy.snapshot
    except StorageUnavailable:
        return None
    standing = [pause for pause in snapshot.pauses if pause.until_s is None or here().now_s < pause.until_s]
    if not standing:
        return None
    widest = next((pause for pause in standing if pause.nas_id is None), standing[0])
    until = None if widest.until_s is None else datetime.fromtimestamp(widest.until_s, UTC)
    return Brake(_scope(snapshot, widest), widest.who, widest.why, until, _address("admin.enforcement", role))


def _scope(snapshot: Snapshot, pause: Pause) -> str:
    nas = None if pause.nas_id is None else snapshot.nas_by_id.get(pause.nas_id)
    return gettext("the whole city") if nas is None else nas.name
