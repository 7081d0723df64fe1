"""How a whole OPD's limit is held at a site, and why, in words: Indonesian and English, for pages and command line."""

from __future__ import annotations

from netquota.domain.places import Mode, Site, Way, WayWhy

# Indonesian, English
_WAYS: dict[Way, tuple[str, str]] = {
    Way.CIRCUIT: ("sambungan kantor", "line of the office"),
    Way.GROUP: ("antrean di gerbang", "queue at the gateway"),
    Way.SHARE: ("dibagi di antara sesi", "shared among sessions"),
}
_WHYS: dict[WayWhy, tuple[str, str]] = {
    WayWhy.CHOSEN: ("dipilih admin", "an admin chose it"),
    WayWhy.HAS_CIRCUIT: (
        "router kantor ini masuk sebagai satu sambungan",
        "the office's router logs in as one line",
    ),
    WayWhy.NO_LOGIN_PAGE: (
        "gerbang ini tidak punya halaman masuk; yang masuk adalah sambungan",
        "this gateway has no log-in page; lines log in there",
    ),
    WayWhy.ONE_GATEWAY: (
        "satu gerbang melayani kantor ini dan dapat memegang antreannya",
        "one gateway serves this office and can hold its queue",
    ),
    WayWhy.SEVERAL_GATEWAYS: (
        "kantor ini ada di lebih dari satu gerbang; tidak satu pun melihat jumlahnya",
        "this office is behind more than one gateway; none of them sees the sum",
    ),
    WayWhy.SEVERAL_CEILINGS: (
        "beberapa lokasi kantor ini punya batas atas sendiri di bawah batas kantor",
        "several sites of this office have ceilings of their own under the office's",
    ),
    WayWhy.NO_GROUP_QUEUE: (
        "gerbang ini tidak dapat memegang antrean untuk satu kantor",
        "this gateway cannot hold a queue for a whole office",
    ),
}
_NONE = ("tiap orang sendiri", "each person by himself")


def way_name(way: Way | None, language: str) -> str:
    """The way in a few words; None: each person is limited by himself."""
    return (_NONE if way is None else _WAYS[way])[language == "en"]


def why_name(why: WayWhy, language: str) -> str:
    """Why that way is in force."""
    return _WHYS[why][language == "en"]


def way_told(site: Site, language: str) -> str:
    """The way in force at a site and why, in one line."""
    if site.mode is not Mode.WHOLE_OPD or site.way_why is None:
        return way_name(None, language)
    return f"{way_name(site.way, language)}: {why_name(site.way_why, language)}"
