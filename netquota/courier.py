"""Brings ceilings to gateways' queues by RouterOS REST, in a thread of the scheduler; never in the packet loop.

Which rate is wanted and what an answer means is services.queues' affair; here is who is asked when, and when again.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final, Protocol

from netquota.clock import Clock
from netquota.domain.units import Rate
from netquota.errors import NetquotaError, StorageUnavailable
from netquota.logging import get_logger
from netquota.routeros import NotReached, Refused, RouterOs
from netquota.services import queues
from netquota.services.queues import Errand
from netquota.storage.database import Database
from netquota.storage.policy_rows import Decrypts
from netquota.storage.queue_store import RestAccess
from netquota.storage.snapshot import Snapshot

TURN_S: Final = 1.0
READ_BACK_EVERY_S: Final = 300.0
FIRST_WAIT_S, LONGEST_WAIT_S = 2.0, 60.0
AT_ONCE: Final = 4

log = get_logger("courier")


class Router(Protocol):
    """What is asked of a gateway."""

    def set_limit(self, name: str, rate: Rate) -> Rate:
        """Set a queue's limit and read it back."""
        ...

    def limit(self, name: str) -> Rate | None:
        """Read a queue's limit."""
        ...


@dataclass(slots=True)
class _Gateway:
    """How it stands with one client, by the forward clock: is it being asked, when may it be asked again."""

    busy: bool = False
    wait_s: float = 0.0
    next_s: float = 0.0
    read_back_s: float = 0.0


class Courier:
    """The thread: `start`, then `stop`. `works` says whether this scheduler is the one that works."""

    def __init__(
        self,
        database: Database,
        secrets: Decrypts,
        clock: Clock,
        policy: Callable[[], Snapshot],
        works: Callable[[], bool],
    ) -> None:
        self._database, self._secrets, self._clock = database, secrets, clock
        self._policy, self._works = policy, works
        self._gateways: dict[int, _Gateway] = {}
        self._stop = threading.Event()
        self._pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="routeros")
        self._thread = threading.Thread(target=self._run, name="courier", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End; a request under way has its few seconds."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _run(self) -> None:
        while not self._stop.wait(TURN_S):
            if not self._works():
                continue
            try:
                self.turn()
            except StorageUnavailable as error:
                log.warning("the database does not answer; it is asked again", problem=str(error))
            except Exception as error:  # noqa: BLE001 (a thread's edge: the next turn begins anew)
                log.error("a turn of the courier failed", problem=type(error).__name__)

    def turn(self, *, wait: bool = False) -> None:
        """Ask every gateway for which there is something to do; `wait` until all have answered."""
        round_of = queues.errands(self._database, self._policy())
        now_s = self._clock.monotonic()
        asked: list[Future[None]] = []
        for access, errands in round_of:
            gateway = self._gateways.setdefault(access.nas_id, _Gateway())
            due = [errand for errand in errands if errand.order_id is not None or now_s >= gateway.read_back_s]
            if gateway.busy or not due or now_s < gateway.next_s:
                continue
            gateway.busy = True
            asked.append(self._pool.submit(self._visit, gateway, access, due))
        for future in asked if wait else ():
            future.result()

    def _visit(self, gateway: _Gateway, access: RestAccess, errands: Sequence[Errand]) -> None:
        """One round with one gateway; where it does not answer, the next comes later each time."""
        answered = False
        try:
            password = self._secrets.decrypt(access.password_encrypted).decode()
            with RouterOs(access.url, access.user, password, access.tls) as router:
                answered = all(self._run_errand(router, errand) for errand in errands)  # the first silence ends it
        except StorageUnavailable as error:
            log.warning("the database does not answer; it is asked again", problem=str(error))
        except NetquotaError as error:
            log.warning("a gateway cannot be asked", nas=access.nas_id, problem=str(error))
        except Exception as error:  # noqa: BLE001 (a thread's edge: nobody else would hear of it)
            log.error("a gateway's round failed", nas=access.nas_id, problem=type(error).__name__)
        finally:
            now_s = self._clock.monotonic()
            gateway.wait_s = 0.0 if answered else min(LONGEST_WAIT_S, max(FIRST_WAIT_S, 2 * gateway.wait_s))
            gateway.next_s = now_s + gateway.wait_s
            gateway.read_back_s = now_s + READ_BACK_EVERY_S
            gateway.busy = False

    def _run_errand(self, router: Router, errand: Errand) -> bool:
        """Do one thing; whether the gateway answered."""
        now_ms = int(self._clock.now().timestamp() * 1000)
        try:
            if errand.order_id is None:
                found = router.limit(errand.queue)
            else:
                found = router.set_limit(errand.queue, errand.rate)
        except Refused as error:
            queues.refused(self._database, errand, str(error), now_ms)
            return True
        except NotReached as error:
            queues.not_reached(self._database, errand, str(error), now_ms)
            return False
        queues.heard(self._database, errand, found, now_ms)
        return found == errand.rate or errand.order_id is None
