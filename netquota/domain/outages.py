"""A provider link is out: which link serves its offices meanwhile. Pure; nothing is remembered, so it goes back."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace

from netquota.domain.people import Opd
from netquota.domain.places import ProviderLink, Site


@dataclass(frozen=True, slots=True)
class Outage:
    """A link is out from `from_s` until `until_s` (epoch s; None: until somebody says so), as planned or reported."""

    id: int
    link_id: int
    from_s: int
    until_s: int | None
    why: str
    by: str
    began_s: int | None = None
    ended_s: int | None = None
    link: str = ""

    @property
    def is_on(self) -> bool:
        """Whether sites are served by other links because of it."""
        return self.began_s is not None and self.ended_s is None


def rerouted(sites: Sequence[Site], links: Iterable[ProviderLink], out: Collection[int]) -> list[Site]:
    """The sites with the link that serves each while these links (row ids) are out; `moved_from` says where it belongs.

    Offices choose one after the other, a lower class first, then what is promised to them, then the code: each moves as
    a whole to the link with most that is not promised yet. Where every link is out all stay where they are.
    """
    standing = {link.id: link for link in links if link.id not in out}
    if not standing or not out:
        return list(sites)
    free = {link.id: link.capacity.down_bps - _promised(sites, link) for link in standing.values()}
    target: dict[tuple[int, int], ProviderLink] = {}
    for link_id, office in _waiting(sites, out):
        chosen = max(standing, key=lambda each: (free[each], -each))
        free[chosen] -= _need(office)
        target[link_id, office.id] = standing[chosen]
    return [_moved(site, target) for site in sites]


def _moved(site: Site, target: dict[tuple[int, int], ProviderLink]) -> Site:
    to = None if site.link is None else target.get((site.link.id, site.host.id))
    return site if to is None else replace(site, link=to, moved_from=site.link)


def _waiting(sites: Sequence[Site], out: Collection[int]) -> list[tuple[int, Opd]]:
    """(link, office) of those that lost their link, in the order in which they choose."""
    found = {(s.link.id, s.host.id): s.host for s in sites if s.link is not None and s.link.id in out}
    return sorted(
        ((link_id, office) for (link_id, _), office in found.items()),
        key=lambda each: (each[1].priority, -_need(each[1]), each[1].code, each[0]),
    )


def _promised(sites: Sequence[Site], link: ProviderLink) -> int:
    offices = {site.host.id: site.host for site in sites if site.link is not None and site.link.id == link.id}
    return sum(_need(office) for office in offices.values())


def _need(office: Opd) -> int:
    """Down, bit/s: what is promised to an office, else the most that it may have."""
    rate = office.guaranteed or office.ceiling
    return 0 if rate is None else rate.down_bps
