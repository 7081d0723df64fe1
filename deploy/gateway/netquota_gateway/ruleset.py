"""The nftables side, as text for `nft -f`: who passes, who is sent to the log-in page, whose packets go to which class.

The class of a packet is its priority (`meta priority` = the HTB class), so tc needs no filter of its own.
"""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Network
from typing import Final

from netquota_gateway.settings import Settings
from netquota_gateway.shaping import ALWAYS, CONTROL, STRANGERS

TABLE: Final = "inet netquota_gateway"
COUNTER: Final = "up"
"""How the counters of sessions begin, before the class's minor number."""
_GUEST_MEMORY: Final = "10m"

_RULES: Final = """\
add table {table}
delete table {table}
table {table} {{
  set users {{ type ipv4_addr . ether_addr; }}
  set online {{ type ipv4_addr; }}
  set guests {{ type ipv4_addr . ether_addr; size 4096; flags dynamic,timeout; timeout {memory}; }}
  set always {{ type ipv4_addr; flags interval; auto-merge; {always} }}
  set servers {{ type ipv4_addr; flags interval; auto-merge; {servers} }}
  map class_of {{ type ipv4_addr : classid; }}
  map up_counter {{ type ipv4_addr : counter; }}
  chain stranger_up {{ }}
  chain stranger_down {{ }}
  chain to_page {{ }}
  chain from_users {{
    meta nfproto ipv6 drop
    ip daddr @servers meta priority set {control} accept
    ip daddr @always meta priority set {shared} accept
    ip saddr . ether saddr != @users jump stranger_up
    ip saddr . ether saddr != @users drop
    meta priority set ip saddr map @class_of
    counter name ip saddr map @up_counter
    accept
  }}
  chain to_users {{
    meta nfproto ipv6 drop
    ct state != {{ established, related }} drop
    ip saddr @servers meta priority set {control} accept
    ip saddr @always meta priority set {shared} accept
    ip daddr != @online jump stranger_down
    ip daddr != @online drop
    meta priority set ip daddr map @class_of
    accept
  }}
  chain forward {{
    type filter hook forward priority filter; policy accept;
    iifname "{lan}" jump from_users
    oifname "{lan}" jump to_users
  }}
  chain input {{
    type filter hook input priority filter; policy accept;
    udp dport {coa_port} ip saddr != {server} drop
  }}
  chain redirection {{
    type nat hook prerouting priority dstnat; policy accept;
    ip daddr @always accept
    ip daddr @servers accept
    iifname "{lan}" ip saddr . ether saddr != @users jump to_page
  }}
  chain translation {{
    type nat hook postrouting priority srcnat; policy accept;
{masquerade}  }}
}}
"""


def rules(settings: Settings) -> str:
    """The whole table, made anew, nobody logged in; `closed` or `opened` must follow it."""
    box, radius, portal = settings.gateway, settings.radius, settings.portal
    servers = [IPv4Network(radius.server), *portal.servers]
    masquerade = f'    oifname "{box.wan}" masquerade\n' if box.masquerade else ""
    return _RULES.format(
        table=TABLE, memory=_GUEST_MEMORY, always=_elements(portal.always_networks), servers=_elements(servers),
        control=classid(CONTROL), shared=classid(ALWAYS), lan=box.lan, coa_port=radius.coa_port,
        server=radius.server, masquerade=masquerade,
    )  # fmt: skip


def closed(settings: Settings) -> str:
    """Strangers see the log-in page and nothing else."""
    address, port = settings.gateway.address, settings.portal.port
    return _strangers(
        up="tcp dport 443 reject with tcp reset",
        down="drop",
        page=f"ip daddr != {address} tcp dport 80 redirect to :{port}",
    )


def opened() -> str:
    """Strangers pass in a class of their own under the site's; who they are is noted, so that each gets a session."""
    into = f"meta priority set {classid(STRANGERS)} accept"
    return _strangers(up=f"update @guests {{ ip saddr . ether saddr }} {into}", down=into, page="accept")


def _strangers(up: str, down: str, page: str) -> str:
    """New rules for those who are not logged in, in place of the old ones, at once."""
    chains = {"stranger_up": up, "stranger_down": down, "to_page": page}
    lines = [f"flush chain {TABLE} {chain}\nadd rule {TABLE} {chain} {rule}" for chain, rule in chains.items()]
    return "\n".join([*lines, f"flush set {TABLE} guests", ""])


def admit(ip: str, mac: str, minor: int) -> str:
    """A device's packets pass from now on, in its class and counted."""
    counter = counter_name(minor)
    return "\n".join(
        [
            f"add counter {TABLE} {counter}",
            f'add element {TABLE} up_counter {{ {ip} : "{counter}" }}',
            f"add element {TABLE} class_of {{ {ip} : {classid(minor)} }}",
            f"add element {TABLE} online {{ {ip} }}",
            f"add element {TABLE} users {{ {ip} . {mac} }}",
            "",
        ]
    )


def dismiss(ip: str, mac: str) -> str:
    """A device's packets pass no more, running connections included; its counter stays to be read."""
    return "\n".join(
        [
            f"delete element {TABLE} users {{ {ip} . {mac} }}",
            f"delete element {TABLE} online {{ {ip} }}",
            f"delete element {TABLE} class_of {{ {ip} }}",
            f"delete element {TABLE} up_counter {{ {ip} }}",
            "",
        ]
    )


def reachable(networks: Iterable[IPv4Network]) -> str:
    """What everybody reaches from now on, in place of what it was, at once."""
    listed = ", ".join(str(one) for one in networks)
    added = f"add element {TABLE} always {{ {listed} }}\n" if listed else ""
    return f"flush set {TABLE} always\n{added}"


def forget(minor: int) -> str:
    """Remove the counter of a session that is over."""
    return f"delete counter {TABLE} {counter_name(minor)}\n"


def counter_name(minor: int) -> str:
    """The named counter of what a session's device sent."""
    return f"{COUNTER}{minor:x}"


def classid(minor: int) -> str:
    """An HTB class as nft and tc write it, hexadecimal."""
    return f"1:{minor:x}"


def _elements(networks: Iterable[IPv4Network]) -> str:
    listed = ", ".join(str(one) for one in networks)
    return f"elements = {{ {listed} }};" if listed else ""
