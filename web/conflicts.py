"""What the services say where something cannot be done as things stand, in the page's language; found by its text.

Each stands as a pattern with the English that the catalogue has; what nobody translated is told as it was written.
"""

from __future__ import annotations

from flask_babel import lazy_gettext as _

from netquota.errors import NetquotaError
from netquota.services.bulk import Refused
from web import remedies
from web.wordings import Wordings

_PATTERNS = (
    (r"\w+ (?P<key>.+) was changed meanwhile; (reload and )?try again",
     _("%(key)s was changed meanwhile; reload and try again")),
    (r"\w+ (?P<key>.+) was changed meanwhile \(version (?P<now>\d+), you saw (?P<seen>\d+)\); reload and try again",
     _("%(key)s was changed meanwhile (version %(now)s, you saw %(seen)s); reload and try again")),
    (r"(request|opd) (?P<key>\S+) was changed meanwhile(; reload and look at it again)?",
     _("%(key)s was changed meanwhile; reload and try again")),
    (r"\w+ (?P<key>.+) exists already; choose another \w+, or change that one",
     _("%(key)s exists already; choose another name, or change that one")),
    (r"\w+ (?P<key>.+) is still used by (?P<users>.+); change or remove these first",
     _("%(key)s is still used by %(users)s; change or remove these first")),
    (r"plan (?P<key>.+) is named by windows of schedule (?P<users>.+); change these first",
     _("plan %(key)s is named by windows of schedule %(users)s; change these first")),
    (r"the calendar would bring (?P<day>\S+) back; say that the office works all the same \(works: yes\)",
     _("the calendar would bring %(day)s back; say that the office works all the same (works: yes)")),
    (r"no network_admin who may log in would be left; make another one first",
     _("no network admin who may log in would be left; make another one first")),
    (r"this entry cannot be taken back; change the thing by its form",
     _("this entry cannot be taken back; change the thing by its form")),
    (r"an import made this entry; take the import back, or import a list anew",
     _("an import made this entry; take the import back, or import a list anew")),
    (r"more than (?P<most>\d+) were changed together; change them by their list",
     _("more than %(most)s were changed together; change them by their list")),
    (r"(\d+ were changed|changed again) since: (?P<keys>.+); nothing was taken back",
     _("changed again since: %(keys)s; nothing was taken back")),
    (r"this import was applied already; upload the file again for another one",
     _("this import was applied already; upload the file again for another one")),
    (r"there is nothing to take back: it was not applied, or was taken back already",
     _("there is nothing to take back: it was not applied, or was taken back already")),
    (r"a day is over; import the list of before, or change things by their forms",
     _("a day is over; import the list of before, or change things by their forms")),
    (r"the list was changed by somebody else meanwhile; look at it anew",
     _("the list was changed by somebody else meanwhile; look at it anew")),
    (r"their slips are printed already; have them printed again to end those, or hand these out",
     _("their slips are printed already; tick the box below to end those, or hand these out")),
    (r"nobody here waits for a password; a forgotten one is reset at the person",
     _("nobody here waits for a password; a forgotten one is reset at the person")),
    (r"(?P<chosen>\d+) at once are too many to print; choose at most (?P<most>\d+)",
     _("%(chosen)s at once are too many to print; choose at most %(most)s")),
    (r"the request is (?P<state>\w+) already; reload and look at it again",
     _("the request was decided or withdrawn already; reload and look at it again")),
    (r"(?P<code>\S+) has reported applications; remove them first if they are gone",
     _("%(code)s has reported applications; remove them first if they are gone")),
    (r"job .+: the run due then is under way or done; look at its history",
     _("the run due then is under way or done; look at its history")),
    (r"it was sent already, or is just being sent; reload the list",
     _("it was sent already, or is just being sent; reload the list")),
    (r"(?P<field>\w+) of (?P<key>.+) was changed since \((?P<seen>.+) then, (?P<now>.+) now\); look again",
     _("%(key)s was changed since: %(seen)s when it was looked at, %(now)s now; look at it again")),
    (r"the certificate of (?P<host>\S+) ends in (?P<days>-?\d+) days",
     _("the certificate of %(host)s ends in %(days)s days")),
    (r"no link was studied yet; compute the studies first", _("no link was studied yet; compute the studies first")),
    (r"what the draft changes was changed meanwhile; look at it again",
     _("what the draft changes was changed meanwhile; look at it again")),
    (r"the draft changes nothing; add something, or discard it",
     _("the draft changes nothing; add something, or discard it")),
    (r"this draft was published already; make another one", _("this draft was published already; make another one")),
    (r"the sheets were sent: what the offices were shown stays",
     _("the sheets were sent: what the offices were shown stays")),
    (r"the sheets were sent: the round stays; close it", _("the sheets were sent: the round stays; close it")),
    (r"nothing was measured yet; send the sheets once the figures are there",
     _("nothing was measured yet; send the sheets once the figures are there")),
    (r"the round is (?P<state>\w+); it cannot become \w+",
     _("the round has gone on meanwhile; reload and look at it again")),
    (r"the round is (?P<state>\w+); no answer is asked for", _("no answer is asked for now; the round is not open")),
    (r"the round is closed; open another one", _("the round is closed; open another one")),
    (r"no office is concluded to change; conclude that first",
     _("no OPD is concluded to change; conclude that first")),
    (r"draft (?P<draft>\d+) of this round is open; publish or discard it first",
     _("draft %(draft)s of this round is open; publish or discard it first")),
    (r"all that is concluded to change is in force, or was in a draft; nothing is left for another",
     _("all that is concluded to change is in force, or was in a draft; nothing is left for another")),
    (r"another ceiling was set since \(now, measured\): (?P<codes>.+); set what is concluded there, or .+",
     _("another ceiling was set since (now, measured): %(codes)s; set what is concluded there, or conclude it as "
       "kept")),
    (r"the conclusion does not fit the proposal any more: (?P<codes>.+); conclude these anew",
     _("the conclusion does not fit the proposal any more: %(codes)s; conclude these anew")),
    (r"no draft has these changes yet: (?P<codes>.+); make a draft of them",
     _("no draft has these changes yet: %(codes)s; make a draft of them")),
    (r"no conclusion yet: (?P<codes>.+)", _("no conclusion yet: %(codes)s")),
    (r"terms (?P<edition>.+) were accepted as they stand; make a new edition instead",
     _("terms %(edition)s were accepted as they stand; make a new edition instead")),
    (r"(?P<code>\S+) has (?P<now>\d+) vouchers that are good now and may have (?P<most>\d+); revoke some, or ask .+",
     _("%(code)s has %(now)s vouchers that are good now and may have %(most)s; revoke some, or ask for more")),
    (r"an outage of (?P<key>.+) is noted for that time already; end that one first",
     _("an outage of %(key)s is noted for that time already; end that one first")),
    (r"event (?P<key>.+): it is over already", _("event %(key)s is over")),
    (r"(?P<key>.+) is approved; a later change makes a new version",
     _("%(key)s is approved; a later change makes a new version")),
    (r"whoever prepared a version cannot approve it", _("whoever prepared a version cannot approve it")),
    (r"(?P<key>.+) is approved and stays", _("%(key)s is approved and stays")),
    (r"secret: it is shorter than (?P<least>\d+) characters and can be guessed from recorded packets",
     _("secret: it is shorter than %(least)s characters and can be guessed from recorded packets")),
    (r"(?P<link>.+): (?P<needs>\S+) is guaranteed and it has (?P<has>\S+); at full use not every promise holds: .+",
     _("%(link)s: %(needs)s is guaranteed and it has %(has)s; at full use not every promise holds: lower some, or "
       "raise the capacity")),
    (r"(?P<key>.+): its share of (?P<rate>\S+) in the ceiling of (?P<opd>\S+) ends; where the other office .+",
     _("%(key)s: its share of %(rate)s in the ceiling of %(opd)s ends; where the other OPD needs one, take the step "
       "“Provide bandwidth” again")),
    (r"(?P<key>.+): the share of (?P<rate>\S+) that it had in the ceiling of (?P<opd>\S+) does not come back; .+",
     _("%(key)s: the share of %(rate)s that it had in the ceiling of %(opd)s does not come back; where it is needed, "
       "take the step “Provide bandwidth” again")),
    (r".+: it has ended already", _("it has ended already")),
)  # fmt: skip
_WORDINGS = Wordings(_PATTERNS)


def told(error: NetquotaError) -> str:
    """Why it cannot be done as things stand, in the page's language."""
    if isinstance(error, Refused):
        return f"{error.key}: {remedies.told(error.error.remedy)}"
    return told_text(str(error))


def told_text(text: str) -> str:
    """A text of the services, in the page's language."""
    return _WORDINGS.told(text) or text
