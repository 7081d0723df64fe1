"""The outbox of notices: written in the transaction of their cause, addressed, sent, ended; nothing is told twice.

A notice is what is to be told; a delivery is one on its way to one address. Whoever sends claims deliveries first, so
that of several senders one sends, and what a dead one had in hand is taken up again.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Row, case, func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from netquota.domain.notices import BUNDLE, Address, Channel, Topic
from netquota.storage.database import Connection, is_postgresql
from netquota.storage.schema import notice, notice_delivery

RESULT_CHARACTERS = 200
CLAIM_LASTS_S = 300
STUCK_ATTEMPTS = 3
_OPEN = ("waiting", "sending")
_d = notice_delivery.c


class State(StrEnum):
    """Where a delivery stands; lapsed = it was no longer worth telling."""

    WAITING = "waiting"
    SENDING = "sending"
    SENT = "sent"
    GIVEN_UP = "given_up"
    LAPSED = "lapsed"


@dataclass(frozen=True, slots=True)
class Notice:
    """Something to tell: `key` names its cause, `facts` what templates will say; epoch seconds."""

    key: str
    topic: Topic
    facts: Mapping[str, object]
    at_s: int
    until_s: int
    id: int = 0


@dataclass(frozen=True, slots=True)
class NewDelivery:
    """A notice made ready for one address; not to be sent before `next_s`."""

    notice_id: int
    topic: Topic
    to: Address
    name: str
    opd_id: int | None
    language: str
    subject: str
    body: str
    until_s: int
    next_s: int


@dataclass(frozen=True, slots=True)
class Delivery:
    """One as it stands; epoch seconds."""

    id: int
    notice_id: int
    topic: str
    to: Address
    name: str
    opd_id: int | None
    language: str
    subject: str
    body: str = field(repr=False)
    state: State
    attempts: int
    created_s: int
    until_s: int
    next_s: int
    ended_s: int | None
    result: str


@dataclass(frozen=True, slots=True)
class Claim:
    """Deliveries for one address in one language, to go out as one message; `number` proves whose they are."""

    number: int
    to: Address
    language: str
    deliveries: tuple[Delivery, ...]


@dataclass(frozen=True, slots=True)
class DeliveryFilter:
    """Which deliveries are wanted; empty = any. `before_id` goes on after a page."""

    state: str = ""
    channel: str = ""
    topic: str = ""
    search: str = ""
    opd_id: int | None = None
    page: int = 1
    size: int = 25
    before_id: int | None = None


@dataclass(frozen=True, slots=True)
class ChannelFigures:
    """How a channel fares: waiting now and since when, sent and given up since a moment, the last word of each kind."""

    waiting: int = 0
    oldest_s: int | None = None
    sent: int = 0
    given_up: int = 0
    last_sent_s: int | None = None
    problem: str = ""
    problem_s: int | None = None


# -- causes ---------------------------------------------------------------------------------------------------------
def write(connection: Connection, notices: Sequence[Notice]) -> int:
    """Write what is to be told, in the transaction of its cause; what was told before is passed over. How many new."""
    rows = [
        {
            "key": each.key, "topic": each.topic, "facts": json.dumps(dict(each.facts), ensure_ascii=False),
            "at_s": each.at_s, "until_s": each.until_s,
        }
        for each in sorted(notices, key=lambda each: each.key)  # the order in which every writer takes the keys
    ]  # fmt: skip
    if not rows:
        return 0
    make = postgresql.insert if is_postgresql(connection) else sqlite.insert
    statement = make(notice).values(rows).on_conflict_do_nothing()
    return connection.execute(statement, execution_options={"preserve_rowcount": True}).rowcount


def unaddressed(connection: Connection, most: int = 50) -> list[Notice]:
    """Notices for which nobody has looked up the addresses yet, oldest first."""
    query = select(notice).where(notice.c.addressed_s.is_(None)).order_by(notice.c.id).limit(most)
    return [
        Notice(row.key, Topic(row.topic), json.loads(row.facts), row.at_s, row.until_s, row.id)
        for row in connection.execute(query)
        if row.topic in set(Topic)
    ]


def address(connection: Connection, notice_id: int, deliveries: Sequence[NewDelivery], now_s: int) -> None:
    """Put a notice on its ways; none where nobody is to be told."""
    for each in deliveries:
        row = {
            "notice_id": notice_id, "topic": each.topic, "channel": each.to.channel, "address": each.to.to,
            "name": each.name[:200], "opd_id": each.opd_id, "language": each.language, "subject": each.subject[:200],
            "body": each.body, "created_s": now_s, "until_s": each.until_s, "next_s": each.next_s,
        }  # fmt: skip
        make = postgresql.insert if is_postgresql(connection) else sqlite.insert
        connection.execute(make(notice_delivery).values(row).on_conflict_do_nothing())
    connection.execute(update(notice).where(notice.c.id == notice_id).values(addressed_s=now_s))


# -- sending --------------------------------------------------------------------------------------------------------
def has_due(connection: Connection, channel: Channel, now_s: int) -> bool:
    """Whether something may be due by this way; cheap, and asked often."""
    return connection.execute(select(_d.id).where(_d.channel == channel, *_ripe(now_s)).limit(1)).first() is not None


def has_late(connection: Connection, now_s: int) -> bool:
    """Whether something waits that is no longer worth telling."""
    late = (_d.ended_s.is_(None), _d.state == State.WAITING, _d.until_s <= now_s)
    return connection.execute(select(_d.id).where(*late).limit(1)).first() is not None


def lapse(connection: Connection, now_s: int) -> int:
    """End what is no longer worth telling."""
    late = update(notice_delivery).where(_d.ended_s.is_(None), _d.state == State.WAITING, _d.until_s <= now_s)
    return connection.execute(late.values(state=State.LAPSED, ended_s=now_s, result="no longer worth telling")).rowcount


def claim(connection: Connection, channel: Channel, now_s: int, pause_s: int, per_minute: int) -> Claim | None:
    """Take the deliveries of the address that has waited longest; None where nothing may go out now.

    An address gets a message at most every `pause_s` seconds, with all that came for it meanwhile; a channel at most
    `per_minute` messages.
    """
    ended = or_(_d.state == State.SENT, _d.state == State.GIVEN_UP)
    minute = select(func.count()).select_from(notice_delivery).where(
        _d.channel == channel, ended, _d.ended_s > now_s - 60
    )  # fmt: skip
    if connection.execute(minute).scalar_one() >= per_minute:
        return None
    first = _longest_waiting(connection, channel, now_s, pause_s)
    if first is None:
        return None
    to, language = first
    mine = (_d.channel == channel, _d.address == to, _d.language == language, *_ripe(now_s))
    found = list(connection.execute(select(notice_delivery).where(*mine).order_by(_d.id).limit(BUNDLE)))
    number = max(row.claim for row in found) + 1
    taken = {"state": State.SENDING, "claim": number, "next_s": now_s + CLAIM_LASTS_S}
    connection.execute(update(notice_delivery).where(_d.id.in_([row.id for row in found])).values(taken))
    return Claim(number, Address(channel, to), language, tuple(_delivery(row) for row in found))


def settle(
    connection: Connection, claimed: Claim, state: State, now_s: int, result: str, next_s: int | None = None
) -> bool:
    """Note how an attempt ended: sent, given up, or waiting again until `next_s`. False where it is no longer ours."""
    ids = [each.id for each in claimed.deliveries]
    mine = update(notice_delivery).where(
        _d.id.in_(ids), _d.state == State.SENDING, _d.claim == claimed.number, _d.ended_s.is_(None)
    )
    values: dict[str, object] = {"state": state, "attempts": _d.attempts + 1, "result": result[:RESULT_CHARACTERS]}
    values |= {"next_s": next_s} if state is State.WAITING else {"ended_s": now_s}
    return connection.execute(mine.values(values)).rowcount > 0


def try_again(connection: Connection, delivery_id: int, now_s: int, lives_s: int) -> bool:
    """Let one that was given up, lapsed or is waiting go out now; False where it was sent or is just being sent."""
    open_again = _d.state.in_((State.GIVEN_UP, State.LAPSED, State.WAITING))
    again = update(notice_delivery).where(_d.id == delivery_id, open_again)
    values = {"state": State.WAITING, "next_s": now_s, "ended_s": None, "until_s": now_s + lives_s, "attempts": 0}
    return connection.execute(again.values(values)).rowcount > 0


def _ripe(now_s: int) -> tuple[ColumnElement[bool], ...]:
    """Waiting and due, or left by a sender that died."""
    return _d.ended_s.is_(None), _d.state.in_(_OPEN), _d.next_s <= now_s


def _longest_waiting(connection: Connection, channel: Channel, now_s: int, pause_s: int) -> tuple[str, str] | None:
    told = notice_delivery.alias("told")
    lately = (
        select(told.c.id)
        .where(
            told.c.address == _d.address, told.c.channel == channel, told.c.state == State.SENT,
            told.c.ended_s > now_s - pause_s, told.c.topic != Topic.TEST,
        )
        .exists()
    )  # fmt: skip
    free = or_(~lately, _d.topic == Topic.TEST)
    query = select(_d.address, _d.language).where(_d.channel == channel, *_ripe(now_s), free)
    row = connection.execute(query.order_by(_d.next_s, _d.id).limit(1)).first()
    return None if row is None else (row[0], row[1])


# -- looking --------------------------------------------------------------------------------------------------------
def deliveries(connection: Connection, wanted: DeliveryFilter) -> tuple[list[Delivery], int]:
    """One page, newest first, and how many match in all."""
    conditions = list(_conditions(wanted))
    total = connection.execute(select(func.count()).select_from(notice_delivery).where(*conditions)).scalar_one()
    query = select(notice_delivery).where(*conditions).order_by(_d.id.desc())
    page = query.offset((wanted.page - 1) * wanted.size).limit(wanted.size)
    return [_delivery(row) for row in connection.execute(page)], total


def delivery(connection: Connection, delivery_id: int) -> Delivery | None:
    """The one of this number."""
    row = connection.execute(select(notice_delivery).where(_d.id == delivery_id)).first()
    return None if row is None else _delivery(row)


def waiting(connection: Connection) -> dict[str, tuple[int, int | None]]:
    """By channel: how many are not out yet, and when the oldest was made."""
    query = select(_d.channel, func.count(), func.min(_d.created_s)).where(_d.ended_s.is_(None)).group_by(_d.channel)
    found: dict[str, tuple[int, int | None]] = {str(channel): (0, None) for channel in Channel}
    for row in connection.execute(query):
        found[row[0]] = int(row[1]), row[2]
    return found


def figures(connection: Connection, since_s: int) -> dict[Channel, ChannelFigures]:
    """How each channel fares; sent and given up are counted since an epoch second."""
    return {channel: _figures(connection, channel, since_s) for channel in Channel}


def _figures(connection: Connection, channel: Channel, since_s: int) -> ChannelFigures:
    mine = _d.channel == channel
    waits = select(func.count(), func.min(_d.created_s)).where(mine, _d.ended_s.is_(None))
    waiting, oldest_s = connection.execute(waits).one()
    ended = select(_number(State.SENT), _number(State.GIVEN_UP)).where(mine, _d.ended_s >= since_s)
    sent, given_up = connection.execute(ended).one()
    last_s = connection.execute(select(func.max(_d.ended_s)).where(mine, _d.state == State.SENT)).scalar()
    failing = or_(_d.state == State.GIVEN_UP, (_d.ended_s.is_(None)) & (_d.attempts > 0))
    last = select(_d.result, func.coalesce(_d.ended_s, _d.next_s)).where(mine, failing).order_by(_d.id.desc()).limit(1)
    problem = connection.execute(last).first()
    return ChannelFigures(
        waiting, oldest_s, int(sent), int(given_up), last_s, "" if problem is None else problem[0],
        None if problem is None else problem[1],
    )  # fmt: skip


def _number(state: State) -> ColumnElement[int]:
    return func.coalesce(func.sum(case((_d.state == state, 1), else_=0)), 0)


def undelivered(connection: Connection, since_s: int, stuck_before_s: int) -> tuple[int, str]:
    """How many were given up since an epoch second, or fail again and again since before another; the last problem."""
    lost = (_d.state == State.GIVEN_UP) & (_d.ended_s >= since_s)
    stuck = _d.ended_s.is_(None) & (_d.attempts >= STUCK_ATTEMPTS) & (_d.created_s < stuck_before_s)
    mine = (or_(lost, stuck), _d.topic.not_in((Topic.NOT_DELIVERED, Topic.TEST)))
    number = connection.execute(select(func.count()).select_from(notice_delivery).where(*mine)).scalar_one()
    last = select(_d.channel, _d.result).where(*mine).order_by(_d.id.desc()).limit(1)
    row = connection.execute(last).first()
    return number, "" if row is None else f"{row[0]}: {row[1]}"


def forget(connection: Connection, before_s: int, most: int) -> int:
    """Delete up to `most` notices that were addressed and ended before an epoch second, with their deliveries."""
    unfinished = select(_d.id).where(_d.notice_id == notice.c.id, _d.ended_s.is_(None)).exists()
    old = select(notice.c.id).where(notice.c.at_s < before_s, notice.c.addressed_s.is_not(None), ~unfinished)
    ids = list(connection.execute(old.order_by(notice.c.id).limit(most)).scalars())
    if ids:
        connection.execute(notice_delivery.delete().where(_d.notice_id.in_(ids)))
        connection.execute(notice.delete().where(notice.c.id.in_(ids)))
    return len(ids)


def _conditions(wanted: DeliveryFilter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    for column, value in ((_d.state, wanted.state), (_d.channel, wanted.channel), (_d.topic, wanted.topic)):
        if value:
            found.append(column == value)
    if wanted.opd_id is not None:
        found.append(_d.opd_id == wanted.opd_id)
    if wanted.before_id is not None:
        found.append(_d.id < wanted.before_id)
    if wanted.search:
        text = wanted.search.lower()
        columns = (_d.address, _d.name, _d.subject)
        found.append(or_(*(func.lower(column).contains(text, autoescape=True) for column in columns)))
    return found


def _delivery(row: Row[Any]) -> Delivery:
    return Delivery(
        row.id, row.notice_id, row.topic, Address(Channel(row.channel), row.address), row.name, row.opd_id,
        row.language, row.subject, row.body, State(row.state), row.attempts, row.created_s, row.until_s, row.next_s,
        row.ended_s, row.result,
    )  # fmt: skip
