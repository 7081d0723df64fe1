"""What the macros show: small values that views fill, one class for each macro that needs more than a few arguments.

Texts arrive translated and figures formatted, unless a field says otherwise; nothing here reads the database.
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Mood(StrEnum):
    """How loud a pill, strip or tile is; each has its own shape, so that colour is never the only sign."""

    PLAIN = ""
    OK = "ok"
    INFO = "info"
    WARN = "warn"
    SLOW = "slow"
    BAD = "bad"
    SILENT = "off"
    PAUSED = "paused"


class Outcome(StrEnum):
    """What a rule did to the decision."""

    KEPT = ""
    OVERRULED = "over"
    WINS = "wins"
    RESULT = "result"


@dataclass(frozen=True, slots=True)
class ChainStep:
    """One rule on the way to a limit: its name, its value, and who set it, when and why."""

    rule: str
    value: str
    source: str = ""
    outcome: Outcome = Outcome.KEPT


@dataclass(frozen=True, slots=True)
class Change:
    """One line of a change preview. Equal `before` and `after` read as unchanged."""

    what: str
    before: str
    after: str
    beside: str = ""
    risky: bool = False


@dataclass(frozen=True, slots=True)
class Strip:
    """A notice in the page's flow. `undo_url` is posted to; `undo_until` is shown in the office's zone; one that is not
    fresh may be folded."""

    text: str
    mood: Mood = Mood.OK
    undo_url: str | None = None
    undo_until: datetime | None = None
    link_url: str | None = None
    link_text: str = ""
    is_fresh: bool = True


@dataclass(frozen=True, slots=True)
class Tile:
    """A figure with its name: the number large, "of how much" small beside it."""

    name: str
    figure: str
    beside: str = ""
    note: str = ""
    url: str | None = None
    mood: Mood = Mood.PLAIN


@dataclass(frozen=True, slots=True)
class Column:
    """A table's heading. `sort_url` makes it a link; `sorted` is `ascending`, `descending` or empty."""

    label: str
    number: bool = False
    sort_url: str | None = None
    sorted: str = ""
    css: str = ""
    arrow: str = ""
    hidden_label: bool = False


@dataclass(frozen=True, slots=True)
class Pager:
    """Rows `first` to `last` of `total`; an address is None at either end."""

    first: int
    last: int
    total: int
    previous_url: str | None = None
    next_url: str | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class TypedConfirmation:
    """A destructive step: `phrase` must be typed; `lost` and `kept` say what the step does."""

    title: str
    phrase: str
    button: str
    action_url: str
    cancel_url: str
    lost: str
    kept: str = ""
    error: str = ""
    hidden: dict[str, str] = field(default_factory=dict)
