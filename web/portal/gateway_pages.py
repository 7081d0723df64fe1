"""`/hotspot/NAME`: the hotspot's own pages, which a router fetches into its html-directory. They hold no secret."""

from __future__ import annotations

from flask import Blueprint, Response, abort

from netquota.errors import ConfigurationError
from netquota.services.hotspot_pages import NAMES, hotspot_page, page_facts
from web.context import here

blueprint = Blueprint("hotspot", __name__)


@blueprint.get("/hotspot/<name>")
def page(name: str) -> Response:
    """One file; 404 for a name that RouterOS does not look for, or while the portal's address is not set."""
    if name not in NAMES:
        abort(404)
    try:
        text = hotspot_page(page_facts(here().settings), name)
    except ConfigurationError:
        abort(404)
    return Response(text, 200, {"Cache-Control": "no-cache"}, mimetype="text/plain")  # RouterOS alone makes it a page
