"""The way to a portal elsewhere: where a device that is not logged in is sent, and with what. Pure.

The fields are those of MikroTik's hotspot, which the portal knows already; it answers with a link to our `/login`.
"""

from __future__ import annotations

from typing import Final
from urllib.parse import urlencode

from netquota_gateway.settings import Settings

_LONGEST: Final = 500


def portal_address(settings: Settings, ip: str, mac: str, wanted: str = "", error: str = "") -> str:
    """The portal's log-in page for the device at `ip`; `wanted` is the page that it asked for."""
    fields = {
        "mac": mac, "ip": ip, "link-login-only": own_address(settings, "login"), "link-orig": wanted[:_LONGEST],
        "error": error, "identity": settings.gateway.identifier, "server-name": settings.gateway.lan,
    }  # fmt: skip
    return f"{settings.portal.url.rstrip('/')}/portal/login?{urlencode(fields)}"


def own_address(settings: Settings, path: str = "") -> str:
    """A page of this gateway, by an address that no web site can have."""
    return f"http://{settings.gateway.address}:{settings.portal.port}/{path}"


def wanted_page(settings: Settings, host: str, target: str) -> str:
    """The page that a browser asked for, before it was led here; empty where it asked for one of ours."""
    own = f"{settings.gateway.address}:{settings.portal.port}"
    plain = host and host.isprintable() and not set(host) & set(" /\\@?#")
    return f"http://{host}{target}" if plain and host != own and target.startswith("/") else ""
