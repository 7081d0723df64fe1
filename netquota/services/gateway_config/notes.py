"""What the admin should know before a configuration is entered, in Indonesian and English."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from netquota.services.gateway_config.facts import MASK, Note

_SENTENCES: Final[Mapping[Note, tuple[str, str]]] = {
    Note.MASKED: (
        f"Kunci disamarkan ({MASK}): dimasukkan begini, gerbang mendapat kunci yang salah.",
        f"The secrets are masked ({MASK}): entered like this, the gateway gets wrong ones.",
    ),
    Note.NO_ADDRESS: (
        "Alamat peladen ini tidak dikenal: ganti 0.0.0.0, atau isi gateways.server_addresses di setelan.",
        "This server's address is not known: replace 0.0.0.0, or set gateways.server_addresses.",
    ),
    Note.LOOPBACK: (
        "Alamat peladen di dalamnya (127.0.0.1) hanya dikenal mesin ini: isi gateways.server_addresses di setelan.",
        "The server's address in it is known to this machine alone (127.0.0.1): set gateways.server_addresses.",
    ),
    Note.NO_PAGES: (
        "web.public_url belum diisi: portal, pengambilan batas, dan pengawasan lewat https tidak disertakan.",
        "web.public_url is not set: the portal, the fetching of limits and the watch by https are left out.",
    ),
    Note.NO_TOKEN: (
        "Tanpa token: pengambilan batas tidak disertakan; yang sudah ada di gerbang tetap berjalan.",
        "Without a token: the fetching of limits is left out; what the gateway has of it goes on.",
    ),
    Note.NO_SITE: (
        "Belum ada lokasi di gerbang ini: tidak ada antrean yang menahan batas kantor.",
        "No site belongs to this gateway: no queue holds an office's limit here.",
    ),
    Note.NO_LINK: (
        "Lokasinya tidak punya tautan penyedia: di jalur penuh tidak ada ruang yang dijaga untuk masuk.",
        "Its sites have no provider link: nothing keeps room for log-ins on a full line.",
    ),
    Note.ONE_INTERFACE: (
        "Beberapa lokasi memakai antarmuka yang sama: isi porta atau VLAN tiap lokasi, agar antreannya terpisah.",
        "Several sites share an interface: give each site its port or VLAN, so that their queues are apart.",
    ),
}


def note_text(note: Note, language: str = "en") -> str:
    """The sentence; English where the language is not known."""
    indonesian, english = _SENTENCES[note]
    return indonesian if language == "id" else english
