"""The checker finds what is wrong in the books, and nothing where they are right (reliability.md §2)."""

from dataclasses import replace
from typing import Any

import pytest

from radius.simulator.checker import Books, Places, check, never_fell

PERIOD = (0, 100_000)


def sent(serial: int, event_s: int, received: int, flowed: int, **more: Any) -> dict[str, Any]:
    """A report of siti's session: `received` from her, `flowed` to her."""
    facts = {"event": "sent", "serial": serial, "gateway": "gw", "incarnation": 1, "segment": 0, "session": "81"}
    where = {"username": "siti", "mac": "M", "session_time": event_s - 1000, "event_s": event_s}
    return facts | where | {"input": received, "output": flowed} | more


def acked(*serials: int) -> list[dict[str, Any]]:
    return [{"event": "acked", "serial": serial} for serial in serials]


def sample(kind: str, subject: str, bin_s: int, down: int, up: int) -> dict[str, Any]:
    return {"kind": kind, "subject": subject, "bin_s": bin_s, "down": down, "up": up}


def ledger(subject: str, used: int, direction: str = "total", period: tuple[int, int] = PERIOD) -> dict[str, Any]:
    start, end = period
    return {
        "quota": "q", "subject": subject, "direction": direction, "used": used,
        "period_start_s": start, "period_end_s": end,
    }  # fmt: skip


TRUTH = [sent(1, 1000, 0, 0), sent(2, 1300, 10, 70), sent(3, 1600, 40, 100), *acked(1, 2, 3)]
SAMPLES = (
    sample("person", "siti", 900, 70, 10),
    sample("person", "siti", 1200, 30, 30),
    sample("site", "hall", 1200, 100, 40),
)
BOOKS = Books(
    samples=SAMPLES,
    sessions=({"gateway": "gw", "acct_session_id": "81", "username": "siti", "mac": "M"},),
    ledger=(ledger("siti", 140), ledger("siti", 100, "down"), ledger("DINKES", 140)),
    orders=({"id": 1, "state": "acknowledged", "ended_ms": 5},),
)
PLACES = Places(sites={"gw": "hall"}, members={"DINKES": {"siti", "budi"}})


def found(truth: list[dict[str, Any]], books: Books) -> list[str]:
    return [str(one) for one in check(truth, books, PLACES)]


def test_books_that_are_right_have_no_violation() -> None:
    assert found(TRUTH, BOOKS) == []


@pytest.mark.parametrize(
    ("books", "violation"),
    [
        (replace(BOOKS, samples=SAMPLES[:1] + SAMPLES[2:]), "A: person siti down: found 70, allowed 100"),
        (replace(BOOKS, samples=(*SAMPLES, SAMPLES[1])), "A: person siti up: found 70, allowed 40"),
        (replace(BOOKS, samples=SAMPLES[:2]), None),
        (
            replace(BOOKS, samples=(*SAMPLES[:2], sample("site", "hall", 1200, 99, 40))),
            "A: site hall down: found 99, allowed 100",
        ),
        (
            replace(BOOKS, samples=(*SAMPLES, sample("person", "budi", 1200, 1, 0))),
            "A: person budi down: found 1, allowed 0",
        ),
        (replace(BOOKS, samples=(*SAMPLES, sample("person", "siti", 9000, 0, 0))), None),
        (
            replace(BOOKS, samples=(sample("person", "siti", 9000, 100, 40), SAMPLES[2])),
            "B: sample siti at 9000: found 140, allowed 0",
        ),
        (replace(BOOKS, ledger=(ledger("siti", 280),)), "A: ledger q siti total: found 280, allowed 140"),
        (replace(BOOKS, ledger=(ledger("siti", 139),)), "A: ledger q siti total: found 139, allowed 140"),
        (replace(BOOKS, ledger=(ledger("siti", 100, "up"),)), "A: ledger q siti up: found 100, allowed 40"),
        (
            replace(BOOKS, ledger=(ledger("siti", 140, period=(5000, 9000)),)),
            "B: ledger q siti from 5000: found 140, allowed 0",
        ),
        (
            replace(BOOKS, sessions=({"gateway": "gw", "acct_session_id": "99", "username": "siti", "mac": "M"},)),
            "B: session ('gw', '99', 'siti'): found a row, allowed no row",
        ),
        (
            replace(BOOKS, orders=({"id": 7, "state": "sent", "ended_ms": None},)),
            "E: order 7: found sent, allowed an end",
        ),
    ],
)
def test_what_is_wrong_is_found(books: Books, violation: str | None) -> None:
    violations = found(TRUTH, books)
    assert violation in violations if violation else violations == []


def test_what_was_never_acknowledged_may_be_counted_or_not() -> None:
    truth = [*TRUTH, sent(4, 1900, 50, 200)]
    assert found(truth, BOOKS) == []
    more = sample("person", "siti", 1500, 100, 10)
    site = sample("site", "hall", 1500, 100, 10)
    counted = replace(BOOKS, samples=(*SAMPLES, more, site), ledger=(ledger("siti", 250),))
    assert found(truth, counted) == []
    assert found(truth, replace(counted, ledger=(ledger("siti", 251),))) != []


def test_every_incarnation_and_every_reset_counts_for_itself() -> None:
    second = [
        sent(5, 2000, 5, 5, incarnation=2),
        sent(6, 2100, 1, 1, incarnation=2, segment=1),
        {"event": "sent", "serial": 7, "gateway": "gw", "status": "on", "event_s": 2200},
        {"event": "reboot", "at": 2200, "gateway": "gw"},
    ]
    books = Books(samples=(sample("person", "siti", 1200, 106, 46),))
    assert found([*TRUTH, *second, *acked(5, 6, 7)], books) == []


def test_total_that_falls_before_the_users_eyes_is_a_violation() -> None:
    assert never_fell([("siti", 5), ("budi", 9), ("siti", 5), ("siti", 8)]) == []
    assert [str(one) for one in never_fell([("siti", 5), ("siti", 4)])] == ["C: siti: found 4, allowed at least 5"]
