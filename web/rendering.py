"""What every page of the web door shares: language, filters, icons, static addresses, the shell.

The application factory calls `install` once; views then only fill templates. Settings come as arguments.
"""

from collections.abc import Callable
from functools import partial
from zoneinfo import ZoneInfo

import flask_babel
from flask import Flask, current_app, g, get_flashed_messages, request
from jinja2 import StrictUndefined
from markupsafe import Markup

from web import catalogue, charts, moments, preferences, static_files, svg
from web.components import Mood, Strip
from web.filters import filters
from web.icons import ICONS
from web.shell import Shell, visible_menu

# No inline script, no style attribute, nothing from elsewhere; Bootstrap's own marks are data: images.
ADMIN_CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)

_MOOD_ICONS = {
    Mood.PLAIN: "",
    Mood.OK: "check",
    Mood.INFO: "info",
    Mood.WARN: "warn",
    Mood.SLOW: "slow",
    Mood.BAD: "stop",
    Mood.SILENT: "off",
    Mood.PAUSED: "pause",
}
_MOOD_CLASSES = {Mood.SLOW: "warn", Mood.PAUSED: "off"}


def install(
    app: Flask,
    *,
    city: str,
    zone: ZoneInfo,
    language: str = "id",
    person_language: Callable[[], str | None] | None = None,
    shell: Callable[[], Shell] = Shell,
) -> None:
    """Prepare `app` (made with `Flask("web")` or another import name) to render netquota's pages.

    `city` is shown in the menu; `zone` is the office's; `language` (`id` or `en`) holds where nobody chose another;
    `person_language` says what the signed-in person set; `shell` is asked once for each page that extends base.html.
    """
    _speak(app, language, zone, person_language)
    environment = app.jinja_env
    environment.undefined = StrictUndefined
    environment.trim_blocks = environment.lstrip_blocks = True
    environment.policies["ext.i18n.trimmed"] = True
    environment.filters.update(filters(zone, current_language))
    environment.globals.update(
        city=city,
        icon=icon,
        icon_sprite=icon_sprite,
        mood_icon=lambda mood: _MOOD_ICONS[Mood(mood)],
        mood_class=lambda mood: _MOOD_CLASSES.get(Mood(mood), str(Mood(mood))),
        capacity_bar=svg.capacity_bar,
        quota_shape=svg.quota_bar,
        sparkline=svg.sparkline,
        chart_data=lambda chart: _chart_data(chart, zone),
        chart_rows=charts.table_rows,
        has_chart=lambda: bool(g.get("has_chart")),
        csrf_field=csrf_field,
        csrf_meta=csrf_meta,
        strips=flashed_strips,
        language=current_language,
        page_shell=shell,
        visible_menu=lambda frame: visible_menu(frame, app.view_functions),
        zone_label=lambda moment: moments.zone_name(zone, moment),
    )
    preferences.install(app)
    static_files.install(app)


def _speak(app: Flask, language: str, zone: ZoneInfo, person_language: Callable[[], str | None] | None) -> None:
    select = partial(preferences.language_of_request, language, person_language)
    babel = flask_babel.Babel(app, default_locale=language, default_timezone=zone.key, locale_selector=select)
    domain = flask_babel.Domain(domain="messages")
    domain.cache.update({(code, "messages"): catalogue.translations(code) for code in catalogue.LANGUAGES})
    babel.domain_instance = domain


def current_language() -> str:
    """`id` or `en`: the language in which this page is being written."""
    locale = flask_babel.get_locale()
    return locale.language if locale is not None else catalogue.LANGUAGES[0]


def icon(name: str, css: str = "", label: str = "") -> Markup:
    """An icon; unnamed ones are hidden from screen readers, `label` gives one a name.

    A whole page refers to symbols that `icon_sprite` writes at its end; a fragment for htmx carries the drawing itself.
    """
    body = Markup(ICONS[name])  # noqa: S704 - our own drawings, no data in them
    described = Markup('role="img" aria-label="{}"').format(label) if label else Markup('aria-hidden="true"')
    opening = Markup('<svg class="icon{}{}" viewBox="0 0 16 16" {}>').format(" " if css else "", css, described)
    if not _is_fragment():
        g.setdefault("icons", set()).add(name)
        body = Markup('<use href="#i-{}"/>').format(name)
    return opening + body + Markup("</svg>")


def icon_sprite() -> Markup:
    """The symbols this page used so far, in one hidden drawing's worth of markup."""
    symbol = '<symbol id="i-{}" viewBox="0 0 16 16">{}</symbol>'
    names = sorted(g.get("icons", set()))
    return Markup("").join(Markup(symbol).format(name, Markup(ICONS[name])) for name in names)  # noqa: S704


def flashed_strips() -> list[Strip]:
    """What views said by `flash(text, mood)` before a redirect, as strips."""
    known = {str(mood) for mood in Mood}
    flashed = get_flashed_messages(with_categories=True) if current_app.secret_key else []
    return [Strip(text, Mood(kind) if kind in known else Mood.OK) for kind, text in flashed]


def csrf_field() -> Markup:
    """The hidden field that a posted form needs; empty where the application guards its forms otherwise."""
    token = _csrf_token()
    return Markup('<input type="hidden" name="csrf_token" value="{}">').format(token) if token else Markup()


def csrf_meta() -> Markup:
    """The same token for htmx, which sends it as a header (`static/js/netquota.js`)."""
    token = _csrf_token()
    return Markup('<meta name="csrf-token" content="{}">').format(token) if token else Markup()


def _csrf_token() -> str:
    make = current_app.jinja_env.globals.get("csrf_token")  # Flask-WTF's CSRFProtect puts it there
    return str(make()) if callable(make) else ""


def _is_fragment() -> bool:
    return request.headers.get("HX-Request-Type") == "partial"


def _chart_data(chart: charts.RateChart, zone: ZoneInfo) -> Markup:
    g.has_chart = True
    gettext = flask_babel.gettext
    words = {"gap": gettext("no data"), "now": gettext("now"), "p95": "P95", "lang": current_language()}
    return charts.data_block(chart, zone, words)
