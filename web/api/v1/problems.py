"""What a program is told when something fails: RFC 9457, with field, value and remedy where a value is to blame."""

from __future__ import annotations

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

from flask import Response, request
from werkzeug.exceptions import HTTPException

from netquota.errors import Conflict, InvalidValue, NetquotaError, NotFound, StorageUnavailable

MEDIA_TYPE: Final = "application/problem+json"
PREFIX: Final = "/api/v1/"
SCHEMA: Final[dict[str, Any]] = {
    "type": "object",
    "description": "RFC 9457",
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "field": {"type": "string", "description": "which value is to blame"},
        "value": {"type": "string"},
        "remedy": {"type": "string", "description": "what to do"},
        "reference": {"type": "string", "description": "found in the server's log"},
    },
    "required": ["type", "title", "status"],
}


class Refused(Exception):
    """An answer other than success, raised anywhere in an operation."""

    def __init__(self, status: int, name: str, detail: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(detail)
        self.status, self.name, self.detail, self.headers = status, name, detail, dict(headers or {})


def is_api() -> bool:
    """Whether a program asks."""
    return request.path.startswith(PREFIX)


def of(error: Exception, reference: str = "") -> Response:
    """Any failure as a problem."""
    match error:
        case Refused():
            return answer(error.status, error.name, error.detail, headers=error.headers)
        case InvalidValue():
            more = {"field": error.field, "value": str(error.value)[:400], "remedy": error.remedy}
            return answer(422, "invalid-value", f"{error.field}: {error.remedy}", more)
        case NotFound():
            return answer(404, "not-found", f"{error.kind} does not exist", {"remedy": error.remedy})
        case Conflict():
            return answer(409, "conflict", str(error))
        case StorageUnavailable():
            return answer(503, "storage-unavailable", "the database does not answer; try again", _code(reference))
        case HTTPException() if error.code is not None:
            allowed = {name: value for name, value in error.get_headers() if name in {"Allow", "Retry-After"}}
            return answer(error.code, "http", HTTPStatus(error.code).phrase, _code(reference), allowed)
        case NetquotaError():
            return answer(500, "failed", "it failed; the log has more", _code(reference))
        case _:
            return answer(500, "failed", "it failed; the log has more", _code(reference))


def answer(
    status: int, name: str, detail: str, more: Mapping[str, object] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:  # fmt: skip
    """A problem document."""
    body = {
        "type": f"urn:netquota:problem:{name}", "title": HTTPStatus(status).phrase, "status": status,
        "detail": detail, **(more or {}),
    }  # fmt: skip
    response = Response(json.dumps(body, ensure_ascii=False), status, mimetype=MEDIA_TYPE)
    response.headers.update(headers or {})
    return response


def _code(reference: str) -> dict[str, str]:
    return {"reference": reference} if reference else {}
