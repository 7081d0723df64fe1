"""The API's door: who calls by which token, how often, what he may; repeated requests are answered alike."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import Any, Final, cast

from flask import Blueprint, Response, current_app, g, request
from werkzeug.exceptions import HTTPException

from netquota.logging import get_logger
from netquota.services import api_tokens
from netquota.services.api_tokens import Caller
from netquota.storage import api_token_store
from netquota.storage.api_token_store import Answered
from web import failures
from web.api.pace import Pace
from web.api.v1 import checks, document, problems
from web.api.v1.operations import Answer, Call, Operation
from web.api.v1.problems import Refused
from web.api.v1.table import OPERATIONS
from web.auth import person
from web.auth.csrf import carries_own_proof
from web.context import confine, here

STRANGERS_A_MINUTE: Final = 30
_AROUND_A_FILE: Final = 64 * 1024
_BEARER: Final = "Bearer "
_PACES: Final = "netquota.api_paces"
_ASKS: Final = {"WWW-Authenticate": 'Bearer realm="netquota"'}

blueprint = Blueprint("api", __name__, url_prefix="/api/v1")
log = get_logger("web")


@blueprint.get("/openapi.json", endpoint="openapi")
def openapi() -> Response:
    """The document; it is the same for everybody."""
    response = Response(document.as_text(), mimetype="application/json")
    response.headers["Cache-Control"] = "public, max-age=300"
    return response


@blueprint.errorhandler(Exception)
def failed(error: Exception) -> Response:
    """Every failure as a problem; what is not the caller's fault stands in the log with a code."""
    known = isinstance(error, (HTTPException, Refused)) or (problems.of(error).status_code < 500)
    reference = "" if known else failures.logged(error)
    return _with_pace(problems.of(error, reference))


def _register(operation: Operation) -> None:
    """The route of an operation."""

    @carries_own_proof
    def view(**path: str) -> Response:
        return _with_pace(_answered(operation, path))

    place = "/".join(_part(part) for part in operation.path.split("/"))
    blueprint.add_url_rule(place, operation.name.replace(".", "_"), view, methods=[operation.method])


def _part(part: str) -> str:
    """A key may hold a slash: `{key}` takes the rest of the path."""
    if not part.startswith("{"):
        return part
    name = part.strip("{}")
    return f"<path:{name}>" if name == "key" else f"<{name}>"


def _answered(operation: Operation, path: dict[str, str]) -> Response:
    caller = _caller()
    _keep_pace(caller)
    if caller.admin.role not in operation.roles:
        raise Refused(403, "forbidden", f"the role {caller.admin.role} does not include it")
    if operation.scope not in caller.token.scopes:
        raise Refused(403, "scope", f"the token lacks the scope {operation.scope}", _ASKS)
    confine(person.scope_of(caller.admin))
    if operation.takes_file:  # base64 is a third longer
        request.max_content_length = here().settings.imports.most_megabytes * 1024 * 1024 * 4 // 3 + _AROUND_A_FILE
    call = Call(
        caller,
        checks.checked(operation, "path", {name: [value] for name, value in path.items()}),
        checks.checked(operation, "query", request.args.to_dict(flat=False)),
        checks.body_of(operation, request.get_data(), request.mimetype),
        request.headers.get("If-Match"),
        request.headers.get("If-None-Match"),
    )
    key = request.headers.get("Idempotency-Key")
    if operation.method != "POST" or key is None:
        return _sent(operation.handler(call))
    return _once(key, caller, lambda: operation.handler(call))


def _caller() -> Caller:
    header = request.headers.get("Authorization", "")
    text = header[len(_BEARER) :].strip() if header.startswith(_BEARER) else ""
    found = api_tokens.caller_of(here().whole_office, text, person.remote_address()) if text else None
    if found is not None:
        return found
    _paces()  # made with the application's settings, once
    if text and not _strangers().allows(person.remote_address(), here().clock.monotonic()):
        raise Refused(429, "too-many", "too many tokens that are not good", {"Retry-After": "60"})
    raise Refused(401, "token", "give a good token: Authorization: Bearer nqa_…", _ASKS)


def _keep_pace(caller: Caller) -> None:
    pace = _paces()
    allowed = pace.allows(str(caller.token.id), here().clock.monotonic())
    g.api_pace = pace.standing(str(caller.token.id), here().clock.monotonic())
    if not allowed:
        raise Refused(429, "too-many", "slower, please", {"Retry-After": str(g.api_pace.again_in_s)})


def _with_pace(response: Response) -> Response:
    """How much more may be asked (draft-ietf-httpapi-ratelimit-headers)."""
    standing = g.get("api_pace")
    if standing is not None:
        response.headers["RateLimit-Policy"] = f'"token";q={standing.most};w=60'
        response.headers["RateLimit"] = f'"token";r={standing.left};t={standing.again_in_s}'
    response.headers.setdefault("Cache-Control", "no-store")
    return response


def _paces() -> Pace:
    most = here().settings.web.api_requests_a_minute
    return cast(tuple[Pace, Pace], current_app.extensions.setdefault(_PACES, (Pace(most), Pace(STRANGERS_A_MINUTE))))[0]


def _strangers() -> Pace:
    return cast(tuple[Pace, Pace], current_app.extensions[_PACES])[1]


def _once(key: str, caller: Caller, act: Callable[[], Answer]) -> Response:
    """Done once for a key, answered alike when it is repeated (draft-ietf-httpapi-idempotency-key-header)."""
    if not 1 <= len(key) <= 128 or not key.isprintable():
        raise Refused(400, "idempotency-key", "give a key of 1 to 128 printable characters")
    token_id, context = caller.token.id, here()
    whole = b"\n".join((request.method.encode(), request.full_path.encode(), request.get_data()))
    digest = hashlib.sha256(whole).digest()
    with context.database.write() as connection:
        earlier = api_token_store.begin_answer(connection, token_id, key, digest, context.now_s)
    if earlier is not None:
        return _again(earlier, digest)
    try:
        response = _sent(act())
    except BaseException as error:
        response = None if not isinstance(error, Exception) else problems.of(error)
        if response is None or response.status_code >= 500 or response.status_code == 429:
            with context.database.write() as connection:
                api_token_store.drop_answer(connection, token_id, key)
            raise
    kept = {name: response.headers[name] for name in ("Location", "ETag") if name in response.headers}
    with context.database.write() as connection:
        api_token_store.keep_answer(
            connection, token_id, key, response.status_code, json.dumps(kept | {"Content-Type": response.mimetype}),
            context.keyring.encrypt_text(response.get_data(as_text=True)).decode(),  # it may hold a secret, shown once
        )  # fmt: skip
    return response


def _again(earlier: Answered, digest: bytes) -> Response:
    if earlier.digest != digest:
        raise Refused(422, "idempotency-key", "another request was sent with this key; use a fresh one")
    if earlier.status is None:
        raise Refused(409, "idempotency-key", "the first request with this key is still at work")
    response = Response(here().keyring.decrypt_text(earlier.body.encode()), earlier.status)
    response.headers.update(json.loads(earlier.headers))
    response.headers["Idempotent-Replayed"] = "true"
    return response


def _sent(answer: Answer) -> Response:
    body: Any = "" if answer.value is None else json.dumps(answer.value, ensure_ascii=False)
    response = Response(body, answer.status, mimetype="application/json")
    response.headers.update(dict(answer.headers))
    return response


for _operation in OPERATIONS:
    _register(_operation)
