"""The samples of an OPD, a site or a link as planning takes them: bins with what is known of each, and its ceiling.

The bridge between the books and netquota.planning. It loads numpy, so servers import it only where they measure.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from netquota.domain.samples import BIN_S, Ceiling, Spans
from netquota.planning.samples import Bins, IntArray, State, ceiling_bits
from netquota.services import usage
from netquota.services.usage import Sources, Subject
from netquota.storage import bin_store, ceiling_store, usage_report
from netquota.storage.database import Connection


def bins_for(connection: Connection, subject: Subject, from_s: int, to_s: int, told_by: Sources | None = None) -> Bins:
    """The bins of [from_s, to_s), whole bins: octets, state, and what the ceilings in force would have let through.

    `told_by`: by sessions or interfaces; None: by interfaces where they were read enough.
    """
    told = told_by or usage.sources(connection, subject.sampled_as, subject.members, from_s, to_s)
    number = max(0, (to_s - from_s) // BIN_S)
    found = bin_store.octets(connection, told.all, from_s, number)
    state = np.full(number, State.MISSING, dtype=np.uint8)
    _mark(state, usage.known_up(connection, told, from_s, to_s), from_s)
    state[found.counted] = State.VALID
    coarse = usage_report.coarse_of_sources(connection, told.all, from_s, to_s)
    state[[(at - from_s) // BIN_S for at in sorted(coarse)]] = State.COARSE
    ceilings = ceiling_store.histories(connection, subject.kind, [subject.id], from_s, to_s).get(subject.id, [])
    return Bins(from_s, found.down, found.up, state, *_ceilings(ceilings, from_s, number))


def _mark(state: np.ndarray[tuple[int], np.dtype[np.uint8]], up: Spans, from_s: int) -> None:
    """Whole bins within a span in which the gateways were known to be up: 0 where nothing was counted."""
    for span in up:
        state[max(0, -(-(span.from_s - from_s) // BIN_S)) : max(0, (span.to_s - from_s) // BIN_S)] = State.VALID


def _ceilings(history: Sequence[Ceiling], from_s: int, number: int) -> tuple[IntArray, IntArray]:
    down = [(one.from_s, 0 if one.rate is None else one.rate.down_bps) for one in history]
    up = [(one.from_s, 0 if one.rate is None else one.rate.up_bps) for one in history]
    return ceiling_bits(from_s, number, down), ceiling_bits(from_s, number, up)
