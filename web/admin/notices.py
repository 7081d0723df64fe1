"""Notices: what was sent to whom, what did not arrive and why, how each way fares; a test, and another try."""

from __future__ import annotations

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import SelectChoice, SelectField, StringField
from wtforms.validators import InputRequired, Length

from netquota.channels import ways_of
from netquota.domain.notices import Channel, Topic, address_of
from netquota.errors import Conflict, InvalidValue
from netquota.services import notice_desk
from netquota.services.notice_desk import Listed
from netquota.services.notice_templates import templates_in
from netquota.storage.notice_store import ChannelFigures, DeliveryFilter, State
from web import moments
from web.admin.door import PAGE_ROWS, argument, author, blueprint, instant, page_number, pager
from web.auth.forms import refusal
from web.components import Mood, Tile
from web.context import here
from web.formatting import number
from web.rendering import current_language

_MOODS = {
    State.WAITING: Mood.INFO, State.SENDING: Mood.INFO, State.SENT: Mood.PLAIN, State.GIVEN_UP: Mood.BAD,
    State.LAPSED: Mood.SILENT,
}  # fmt: skip
_AGAIN = (State.GIVEN_UP, State.LAPSED)


class TestForm(FlaskForm):
    """Where a test message goes."""

    channel = SelectField(_("By"), validate_choice=False)
    to = StringField(_("Address"), [InputRequired(_("Please fill this in.")), Length(max=254)])


@blueprint.get("/notices")
def notices() -> str:
    """The list, newest first; `?state=`, `?channel=`, `?topic=`, `?q=`."""
    return _page(_form(empty=True))


@blueprint.get("/notices/<int:number>")
def notice(number: int) -> str:
    """One as it was, or will be, read."""
    found = notice_desk.one(here().office, number)
    return render_template(
        "admin/notice.html", one=found, mood=_MOODS[found.state], again=_AGAIN, topic=topic_name(found.topic),
        state=state_name(found.state), way=channel_name(found.to.channel), said=said,
    )  # fmt: skip


@blueprint.post("/notices/test")
def notice_test() -> ResponseReturnValue:
    """Ask for a test message."""
    form = _form()
    if not form.validate_on_submit():
        return _page(form), 400
    try:
        to = address_of(f"{form.channel.data}:{form.to.data}", "to")
    except InvalidValue as error:
        form.to.errors = [refusal(error)]
        return _page(form), 400
    notice_desk.try_out(here().office, to, current_language(), author())
    flash(gettext("A test goes to %(to)s within seconds; reload to see what the other side says.", to=to.to))
    return redirect(url_for("admin.notices"))


@blueprint.post("/notices/<int:number>/retry")
def notice_retry(number: int) -> ResponseReturnValue:
    """Let one that did not arrive go out again."""
    try:
        found = notice_desk.send_again(here().office, number, author())
    except Conflict:
        flash(gettext("It was sent meanwhile."))
    else:
        flash(gettext("It goes to %(to)s again within seconds.", to=found.to.to))
    return redirect(url_for("admin.notice", number=number))


def topic_name(topic: str) -> str:
    """What a notice is about."""
    names = {
        Topic.QUOTA_WARNED: gettext("quota nearly spent"), Topic.QUOTA_SPENT: gettext("quota spent"),
        Topic.POOL_WARNED: gettext("pool nearly spent"), Topic.POOL_SPENT: gettext("pool spent"),
        Topic.REQUEST_DECIDED: gettext("request decided"),
        Topic.APPLICATIONS_DUE: gettext("applications not reported"),
        Topic.SHEET_DUE: gettext("sheet of an assessment round to answer"),
        Topic.GATEWAY_SILENT: gettext("gateway silent"), Topic.NOT_ENFORCED: gettext("limits not enforced"),
        Topic.LINK_FULL: gettext("link full"), Topic.JOB_FAILED: gettext("job failed"),
        Topic.BACKUP_STALE: gettext("old copy"), Topic.NOT_DELIVERED: gettext("notices do not arrive"),
        Topic.ALARM_OVER: gettext("over again"), Topic.DAILY: gettext("the day"), Topic.MONTHLY: gettext("the month"),
        Topic.TEST: gettext("test"),
    }  # fmt: skip
    return next((text for known, text in names.items() if known == topic), topic)


def state_name(state: str) -> str:
    """Where a delivery stands."""
    names = {
        State.WAITING: gettext("waits"), State.SENDING: gettext("is being sent"), State.SENT: gettext("sent"),
        State.GIVEN_UP: gettext("given up"), State.LAPSED: gettext("no longer of use"),
    }  # fmt: skip
    return next((text for known, text in names.items() if known == state), state)


def channel_name(channel: str) -> str:
    """A way by which notices go."""
    names = {Channel.MAIL: gettext("Mail"), Channel.TELEGRAM: "Telegram", Channel.WEBHOOK: "Webhook"}
    return next((text for known, text in names.items() if known == channel), channel)


def said(result: str) -> str:
    """What the other side said last; its own words stay as they are."""
    return gettext("taken") if result == "taken" else result or "–"


def _form(*, empty: bool = False) -> TestForm:
    form = TestForm(formdata=None) if empty else TestForm()
    form.channel.choices = [SelectChoice(way, channel_name(way)) for way in ways_of(here().settings)]
    return form


def _page(form: TestForm) -> str:
    settings, asked = here().settings, {name: argument(name) for name in ("state", "channel", "topic", "q")}
    page = page_number()
    wanted = DeliveryFilter(asked["state"], asked["channel"], asked["topic"], asked["q"], page=page, size=PAGE_ROWS)
    found = notice_desk.listing(here().office, wanted)
    return render_template(
        "admin/notices.html", found=[(each, _MOODS[each.state]) for each in found.deliveries], asked=asked, form=form,
        pages=pager(found.total, page), tiles=_tiles(found), ways=list(ways_of(settings)),
        problems=templates_in(settings.notices.templates_dir).problems(), topic_of=topic_name, state_of=state_name,
        way_of=channel_name, said=said, topics=list(Topic), states=list(State), channels=list(Channel),
    )  # fmt: skip


def _tiles(found: Listed) -> list[Tile]:
    """How each way fares; one that is not set up says so."""
    ways, language = ways_of(here().settings), current_language()
    waiting = sum(figures.waiting for figures in found.channels.values())
    oldest_s = min((each.oldest_s for each in found.channels.values() if each.oldest_s is not None), default=None)
    since = "" if oldest_s is None else moments.stamp(instant(oldest_s), here().zone, language)
    note = gettext("since %(time)s", time=since) if since else gettext("everything is out")
    return [
        *(_tile(channel, figures, is_open=channel in ways) for channel, figures in found.channels.items()),
        Tile(gettext("Not out yet"), number(waiting, language), note=note),
    ]


def _tile(channel: Channel, figures: ChannelFigures, *, is_open: bool) -> Tile:
    language = current_language()
    if not is_open:
        return Tile(channel_name(channel), "–", note=gettext("not set up"), mood=Mood.SILENT)
    beside = gettext("sent in 24 hours")
    fails = figures.problem_s is not None and (figures.last_sent_s or 0) < figures.problem_s
    if fails or figures.given_up:
        note = gettext(
            "%(number)s given up. %(problem)s", number=number(figures.given_up, language), problem=figures.problem
        )
        return Tile(channel_name(channel), number(figures.sent, language), beside, note, mood=Mood.WARN)
    last = figures.last_sent_s
    note = gettext("none went out yet")
    if last is not None:
        note = gettext("the last went %(time)s", time=moments.stamp(instant(last), here().zone, language))
    return Tile(channel_name(channel), number(figures.sent, language), beside, note, mood=Mood.OK)
