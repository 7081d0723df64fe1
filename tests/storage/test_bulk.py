"""History written in bulk stands in the books as if it had been counted: added to what is there, with its sums."""

from __future__ import annotations

import numpy as np

from netquota.domain.samples import PERSON, SITE
from netquota.services.office import Office
from netquota.storage import bulk_store
from tests.storage.measured_city import WIB, Measured, epoch_s

FROM_S = epoch_s(2026, 11, 20)


def test_bulk_octets_are_added_with_their_hours_days_and_people(office: Office) -> None:
    city, number = Measured(office), 2 * 288
    city.flow([(SITE, 1, FROM_S, 5, 7)])
    down, up = np.arange(number, dtype=np.int64), np.full(number, 3, dtype=np.int64)
    with city.database.write() as connection:
        assert bulk_store.write_bins(connection, SITE, 1, FROM_S, down, up) == number
        bulk_store.write_people(connection, [1, 2, 3], FROM_S, down, up, np.random.default_rng(1))
        bulk_store.sum_days(connection, WIB, FROM_S, FROM_S + number * 300)
    whole = int(down.sum()), int(up.sum())
    assert city.sampled(SITE) == city.hourly(SITE) == city.daily(SITE) == (whole[0] + 5, whole[1] + 7)
    assert city.daily(PERSON) == whole
