"""Operations on what opens doors: tokens by which gateways fetch their queues, others' API tokens, signed-in admins."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from netquota.services import admin_desk, api_tokens, gateway_tokens, second_factor
from netquota.services.api_tokens import TokenScope
from web.api.v1.bodies import body_schema, said_by
from web.api.v1.operations import (
    KEY,
    OBJECT,
    SAID,
    Answer,
    Call,
    Operation,
    Parameter,
    iso,
    listed,
    page,
    text,
    whole,
)
from web.auth.rights import API
from web.context import here

_NAS: Final = Parameter("nas", "path", text(80) | {"minLength": 1}, "The gateway's name.", True)
_NUMBER: Final = Parameter("id", "path", whole(1, 2**62), "The token's number.", True)
_ADMIN: Final = Parameter("key", "path", text(64) | {"minLength": 1}, "His username.", True)
_SAID: Final = body_schema({"why": SAID}, 1)


def operations() -> Iterator[Operation]:
    """Those of keys."""
    yield Operation(
        "nas.tokens", "GET", "/gateways/{nas}/tokens", "gateways", "The tokens by which a gateway fetches its queues, "
        "the newest first, without their texts.", API["nas.tokens"], TokenScope.READ, _tokens, {200: listed(OBJECT)},
        (_NAS,),
    )  # fmt: skip
    yield Operation(
        "nas.token", "POST", "/gateways/{nas}/tokens", "gateways", "A new token, shown once; older ones stay good.",
        API["nas.token"], TokenScope.NETWORK, _token, {201: OBJECT}, (_NAS, KEY), _SAID,
    )  # fmt: skip
    yield Operation(
        "nas.token_revoke", "POST", "/gateways/{nas}/tokens/{id}/revoke", "gateways", "Let it open nothing any more.",
        API["nas.token_revoke"], TokenScope.NETWORK, _revoke_gateways, {200: OBJECT}, (_NAS, _NUMBER, KEY), _SAID,
    )  # fmt: skip
    yield Operation(
        "admins.sign_out", "POST", "/admins/{key}/sign-out", "admins", "Sign him out everywhere.",
        API["admins.sign_out"], TokenScope.ADMINS, _sign_out, {200: OBJECT}, (_ADMIN, KEY), _SAID,
    )  # fmt: skip
    yield Operation(
        "admins.second_factor_off", "POST", "/admins/{key}/second-factor-off", "admins", "End his second factor and "
        "sign him out; it is offered at the next sign-in.", API["admins.second_factor_off"], TokenScope.ADMINS,
        _second_factor_off, {200: OBJECT}, (_ADMIN, KEY), _SAID,
    )  # fmt: skip
    yield Operation(
        "admins.token_revoke", "POST", "/admins/{key}/tokens/{id}/revoke", "admins", "Let an API token of his open "
        "nothing any more.", API["admins.token_revoke"], TokenScope.ADMINS, _revoke, {200: OBJECT},
        (_ADMIN, _NUMBER, KEY), _SAID,
    )  # fmt: skip


def _tokens(call: Call) -> Answer:
    return page(
        [
            {"id": one.id, "by": one.created_by, "made": iso(one.created_s), "revoked": iso(one.revoked_s),
             "used": iso(one.last_pull_s), "used_address": one.last_address}
            for one in gateway_tokens.tokens_of(here().office, call.path["nas"])
        ],
        None,
    )  # fmt: skip


def _token(call: Call) -> Answer:
    made = gateway_tokens.create_token(here().office, call.path["nas"], said_by(call))
    return Answer({"id": made.id, "token": made.text}, 201)


def _revoke_gateways(call: Call) -> Answer:
    number = int(call.path["id"])
    gateway_tokens.revoke_token(here().office, call.path["nas"], number, said_by(call))
    return Answer({"id": number})


def _sign_out(call: Call) -> Answer:
    return Answer({"sessions": admin_desk.sign_out(here().whole_office, call.path["key"], said_by(call))})


def _second_factor_off(call: Call) -> Answer:
    return Answer({"was_on": second_factor.remove(here().whole_office, call.path["key"], said_by(call))})


def _revoke(call: Call) -> Answer:
    number = int(call.path["id"])
    api_tokens.revoke(here().whole_office, number, said_by(call), owner=call.path["key"])
    return Answer({"id": number})
