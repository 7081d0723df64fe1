"""NIP: the 18 digits that name a civil servant (Perka BKN 22/2007; PPPK: 43/2007).

Birth date (8), year and month of appointment (6; PPPK write 21-29 for the month), sex (1), serial (3).
"""

from dataclasses import dataclass
from datetime import date
from enum import Enum

from netquota.errors import InvalidValue

_DROPPED = str.maketrans("", "", " .-\u00a0\t")


class Sex(Enum):
    """The fifteenth digit."""

    MALE = 1
    FEMALE = 2


@dataclass(frozen=True, slots=True)
class Nip:
    """A NIP that was checked; `str()` shows it in groups, `digits` is what is stored."""

    digits: str

    def __str__(self) -> str:
        return format_nip(self.digits)

    @property
    def born(self) -> date:
        """The birth date that the number carries."""
        return date(int(self.digits[:4]), int(self.digits[4:6]), int(self.digits[6:8]))

    @property
    def appointed(self) -> tuple[int, int | None]:
        """Year and month of appointment; no month for PPPK."""
        month = int(self.digits[12:14])
        return int(self.digits[8:12]), None if month > 12 else month

    @property
    def is_pppk(self) -> bool:
        """Whether the holder serves by contract (*PPPK*), not as a permanent civil servant."""
        return self.appointed[1] is None

    @property
    def sex(self) -> Sex:
        """What the sex digit says."""
        return Sex(int(self.digits[14]))


def parse_nip(text: str, today: date, field: str = "nip") -> Nip:
    """The NIP in `text`; spaces, dots and hyphens are dropped.

    `today` (local) tells an appointment in the future. Raises `InvalidValue` whose remedy names what is wrong.
    """
    digits = text.translate(_DROPPED)
    problem = _problem(digits, today)
    if problem:
        raise InvalidValue(field, text, problem)
    return Nip(digits)


def format_nip(digits: str) -> str:
    """`19860926 201505 1 001` from the 18 stored digits."""
    return f"{digits[:8]} {digits[8:14]} {digits[14]} {digits[15:]}"


def _problem(digits: str, today: date) -> str:
    if len(digits) != 18 or not (digits.isascii() and digits.isdigit()):
        return "18 digits needed"
    nip = Nip(digits)
    month = int(digits[12:14])
    if not _is_birth_date(nip, today):
        return "no such birth date"
    if not (1 <= month <= 12 or 21 <= month <= 29):
        return "no such month of appointment"
    if digits[14] not in "12":
        return "sex digit must be 1 or 2"
    if digits[15:] == "000":
        return "serial starts at 001"
    return _appointment_problem(nip, today)


def _is_birth_date(nip: Nip, today: date) -> bool:
    try:
        return nip.born <= today
    except ValueError:
        return False


def _appointment_problem(nip: Nip, today: date) -> str:
    year, month = nip.appointed
    if (year, month or 1) > (today.year, today.month):
        return "appointed in the future"
    if (year, month or 12) < (nip.born.year, nip.born.month):
        return "appointed before birth"
    return ""
