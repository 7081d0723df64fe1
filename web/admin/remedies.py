"""What the services say of values that cannot be used, so that the catalogue has it; `refusal` finds it by its text.

Remedies that name figures or choices of their own are shown as the service wrote them.
"""

from __future__ import annotations

from flask_babel import lazy_gettext as _

REMEDIES = (
    _("write a rate such as 10M, 1.5 Mbit/s or 512k"),
    _("write a volume such as 5 GB, 500 MB or 1 GiB"),
    _("write down/up, such as 10M/2M"),
    _("rates are in bits per second: write 80 Mbit/s for 10 MB/s"),
    _("give a rate above 0 and up to 10000 Gbit/s"),
    _("give a local date or time such as 2026-12-31 or 2026-12-31 16:00"),
    _("give a date such as 2026-12-31"),
    _("give a local time such as 07:30"),
    _("give an address or network such as 10.10.0.1, 10.10.0.0/24 or 2001:db8::1"),
    _("give one address such as 10.10.0.1 or 2001:db8::1"),
    _("give an address such as nama@kota.go.id"),
    _("leave out line breaks and control characters"),
    _("give lines above 0%, such as 80%, 95%"),
    _("write NAME: mon-fri 07:30-16:00 5M/1M, windows apart by ;"),
    _("write times as 07:30-16:00"),
    _("give exactly one of plan, opd and employee"),
    _("let it be at most the ceiling, in both directions"),
    _("let it end after it begins"),
    _("give the rate that a spent quota is slowed to"),
    _("give a schedule, too; its windows are the hours"),
    _("give burst, burst_threshold and burst_time together, or none of them"),
    _("say why; others will read it"),
    _("say whose operator it is"),
    _("give a moment to come"),
    _("18 digits needed"),
)
