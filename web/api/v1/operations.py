"""What an operation of the API is: path, parameters, bodies, who may call it, and the function that answers."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Literal

from netquota.domain.periods import local_instant
from netquota.errors import InvalidValue
from netquota.services.api_tokens import Caller, TokenScope
from netquota.services.office import Author, by_token
from web.auth.rights import Roles
from web.context import here

Json = dict[str, Any]
Place = Literal["path", "query", "header"]
MOST_AT_ONCE: Final = 200
USUAL_AT_ONCE: Final = 50


@dataclass(frozen=True, slots=True)
class Parameter:
    """One value beside the body; `schema` says type and bounds."""

    name: str
    place: Place
    schema: Mapping[str, Any]
    help: str
    required: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """What is sent: a JSON value (None: no body), status, further headers."""

    value: Any = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class Call:
    """One request as its operation sees it: who, path and query values (checked), the body."""

    caller: Caller
    path: Mapping[str, str]
    query: Mapping[str, Any]
    body: Json
    if_match: str | None = None
    if_none_match: str | None = None

    def author(self) -> Author:
        """Who changes something: the token's owner, with the token's number; `why` from the address."""
        token = self.caller.token
        return Author(by_token(self.caller.admin.username, token.id), str(self.query.get("why") or ""))

    def why(self) -> Author:
        """The same, with the reason from the body."""
        return Author(self.author().name, text_of(self.body, "why"))


Handler = Callable[[Call], Answer]


@dataclass(frozen=True, slots=True)
class Operation:
    """One method at one path. `name` is the operationId; `answers` are the schemas of what succeeds, by status.

    `takes_file`: its body carries a list, as large as the settings let one be.
    """

    name: str
    method: str
    path: str
    tag: str
    summary: str
    roles: Roles
    scope: TokenScope
    handler: Handler
    answers: Mapping[int, Mapping[str, Any] | None]
    parameters: tuple[Parameter, ...] = ()
    body: Mapping[str, Any] | None = None
    takes_file: bool = False

    @property
    def changes(self) -> bool:
        """Whether it is more than reading."""
        return self.method != "GET"


def text(most: int = 200) -> Json:
    """The schema of a line of text."""
    return {"type": "string", "maxLength": most}


OBJECT: Final[Json] = {"type": "object"}
"""The schema of an answer that its words describe."""
SAID: Final[Json] = text() | {"minLength": 1, "pattern": r"\S"}
"""The schema of a line that must say something, such as why."""


def whole(least: int, most: int) -> Json:
    """The schema of a whole number."""
    return {"type": "integer", "minimum": least, "maximum": most}


LIMIT: Final = Parameter("limit", "query", whole(1, MOST_AT_ONCE) | {"default": USUAL_AT_ONCE}, "At most so many.")
CURSOR: Final = Parameter("cursor", "query", text(400), "Where to go on: `next` of the page before.")
WHY: Final = Parameter("why", "query", text(200), "Why; it stands in the audit trail.")
DRY_RUN: Final = Parameter("dry_run", "query", {"type": "boolean", "default": False}, "Say what it would do, only.")
IF_MATCH: Final = Parameter(
    "If-Match", "header", text(80), "The ETag of what was read; another version answers 412. `*`: whatever it is.", True
)
NUMBER: Final = Parameter("id", "path", whole(1, 2**62), "Its number.", True)
KEY: Final = Parameter(
    "Idempotency-Key", "header", {"type": "string", "minLength": 1, "maxLength": 128},
    "Any text of your own: the same request with the same key is done once, and answered alike, for a day.",
)  # fmt: skip


def listed(item: Mapping[str, Any]) -> Json:
    """The schema of a page of things."""
    return {
        "type": "object",
        "properties": {
            "items": {"type": "array", "items": item},
            "next": {"type": ["string", "null"], "description": "Give it as `cursor`; null: that was the last page."},
        },
        "required": ["items", "next"],
    }


def page(items: list[Any], cursor: str | None) -> Answer:
    """A page, with where to go on."""
    return Answer({"items": items, "next": cursor})


def wrap(value: str) -> str:
    """A cursor: opaque, so that nobody takes it apart."""
    return base64.urlsafe_b64encode(value.encode()).decode().rstrip("=")


def unwrapped(cursor: str | None) -> str | None:
    """What a cursor holds. Raises `InvalidValue`."""
    if not cursor:
        return None
    try:
        value = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
    except (binascii.Error, ValueError):
        value = ""
    if not value or "\x00" in value:
        raise InvalidValue("cursor", cursor, "give `next` of the page before, as it was")
    return value


def number_in(cursor: str | None) -> int | None:
    """The row number that a cursor holds. Raises `InvalidValue`."""
    value = unwrapped(cursor)
    if value is None:
        return None
    if not (value.isascii() and value.isdecimal() and len(value) < 19):
        raise InvalidValue("cursor", str(cursor), "give `next` of the page before, as it was")
    return int(value)


def text_of(body: Json, name: str, *, needed: bool = True, most: int = 400) -> str:
    """A text of the body, of at most so many characters. Raises `InvalidValue`."""
    value = body.get(name)
    if value is None and not needed:
        return ""
    if not isinstance(value, str) or (needed and not value.strip()) or len(value) > most:
        raise InvalidValue(name, str(value)[:40], f"give a text of at most {most} characters")
    return value.strip()


def moment_of(value: str, name: str) -> datetime:
    """A moment from ISO 8601; without a zone it is meant in the city's. Raises `InvalidValue`."""
    try:
        found = datetime.fromisoformat(value)
        return found if found.tzinfo is not None else local_instant(found.date(), found.time(), here().zone)
    except (ValueError, OverflowError):  # the first and last hours of all years are beyond the calendar elsewhere
        raise InvalidValue(name, value, "give a moment such as 2026-11-24T10:30:00+07:00") from None


def iso(at_s: int | None) -> str | None:
    """A moment in the city's zone."""
    return None if at_s is None else datetime.fromtimestamp(at_s, here().zone).isoformat()
