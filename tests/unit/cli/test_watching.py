"""Commands that look at the running service: explain, sessions, orders, denials, usage, the brake, audit, doctor."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from netquota.cli.moments import parsed_moment
from netquota.errors import InvalidValue
from netquota.storage.database import open_database
from netquota.storage.gateway_store import add_problems, ensure_gateways
from netquota.storage.ledger_store import page_on
from netquota.storage.record_store import DecisionRow, write_records
from netquota.storage.session_row import SessionRow
from tests.unit.cli.conftest import Run

MAC = "AA:BB:CC:DD:EE:FF"


@pytest.fixture
def online(small_city: Run, state_dir: Path) -> Run:
    """Budi is online at gw1 with an old limit, and was refused before."""
    now_s = int(datetime.now(UTC).timestamp())
    database = open_database(f"sqlite:///{state_dir}/netquota.sqlite")
    with database.write() as connection:
        ensure_gateways(connection, {(1, "gw1"): "10.0.0.1"}, now_s - 1200)
        row = SessionRow(
            0, 1, "80000001", "budi", MAC, now_s - 600, 1, 1, 1, None, "10.5.0.2", "", "", None, now_s - 600,
            now_s - 30, now_s - 30, counted_output=900_000, counted_input=100_000, applied_down_bps=5_000_000,
            applied_up_bps=1_000_000, now_down_bps=4_000_000, now_up_bps=400_000,
        )  # fmt: skip
        page = page_on(connection)
        page.insert_sessions([row])
        page.add_samples([(1, 1, now_s // 300 * 300 - 300, 900_000, 100_000)])
        reasons = '[{"rule":"credential","code":"wrong_password"}]'
        record = DecisionRow(now_s - 700, False, 1, "budi", 1, "gw1", MAC, "wrong_password", reasons)
        write_records(connection, [record])
        add_problems(connection, {(1, "wrong_message_authenticator"): 3}, now_s)
    database.dispose()
    return small_city


def test_explain_tells_has_and_should(online: Run) -> None:
    told = online("explain", "198609262015051001", "--language", "en").out
    assert "gw1, Kantor (DISKOMINFO)" in told
    assert "accepted, 10 / 2 Mbit/s" in told
    assert "has 5 / 1 Mbit/s, should have 10 / 2 Mbit/s" in told
    assert "password does not match" in told
    assert json.loads(online("explain", "budi", "--json").out)["rate_down_bps"] == 10_000_000
    assert online("explain", "budi", "--nas", "gw9").code == 1
    assert online("explain", "budi", "--at", "kemarin").code == 2


def test_sessions_are_listed_and_ended(online: Run) -> None:
    assert [row[0] for row in online("session", "list", "--opd", "diskominfo").rows] == ["budi"]
    assert json.loads(online("session", "list", "--json").out)[0]["mac"] == MAC
    assert "would be ended" in online("session", "disconnect", "budi", "--why", "uji", "--dry-run").out
    assert online("order", "list").rows == []
    assert online("session", "disconnect", "budi", "--mac", "00:00:00:00:00:01", "--why", "uji").code == 1
    assert online("session", "disconnect", "budi", "--mac", "aa-bb-cc-dd-ee-ff", "--why", "uji").code == 0
    order = json.loads(online("order", "list", "--user", "budi", "--json").out)[0]
    assert (order["kind"], order["state"], order["nas"]) == ("disconnect", "pending", "gw1")
    assert online("audit", "list", "--kind", "session").rows[0][2] == "disconnect"


def test_a_change_reaches_the_running_session(online: Run) -> None:
    assert online("employee", "set", "budi", "--override", "3M/1M", "--dry-run").code == 0
    assert online("order", "list").rows == []
    assert online("employee", "set", "budi", "--override", "3M/1M").code == 0
    order = json.loads(online("order", "list", "--json").out)[0]
    assert (order["kind"], order["down_bps"], order["up_bps"]) == ("coa", 3_000_000, 1_000_000)


def test_denials_say_why(online: Run) -> None:
    assert [(row[1], row[3]) for row in online("denials").rows] == [("budi", "gw1")]
    assert online("denials", "--since", "5m").rows == []
    assert json.loads(online("denials", "--json", "--opd", "DISKOMINFO").out)[0]["code"] == "wrong_password"


def test_the_log_tells_what_was_enforced_and_why(online: Run) -> None:
    assert online("employee", "set", "budi", "--override", "3M/1M", "--override-why", "uji").code == 0
    (limited, refused) = json.loads(online("enforcement", "log", "--json").out)
    assert (refused["what"], refused["code"]) == ("ditolak masuk", "wrong_password")
    assert (limited["what"], limited["down_bps"], limited["answer"]) == ("batas baru", 3_000_000, "menunggu")
    assert "uji" in limited["why"]
    assert [row[1] for row in online("enforcement", "log", "--kind", "refused", "--user", "budi").rows] == ["budi"]
    assert online("enforcement", "log", "--kind", "ended").rows == []
    assert online("enforcement", "log", "--csv", "--opd", "DISKOMINFO").out.startswith("at,what,username")


def test_usage_of_a_person_and_of_an_office(online: Run) -> None:
    used = json.loads(online("usage", "budi", "--json").out)
    assert sum(day["down_octets"] for day in used["days"]) == 900_000
    assert len(used["days"]) == 7
    assert len(json.loads(online("usage", "DISKOMINFO", "--days", "2", "--json").out)["days"]) == 2
    assert online("usage", "siapa").code == 1


def test_the_brake_reaches_running_sessions_and_is_seen(online: Run) -> None:
    assert online("enforcement", "pause").code == 2
    assert online("enforcement", "pause", "--why", "uji", "--dry-run").out.startswith("enforcement would be paused")
    assert json.loads(online("enforcement", "show", "--json").out) == []
    assert online("enforcement", "pause", "--why", "uji", "--until", "2h", "--nas", "gw1").code == 0
    assert [row[0] for row in online("enforcement", "show").rows] == ["gw1"]
    assert json.loads(online("order", "list", "--json").out)[0]["code"] == "paused"
    assert "is resumed" in online("enforcement", "resume", "--why", "selesai", "--nas", "gw1").out
    assert "was not paused" in online("enforcement", "resume", "--why", "selesai").out


def test_an_altered_record_is_found(online: Run, state_dir: Path) -> None:
    assert online("audit", "verify").code == 0
    database = open_database(f"sqlite:///{state_dir}/netquota.sqlite")
    with database.write() as connection:
        connection.exec_driver_sql("UPDATE audit_entry SET actor = 'orang lain' WHERE id = 2")
    database.dispose()
    verified = online("audit", "verify")
    assert verified.code == 1
    assert "entry 2" in verified.err


def test_doctor_names_the_remedy_and_fails_where_something_is_bad(online: Run) -> None:
    done = online("doctor", "--nas", "gw1")
    assert done.code == 1
    assert "nas set gw1 --secret" in done.out
    everything = json.loads(online("doctor", "--json").out)
    assert {"key file", "disk", "database", "clock", "ports", "backup", "gateway gw1"} <= {
        f["about"] for f in everything
    }
    assert all(finding["remedy"] for finding in everything if finding["mark"] != "ok")
    assert online("doctor", "--nas", "gw9").code == 1


def test_doctor_tells_a_missing_key(online: Run, state_dir: Path) -> None:
    (state_dir / "netquota.key").unlink()
    done = online("doctor")
    assert done.code == 1
    assert "netquota.key is missing" in done.out


def test_the_database_is_checked_copied_and_restored(
    online: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "sound" in online("db", "check").out
    assert "already" in online("db", "upgrade").out
    copied = online("db", "backup", "--keep", "1").out.split(":")[0]
    assert "netquota.key" in online("db", "backup", str(tmp_path / "elsewhere")).out
    assert list((tmp_path / "elsewhere").glob("netquota-*.sqlite"))
    assert online("db", "restore", copied).code == 1
    monkeypatch.setenv("NETQUOTA_DATABASE__URL", f"sqlite:///{tmp_path}/restored.sqlite")
    assert "could be restored" in online("db", "restore", copied, "--dry-run").out
    assert not (tmp_path / "restored.sqlite").exists()
    assert online("db", "restore", copied).code == 0
    assert online("employee", "list").rows[0][0] == "budi"


def test_keys_are_added_not_replaced(online: Run) -> None:
    assert online("key", "create").code == 2
    assert online("key", "rotate").code == 0
    assert online("explain", "budi").code == 0


def test_jobs_are_listed_and_asked_for(online: Run) -> None:
    names = [row[0] for row in online("job", "list").rows]
    assert {"roll_over", "stale", "backup"} <= set(names)
    assert "only known once it is" in online("job", "run", "backup", "--why", "uji", "--dry-run").out
    assert "sessions looked at" in online("job", "run", "reconcile", "--dry-run").out
    assert online("job", "run", "backup", "--why", "uji").code == 0
    assert online("job", "run", "apa", "--why", "uji").code == 1


def test_a_run_is_left_out_and_taken_back(online: Run) -> None:
    tried = online("job", "skip", "roll_over", "--due", "2099-12-01", "--why", "uji", "--dry-run")
    assert "would be left out at" in tried.out
    assert online("job", "history", "roll_over").rows == []
    assert "is left out at" in online("job", "skip", "roll_over", "--due", "2099-12-01", "--why", "uji").out
    assert "skipped" in online("job", "history", "roll_over").out
    assert online("job", "run", "roll_over", "--due", "2099-12-01", "--why", "jadi").code == 0
    assert "wanted" in online("job", "history", "roll_over").out
    assert online("job", "skip", "roll_over", "--due", "kemarin dulu", "--why", "uji").code != 0
    assert online("job", "skip", "apa", "--why", "uji").code == 1
    assert online("job", "skip", "roll_over").code == 2, "a reason is needed"


def test_radtest_tells_silence_from_refusal(online: Run) -> None:
    assert online("radtest", "budi", "x").code == 2
    silent = online("radtest", "budi", "x", "--secret", "s", "--port", "1")
    assert silent.code == 3
    assert "No answer" in silent.out


@pytest.mark.parametrize(
    ("text", "ahead", "local"),
    [
        ("10:30", False, "2026-11-24 10:30"),
        ("07.15", True, "2026-11-25 07:15"),
        ("2h", True, "2026-11-24 11:00"),
        ("2h", False, "2026-11-24 07:00"),
        ("-30m", True, "2026-11-24 08:30"),
        ("2026-12-01", False, "2026-12-01 00:00"),
        ("2026-12-01T10:00+09:00", False, "2026-12-01 08:00"),
    ],
)
def test_times_are_local(text: str, ahead: bool, local: str) -> None:
    zone = ZoneInfo("Asia/Jakarta")
    now = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)  # 09:00 WIB
    found = parsed_moment(text, "--at", now, zone, ahead=ahead)
    assert f"{found.astimezone(zone):%Y-%m-%d %H:%M}" == local


def test_a_time_that_is_none_says_how_to_write_one() -> None:
    with pytest.raises(InvalidValue, match="10:30"):
        parsed_moment("nanti", "--at", datetime(2026, 11, 24, tzinfo=UTC), ZoneInfo("Asia/Jakarta"))


def test_a_person_who_is_online_is_told_that_the_session_follows(online: Run) -> None:
    told = online("employee", "set", "budi", "--override", "20M/5M").out
    assert "1 running session(s) follow at once" in told
