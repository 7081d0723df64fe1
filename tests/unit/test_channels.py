"""The ways by which notices leave, against real servers: mail with STARTTLS and passwords, an HTTP receiver."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from netquota import outbound
from netquota.channels import LaterPlease, Message, Refused, ways_of
from netquota.channels.mail import Mail
from netquota.channels.telegram import Telegram
from netquota.channels.webhook import Webhook, signature
from netquota.domain.notices import Channel
from netquota.errors import ConfigurationError
from netquota.settings import load
from tests.live.receivers import PASSWORD, USER, Mailbox, Receiver, hanging_server, http_receiver, mail_server

NOW = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
TEXT = "Yth. Melati Kusuma,\n\nKuota Anda habis – 10 GB.\n"


def message(to: str, name: str = "Melati, Kusuma", subject: str = "Kuota Anda – habis") -> Message:
    return Message(to, subject, TEXT, "id", "quota_spent", name, "notice-7-1", NOW)


# -- mail -----------------------------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("mail")


@pytest.fixture(scope="module")
def secure_server(folder: Path) -> Iterator[Mailbox]:
    with mail_server(folder) as found:
        yield found


@pytest.fixture
def box(secure_server: Mailbox) -> Mailbox:
    secure_server.letters.clear()
    secure_server.answers.clear()
    return secure_server


def mail(box: Mailbox, folder: Path, **other: str) -> Mail:
    values = {"security": "starttls", "user": USER, "password": PASSWORD, "ca_file": str(folder / "ca.pem")} | other
    return Mail("localhost", box.port, sender="netquota@kota.go.id", sender_name="netquota Kota", **values)


def test_mail_goes_by_starttls_and_password_and_arrives_as_it_was_written(box: Mailbox, folder: Path) -> None:
    assert mail(box, folder).send(message("melati@kota.go.id")) == "taken"
    (letter,) = box.letters
    assert letter["Subject"] == "Kuota Anda – habis"
    assert letter["To"].addresses[0].addr_spec == "melati@kota.go.id"
    assert letter["To"].addresses[0].display_name == "Melati, Kusuma"
    assert letter["From"].addresses[0].addr_spec == "netquota@kota.go.id"
    assert letter["Message-ID"] == "<notice-7-1@kota.go.id>"
    assert (letter["Auto-Submitted"], letter["Content-Language"]) == ("auto-generated", "id")
    assert box.texts() == [TEXT]


def test_a_name_or_subject_cannot_add_a_recipient_or_header(box: Mailbox, folder: Path) -> None:
    mail(box, folder).send(message("a@kota.go.id", "X\r\nBcc: b@c.id", "S\r\nBcc: b@c.id"))
    (letter,) = box.letters
    assert letter["Bcc"] is None
    assert letter["Subject"] == "S Bcc: b@c.id"


@pytest.mark.parametrize("answer", ["550 5.1.1 no such user", "553 bad mailbox", "554 refused"])
def test_a_recipient_that_the_server_will_never_take_is_refused(box: Mailbox, folder: Path, answer: str) -> None:
    box.answers["x@kota.go.id"] = answer
    with pytest.raises(Refused, match=answer):
        mail(box, folder).send(message("x@kota.go.id"))


@pytest.mark.parametrize("answer", ["450 4.2.1 mailbox busy", "452 4.2.2 mailbox full", "421 shutting down"])
def test_a_server_that_is_busy_is_asked_later(box: Mailbox, folder: Path, answer: str) -> None:
    box.answers["x@kota.go.id"] = answer
    with pytest.raises(LaterPlease, match=answer[:3]):
        mail(box, folder).send(message("x@kota.go.id"))


def test_a_wrong_password_is_told_without_it(box: Mailbox, folder: Path) -> None:
    with pytest.raises(LaterPlease) as caught:
        mail(box, folder, password="keliru-sekali").send(message("a@kota.go.id"))
    assert "535" in str(caught.value)
    assert "keliru" not in str(caught.value)


def test_a_certificate_that_nobody_vouches_for_gets_no_password(box: Mailbox, folder: Path) -> None:
    with pytest.raises(LaterPlease, match="TLS"):
        mail(box, folder, ca_file="").send(message("a@kota.go.id"))
    assert box.letters == []


def test_a_server_without_starttls_is_not_talked_to_in_the_clear() -> None:
    with mail_server() as plain, pytest.raises(LaterPlease, match="STARTTLS"):
        Mail("127.0.0.1", plain.port, "starttls", "", "", "a@b.id", "").send(message("a@kota.go.id"))


def test_mail_may_go_in_the_clear_where_the_settings_say_so() -> None:
    with mail_server() as plain:
        Mail("127.0.0.1", plain.port, "none", "", "", "a@b.id", "").send(message("a@kota.go.id"))
        assert len(plain.letters) == 1


def test_nobody_there_is_later() -> None:
    with hanging_server() as port:
        pass
    with pytest.raises(LaterPlease, match="refused"):
        Mail("127.0.0.1", port, "none", "", "", "a@b.id", "").send(message("a@kota.go.id"))


@pytest.mark.parametrize("trickle", [b"", b"2"], ids=["silent", "one octet after the other"])
def test_a_mail_server_that_hangs_is_left_within_the_deadline(trickle: bytes) -> None:
    with hanging_server(trickle) as port:
        way = Mail("127.0.0.1", port, "none", "", "", "a@b.id", "", timeout_s=0.5, deadline_s=1.0)
        began = time.monotonic()
        with pytest.raises(LaterPlease):
            way.send(message("a@kota.go.id"))
        assert time.monotonic() - began < 5


# -- HTTP -----------------------------------------------------------------------------------------------------------
@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with http_receiver() as found:
        yield found


def test_telegram_gets_chat_and_text(receiver: Receiver) -> None:
    receiver.usual = b'{"ok": true, "result": {}}'
    Telegram("123:rahasia", receiver.url, private=True).send(message("-100123"))
    (call,) = receiver.calls
    assert call.path == "/bot123:rahasia/sendMessage"
    assert call.document["chat_id"] == "-100123"
    assert call.document["text"] == f"Kuota Anda – habis\n\n{TEXT}".strip()


def test_a_text_longer_than_telegram_takes_goes_in_parts(receiver: Receiver) -> None:
    receiver.usual = b'{"ok": true}'
    lines = "\n".join(f"baris {number} " + "x" * 80 for number in range(200))
    Telegram("t", receiver.url, private=True).send(Message("1", "Judul", lines, "id", "monthly", "", "n", NOW))
    texts = [call.document["text"] for call in receiver.calls]
    assert len(texts) > 1
    assert all(len(text) <= 4096 for text in texts)
    assert "\n".join(texts) == f"Judul\n\n{lines}"


@pytest.mark.parametrize(
    ("status", "body", "kind", "told"),
    [
        (400, {"ok": False, "description": "Bad Request: chat not found"}, Refused, "chat not found"),
        (403, {"ok": False, "description": "Forbidden: bot was blocked by the user"}, Refused, "blocked"),
        (401, {"ok": False, "description": "Unauthorized"}, LaterPlease, "telegram_token is not that of a bot"),
        (502, None, LaterPlease, "HTTP 502"),
        (200, {"ok": False}, LaterPlease, "HTTP 200"),
        (302, None, LaterPlease, "HTTP 302"),
    ],
)
def test_what_telegram_answers_decides(
    receiver: Receiver, status: int, body: object, kind: type[Exception], told: str
) -> None:
    receiver.answers.append((status, {"Location": f"{receiver.url}/elsewhere"}, json.dumps(body).encode()))
    with pytest.raises(kind, match=told) as caught:
        Telegram("123:rahasia", receiver.url, private=True).send(message("-100123"))
    assert "rahasia" not in str(caught.value)
    assert len(receiver.calls) == 1, "no redirect is followed"


def test_telegram_says_how_long_it_wants_peace(receiver: Receiver) -> None:
    body = {"ok": False, "description": "Too Many Requests", "parameters": {"retry_after": 77}}
    receiver.answers.append((429, {}, json.dumps(body).encode()))
    with pytest.raises(LaterPlease) as caught:
        Telegram("t", receiver.url, private=True).send(message("1"))
    assert caught.value.after_s == 77


def test_the_webhook_gets_a_signed_document(receiver: Receiver) -> None:
    Webhook(f"{receiver.url}/kirim?x=1", "rahasia bersama", "Kota Teluk Arunika", private=True).send(
        message("+628112345678")
    )
    (call,) = receiver.calls
    assert call.path == "/kirim?x=1"
    assert call.document == {
        "version": 1, "id": "notice-7-1", "topic": "quota_spent", "to": "+628112345678", "name": "Melati, Kusuma",
        "language": "id", "subject": "Kuota Anda – habis", "text": TEXT, "city": "Kota Teluk Arunika",
        "sent_at": "2026-11-24T02:00:00+00:00",
    }  # fmt: skip
    assert call.headers["X-Netquota-Signature"] == signature("rahasia bersama", int(NOW.timestamp()), call.body)
    assert call.headers["Idempotency-Key"] == "notice-7-1"
    assert call.headers["Content-Type"] == "application/json"


def test_the_signature_is_the_documented_one() -> None:
    assert signature("kunci", 1_795_485_600, b'{"a":1}') == (
        "t=1795485600,v1=3d22a21a82ecc742fab27fc10c9123d73c59379d28ac63a1c22fa2b1600ab506"
    )  # by openssl dgst -sha256 -hmac


@pytest.mark.parametrize(
    ("status", "headers", "kind", "after_s"),
    [
        (422, {}, Refused, None),
        (400, {}, Refused, None),
        (404, {}, LaterPlease, None),
        (503, {"Retry-After": "120"}, LaterPlease, 120),
        (429, {"Retry-After": "soon"}, LaterPlease, None),
        (301, {"Location": "http://127.0.0.1:1/"}, LaterPlease, None),
    ],
)
def test_what_the_webhook_answers_decides(
    receiver: Receiver, status: int, headers: dict[str, str], kind: type[Exception], after_s: int | None
) -> None:
    receiver.answers.append((status, headers, b""))
    with pytest.raises(kind, match=str(status)) as caught:
        Webhook(receiver.url, "", private=True).send(message("+628112345678"))
    if isinstance(caught.value, LaterPlease):
        assert caught.value.after_s == after_s
    assert len(receiver.calls) == 1


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1:{port}/", "http://localhost:{port}/", "http://[::1]:{port}/", "http://0.0.0.0:{port}/",
     "http://2130706433:{port}/", "http://[::ffff:127.0.0.1]:{port}/"],
)  # fmt: skip
def test_a_private_address_is_not_called_unless_allowed(receiver: Receiver, url: str) -> None:
    with pytest.raises(LaterPlease) as caught:
        Webhook(url.format(port=receiver.port), "").send(message("+628112345678"))
    assert "private network" in str(caught.value) or "does not answer" in str(caught.value)
    assert receiver.calls == []


@pytest.mark.parametrize(
    ("address", "private"),
    [
        ("127.0.0.1", True), ("10.1.2.3", True), ("172.16.0.1", True), ("192.168.1.1", True), ("169.254.169.254", True),
        ("100.64.0.1", True), ("0.0.0.0", True), ("224.0.0.1", True), ("::1", True), ("fe80::1%eth0", True),
        ("fd00::1", True), ("::ffff:10.0.0.1", True), ("2002:0a00:0001::", True), ("64:ff9b::10.0.0.1", True),
        ("149.154.167.220", False), ("2001:67c:4e8:f004::9", False),
    ],
)  # fmt: skip
def test_private_networks_are_known(address: str, private: bool) -> None:
    assert outbound.is_private(address) is private


@pytest.mark.parametrize("trickle", [b"", b"H"], ids=["silent", "one octet after the other"])
def test_a_web_server_that_hangs_is_left_within_the_deadline(trickle: bytes) -> None:
    with hanging_server(trickle) as port:
        way = Webhook(f"http://127.0.0.1:{port}/", "", private=True, timeout_s=0.5, deadline_s=1.0)
        began = time.monotonic()
        with pytest.raises(LaterPlease):
            way.send(message("+628112345678"))
        assert time.monotonic() - began < 5


@pytest.mark.parametrize("url", ["ftp://kota.go.id/", "http:///x", "kota.go.id"])
def test_what_is_no_web_address_is_told(url: str) -> None:
    with pytest.raises(LaterPlease, match="https://"):
        Webhook(url, "").send(message("+62811234567"))


# -- settings -------------------------------------------------------------------------------------------------------
def test_ways_are_open_by_the_settings_and_secrets_come_from_files(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("123:abc\n")
    env = {
        "NETQUOTA_CONFIG": "", "NETQUOTA_NOTICES__SMTP_HOST": "mail.kota.go.id",
        "NETQUOTA_NOTICES__MAIL_FROM": "n@kota.go.id", "NETQUOTA_NOTICES__TELEGRAM_TOKEN_FILE": str(tmp_path / "token"),
    }  # fmt: skip
    ways = ways_of(load(env=env))
    assert set(ways) == {Channel.MAIL, Channel.TELEGRAM}
    assert ways[Channel.TELEGRAM] == Telegram("123:abc")
    assert "abc" not in repr(ways)
    assert ways_of(load(env={"NETQUOTA_CONFIG": ""})) == {}


@pytest.mark.parametrize(
    ("key", "value", "told"),
    [
        ("notices.admins", "noc", "begin it with one of"),
        ("notices.quiet_hours", "9 to 5", "two local times"),
        ("notices.smtp_host", "mail", "mail_from"),
        ("notices.webhook_url", "ftp://x", "https://"),
        ("notices.smtp_security", "ssl", "'starttls', 'tls' or 'none'"),
    ],
)
def test_a_wrong_setting_is_named(key: str, value: str, told: str) -> None:
    with pytest.raises(ConfigurationError, match=told) as caught:
        load(env={"NETQUOTA_CONFIG": ""}, overrides={key: value})
    assert "notices" in str(caught.value)
