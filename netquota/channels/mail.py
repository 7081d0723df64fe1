"""Mail by SMTP (RFC 5321) with STARTTLS or TLS. One connection a message: they are few, and servers end idle ones."""

from __future__ import annotations

import contextlib
import smtplib
import ssl
import threading
from collections.abc import Generator
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Final

from netquota.channels.channel import LaterPlease, Message, Refused
from netquota.outbound import DEADLINE_S, TIMEOUT_S, cut

_NO_SUCH: Final = frozenset({550, 551, 553, 554})
"""Permanent answers to a recipient (RFC 5321 §4.2.3); any other 5xx is the configuration's fault, and may be mended."""


_READY: Final = 220


class _Line(smtplib.SMTP):
    """A line that is connected later, so that it can be cut while it connects; certificates must name `host`."""

    def __init__(self, host: str, timeout_s: float) -> None:
        super().__init__(timeout=timeout_s)
        self._host = host


class _SecureLine(smtplib.SMTP_SSL):
    """The same, by TLS from its first octet."""

    def __init__(self, host: str, timeout_s: float, trust: ssl.SSLContext) -> None:
        super().__init__(timeout=timeout_s, context=trust)
        self._host = host


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail server and from whom mail comes. `security`: starttls, tls or none."""

    host: str
    port: int
    security: str
    user: str
    password: str
    sender: str
    sender_name: str
    ca_file: str = ""
    timeout_s: float = TIMEOUT_S
    deadline_s: float = DEADLINE_S

    def send(self, message: Message) -> str:
        """See `Way`."""
        letter = self.letter(message)
        try:
            with self._line() as line:
                line.send_message(letter, self.sender, [message.to])
        except smtplib.SMTPRecipientsRefused as error:
            code, said = error.recipients[message.to]
            if code in _NO_SUCH:
                raise Refused(f"{code} {_text(said)}") from None
            raise LaterPlease(f"{code} {_text(said)}") from None
        except smtplib.SMTPResponseException as error:
            raise LaterPlease(f"{error.smtp_code} {_text(error.smtp_error)}") from None
        except (smtplib.SMTPException, OSError, ValueError) as error:
            raise LaterPlease(f"{self.host}: {_told(error)}") from None
        return "taken"

    def letter(self, message: Message) -> EmailMessage:
        """The message as mail: plain text, marked as automatic so that nobody's holiday answers it (RFC 3834)."""
        letter = EmailMessage(policy=SMTP)
        letter["Subject"] = " ".join(message.subject.split())
        letter["From"] = _person(self.sender_name, self.sender)
        letter["To"] = _person(message.name, message.to)
        letter["Date"] = _mail_date(message.at)
        letter["Message-ID"] = f"<{message.reference}@{self.sender.rpartition('@')[2]}>"
        letter["Auto-Submitted"] = "auto-generated"
        letter.set_content(message.body)
        letter["Content-Language"] = message.language  # after the content, which takes all such headers away
        return letter

    @contextlib.contextmanager
    def _line(self) -> Generator[smtplib.SMTP]:
        """A line to the server, secured and logged in; cut when the whole takes too long."""
        line = self._unopened()
        timer = threading.Timer(self.deadline_s, _cut_line, (line,))
        timer.daemon = True
        timer.start()
        try:
            code, said = line.connect(self.host, self.port)
            if code != _READY:
                raise smtplib.SMTPConnectError(code, said)
            if self.security == "starttls":
                line.starttls(context=self._trust())
            if self.user:
                line.login(self.user, self.password)
            yield line
            with contextlib.suppress(smtplib.SMTPException, OSError):
                line.quit()
        finally:
            timer.cancel()
            line.close()

    def _unopened(self) -> smtplib.SMTP:
        if self.security == "tls":
            return _SecureLine(self.host, self.timeout_s, self._trust())
        return _Line(self.host, self.timeout_s)

    def _trust(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=self.ca_file or None)


def _cut_line(line: smtplib.SMTP) -> None:
    if line.sock is not None:
        cut(line.sock)


def _person(name: str, address: str) -> Address:
    return Address(" ".join(name.split()), addr_spec=address)


def _mail_date(at: datetime) -> str:
    return format_datetime(at)


def _text(said: object) -> str:
    text = said.decode(errors="replace") if isinstance(said, bytes) else str(said)
    return " ".join(text.split())[:150]


def _told(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "it takes too long"
    if isinstance(error, ssl.SSLError):
        return f"TLS: {error.reason or 'failed'}"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error).splitlines()[0][:150] if str(error) else type(error).__name__
