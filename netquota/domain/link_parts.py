"""A provider link's capacity as a ceiling over its OPDs' ceilings: each one's part where it is too small. Pure.

By the arithmetic of shared ceilings (sharing.py), with the OPD's ceiling as cap, what is guaranteed as floor. Bit/s.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from netquota.domain.people import Opd
from netquota.domain.places import ProviderLink, Site, Way
from netquota.domain.share_round import Side, down, up
from netquota.domain.sharing import Claim, link_shares
from netquota.domain.units import Rate

_NOTHING = Rate(0, 0)


def with_link_parts(sites: Sequence[Site]) -> list[Site]:
    """The sites, those whose limit a queue or a line holds with the part of the link that their OPD has.

    Where running sessions share, the rounds ask for the part themselves (`link_part`).
    """
    held = (Way.GROUP, Way.CIRCUIT)
    return [
        site
        if site.link is None or site.way not in held
        else replace(site, link_part=link_part(sites, site.link, site.host))
        for site in sites
    ]


def link_part(sites: Iterable[Site], link: ProviderLink, opd: Opd) -> Rate | None:
    """An OPD's part of a link that is too small for its OPDs' ceilings together; None where it is not."""
    offices = {site.host.id: site.host for site in sites if site.link == link and site.limit}
    asked = [(office, office.ceiling or link.capacity) for office in offices.values()]
    if opd.id not in offices or all(sum(side(rate) for _, rate in asked) <= side(link.capacity) for side in (down, up)):
        return None
    return Rate(*(_part(link, opd, asked, side) for side in (down, up)))


def short_links(sites: Sequence[Site], opd: Opd) -> list[tuple[ProviderLink, Rate]]:
    """The links that leave an OPD less than its ceiling, with its part of each: a higher ceiling gives it no more."""
    links = {site.link.id: site.link for site in sites if site.link is not None and site.host.id == opd.id}
    parts = [(link, link_part(sites, link, opd)) for link in links.values()]
    ceiling = opd.ceiling
    return [
        (link, part)
        for link, part in parts
        if part is not None and (ceiling is None or part.capped_by(ceiling) != ceiling)
    ]


def short_links_with(sites: Sequence[Site], opd: Opd, ceiling: Rate) -> list[tuple[ProviderLink, Rate]]:
    """`short_links` as they would be if the OPD had this ceiling."""
    then = replace(opd, ceiling=ceiling)
    return short_links([replace(site, host=then) if site.host.id == opd.id else site for site in sites], then)


def _part(link: ProviderLink, opd: Opd, asked: Iterable[tuple[Opd, Rate]], side: Side) -> int:
    claims = [
        Claim(office.id, max(1, office.weight), side(office.guaranteed or _NOTHING), side(rate), side(rate))
        for office, rate in asked
    ]
    return link_shares(side(link.capacity), claims)[opd.id]
