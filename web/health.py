"""`/livez` and `/readyz`: for supervisors, load balancers and the gateways' own watch (fail-open, nas.md).

Not ready (503) is only what keeps people from logging in: the database is away or of another release. A scheduler that
is late is told but keeps nobody out, so gateways must not open their doors for it.
"""

from __future__ import annotations

from flask import Blueprint, Response, jsonify

from netquota.errors import ConfigurationError, StorageUnavailable
from netquota.storage.health_report import SignsOfLife, signs_of_life
from web.context import here

blueprint = Blueprint("health", __name__)


@blueprint.get("/livez")
def livez() -> Response:
    """This process answers."""
    return jsonify(status="ok")


@blueprint.get("/readyz")
def readyz() -> tuple[Response, int]:
    """Whether people can be served, and what is known of the parts; seconds ago."""
    context = here()
    try:
        with context.database.read() as connection:
            signs = signs_of_life(connection)
    except StorageUnavailable:
        return jsonify(status="unavailable", database="away"), 503
    except ConfigurationError as error:
        return jsonify(status="unavailable", database="ok", schema=str(error)), 503
    scheduler = _scheduler(signs, context.now_s)
    parts = {
        "database": "ok",
        "schema": signs.revision,
        "scheduler": scheduler,
        "last_packet_s": _ago(signs.last_packet_s, context.now_s),
        "last_accounting_s": _ago(signs.last_accounting_s, context.now_s),
    }
    return jsonify(status="ok" if scheduler == "ok" else "degraded", **parts), 200


def _scheduler(signs: SignsOfLife, now_s: int) -> str:
    if signs.lease_until_s is None:
        return "never ran"
    return "ok" if now_s <= signs.lease_until_s else f"away for {now_s - signs.lease_until_s} s"


def _ago(then_s: int | None, now_s: int) -> int | None:
    return None if then_s is None else max(0, now_s - then_s)
