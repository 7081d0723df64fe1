"""What the services say of values that cannot be used, so that the catalogue has it; `refusal` finds it by its text.

Remedies that name figures or choices of their own stand as patterns (`told`).
"""

from __future__ import annotations

from flask_babel import gettext
from flask_babel import lazy_gettext as _

from web.wordings import Wordings

REMEDIES = (
    _("write a rate such as 10M, 1.5 Mbit/s or 512k"),
    _("write a volume such as 5 GB, 500 MB or 1 GiB"),
    _("write the unit, such as 60M/30M"),
    _("write the unit, such as 5 GB"),
    _("write down/up, such as 10M/2M"),
    _("choose “until the date below” if the date holds, or leave it empty"),
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
    _("give a mail address such as nama@kota.go.id"),
    _("give a chat's number, such as -1001234567890, or a channel's @name"),
    _("give a telephone number or a name that the webhook's gateway knows"),
)

_FIELDS = (
    _("give a hardware address such as AA:BB:CC:DD:EE:FF"),
    _("give a share from 0% to 100%, such as 80% or 12.5%"),
    _("give a year of the Hijra, such as 1448"),
    _("give each line once with its rate, such as 80%: 5M/1M; 100%: 1M"),
    _("give hours and minutes alone, such as 07:30"),
    _("give its web address, such as https://absensi.kota.go.id"),
    _("give scheme and host alone, such as https://10.8.0.2 or https://gw1:8443"),
    _("give the 32 hex digits of the NT hash"),
    _("give verify, off, or the 64 hex digits of the certificate's SHA-256"),
    _("use letters, digits, dot, dash and underscore alone, at most 63"),
    _("use printable ASCII, at most 128 characters"),
    _("choose a way only where the whole OPD has one limit (mode whole_opd)"),
    _("encryption needs a proof; choose snmp_auth, too"),
    _("give a hardware address or a password, so that it can log in"),
    _("give a name and a password for RouterOS REST, too"),
    _("give the community that may read, for SNMP 2c"),
    _("give the first and the last day"),
    _("give the name of the user, for SNMP 3"),
    _("give the password for encryption, or choose snmp_privacy none"),
    _("give the password for the proof, or choose snmp_auth none"),
    _("let it be at most interim_max"),
    _("name its host under hosts, too, or nobody reaches it before log-in"),
    _("name offices, or people (employees), and not both"),
    _("name the gateway (nas) that has this interface, too"),
    _("only offices have a ceiling at which waiting is seen; let it be order"),
    _("only offices have a ceiling; leave it empty for people"),
    _("say on which day a period of so many days began"),
    _("say what a turn gives: bonus, ceiling or octets"),
    _("say what it gives (bonus, ceiling), or what a cut leaves (leaves)"),
    _("write parts and times alone, such as 50%: 22:00-06:00"),
)
_IMPORTS = (
    _("somebody else has it already"),
    _("this belongs to another office; ask the ICT office to move it"),
    _("choose one of your own offices"),
    _("the spreadsheet rounded this number; format the column as text and enter it anew"),
    _("give a date such as 31/12/2026 or 2026-12-31"),
    _("there is no such day; give day/month/year"),
    _("no such birth date"),
    _("no such month of appointment"),
    _("sex digit must be 1 or 2"),
    _("serial starts at 001"),
    _("appointed in the future"),
    _("appointed before birth"),
    _("give yes or no"),
    _("the file is empty; choose another"),
    _("the file holds no rows; choose another"),
    _("the file takes too much time or memory to read; save the one sheet that is wanted as CSV"),
)
_PLANNING = (
    _("write the date as 2026-12-31"),
    _("give per cent, such as 20 or -15"),
    _("give thousandths of what it was before, from 1 on"),
    _("give more than -100 and at most 9900"),
    _("give how much more (20) or less (-20) than before; 0 is no step"),
    _("name opd or link: these are forecast"),
    _("write hours such as mon-thu 07:30-16:00; fri 07:30-16:30; ramadan mon-fri 08:00-15:00"),
    _("an office opens before it closes, on one day; round the clock is 00:00-23:59"),
    _("give each day once"),
)
_PATTERNS = (
    (r"use at least (?P<least>\d+) characters, as RFC 3414 asks",
     _("use at least %(least)s characters, as RFC 3414 asks")),
    (r"use at most (?P<most>\d+) characters, none of them a control character",
     _("use at most %(most)s characters, none of them a control character")),
    (r"Ramadan lasts 29 or 30 days, these are (?P<days>\d+)",
     _("Ramadan lasts 29 or 30 days, these are %(days)s")),
    (r"let it be at most the (?P<high>\w+), in both directions",
     _("let it be at most the %(high)s, in both directions")),
    (r"(?P<sign>.+) may mean thousands or decimals here; write (?P<whole>\d+) or fewer decimals",
     _("%(sign)s may mean thousands or decimals here; write %(whole)s or fewer decimals")),
    (r"give from (?P<least>\S+) to (?P<most>\S+) octets",
     _("give from %(least)s to %(most)s octets")),
    (r"give from (?P<least>\S+) to (?P<most>\S+), such as 90s or 15m",
     _("give from %(least)s to %(most)s, such as 90s or 15m")),
    (r"it is needed: .*", _("it is needed")),
    (r"row (?P<row>\d+) has it already; keep one of them", _("row %(row)s has it already; keep one of them")),
    (r"there is no such \w+; did you mean (?P<near>.+)\?", _("there is no such; did you mean %(near)s?")),
    (r"there is no such \w+; add it first or check the spelling",
     _("there is no such; add it first or check the spelling")),
    (r"use at most (?P<most>\d+) characters", _("use at most %(most)s characters")),
    (r"use at most (?P<most>\d+) characters without blanks", _("use at most %(most)s characters without blanks")),
    (r"give one of (?P<all>.+)", _("give one of %(all)s")),
    (r"choose one of (?P<all>.+), or nothing", _("choose one of %(all)s, or nothing")),
    (r"column '(?P<twin>.*)' is that already; leave one of them out",
     _("column %(twin)s is that already; leave one of them out")),
    (r"no heading is known; head the columns (?P<all>.+)", _("no heading is known; head the columns %(all)s")),
    (r"give a whole number from (?P<least>\S+) to (?P<most>\S+)",
     _("give a whole number from %(least)s to %(most)s")),
    (r"the file is larger than (?P<most>\d+) MB; divide it, or leave sheets out",
     _("the file is larger than %(most)s MB; divide it, or leave sheets out")),
    (r"the file cannot be read: (?P<why>.+)", _("the file cannot be read: %(why)s")),
)  # fmt: skip
_WORDINGS = Wordings(_PATTERNS)


def told(remedy: str) -> str:
    """What to do, in the page's language; as the service wrote it where nobody translated it."""
    return _WORDINGS.told(remedy) or gettext(remedy)
