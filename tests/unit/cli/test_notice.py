"""`netquota notice`: a test says what the server answered, lists, templates that are checked; secrets stay hidden."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from netquota.channels import ways_of
from netquota.clock import SystemClock
from netquota.domain.notices import Topic
from netquota.messenger import Messenger
from netquota.services.notice_addressing import address_book
from netquota.services.notices import tell
from netquota.settings import load
from netquota.storage import lease_store
from netquota.storage.database import open_database
from tests.live.receivers import Mailbox, mail_server
from tests.unit.cli.conftest import Run

NOBODY = "Tidak ada yang perlu dilakukan."


@pytest.fixture
def mail_is_set_up(monkeypatch: pytest.MonkeyPatch) -> Mailbox:
    with mail_server() as box:
        for key, value in {
            "SMTP_HOST": "127.0.0.1", "SMTP_PORT": str(box.port), "SMTP_SECURITY": "none",
            "MAIL_FROM": "n@kota.go.id", "ADMINS": "mail:noc@kota.go.id,mail:x@kota.go.id",
            "SMTP_PASSWORD": "rahasia surel",
        }.items():  # fmt: skip
            monkeypatch.setenv(f"NETQUOTA_NOTICES__{key}", value)
        yield box  # type: ignore[misc]


def test_a_test_message_is_sent_at_once_and_the_answer_told(netquota: Run, mail_is_set_up: Mailbox) -> None:
    done = netquota("notice", "test", "--to", "mail:rina@kota.go.id", "--dry-run")
    assert (done.code, mail_is_set_up.letters) == (0, [])
    assert NOBODY in done.out
    done = netquota("notice", "test", "--to", "rina@kota.go.id")
    assert (done.code, done.out) == (0, "mail:rina@kota.go.id: taken\n")
    assert NOBODY in mail_is_set_up.texts()[0]
    mail_is_set_up.answers["x@kota.go.id"] = "550 5.1.1 no such user"
    done = netquota("notice", "test", "--to", "mail:x@kota.go.id")
    assert (done.code, done.err) == (3, "netquota: mail:x@kota.go.id did not take it: 550 5.1.1 no such user\n")


def test_a_way_that_is_not_set_up_is_told(netquota: Run) -> None:
    done = netquota("notice", "test", "--to", "telegram:-100")
    assert (done.code, done.err.splitlines()[0][:38]) == (2, "netquota: telegram is not set up; see ")
    assert netquota("notice", "test", "--to", "rina").code == 2


def test_what_went_out_and_what_did_not_is_listed_and_tried_again(
    netquota: Run, state_dir: Path, mail_is_set_up: Mailbox
) -> None:
    mail_is_set_up.answers["x@kota.go.id"] = "550 5.1.1 no such user"
    settings = load()
    database, clock, ways = open_database(settings.database.url), SystemClock(), ways_of(settings)
    now_s = int(clock.now().timestamp())
    with database.write() as connection:
        tell(connection, "k", Topic.GATEWAY_SILENT, {"what": "gw-1", "since_s": now_s}, now_s)
        lease = lease_store.take(connection, "scheduler", "t", now_s, 60)
    messenger = Messenger(database, clock, ways, address_book(settings, ways), settings.notices, lambda: lease)
    messenger.address()
    for channel in ways:
        messenger.send(channel)
    database.dispose()
    listed = json.loads(netquota("notice", "list", "--json").out)
    assert {(one["to"], one["state"], one["result"]) for one in listed} == {
        ("noc@kota.go.id", "sent", "taken"), ("x@kota.go.id", "given_up", "550 5.1.1 no such user"),
    }  # fmt: skip
    (lost,) = netquota("notice", "list", "--state", "given_up").rows
    assert "Gerbang gw-1 diam" in netquota("notice", "show", lost[0]).out
    assert netquota("notice", "retry", lost[0], "--dry-run").code == 0
    assert netquota("notice", "retry", lost[0], "--why", "alamat dibetulkan").code == 0
    assert [row[5] for row in netquota("notice", "list", "--search", "x@").rows] == ["waiting"]
    (sent,) = netquota("notice", "list", "--state", "sent").rows
    assert netquota("notice", "retry", sent[0]).code == 1
    assert netquota("notice", "show", "999").code == 1
    assert [row[2] for row in netquota("audit", "list", "--kind", "notice").rows] == ["retry"]


def test_templates_are_exported_checked_and_never_written_over(
    netquota: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "kata"
    assert netquota("notice", "templates", "--export", str(folder)).out.startswith(f"{2 * len(Topic)} files written")
    monkeypatch.setenv("NETQUOTA_NOTICES__TEMPLATES_DIR", str(folder))
    assert netquota("notice", "templates").code == 0
    (folder / "test.id.txt").write_text("Perihal: Halo\n\nYth. {nama}\n")
    assert netquota("notice", "templates", "--export", str(folder)).out.startswith("0 files written")
    done = netquota("notice", "templates")
    assert done.code == 1
    assert "test.id.txt line 3: '{nama}' cannot be used" in done.out
    assert any("test.id.txt line 3" in one["found"] for one in json.loads(netquota("doctor", "--json").out))


def test_passwords_of_ways_are_not_shown(netquota: Run, mail_is_set_up: Mailbox) -> None:
    assert 'notices.smtp_password = "***"' in netquota("config", "show").out
    assert 'notices.telegram_token = ""' in netquota("config", "show").out
    assert "rahasia surel" in netquota("config", "show", "--with-passwords").out
