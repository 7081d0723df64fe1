"""Versions of things as ETags: what is read bears one, and what was changed meanwhile is not written over."""

from __future__ import annotations

from web.api.v1.operations import Answer, Call, Json
from web.api.v1.problems import Refused


def etag(version: int) -> str:
    """The version as an ETag."""
    return f'"{version}"'


def tagged(call: Call, version: int, value: Json) -> Answer:
    """What was asked for, or that it is still as the caller has it."""
    tag = etag(version)
    if call.if_none_match is not None and tag in call.if_none_match:
        return Answer(None, 304, {"ETag": tag})
    return Answer(value, 200, {"ETag": tag})


def keep_seen(call: Call, version: int, *, is_needed: bool = True) -> None:
    """Raise `Refused` where it is no longer as the caller saw it, or he does not say what he saw and has to."""
    if call.if_match is None:
        if is_needed:
            raise Refused(428, "precondition-required", "read it first and give its ETag as If-Match, or *")
        return
    if call.if_match.strip() != "*" and etag(version) not in call.if_match:
        raise Refused(412, "precondition-failed", "it was changed since you read it; read it again")
