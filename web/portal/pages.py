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
from zoneinfo import ZoneInfo

from flask import render_template
from flask_babel import force_locale, gettext
from markupsafe import Markup

from web import formatting, moments, svg
from web.catalogue import LANGUAGES
from web.components import ChainStep
from web.icons import ICONS
from web.portal.crest import OURS, Crest
from web.rendering import current_language

Hidden = tuple[tuple[str, str], ...]
_WEEK, _LABELLED = 7, 2
_ANY_ZONE = ZoneInfo("UTC")  # of a bare date no zone changes anything
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
    crest: Crest = OURS
    always: tuple[tuple[str, str], ...] = ()
    """(name, web address or empty) of the city's applications that are always reachable."""


@dataclass(frozen=True, slots=True)
class LoginPage:
    """The log-in form. `hidden` carries the signed state; read the password with `typed_password`.

    `title` and `lead` say what it opens, where that is not the internet. `may_remember` offers to let this device in
    again by itself; `takes_vouchers` that a guest gives a code instead, `voucher` the one that he brought;
    `is_voucher_wrong`: the error is the code's.
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
    may_remember: bool = False
    remember: bool = True
    takes_vouchers: bool = False
    voucher: str = ""
    is_voucher_wrong: bool = False


@dataclass(frozen=True, slots=True)
class QuotaView:
    """One quota: `name` as in "November quota"; `note` says what follows, `alert` that a line of it was passed."""

    name: str
    used_octets: int
    octets: int
    slowed_from_octets: int | None = None
    refills_at: datetime | None = None
    refills_in_s: int | None = None
    note: str = ""
    alert: str = ""

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
class DayColumn:
    """A day as drawn: its bar, the bar's width, the figure above and the date below where there is room for them."""

    bar: svg.DayBar
    width: str
    figure: str
    label: str


@dataclass(frozen=True, slots=True)
class DeviceView:
    """A device as its owner knows it; `kind` is `phone` or `laptop`; `since` None: it is not online.

    `end_url` is posted to with both hiddens. `remembered_until`: so long it logs in by itself.
    """

    name: str
    kind: str
    since: datetime | None
    octets: int
    this_one: bool = False
    end_url: str | None = None
    hidden: Hidden = ()
    remembered_until: datetime | None = None
    edit_url: str | None = None


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
    password_url: str | None = None
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
class TermsPage:
    """An edition of the terms of use, to be accepted; the form carries `hidden`."""

    office: Office
    language: str
    edition: str
    day: date
    paragraphs: tuple[str, ...]
    action_url: str
    hidden: Hidden
    back_url: str
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


@dataclass(frozen=True, slots=True)
class DevicePage:
    """One device of a person, to be named or forgotten; both forms carry `hidden`."""

    office: Office
    language: str
    name: str
    own_name: str
    mac: str
    hidden: Hidden
    name_url: str
    forget_url: str
    back_url: str
    this_one: bool = False
    remembered_until: datetime | None = None
    error: str = ""
    other_language_url: str | None = None


@dataclass(frozen=True, slots=True)
class PasswordPage:
    """A new password: with the present one, or `by_code`. `username` is there for password managers."""

    office: Office
    language: str
    title: str
    lead: str
    action_url: str
    hidden: Hidden
    error: str = ""
    username: str = ""
    by_code: bool = False
    code: str = ""
    back_url: str = ""
    back_text: str = ""
    other_language_url: str | None = None


@dataclass(frozen=True, slots=True)
class ForgotPage:
    """Where a code for a new password comes from; `mail_url` is posted to with a name, None: no mail is sent here."""

    office: Office
    language: str
    code_url: str
    mail_url: str | None
    hidden: Hidden
    asked: bool = False
    username: str = ""
    back_url: str = ""
    other_language_url: str | None = None


@dataclass(frozen=True, slots=True)
class AskedView:
    """A request for more as its author sees it: number, what, where it stands, when, what was answered."""

    number: str
    what: str
    state: str
    day: str
    answer: str = ""


@dataclass(frozen=True, slots=True)
class MorePage:
    """Asking for more: `choices` are (value, words); `asked` what was asked for before, the newest first."""

    office: Office
    language: str
    choices: tuple[tuple[str, str], ...]
    action_url: str
    hidden: Hidden
    asked: tuple[AskedView, ...] = ()
    may_ask: bool = True
    error: str = ""
    chosen: str = ""
    reason: str = ""
    until: str = ""
    back_url: str = ""
    other_language_url: str | None = None


_QuotaPage = StatusPage | DevicePage | PasswordPage | MorePage
Page = LoginPage | DeniedPage | ErrorPage | ForwardPage | NoticePage | ForgotPage | TermsPage | _QuotaPage
_TEMPLATES: dict[type[Page], str] = {
    LoginPage: "portal/login.html",
    StatusPage: "portal/status.html",
    DeniedPage: "portal/denied.html",
    ErrorPage: "portal/error.html",
    ForwardPage: "portal/forward.html",
    NoticePage: "portal/notice.html",
    TermsPage: "portal/terms.html",
    DevicePage: "portal/device.html",
    PasswordPage: "portal/password.html",
    MorePage: "portal/more.html",
    ForgotPage: "portal/forgot.html",
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
            days_total=days_total,
            qr_code=svg.qr_code,
        )
    return Rendered(html, portal_csp(page.office.crest.is_picture))


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
def portal_csp(has_picture: bool = False) -> str:
    """Nothing but the one style, our own favicon (and a picture within the page), and forms that post to us."""
    digest = b64encode(sha256(portal_style().encode()).digest()).decode()
    images = "'self' data:" if has_picture else "'self'"
    return (
        f"default-src 'none'; style-src 'sha256-{digest}'; img-src {images}; form-action 'self'; "
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
    """The day columns for those who cannot see them; days without use are left out."""
    language = current_language()
    used = [day for day in days if day.octets]
    told = [f"{_day(day.day, language)} {formatting.gigabytes(day.octets, language)}" for day in used]
    return gettext("Daily use in GB: %(days)s", days="; ".join(told) or formatting.UNKNOWN)


def days_total(days: Sequence[DayView]) -> int:
    """Octets of all days together."""
    return sum(day.octets for day in days)


def day_columns(days: Sequence[DayView]) -> list[DayColumn]:
    """Each day with its column; the tallest and the last say their figure, every seventh from the last its date."""
    language, last = current_language(), len(days) - 1
    tallest = max(range(len(days)), key=lambda place: days[place].octets, default=0)
    bars = svg.day_bars([day.octets for day in days])
    width = f"{70 / max(1, len(days)):.2f}%"
    return [
        DayColumn(
            bar, width,
            formatting.gigabytes(day.octets, language) if place in {last, tallest} and day.octets else "",
            _day(day.day, language) if (last - place) % _WEEK == _LABELLED else "",
        )
        for place, (day, bar) in enumerate(zip(days, bars, strict=True))
    ]  # fmt: skip


def _day(day: date, language: str) -> str:
    return moments.date_short(day, _ANY_ZONE, language)
