"""The peer: pyrad's own async server on uvloop, answering the same log-ins and reports from memory.

It decides nothing and records nothing: a password look-up and a rate limit, then the answer. That is its advantage.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Any, ClassVar

import uvloop
from pyrad.dictionary import Dictionary
from pyrad.packet import AccessAccept, AccessReject
from pyrad.server import RemoteHost
from pyrad.server_async import ServerAsync

from tests.bench.places import PASSWORD, PEOPLE, SECRET

FOLDER = Path(__file__).resolve().parents[2] / "radius" / "dictionary"


class Peer(ServerAsync):
    """PAP against a dictionary of passwords; every report is answered."""

    passwords: ClassVar[dict[str, str]] = {f"user{n:05d}": PASSWORD for n in range(PEOPLE)}

    def handle_auth_packet(self, protocol: Any, packet: Any, addr: Any) -> None:
        """Accept who is known, with the attributes that netquota sends too."""
        good = packet.PwDecrypt(packet["User-Password"][0]) == self.passwords.get(packet["User-Name"][0])
        reply = self.CreateReplyPacket(
            packet,
            **{"Mikrotik-Rate-Limit": "2M/10M", "Acct-Interim-Interval": 300, "Port-Limit": 100, "Class": b"x" * 60},
        )
        reply.code = AccessAccept if good else AccessReject
        protocol.send_response(reply, addr)

    def handle_acct_packet(self, protocol: Any, packet: Any, addr: Any) -> None:
        """Answer without recording anything."""
        protocol.send_response(self.CreateReplyPacket(packet), addr)

    def handle_coa_packet(self, protocol: Any, packet: Any, addr: Any) -> None:
        """Not used."""

    def handle_disconnect_packet(self, protocol: Any, packet: Any, addr: Any) -> None:
        """Not used."""


def main() -> None:
    """Serve on the two ports given until ended."""
    loop = uvloop.new_event_loop()
    asyncio.set_event_loop(loop)
    dictionary = Dictionary(str(FOLDER / "dictionary"), str(FOLDER / "dictionary.mikrotik"))
    host = RemoteHost("127.0.0.1", SECRET.encode(), "bench")
    server = Peer(
        auth_port=int(sys.argv[1]),
        acct_port=int(sys.argv[2]),
        hosts={"127.0.0.1": host},
        dictionary=dictionary,
        loop=loop,
        debug=False,
    )
    loop.run_until_complete(server.initialize_transports(enable_auth=True, enable_acct=True, addresses=["127.0.0.1"]))
    loop.run_forever()


if __name__ == "__main__":
    main()
