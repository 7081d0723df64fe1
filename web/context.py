"""What every view of this process works with: settings, database, keys, clock, policy. Made once by the factory.

Views ask `here()`; nothing is global, so that tests may run two applications beside each other.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from datetime import datetime
from typing import cast
from zoneinfo import ZoneInfo

from flask import current_app, g, has_app_context

from netquota.clock import Clock
from netquota.domain.scope import EVERYTHING, Scope
from netquota.ldap_directory import directory_of
from netquota.secrets import Keyring
from netquota.services.changes import AfterChange
from netquota.services.directory import DirectoryDesk
from netquota.services.facts import Policy
from netquota.services.gateways import GatewayBook
from netquota.services.office import Office
from netquota.services.tokens import TokenDesk
from netquota.settings import Settings
from netquota.storage.database import Database
from netquota.storage.web_session_store import Limits
from web.policy_view import PolicyView

_NAME = "netquota"
_SCOPE = "scope"


@dataclass(frozen=True, slots=True)
class Context:
    """One process of the web door. `password_slots` bounds how many argon2 run at once."""

    settings: Settings
    database: Database
    keyring: Keyring
    clock: Clock
    view: PolicyView
    tokens: TokenDesk
    password_slots: threading.BoundedSemaphore
    directory: DirectoryDesk

    @classmethod
    def of(cls, settings: Settings, database: Database, keyring: Keyring, clock: Clock) -> Context:
        """All of it from its four grounds."""
        floor_bps = settings.enforcement.throttle_floor_bps
        view = PolicyView(database, keyring, settings.city.zone, floor_bps, clock)
        tokens = TokenDesk(database, keyring, settings.portal.token_lifetime_s)
        slots = threading.BoundedSemaphore(max(1, settings.web.threads // 2))
        told = settings.directory
        directory = DirectoryDesk(directory_of(told), keyring, told.keep_s, told.timeout_s)
        return cls(settings, database, keyring, clock, view, tokens, slots, directory)

    @property
    def zone(self) -> ZoneInfo:
        """The city's zone."""
        return self.settings.city.zone

    @property
    def now(self) -> datetime:
        """This moment, aware, in UTC."""
        return self.clock.now()

    @property
    def now_s(self) -> int:
        """This moment, epoch seconds."""
        return int(self.clock.now().timestamp())

    @property
    def now_ms(self) -> int:
        """This moment, epoch milliseconds."""
        return int(self.clock.now().timestamp() * 1000)

    @property
    def policy(self) -> Policy:
        """Policy as this request sees it: the same throughout, at most half a second old at its beginning."""
        if "policy" not in g:
            g.policy = self.view.policy()
        return cast(Policy, g.policy)

    @property
    def gateways(self) -> GatewayBook:
        """The gateways that showed themselves."""
        return self.view.gateways()

    @property
    def scope(self) -> Scope:
        """Whose rows this request may touch: set by the guard, before any view (`confine`)."""
        return cast(Scope, g.get(_SCOPE, EVERYTHING)) if has_app_context() else EVERYTHING

    @property
    def office(self) -> Office:
        """The desk at which services change policy and reach running sessions; call `changed()` after it did.

        What is outside of the signed-in person's scope does not exist at it.
        """
        return replace(self.whole_office, scope=self.scope)

    @property
    def whole_office(self) -> Office:
        """The same without a scope: for one's own account alone."""
        keeps_text = self.settings.security.passwords_for_chap
        return Office(self.database, self.keyring, self.clock, self.zone, self.after_change, keeps_text)

    @property
    def after_change(self) -> AfterChange:
        """What follows a change here."""
        floor_bps = self.settings.enforcement.throttle_floor_bps
        return AfterChange(self.keyring, self.zone, floor_bps, self.view.held)

    @property
    def session_limits(self) -> Limits:
        """How long a signed-in browser stays so."""
        return Limits(self.settings.web.session_idle_s, self.settings.web.session_lifetime_s)

    def changed(self) -> None:
        """Policy was changed here: what follows, in this request and the next, sees it."""
        self.view.expire()
        g.pop("policy", None)


def put(context: Context) -> None:
    """Give the current application its context; for the factory."""
    current_app.extensions[_NAME] = context


def confine(scope: Scope) -> None:
    """From now on this request touches nothing outside of the scope."""
    setattr(g, _SCOPE, scope)


def here() -> Context:
    """The context of the current application."""
    return cast(Context, current_app.extensions[_NAME])
