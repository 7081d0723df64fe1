"""Freezing a document's input: canonical JSON, its SHA-256, and the way back.

Canonical: keys sorted, no white space, UTF-8, integers only, days and moments in ISO 8601 (moments in UTC). The same
value always gives the same bytes, so that its hash says whether two documents rest on the same figures.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import UTC, date, datetime
from typing import cast

from pydantic import TypeAdapter, ValidationError

from netquota.documents.inputs import BudgetInput
from netquota.errors import InvalidValue

SHORT_HASH = 8


def canonical_json(value: object) -> bytes:
    """The one JSON text of a value of dataclasses, tuples, integers, texts, days and moments. Raises `InvalidValue`."""
    return json.dumps(_plain(value), ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def sha256(content: bytes) -> str:
    """SHA-256 in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def digest(given: BudgetInput) -> str:
    """What the annex prints and approval binds: SHA-256 over the canonical JSON of the input."""
    return sha256(canonical_json(given))


def load(content: bytes) -> BudgetInput:
    """The input of a canonical JSON text. Raises `InvalidValue` that names what is wrong in it."""
    try:
        return TypeAdapter(BudgetInput).validate_json(content)
    except ValidationError as problem:
        first = problem.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise InvalidValue(place or "input", "…", f"{first['msg']}; give what `canonical_json` wrote") from None


def manifest(given: BudgetInput, files: Mapping[str, bytes]) -> bytes:
    """What approval stores: the hash of the input and of each rendered file, as canonical JSON."""
    hashes = {name: sha256(content) for name, content in files.items()}
    return json.dumps({"input_sha256": digest(given), "files": hashes}, sort_keys=True, separators=(",", ":")).encode()


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise InvalidValue("moment", value, "give a moment with its zone")
        return value.astimezone(UTC).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, tuple):
        return [_plain(each) for each in cast("tuple[object, ...]", value)]
    if value is None or isinstance(value, str | bool | int):
        return value
    raise InvalidValue("value", value, "freeze only texts, integers, days, moments and tuples of them")
