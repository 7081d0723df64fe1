"""The OpenAPI 3.1 document, from the table of operations."""

from __future__ import annotations

import json
from functools import cache
from typing import Any, Final

from netquota import __version__
from netquota.services.api_tokens import SCOPES
from netquota.services.catalogue import KINDS
from netquota.services.shapes import RATE_SCHEMA
from web.api.v1 import imports, problems, sessions, things
from web.api.v1.operations import Json, Operation, Parameter
from web.api.v1.table import OPERATIONS

_ABOUT: Final = """
Everything that the pages and the command line do, for programs. Things go by their natural keys (NIP or username, OPD
code, name), never by row numbers; rates are bit/s, volumes octets, moments ISO 8601.

A token is made by an admin under "Account", acts in his name within its scopes, and never may more than he.
Changes want `If-Match` with the ETag that was read; a POST may bear an `Idempotency-Key`. Failures are RFC 9457
problems. Lists go on by `cursor`.
""".strip()


@cache
def made() -> Json:
    """The document as a value."""
    paths: dict[str, Any] = {}
    for operation in OPERATIONS:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _operation(operation)
    return {
        "openapi": "3.1.0",
        "jsonSchemaDialect": "https://spec.openapis.org/oas/3.1/dialect/base",
        "info": {"title": "netquota", "version": __version__, "description": _ABOUT, "license": {"name": "MIT"}},
        "servers": [{"url": "/api/v1"}],
        "security": [{"token": []}],
        "tags": [{"name": tag} for tag in dict.fromkeys(operation.tag for operation in OPERATIONS)],
        "paths": paths,
        "components": {"schemas": _schemas(), "securitySchemes": _security(), "responses": _responses()},
    }


def as_text() -> str:
    """The document as it is written to a file."""
    return json.dumps(made(), indent=1, ensure_ascii=False, sort_keys=False) + "\n"


def _schemas() -> Json:
    kinds = {things.schema_name(kind.name): things.item_schema(kind) for kind in KINDS.values()}
    return {
        "Rate": RATE_SCHEMA, "Changed": things.CHANGED, "Judged": imports.JUDGED,
        "Session": sessions.SESSION, "Problem": problems.SCHEMA,
        **kinds,
    }  # fmt: skip


def _security() -> Json:
    scopes = "; ".join(f"`{scope}`: {told}" for scope, told in SCOPES.items())
    return {"token": {"type": "http", "scheme": "bearer", "description": f"Scopes of a token: {scopes}."}}


def _responses() -> Json:
    content = {problems.MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {"Problem": {"description": "It failed; what, why and what to do.", "content": content}}


def _operation(operation: Operation) -> Json:
    roles = ", ".join(sorted(operation.roles))
    made: Json = {
        "operationId": operation.name,
        "tags": [operation.tag],
        "summary": operation.summary,
        "description": f"Scope `{operation.scope}`; roles: {roles}.",
        "parameters": [_parameter(one) for one in operation.parameters],
        "responses": {
            **{str(status): _success(status, schema) for status, schema in operation.answers.items()},
            "default": {"$ref": "#/components/responses/Problem"},
        },
    }
    if operation.body is not None:
        media = "application/merge-patch+json" if operation.method == "PATCH" else "application/json"
        content = {"application/json": {"schema": operation.body}} | {media: {"schema": operation.body}}
        made["requestBody"] = {"required": True, "content": content}
    return made


def _parameter(one: Parameter) -> Json:
    return {
        "name": one.name, "in": one.place, "required": one.required, "description": one.help,
        "schema": dict(one.schema),
    }  # fmt: skip


def _success(status: int, schema: Any) -> Json:
    told = {200: "As asked.", 201: "Made.", 202: "Asked for; what becomes of it is read later."}.get(status, "Done.")
    answer: Json = {"description": told, "headers": {"RateLimit": {"schema": {"type": "string"}}}}
    return answer if schema is None else answer | {"content": {"application/json": {"schema": schema}}}
