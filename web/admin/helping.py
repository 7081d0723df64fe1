"""Help: what to do where, the terms in both languages, the keys; and a console for the API."""

from __future__ import annotations

from itertools import groupby
from typing import Final

from flask import render_template, request
from flask_babel import LazyString
from flask_babel import lazy_gettext as _

from web.admin.door import blueprint, may
from web.api.v1 import table  # a module, since its operations stand on pages of the admin
from web.auth.person import present
from web.context import here
from web.rendering import current_language

_TASKS: Final[tuple[tuple[LazyString, LazyString, str, dict[str, str]], ...]] = (
    (
        _("Somebody says the internet is slow"),
        _("Search the name; the person's page says which limit holds, whose it is, and whether the link is full."),
        "admin.search", {},
    ),
    (
        _("Somebody cannot log in"),
        _("Each refusal stands there with its reason and what helps."),
        "admin.denials", {},
    ),
    (
        _("Raise or lower an office's limit"),
        _("On the office's page; what changes for its sessions is shown before it is saved, and can be undone."),
        "admin.opds", {},
    ),
    (
        _("More for some offices for a few days"),
        _("An event adds to several offices and ends by itself."),
        "admin.events", {},
    ),
    (
        _("Change many people at once"),
        _("Filter the list, choose, and see who is affected before it happens."),
        "admin.bulk_change", {"kind": "employee"},
    ),
    (
        _("Try new limits before they hold"),
        _("A draft is simulated on last week's use, or runs a month in shadow without touching anybody."),
        "admin.drafts", {},
    ),
    (
        _("Take over the list of employees"),
        _("Each row is checked before anything changes; first passwords are printed as slips."),
        "admin.imports", {},
    ),
    (
        _("Connect a gateway"),
        _("The wizard writes its configuration and watches what arrives."),
        "admin.gateway_wizard", {},
    ),
    (
        _("Decide on requests for more"),
        _("Beside what was used and how often the limit was reached."),
        "admin.requests", {},
    ),
    (
        _("Argue for next year's budget"),
        _("From measured use to the document, with each figure's origin."),
        "planning.budget", {},
    ),
    (
        _("Everything is wrong and people must work"),
        _("The emergency brake: limits pause, counting goes on."),
        "admin.enforcement", {},
    ),
    (
        _("Who changed this?"),
        _("The audit trail, and taking a change back."),
        "admin.audit", {},
    ),
)  # fmt: skip

TERMS: Final[tuple[tuple[str, str, LazyString], ...]] = (
    ("95th percentile", "persentil ke-95", _("The rate that was passed in 5 % of the time; what providers bill.")),
    ("assessment", "tinjauan", _("A round in which every office's limit is compared with its need.")),
    ("at the limit", "mencapai batas", _("A bin of five minutes with 95 % or more of the ceiling used.")),
    ("audit trail", "jejak audit", _("Who changed what, when and why; it cannot be changed unseen.")),
    ("boost", "tambahan sementara", _("A higher limit until a moment; it ends by itself.")),
    ("budget revision", "APBD Perubahan (APBD-P)", _("The change of a running year's budget.")),
    ("busy hour", "jam sibuk", _("The hour of the day with the highest mean use over working days.")),
    ("capacity", "kapasitas", _("What a provider link carries, by contract.")),
    ("carry-over", "sisa yang dibawa", _("Unused quota that the next period has, too.")),
    ("ceiling", "batas atas", _("The most that an office, or a site, may use at once, all people together.")),
    ("coverage", "kelengkapan data", _("The share of bins that were measured; without them no figure is given.")),
    ("draft", "konsep", _("Changes that are thought over: simulated, in shadow, or published at a time.")),
    ("fairness", "pemerataan", _("How evenly use is spread (Jain's index; 1 is even).")),
    ("forecast", "proyeksi", _("What use is likely to be, with the interval that it was right in before.")),
    ("gateway", "gerbang (NAS)", _("The router that lets people in and holds their limits.")),
    ("guaranteed rate", "kecepatan terjamin", _("What an office has even when everybody is at work.")),
    ("hidden demand", "permintaan tersembunyi", _("What would be used without the limit: an estimate.")),
    ("office (OPD)", "perangkat daerah (OPD)", _("A part of the city's government, with a code of its own.")),
    ("order", "perintah", _("What a gateway is asked while a session runs: another speed, or its end (CoA).")),
    ("period", "periode", _("The days, weeks or months after which a quota is full again.")),
    ("plan", "paket", _("A named set of limits that many people share.")),
    ("provider link", "tautan penyedia", _("Capacity bought from a provider, which offices share.")),
    ("quota", "kuota", _("A volume in a period, of a person or shared by an office.")),
    ("rate limit", "batas kecepatan", _("The most bits a second, download and upload apart.")),
    ("refused", "ditolak", _("Not let in; the reason is kept and told.")),
    ("request", "permohonan", _("An office or an employee asks for more.")),
    ("rotation group", "kelompok giliran", _("Offices or people who have a bonus in turns.")),
    ("saturation", "kejenuhan", _("The share of office hours at the limit.")),
    ("session", "sesi", _("One device online, from log-in to its end.")),
    ("shadow", "bayangan", _("A draft that touches nobody and tells who would have been hit.")),
    ("slowed", "diperlambat", _("Online with less speed, as a quota is spent or nearly so.")),
    ("spent", "habis", _("Nothing of a quota is left in its period.")),
    ("unused allocation", "alokasi tak terpakai", _("What a ceiling allows and nobody used.")),
)  # fmt: skip


def terms_with(text: str) -> list[tuple[str, str, LazyString]]:
    """The terms whose name, in either language, holds a text."""
    return [term for term in TERMS if text.lower() in term[0].lower() or text.lower() in term[1].lower()]


@blueprint.get("/help")
def help() -> str:  # noqa: A001 - the address is called so
    """What to do where, for what the person may open; terms; keys stand behind `?`."""
    tasks = [task for task in _TASKS if may(task[2])]
    place = 1 if current_language() == "id" else 0
    terms = sorted(TERMS, key=lambda term: str(term[place]).lower())
    return render_template("admin/help.html", tasks=tasks, terms=terms, contact=here().settings.city.help_contact)


@blueprint.get("/help/api")
def help_api() -> str:
    """Every operation that the person's role may call, and a form that sends one with a token."""
    role = present().admin.role
    mine = sorted(
        (one for one in table.OPERATIONS if role in one.roles), key=lambda one: (one.tag, one.path, one.method)
    )
    return render_template(
        "admin/help_api.html", groups=[(tag, list(ones)) for tag, ones in groupby(mine, lambda one: one.tag)],
        base=f"{here().settings.web.public_url or request.host_url.rstrip('/')}/api/v1",
    )  # fmt: skip
