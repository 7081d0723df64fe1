"""Every operation of the API, in one table."""

from __future__ import annotations

from typing import Final

from web.api.v1 import (
    applications,
    codes,
    configuring,
    dividing,
    drafts,
    ending,
    enforced,
    grants,
    imports,
    keys,
    many,
    notices,
    operating,
    outages,
    planning,
    requests,
    rounds,
    scenarios,
    sessions,
    system,
    things,
    turning,
    vouchers,
    watching,
)
from web.api.v1.operations import Operation

OPERATIONS: Final[tuple[Operation, ...]] = (
    *things.operations(), *many.operations(), *sessions.operations(), *watching.operations(), *operating.operations(),
    *imports.operations(), *vouchers.operations(), *drafts.operations(), *turning.operations(),
    *outages.operations(),
    *planning.operations(), *scenarios.operations(), *rounds.operations(), *requests.operations(),
    *applications.operations(), *grants.operations(), *codes.operations(), *enforced.operations(),
    *notices.operations(), *ending.operations(), *dividing.operations(), *keys.operations(), *configuring.operations(),
    *system.operations(),
)  # fmt: skip
