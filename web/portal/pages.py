"""What the portal's pages show, and how they become one response: the text and its Content-Security-Policy.

The views fill these values (texts in `page.language`, rates in bit/s, volumes in octets, moments aware); nothing here
reads a database, a cookie or a clock. Works without script: see portal.md in the design and `templates/portal/`.
"""

from base64 import b64encode
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from hashlib import sha256
from pathlib import Path

from flask import render_template
from flask_babel import force_locale, gettext
from markupsafe import Markup

from web import formatting, moments, svg
from web.catalogue import LANGUAGES
from web.components import ChainStep
from web.icons import ICONS
from web.rendering import current_language

Hidden = tuple[tuple[str, str], ...]
_STYLE = Path(__file__).parent.parent / "templates" / "portal" / "portal.css"


@dataclass(frozen=True, slots=True)
class Office:
    """What stands on each page: whose hotspot, whom to ask (same place everywhere, WCAG 3.2.6), sample or not."""

    hotspot: str
    department: str
    help_contact: str = ""
    privacy_url: str | None = None
    sample: bool = False
    privacy_note: str = ""


@dataclass(frozen=True, slots=True)
class LoginPage:
    """The log-in form. `hidden` carries the signed state; read the password with `typed_password`.

    `title` and `lead` say what it opens, where that is not the internet.
    """

    office: Office
    language: str
    action_url: str
    hidden: Hidden
    username: str = ""
    error: str = ""
    other_language_url: str | None = None
    forgot_url: str | None = None
    usual_rate_bps: int | None = None
    usual_quota_octets: int | None = None
    title: str = ""
    lead: str = ""


@dataclass(frozen=True, slots=True)
class QuotaView:
    """One quota: `name` as in "November quota"; `note` is a sentence such as whether it will last."""

    name: str
    used_octets: int
    octets: int
    slowed_from_octets: int | None = None
    refills_at: datetime | None = None
    refills_in_s: int | None = None
    note: str = ""

    @property
    def share(self) -> float:
        """Used part of the quota; may pass 1."""
        return self.used_octets / self.octets if self.octets else 1.0

    @property
    def left_octets(self) -> int:
        """What is left, never negative."""
        return max(0, self.octets - self.used_octets)


@dataclass(frozen=True, slots=True)
class DayView:
    """Octets of one local day."""

    day: date
    octets: int


@dataclass(frozen=True, slots=True)
class DeviceView:
    """A live session as its owner knows it; `kind` is `phone` or `laptop`. `end_url` is posted to with both hiddens."""

    name: str
    kind: str
    since: datetime
    octets: int
    this_one: bool = False
    end_url: str | None = None
    hidden: Hidden = ()


@dataclass(frozen=True, slots=True)
class StatusPage:
    """ "My quota": what is used and left, the speed now and why, days, devices. Posted forms carry `hidden`."""

    office: Office
    language: str
    person: str
    opd: str
    quotas: tuple[QuotaView, ...]
    down_bps: int | None
    up_bps: int | None
    speed_reason: str
    hidden: Hidden
    connected_since: datetime | None = None
    slowed: bool = False
    chain: tuple[ChainStep, ...] = ()
    explain_url: str | None = None
    days: tuple[DayView, ...] = ()
    devices: tuple[DeviceView, ...] = ()
    devices_allowed: int | None = None
    request_url: str | None = None
    logout_url: str | None = None
    self_service: str = ""
    self_service_url: str = ""
    other_language_url: str | None = None


@dataclass(frozen=True, slots=True)
class DeniedPage:
    """Access refused: what happened, whose limit, until when, what to do (in this order), who can help.

    `devices` are offered to be ended when too many are in use; `action_*` is the one next step.
    """

    office: Office
    language: str
    title: str
    what_happened: str
    whose_limit: str
    what_to_do: str
    hidden: Hidden = ()
    ends_label: str = ""
    ends_at: datetime | None = None
    ends_in_s: int | None = None
    who_helps: str = ""
    devices: tuple[DeviceView, ...] = ()
    action_url: str | None = None
    action_text: str = ""
    back_url: str | None = None
    open_sites_url: str | None = None
    other_language_url: str | None = None


@dataclass(frozen=True, slots=True)
class ErrorPage:
    """Our fault, or a page that cannot be shown (expired form, unknown gateway); `code` is found in the log."""

    office: Office
    language: str
    title: str
    what_happened: str
    what_to_do: str
    action_url: str | None = None
    action_text: str = ""
    code: str = ""
    other_language_url: str | None = None


@dataclass(frozen=True, slots=True)
class ForwardPage:
    """Sends the browser on to the gateway by a plain GET: a redirect after a post would meet `form-action`."""

    office: Office
    language: str
    target_url: str
    other_language_url: str | None = None


@dataclass(frozen=True, slots=True)
class NoticePage:
    """Something was done; `action_*` is the next step, taken by itself after `after_s` seconds where that is given."""

    office: Office
    language: str
    title: str
    text: str
    action_url: str
    action_text: str
    after_s: int | None = None
    other_language_url: str | None = None


Page = LoginPage | StatusPage | DeniedPage | ErrorPage | ForwardPage | NoticePage
_TEMPLATES: dict[type[Page], str] = {
    LoginPage: "portal/login.html",
    StatusPage: "portal/status.html",
    DeniedPage: "portal/denied.html",
    ErrorPage: "portal/error.html",
    ForwardPage: "portal/forward.html",
    NoticePage: "portal/notice.html",
}


@dataclass(frozen=True, slots=True)
class Rendered:
    """The response's body and the policy it must be sent with."""

    html: str
    csp: str


def render(page: Page) -> Rendered:
    """Write `page` in its own language; call inside a request of an app that `web.rendering.install` prepared."""
    with force_locale(page.language):
        html = render_template(
            _TEMPLATES[type(page)],
            page=page,
            portal_style=portal_style,
            icon_body=lambda name: Markup(ICONS[name]),  # noqa: S704 - our own drawings
            quota_sentence=quota_sentence,
            days_sentence=days_sentence,
            day_columns=day_columns,
            qr_code=svg.qr_code,
        )
    return Rendered(html, portal_csp())


def choose_language(default: str, wishes: Iterable[str | None]) -> str:
    """The first wish that we speak (the form's, the person's, …), else the city's default."""
    return next((wish for wish in wishes if wish in LANGUAGES), None) or default


def typed_password(form: Mapping[str, str]) -> str:
    """The password from the log-in form: from the visible field where that was used, else from the covered one."""
    return form.get("password_shown") or form.get("password") or ""


@cache
def portal_style() -> Markup:
    """The one inline style, exactly as its hash counts it."""
    text = _STYLE.read_text(encoding="utf-8").replace("\n", "")
    return Markup(text)  # noqa: S704 - our own stylesheet


@cache
def portal_csp() -> str:
    """Nothing but the one style, our own favicon, and forms that post to us."""
    digest = b64encode(sha256(portal_style().encode()).digest()).decode()
    return (
        f"default-src 'none'; style-src 'sha256-{digest}'; img-src 'self'; form-action 'self'; "
        "frame-ancestors 'none'; base-uri 'none'"
    )


def quota_sentence(quota: QuotaView) -> str:
    """The quota bar for those who cannot see it; call while the page's language is in force."""
    language = current_language()
    sentence = gettext(
        "%(used)s of %(quota)s used, %(share)s",
        used=formatting.gigabytes(quota.used_octets, language),
        quota=formatting.volume_limit(quota.octets, language),
        share=formatting.percent(quota.share, language),
    )
    if quota.slowed_from_octets is None:
        return sentence
    limit = formatting.volume_limit(quota.slowed_from_octets, language)
    return f"{sentence}; {gettext('slowed from %(volume)s', volume=limit)}"


def days_sentence(days: Sequence[DayView]) -> str:
    """The day columns for those who cannot see them."""
    language = current_language()
    told = [f"{moments.weekday(day.day, language)} {formatting.gigabytes(day.octets, language)}" for day in days]
    return gettext("Daily use in GB: %(days)s", days="; ".join(told))


def day_columns(days: Sequence[DayView]) -> list[tuple[DayView, svg.DayBar]]:
    """Each day with its column."""
    return list(zip(days, svg.day_bars([day.octets for day in days]), strict=True))
