"""What netquota.services.machine_doctor finds, in the page's language: about what, what it is, the remedy."""

from __future__ import annotations

from collections.abc import Mapping

from flask_babel import LazyString
from flask_babel import lazy_gettext as _

from web.wordings import Wordings

_ABOUT: Mapping[str, LazyString] = {
    "key file": _("Key file"),
    "disk": _("Disk"),
    "database": _("Database"),
    "clock": _("Clock"),
    "scheduler": _("Scheduler"),
    "interfaces": _("Interfaces"),
    "backup": _("Copies of the database"),
    "certificate": _("Certificate"),
    "notices": _("Notices"),
}
_FOUND = Wordings((
    (r"(?P<path>.+) can be read, by its owner alone", _("%(path)s can be read, by its owner alone")),
    (r"(?P<free>[\d.]+) GB free in (?P<path>.+)", _("%(free)s GB free in %(path)s")),
    (r"state_dir (?P<path>.+): (?P<problem>.+)", _("%(path)s: %(problem)s")),
    (r"(?P<kind>\w+), schema (?P<schema>\w+)", _("%(kind)s, schema %(schema)s")),
    (r"it is (?P<behind>\d+) s behind the last packet", _("it is %(behind)s s behind the last packet")),
    (
        r"(?P<now>[\d: -]+) in (?P<zone>\S+); compare it with your own",
        _("%(now)s in %(zone)s; compare it with your own"),
    ),
    (r"none works now", _("none works now")),
    (r"works", _("it works")),
    (r"no copy was tried yet", _("no copy was tried yet")),
    (r"none was tried for (?P<days>\d+) days", _("none was tried for %(days)s days")),
    (r"(?P<name>\S+) was restored and is whole: .*", _("%(name)s was restored and is whole")),
    (r"there is none in (?P<path>.+)", _("there is none in %(path)s")),
    (r"the newest is (?P<days>\d+) days old", _("the newest is %(days)s days old")),
    (
        r"the newest is (?P<hours>\d+) hours old; keep the key file apart from it",
        _("the newest is %(hours)s hours old; keep the key file apart from it"),
    ),
    (r"it was not looked at yet", _("it was not looked at yet")),
    (r"(?P<host>\S+) could not be asked: (?P<problem>.+)", _("%(host)s could not be asked: %(problem)s")),
    (r"of (?P<host>\S+) ends on (?P<day>[\d-]+)", _("of %(host)s ends on %(day)s")),
    (
        r"of (?P<host>\S+) ends on (?P<day>[\d-]+), and browsers do not trust it: (?P<problem>.+)",
        _("of %(host)s ends on %(day)s, and browsers do not trust it: %(problem)s"),
    ),
    (r"(?P<kind>link|site) (?P<name>.+?): (?P<problem>.+)", _("%(name)s: %(problem)s")),
    (r"security\.key_file (?P<path>\S+) cannot be read: (?P<problem>.+)", _("%(path)s cannot be read: %(problem)s")),
    (r"(?P<name>netquota-\S+?): (?P<faults>.+)", _("%(name)s would not bring the city back: %(faults)s")),
    (r"no way is set up: nobody is told of anything", _("no way is set up: nobody is told of anything")),
    (r"go by (?P<ways>.+); `netquota notice test --to ADDRESS` tries one out", _("they go by %(ways)s")),
))  # fmt: skip
_REMEDIES = Wordings((
    (
        r"put the right file in place; the first start writes one",
        _("put the right file in place; the first start writes one"),
    ),
    (
        r"set state_dir to a folder that netquota may write",
        _("set state_dir to a folder that netquota may write"),
    ),
    (
        r"make room: without it nothing more is counted and gateways repeat their reports",
        _("make room: without it nothing more is counted and gateways repeat their reports"),
    ),
    (
        r"restore the last sound backup: `netquota db restore`",
        _("restore the last sound copy: netquota db restore"),
    ),
    (r"put the key file of this database in place", _("put the key file of this database in place")),
    (r"see its page, or docs/measured-links\.md", _("see its page, or docs/measured-links.md")),
    (r"set the clock; install chrony or systemd-timesyncd", _("set the clock; install chrony or systemd-timesyncd")),
    (
        r"start `netquota serve` or `netquota scheduler`",
        _("start netquota serve or netquota scheduler"),
    ),
    (
        r"run `netquota db try`; the scheduler tries the newest each night",
        _("the scheduler tries the newest each night; “Trial of the newest copy” does it now"),
    ),
    (r"make another: `netquota db backup`, then `db try`", _("make another copy and try it")),
    (
        r"look at `netquota job (?:list|history backup_trial)`",
        _("see what the job says that does it"),
    ),
    (
        r"run `netquota db backup`; the scheduler makes one each night",
        _("the scheduler makes one each night; “Copy of the database” does it now"),
    ),
    (
        r"the scheduler does each night: `netquota job run certificate`",
        _("the scheduler does each night; “The certificate of the pages” does it now"),
    ),
    (
        r"see whether the name leads to the web server",
        _("see whether the name leads to the web server"),
    ),
    (
        r"put one of a public authority in place",
        _("put one of a public authority in place"),
    ),
    (
        r"renew it: certbot, Caddy or the office's own authority",
        _("renew it: certbot, Caddy or the office's own authority"),
    ),
    (
        r"the words that ship are used until then; see `netquota notice templates`",
        _("the words that ship are used until then"),
    ),
    (
        r"set up mail or Telegram: \[notices\]",
        _("set up mail or Telegram: the section [notices] of the settings file"),
    ),
))  # fmt: skip


def about(word: str) -> str:
    """What it is about."""
    return str(_ABOUT.get(word, word))


def found(text: str) -> str:
    """What was found; faults that only programs put into words stay as they are."""
    return _FOUND.told(text) or text


def remedy(text: str) -> str:
    """What to do."""
    return _REMEDIES.told(text) or text
