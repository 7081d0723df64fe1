"""Operations on vouchers for guests: batches, their codes, making and revoking."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from netquota.domain.people import guest_name
from netquota.errors import InvalidValue
from netquota.services import vouchers as desk
from netquota.services.api_tokens import TokenScope
from netquota.services.vouchers import Wish
from netquota.storage.voucher_store import Batch, VoucherState
from web.api.v1.bodies import body_schema
from web.api.v1.operations import (
    KEY,
    OBJECT,
    SAID,
    Answer,
    Call,
    Json,
    Operation,
    Parameter,
    iso,
    listed,
    page,
    text,
    text_of,
    whole,
)
from web.auth.rights import API
from web.context import here

_BATCH: Final = Parameter("key", "path", text(40) | {"minLength": 1}, "A batch, such as V-17.", True)
_REVOKED: Final = Parameter(
    "key", "path", text(40) | {"minLength": 1}, "A batch (V-17), or one voucher: V-17-h7kq, or its code.", True
)
_CODES: Final = Parameter("codes", "query", {"type": "boolean", "default": False}, "With the codes themselves.")
_WISH: Final[Json] = {
    "type": "object",
    "properties": {
        "opd": text(32) | {"minLength": 1}, "plan": text(64) | {"minLength": 1},
        "count": whole(1, desk.MOST_AT_ONCE), "purpose": text(200) | {"minLength": 1},
        "valid_for_s": whole(desk.SHORTEST_S, desk.LONGEST_S), "valid_until": text(40),
    },
    "required": ["opd", "plan", "count", "purpose"], "additionalProperties": False,
}  # fmt: skip


def operations() -> Iterator[Operation]:
    """Those on vouchers."""
    yield Operation(
        "vouchers.list", "GET", "/vouchers", "vouchers", "Batches of vouchers, the newest first.",
        API["vouchers.list"], TokenScope.READ, _list, {200: listed(OBJECT)},
    )  # fmt: skip
    yield Operation(
        "vouchers.read", "GET", "/vouchers/{key}", "vouchers", "One batch with its vouchers and how each stands.",
        API["vouchers.read"], TokenScope.ACCOUNTS, _read, {200: OBJECT}, (_BATCH, _CODES),
    )  # fmt: skip
    yield Operation(
        "vouchers.make", "POST", "/vouchers", "vouchers", "Make vouchers for guests, within the office's allowance: "
        "good for some seconds from the first use, or until a moment.", API["vouchers.make"], TokenScope.ACCOUNTS,
        _make, {201: OBJECT}, (KEY,), _WISH,
    )  # fmt: skip
    yield Operation(
        "vouchers.revoke", "POST", "/vouchers/{key}/revoke", "vouchers", "End a batch or one voucher, running "
        "sessions too.", API["vouchers.revoke"], TokenScope.ACCOUNTS, _revoke, {200: OBJECT}, (_REVOKED, KEY),
        body_schema({"why": SAID}, 1),
    )  # fmt: skip


def _list(_call: Call) -> Answer:
    return page([_plain(one) for one in desk.listing(here().office)], None)


def _read(call: Call) -> Answer:
    return Answer(_whole(call.path["key"], bool(call.query.get("codes"))))


def _make(call: Call) -> Answer:
    body, office = call.body, here().office
    count, span_s = body.get("count"), body.get("valid_for_s")
    if not isinstance(count, int) or isinstance(count, bool):
        raise InvalidValue("count", "", f"give 1 to {desk.MOST_AT_ONCE}")
    until = text_of(body, "valid_until", needed=False)
    wish = Wish(
        text_of(body, "opd"), text_of(body, "plan"), count, text_of(body, "purpose"),
        span_s if isinstance(span_s, int) and not isinstance(span_s, bool) else None,
        desk.until_of(office, until) if until else None,
    )  # fmt: skip
    made = desk.make(office, wish, call.author())
    here().changed()
    return Answer(_whole(made.key, codes=True), 201)


def _revoke(call: Call) -> Answer:
    ended = desk.revoke(here().office, call.path["key"], call.why())
    here().changed()
    return Answer({"revoked": ended})


def _whole(key: str, codes: bool) -> Json:
    batch, found = desk.show(here().office, key)
    now_s = here().now_s
    rows: list[Json] = [
        {
            "name": guest_name(batch.id, one.code), "state": str(one.state(now_s)),
            "valid_until": iso(one.valid_until_s), **({"code": desk.code_in_groups(one.code)} if codes else {}),
        }
        for one in found
    ]  # fmt: skip
    open_now = sum(one.state(now_s) in (VoucherState.UNUSED, VoucherState.RUNNING) for one in found)
    return _plain(batch) | {"open": open_now, "vouchers": rows}


def _plain(one: Batch) -> Json:
    return {
        "key": one.key, "opd": one.opd, "plan": one.plan, "purpose": one.purpose, "sponsor": one.sponsor,
        "count": one.count, "open": one.open, "made": iso(one.created_s), "valid_for_s": one.valid_for_s,
        "valid_until": iso(one.valid_until_s),
    }  # fmt: skip
