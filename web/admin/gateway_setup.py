"""What to enter at a gateway that is not heard yet, ready to paste; docs/mikrotik.md tells the why of each line."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import request

from radius.families import family_named
from web.context import here

_MIKROTIK = """\
/radius add service=hotspot address={server} secret="{secret}" authentication-port={auth} accounting-port={acct} \
timeout=3s
/radius incoming set accept=yes port={orders}
/ip hotspot profile set [find] use-radius=yes radius-accounting=yes radius-interim-update=received \
login-by=http-pap,mac-cookie
/ip hotspot walled-garden ip add dst-address={server} action=accept
/ip firewall filter disable [find action=fasttrack-connection]"""
_ANY = """\
RADIUS authentication   {server}, UDP {auth}
RADIUS accounting       {server}, UDP {acct}
Shared secret           {secret}
CoA / Disconnect (DAE)  {server} -> UDP {orders}"""
NO_SECRET = "SECRET"  # noqa: S105 (what stands where the secret is not shown)


def lines(family: str, secret: str = NO_SECRET) -> str:
    """The lines for a make of gateway; the server's address is the one under which these pages are seen."""
    settings = here().settings
    server = urlsplit(settings.web.public_url or request.host_url).hostname or ""
    radius = settings.radius
    wanted = {"server": server, "secret": secret, "auth": radius.auth_port, "acct": radius.acct_port}
    return (_MIKROTIK if family == "mikrotik" else _ANY).format(**wanted, orders=family_named(family).coa_port)
