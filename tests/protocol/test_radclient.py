"""Debian's radclient against live workers: what somebody with a shell sees (issue 3, must show 1 and 3)."""

import shutil

import pytest

from netquota.storage import schema
from tests.live.city import GB, MBPS, PASSWORD, City
from tests.live.fixtures import StartWorkers
from tests.live.radclient import Said, radclient
from tests.live.workers import Workers, until

pytestmark = pytest.mark.needs("freeradius-utils")

LEASED = GB // 2
"""The first lease of a quota of 1 GB that nobody else holds (planning.md §5.3)."""
MIKROTIK, CHILLI, STRICT = "127.0.5.1", "127.0.5.2", "127.0.5.3"


@pytest.fixture(autouse=True)
def _radclient_is_there() -> None:
    if shutil.which("radclient") is None:
        pytest.fail("radclient is missing: install freeradius-utils or set NETQUOTA_TESTS_WITHOUT=freeradius-utils")


@pytest.fixture(scope="module")
def city(live_city: City) -> City:
    live_city.nas("hotspot-kominfo", MIKROTIK)
    live_city.nas("hotspot-rsud", CHILLI, family="chilli")
    live_city.nas("strict", STRICT, authenticator_policy="required")
    live_city.plan("staf", 10 * MBPS, 5 * MBPS, burst_down_bps=20 * MBPS, burst_up_bps=10 * MBPS,
                   burst_threshold_down_bps=8 * MBPS, burst_threshold_up_bps=4 * MBPS, burst_time_s=16)  # fmt: skip
    live_city.quota("bulanan", "staf", 50 * GB, period="month")
    live_city.plan("harian", 4 * MBPS, 2 * MBPS)
    live_city.quota("harian", "harian", 1 * GB, action="disconnect", strictness="hard")
    live_city.employee("budi", "staf", chap=True)
    live_city.employee("nia", "harian")
    live_city.employee("sari", "staf", status="suspended", status_why="cuti panjang")
    live_city.employee("john", "staf", language="en", status="suspended", status_why="on leave")
    live_city.employee("dewi", "harian")
    live_city.employee("anna", "harian", language="en")
    live_city.spend("harian", "dewi", GB)
    live_city.spend("harian", "anna", GB + 5)
    return live_city


@pytest.fixture(scope="module")
def workers(city: City, start_workers: StartWorkers) -> Workers:
    return start_workers()


def log_in(workers: Workers, username: str, password: str = PASSWORD, source: str = MIKROTIK) -> Said:
    attributes = {
        "User-Name": username,
        "User-Password": password,
        "NAS-Identifier": "gw",
        "Calling-Station-Id": "02-00-00-00-00-07",
        "Message-Authenticator": "0x00",
    }
    return radclient(workers.server.authentication_port, "auth", source, attributes)


def test_employee_behind_a_mikrotik_gets_its_attributes(workers: Workers) -> None:
    said = log_in(workers, "budi")
    assert said.code == "Access-Accept", said.output
    assert said.get("Mikrotik-Rate-Limit") == "5M/10M 10M/20M 4M/8M 16/16"
    assert 60 <= int(said.get("Acct-Interim-Interval") or 0) <= 345
    assert said.get("Class")
    assert said.attributes[0][0] == "Message-Authenticator"
    assert not {"WISPr-Bandwidth-Max-Down", "Reply-Message"} & said.names


def test_hard_quota_behind_a_mikrotik_is_a_total_limit(workers: Workers) -> None:
    said = log_in(workers, "nia")
    assert said.get("Mikrotik-Rate-Limit") == "2M/4M"
    assert said.get("Mikrotik-Total-Limit") == str(LEASED)
    assert 1 <= int(said.get("Session-Timeout") or 0) <= 86_400


def test_employee_behind_a_coovachilli_gets_its_attributes(workers: Workers) -> None:
    said = log_in(workers, "nia", source=CHILLI)
    assert said.code == "Access-Accept", said.output
    assert said.get("WISPr-Bandwidth-Max-Down") == "4000000"
    assert said.get("WISPr-Bandwidth-Max-Up") == "2000000"
    assert said.get("ChilliSpot-Max-Total-Octets") == str(LEASED)
    assert "Mikrotik-Rate-Limit" not in said.names


@pytest.mark.parametrize(
    ("username", "password", "words"),
    [
        ("budi", "salah sekali", "NIP atau sandi tidak cocok"),
        ("tidakada", PASSWORD, "NIP atau sandi tidak cocok"),
        ("sari", PASSWORD, "dinonaktifkan (cuti panjang)"),
        ("john", PASSWORD, "suspended (on leave)"),
        ("john", "wrong one", "NIP or password does not match"),
        ("dewi", PASSWORD, "Kuota harian habis: 1"),
        ("anna", PASSWORD, "Quota harian spent: 1"),
    ],
)
def test_refusal_says_why_in_the_users_language(workers: Workers, username: str, password: str, words: str) -> None:
    said = log_in(workers, username, password)
    assert said.code == "Access-Reject", said.output
    message = said.get("Reply-Message") or ""
    assert words in message
    assert len(message.encode()) <= 253
    assert said.names <= {"Reply-Message", "Message-Authenticator"}


@pytest.mark.parametrize(("username", "password", "code"), [
    ("budi", PASSWORD, "Access-Accept"),
    ("budi", "salah sekali", "Access-Reject"),
    ("nia", PASSWORD, "Access-Reject"),  # no password of hers is kept for CHAP
    ("tidakada", PASSWORD, "Access-Reject"),
])  # fmt: skip
def test_chap(workers: Workers, username: str, password: str, code: str) -> None:
    attributes = {"User-Name": username, "CHAP-Password": password, "NAS-Identifier": "gw"}
    attributes["Message-Authenticator"] = "0x00"
    said = radclient(workers.server.authentication_port, "auth", MIKROTIK, attributes)
    assert said.code == code, said.output


def test_unsigned_log_in_is_dropped_where_signing_is_required(workers: Workers, city: City) -> None:
    attributes = {"User-Name": "budi", "User-Password": PASSWORD, "NAS-Identifier": "gw"}
    port = workers.server.authentication_port
    assert radclient(port, "auth", STRICT, attributes, wait_s=1).code == ""
    assert radclient(port, "auth", STRICT, {**attributes, "Message-Authenticator": "0x00"}).code == "Access-Accept"
    problems = until(lambda: city.rows(schema.gateway_problem, nas_id=city.nas_ids["strict"]), "it is counted")
    assert [(row["cause"], row["count"]) for row in problems] == [("no_message_authenticator", 1)]


def test_session_reported_once_thrice_and_late_stands_in_the_ledger_once(workers: Workers, city: City) -> None:
    """Start, interim, the same interim three times, an older interim late, stop."""
    token = log_in(workers, "budi").get("Class") or ""

    def report(status: str, seconds: int = 0, down: int = 0, up: int = 0) -> None:
        attributes = {
            "Acct-Status-Type": status, "User-Name": "budi", "Acct-Session-Id": "81a00001", "NAS-Identifier": "gw",
            "Calling-Station-Id": "02-00-00-00-00-07", "Class": token, "Acct-Session-Time": seconds,
            "Acct-Input-Octets": up, "Acct-Output-Octets": down % 2**32, "Acct-Output-Gigawords": down >> 32,
        }  # fmt: skip
        said = radclient(workers.server.accounting_port, "acct", MIKROTIK, attributes)
        assert said.code == "Accounting-Response", said.output

    report("Start")
    report("Interim-Update", 60, 100_000, 10_000)
    for _ in range(3):
        report("Interim-Update", 120, 5 * GB, 20_000)
    report("Interim-Update", 90, 200_000, 15_000)
    assert city.used("bulanan", "budi") == 5 * GB + 20_000
    report("Stop", 180, 6 * GB, 30_000)
    assert city.used("bulanan", "budi") == 6 * GB + 30_000
    (session,) = city.sessions("budi")
    assert (session["counted_output"], session["counted_input"]) == (6 * GB, 30_000)
    assert session["ended_s"] is not None
    samples = city.rows(schema.usage_sample, kind=1, subject_id=city.people["budi"])
    assert (sum(row["down"] for row in samples), sum(row["up"] for row in samples)) == (6 * GB, 30_000)
