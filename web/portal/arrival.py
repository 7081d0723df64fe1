"""A browser arrives from a gateway: which one, which device, what the gateway says. Reads the request's fields."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from flask_babel import gettext

from netquota.domain.mac import normalised_mac
from netquota.domain.places import Nas
from netquota.errors import InvalidValue
from netquota.services.gateway_config import always_reachable
from netquota.services.hotspot_pages import ERRORS, key_of_error
from netquota.settings import Settings
from netquota.storage.gateway_store import GatewayRow
from netquota.storage.nas_table import NasTable
from netquota.storage.snapshot import Snapshot
from web.portal import chilli, targets
from web.portal.state import Start
from web.portal.targets import Allowed
from web.portal.vouchers import brought_code
from web.rendering import current_language

_LONGEST = 253
_CLOSED = frozenset({"success", "already"})


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What is known around a request: policy, settings, gateways, our own addresses (with path and query, as
    it was asked).
    """

    snapshot: Snapshot
    settings: Settings
    gateways: Sequence[GatewayRow]
    public_url: str
    addresses: tuple[str, ...]
    source: str
    now_s: int

    @property
    def hosts(self) -> set[str]:
        """Addresses and prefixes by which clients and gateways are known."""
        clients = self.snapshot.nas_by_id.values()
        found = {nas.address for nas in clients} | {nas.coa_address or "" for nas in clients}
        return (found | {row.address or "" for row in self.gateways}) - {""}

    def allowed(self, link: str, *, signed: bool = False) -> Allowed:
        """Where somebody who came from the gateway at `link` may be led on."""
        own = (link, self.public_url, *self.addresses)
        hosts = frozenset(urlsplit(address).hostname or "" for address in own) - {""}
        listed = always_reachable(self.settings, self.snapshot.rules.reachable)
        return Allowed(hosts, listed, signed)

    def nas(self, identity: str, host: str) -> Nas | None:
        """The client that a gateway's name, its address or the request's source tells; None where none does."""
        known = self.snapshot.nas_by_id
        named = {row.nas_id for row in self.gateways if identity and row.identifier == identity}
        if len(named) == 1:
            return known.get(named.pop())
        by_name = next((nas for nas in known.values() if identity and nas.name == identity), None)
        table = NasTable(known.values())
        return by_name or table.find(self.source) or table.find(host)


def start_of(fields: Mapping[str, str], around: Surroundings) -> Start:
    """The log-in that begins here; without a gateway's fields it leads to one's own quota.

    Raises `InvalidValue` for a gateway's address that may not be used, or a redirect that its gateway did not sign.
    """
    if "link-login-only" in fields:
        return _from_mikrotik(fields, around)
    if "uamip" in fields:
        return _from_chilli(fields, around)
    return Start(source=around.source, began_s=around.now_s)


def is_connected(fields: Mapping[str, str]) -> bool:
    """Whether the gateway sends somebody who is online already."""
    return "uamip" in fields and fields.get("res", "") in _CLOSED


def gateway_says(fields: Mapping[str, str]) -> str:
    """Why the gateway sent somebody back, in words; empty where it did not."""
    text = " ".join(_plain(fields.get("error") or fields.get("reply") or "").split())
    if not text:
        return gettext("The gateway refused. Please try again.") if fields.get("res") == "failed" else ""
    ours = key_of_error(text)
    if ours:
        return ERRORS[ours][0 if current_language() == "id" else 1]
    known = {
        "chap-missing": gettext("The page was open for too long. Please log in again."),
        "already authorizing": gettext("Your device is being logged in. Wait a moment."),
        "radius server is not responding": gettext("The log-in service does not answer. Try again in a minute."),
        "radius timeout": gettext("The log-in service does not answer. Try again in a minute."),
        "invalid username or password": gettext("NIP or password does not match. Check capitals and try again."),
        "no more sessions are allowed": gettext("All of your devices are in use. End one, then log in here."),
    }
    return next((words for start, words in known.items() if text.lower().startswith(start)), text)


def _from_mikrotik(fields: Mapping[str, str], around: Surroundings) -> Start:
    link = targets.gateway_url(fields["link-login-only"], around.hosts, around.public_url)
    identity = _plain(fields.get("identity", ""))
    nas = around.nas(identity, urlsplit(link).hostname or "")
    return Start(
        family="mikrotik",
        login_url=link,
        mac=normalised_mac(_plain(fields.get("mac", ""), 64)),
        dst=targets.wanted_url(fields.get("link-orig", ""), around.allowed(link)),
        voucher=brought_code(fields.get("link-orig", "")),
        identity=identity,
        server=_plain(fields.get("server-name", "")),
        chap_id=_plain(fields.get("chap-id", ""), 16),
        challenge=_plain(fields.get("chap-challenge", ""), 256),
        nas_id=None if nas is None else nas.id,
        source=around.source,
        began_s=around.now_s,
    )


def _from_chilli(fields: Mapping[str, str], around: Surroundings) -> Start:
    port = fields.get("uamport", "3990")
    host = fields["uamip"]
    link = targets.gateway_url(f"http://{f'[{host}]' if ':' in host else host}:{port}/logon", around.hosts, "")
    identity = _plain(fields.get("nasid", ""))
    nas = around.nas(identity, host)
    secret = None if nas is None else around.snapshot.uam_secret(nas.id)
    if secret and not any(chilli.is_signed(address, secret) for address in around.addresses):
        raise InvalidValue("md", _plain(fields.get("md", ""), 64), "open the page from the hotspot itself")
    challenge = fields.get("challenge", "")
    chilli.challenge_octets(challenge)
    return Start(
        family="chilli",
        login_url=link,
        mac=normalised_mac(_plain(fields.get("mac", ""), 64)),
        dst=targets.wanted_url(fields.get("userurl", ""), around.allowed(link, signed=bool(secret))),
        voucher=brought_code(fields.get("userurl", "")),
        identity=identity,
        server=_plain(fields.get("called", "")),
        challenge=challenge,
        nas_id=None if nas is None else nas.id,
        source=around.source,
        began_s=around.now_s,
    )


def _plain(text: str, most: int = _LONGEST) -> str:
    """Text that may stand in a row or on a page: printable, bounded."""
    return "".join(letter for letter in text[: 4 * most] if letter.isprintable())[:most]
