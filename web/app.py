"""The application factory: one Flask application from settings, with its doors in one table."""

from __future__ import annotations

from flask import Flask

from netquota.clock import Clock, SystemClock
from netquota.secrets import Keyring
from netquota.settings import Settings
from netquota.storage.database import Database, open_database
from web import admin, context, failures, frame, headers, health, planning, rendering
from web.api import gateway as gateway_api
from web.api.v1 import door as api
from web.auth import doors as signing_in
from web.auth import guard, person, transport
from web.portal import crest
from web.portal import doors as portal

BLUEPRINTS = (
    health.blueprint,
    *signing_in.DOORS,
    *portal.DOORS,
    gateway_api.blueprint,
    api.blueprint,
    admin.blueprint,
    planning.blueprint,
    planning.short_links,
)
"""The doors. One line each; who may open what stands in web.auth.rights."""

LARGEST_BODY = 256 * 1024
"""Octets of a posted form; a view that takes files is marked (`csrf.takes_files`) and gets more."""


def create_app(
    settings: Settings, clock: Clock | None = None, database: Database | None = None, keyring: Keyring | None = None
) -> Flask:
    """The web door, ready to serve. Raises `ConfigurationError` where database, key file or crest cannot be used."""
    keyring = keyring or Keyring.load(settings.security.key_file)
    database = database or open_database(settings.database.url)
    crest.crest_of(settings.city.crest)
    app = Flask("web")
    _configure(app, settings, keyring)
    with app.app_context():
        context.put(context.Context.of(settings, database, keyring, clock or SystemClock()))
    transport.install(app)
    guard.install(app)
    rendering.install(
        app,
        city=settings.city.name,
        zone=settings.city.zone,
        language=settings.city.language,
        person_language=_language_of_person,
        shell=frame.page_shell,
    )
    headers.install(app)
    failures.install(app)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    return app


def _configure(app: Flask, settings: Settings, keyring: Keyring) -> None:
    secure = settings.web.secure_cookies
    app.config.update(
        SECRET_KEY=keyring.derived_key("web cookies"),
        SECRET_KEY_FALLBACKS=keyring.derived_keys("web cookies")[1:],  # cookies of before a key was added
        SESSION_COOKIE_NAME="__Host-netquota-notes" if secure else "netquota-notes",
        SESSION_COOKIE_SECURE=secure,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        MAX_CONTENT_LENGTH=LARGEST_BODY,
        MAX_FORM_MEMORY_SIZE=LARGEST_BODY,
        MAX_FORM_PARTS=300,
        WTF_CSRF_ENABLED=False,  # the guard checks every change itself (web.auth.csrf)
    )


def _language_of_person() -> str | None:
    who = person.known_person()
    return None if who is None else who.admin.language
