"""Tables that others wrote, read by a process of its own; what we write is the business of `services.sheet`."""

from netquota.sheets.reader import Limits, read
from netquota.sheets.sheet import Cells, Sheet, Unreadable

__all__ = ["Cells", "Limits", "Sheet", "Unreadable", "read"]
