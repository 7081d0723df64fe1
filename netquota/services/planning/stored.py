"""Studies as they are kept: text and arrays of the database to values and back; how old they are."""

from __future__ import annotations

import json
import zlib
from dataclasses import asdict, dataclass
from datetime import date, datetime
from functools import lru_cache

import numpy as np
from pydantic import TypeAdapter, ValidationError

from netquota.planning.samples import IntArray
from netquota.services.planning.figures import Study
from netquota.services.planning.subjects import KINDS
from netquota.storage import plan_store
from netquota.storage.database import Connection
from netquota.storage.plan_store import StudyRow


@dataclass(frozen=True, slots=True, eq=False)
class Kept:
    """A study with the subject's id and when it was made, epoch seconds."""

    subject_id: int
    study: Study
    made_s: int


@dataclass(frozen=True, slots=True, eq=False)
class Demand:
    """Demand of the recent weeks' office bins, bit/s, −1 where nothing is known; the bins of all subjects of one
    computation stand beside each other."""

    down: IntArray
    up: IntArray

    def known(self, way: str) -> IntArray:
        """One direction without the bins of which nothing is known."""
        found = self.down if way == "down" else self.up
        return found[found >= 0]


def text_of(study: Study) -> str:
    """A study as JSON."""
    return json.dumps(asdict(study), default=_plain, separators=(",", ":"), ensure_ascii=False)


def _plain(value: object) -> str:
    if isinstance(value, date | datetime):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} is no figure")


@lru_cache(1)
def _adapter() -> TypeAdapter[Study]:
    return TypeAdapter(Study)


def study_of(text: str) -> Study | None:
    """A study from its JSON; None where an older release wrote it otherwise: it is computed anew then."""
    try:
        return _adapter().validate_json(text)
    except ValidationError:
        return None


def packed(down: IntArray, up: IntArray) -> bytes:
    """Both directions, compressed."""
    return zlib.compress(np.stack([down, up]).astype("<i8").tobytes(), 6)


def unpacked(content: bytes) -> Demand:
    """`packed`, undone."""
    both = np.frombuffer(zlib.decompress(content), dtype="<i8").astype(np.int64).reshape(2, -1)
    return Demand(both[0], both[1])


def kept(connection: Connection, kinds: tuple[int, ...]) -> list[Kept]:
    """The studies of these kinds, by kind and key."""
    rows = plan_store.studies(connection, kinds)
    found = [Kept(row.subject_id, study, row.made_s) for row in rows if (study := study_of(row.study)) is not None]
    return sorted(found, key=lambda each: (-KINDS[each.study.word], each.study.key))


def demands(connection: Connection, kinds: tuple[int, ...]) -> dict[tuple[int, int], Demand]:
    """The recent demand of all subjects of these kinds, by (kind, id)."""
    rows = plan_store.studies(connection, kinds, demand=True)
    return {(row.kind, row.subject_id): unpacked(row.demand) for row in rows}


def one(connection: Connection, kind: int, subject_id: int) -> tuple[Kept, Demand] | None:
    """A subject's study and demand; None where there is none yet."""
    row = plan_store.study(connection, kind, subject_id)
    study = None if row is None else study_of(row.study)
    if row is None or study is None:
        return None
    return Kept(subject_id, study, row.made_s), unpacked(row.demand)


def row_of(kind: int, subject_id: int, study: Study, down: IntArray, up: IntArray, made_s: int) -> StudyRow:
    """A study as it is stored."""
    return StudyRow(kind, subject_id, text_of(study), made_s, packed(down, up))
