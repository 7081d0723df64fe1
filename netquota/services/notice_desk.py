"""Notices for people to look at: what went to whom, how each way fares; a test, and another try."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from netquota.domain.notices import KINDS, Address, Channel, Topic
from netquota.errors import Conflict, NotFound
from netquota.services.notices import tell
from netquota.services.office import Author, Office
from netquota.storage import audit_store, notice_store
from netquota.storage.notice_store import ChannelFigures, Delivery, DeliveryFilter

DAY_S = 86_400


@dataclass(frozen=True, slots=True)
class Listed:
    """One page of deliveries, how many match in all, and how each way fares."""

    deliveries: tuple[Delivery, ...]
    total: int
    channels: dict[Channel, ChannelFigures]


def listing(office: Office, wanted: DeliveryFilter) -> Listed:
    """What went, goes or went not; counts are of the last 24 hours."""
    with office.database.read() as connection:
        found, total = notice_store.deliveries(connection, wanted)
        channels = notice_store.figures(connection, office.now_s - DAY_S)
    return Listed(tuple(found), total, channels)


def one(office: Office, delivery_id: int) -> Delivery:
    """The delivery of this number, with its text. Raises `NotFound`."""
    with office.database.read() as connection:
        found = notice_store.delivery(connection, delivery_id)
    if found is None:
        raise NotFound("notice", delivery_id)
    return found


def try_out(office: Office, to: Address, language: str, by: Author) -> None:
    """Ask for a test message; the scheduler sends it within seconds, as any other."""
    facts: dict[str, object] = {"channel": to.channel, "to": to.to, "name": by.name, "language": language}
    with office.database.write() as connection:
        tell(connection, f"test:{secrets.token_hex(8)}", Topic.TEST, facts, office.now_s)
        audit_store.append(
            connection, actor=by.name, action="test", kind="notice", key=str(to), before={}, after={}, why=by.why,
            now_s=office.now_s,
        )  # fmt: skip


def send_again(office: Office, delivery_id: int, by: Author) -> Delivery:
    """Let one that did not arrive go out now. Raises `NotFound`, `Conflict` where it was sent or is being sent."""
    found = one(office, delivery_id)
    lives_s = KINDS[Topic(found.topic)].lives_s
    with office.database.write() as connection:
        if not notice_store.try_again(connection, delivery_id, office.now_s, lives_s):
            raise Conflict("it was sent already, or is just being sent; reload the list")
        audit_store.append(
            connection, actor=by.name, action="retry", kind="notice", key=str(found.to), before={}, after={},
            why=by.why, now_s=office.now_s,
        )  # fmt: skip
    return found
