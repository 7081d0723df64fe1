"""A webhook: one signed JSON document a message, for a WhatsApp or SMS gateway of the office (docs/notices.md)."""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import dataclass, field
from typing import Final

from netquota import outbound
from netquota.channels.channel import LaterPlease, Message, Refused

_LATER: Final = frozenset({401, 403, 404, 408, 409, 425, 429})
"""The gateway is misconfigured or busy: somebody may put that right. Any other 4xx is about this message."""


@dataclass(frozen=True, slots=True)
class Webhook:
    """An address to call; `secret` signs each call, empty = unsigned."""

    url: str = field(repr=False)
    secret: str = field(repr=False)
    city: str = ""
    private: bool = False
    timeout_s: float = outbound.TIMEOUT_S
    deadline_s: float = outbound.DEADLINE_S

    def send(self, message: Message) -> str:
        """See `Way`."""
        body = self.document(message)
        headers = {"Idempotency-Key": message.reference, "User-Agent": "netquota"}
        if self.secret:
            headers["X-Netquota-Signature"] = signature(self.secret, int(message.at.timestamp()), body)
        try:
            answer = outbound.post_json(
                self.url, body, headers, private=self.private, timeout_s=self.timeout_s, deadline_s=self.deadline_s
            )
        except (outbound.NotReached, outbound.NotAllowed) as error:
            raise LaterPlease(str(error)) from None
        if 200 <= answer.status < 300:
            return f"taken ({answer.status})"
        told = f"the webhook answers {answer.status}"
        if 400 <= answer.status < 500 and answer.status not in _LATER:
            raise Refused(told)
        raise LaterPlease(told, answer.retry_after_s)

    def document(self, message: Message) -> bytes:
        """The body as docs/notices.md describes it."""
        return json.dumps(
            {
                "version": 1, "id": message.reference, "topic": message.topic, "to": message.to, "name": message.name,
                "language": message.language, "subject": message.subject, "text": message.body, "city": self.city,
                "sent_at": message.at.isoformat(timespec="seconds"),
            },
            ensure_ascii=False,
        ).encode()  # fmt: skip


def signature(secret: str, at_s: int, body: bytes) -> str:
    """`t=EPOCH,v1=HEX`: HMAC-SHA-256 of `EPOCH.BODY` under the secret; the time is signed, too, against replays."""
    mac = hmac.new(secret.encode(), f"{at_s}.".encode() + body, hashlib.sha256)
    return f"t={at_s},v1={mac.hexdigest()}"
