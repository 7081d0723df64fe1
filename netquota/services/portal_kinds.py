"""Editable things of the hotspots' pages: always-reachable applications, terms of use. Part of the catalogue."""

from __future__ import annotations

from typing import Final

from netquota.services import fields as write
from netquota.services.kinds import Field, Kind, key_field, one_field, title_field

_REACHABLE = Kind(
    "reachable",
    "reachable",
    "name",
    (
        title_field("name", 80, "Name that people read, such as Absensi"),
        Field(
            "hosts",
            ("hosts",),
            write.HOSTS,
            "Names, IPv4 addresses or networks where it answers, apart by commas",
            required=True,
        ),
        one_field("url", "url", write.WEB_URL, "Its page, to which the hotspot's pages lead"),
    ),
    ("name", "hosts"),
)

_TERMS = Kind(
    "terms",
    "terms",
    "edition",
    (
        key_field("edition", 20, "What it is called, such as 2026-1"),
        Field("from_day", ("from_day",), write.DATE, "Local day from which it stands", required=True),
        Field("text", ("text",), write.PARAGRAPHS, "What people accept, in Indonesian; a line each paragraph",
              required=True),
        one_field("text_en", "text_en", write.PARAGRAPHS, "The same in English"),
    ),
    ("edition",),
)  # fmt: skip

PORTAL_KINDS: Final = (_REACHABLE, _TERMS)
