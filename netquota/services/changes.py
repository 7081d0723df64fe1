"""What follows from a change of policy: the running sessions that it concerns are reconciled, in its own transaction.

Pages, the command line and imports plug `AfterChange` into their `Office`; the scheduler calls `reconcile_after`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from zoneinfo import ZoneInfo

from netquota.services.enforce import Reconciled, reconcile
from netquota.services.facts import Policy
from netquota.services.gateways import GatewayBook
from netquota.services.queues import CONCERNED_KINDS, order_queues
from netquota.storage import ceiling_store
from netquota.storage.concern_store import concerned_sessions
from netquota.storage.database import Connection
from netquota.storage.ledger_store import page_on
from netquota.storage.policy_rows import Decrypts
from netquota.storage.policy_store import load_snapshot, refresh
from netquota.storage.queue_store import has_queues
from netquota.storage.snapshot import Snapshot

NOTHING = Reconciled(0, ())


def reconcile_after(
    connection: Connection,
    policy: Callable[[], Policy],
    gateways: Callable[[], GatewayBook],
    kind: str,
    ids: Sequence[int],
    now_ms: int,
) -> Reconciled:
    """Decide anew for the running sessions that changed rows of a kind concern (no ids: all), and write their orders.

    `policy` and `gateways` must show the change; they are asked for only where a session is concerned.
    """
    concerned = concerned_sessions(connection, kind, ids)
    if not concerned:
        return NOTHING
    page = page_on(connection)
    rows = page.sessions_by_id(concerned)  # locked: no worker decides on the policy of before meanwhile
    return reconcile(page, connection, policy(), gateways(), rows, now_ms)


class AfterChange:
    """The hook of `Office.on_change`: brings the running sessions to the policy that a transaction leaves.

    `held` gives a snapshot that the caller keeps anyhow, so that only what changed since is read; without it all
    policy is read once a change concerns a running session. `floor_bps` is the least that a throttle leaves, bit/s.
    """

    def __init__(
        self, secrets: Decrypts, zone: ZoneInfo, floor_bps: int, held: Callable[[], Snapshot] | None = None
    ) -> None:
        self._secrets, self._zone, self._floor_bps, self._held = secrets, zone, floor_bps, held

    def __call__(self, connection: Connection, kind: str, ids: Sequence[int], now_s: int) -> None:
        """Write the orders that follow from a change, in its transaction."""
        if kind in ceiling_store.CONCERNED_KINDS:
            ceiling_store.note(connection, now_s)
        if kind in CONCERNED_KINDS and has_queues(connection):
            order_queues(connection, self.policy(connection).snapshot, now_s * 1000)
        reconcile_after(
            connection, lambda: self.policy(connection), lambda: gateways_on(connection), kind, ids, now_s * 1000
        )

    def policy(self, connection: Connection) -> Policy:
        """As this transaction leaves it; kept by nobody, since the transaction may be undone."""
        if self._held is None:
            return Policy.of(load_snapshot(connection, self._secrets, self._zone), self._floor_bps)
        held = self._held()
        return Policy.of(refresh(connection, held, self._secrets, self._zone) or held, self._floor_bps)


def gateways_on(connection: Connection) -> GatewayBook:
    """The gateways as this transaction sees them."""
    book = GatewayBook()
    book.read(connection)
    return book
