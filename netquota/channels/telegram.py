"""Telegram by its bot API: `sendMessage`, plain text."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, Final, cast

from netquota import outbound
from netquota.channels.channel import LaterPlease, Message, Refused

LONGEST_TEXT: Final = 4096
_GONE: Final = frozenset({400, 403})
"""No such chat, or the bot was blocked or thrown out of it."""


@dataclass(frozen=True, slots=True)
class Telegram:
    """A bot; `private`: the API may be on a private network (one's own server)."""

    token: str = field(repr=False)
    url: str = "https://api.telegram.org"
    private: bool = False
    timeout_s: float = outbound.TIMEOUT_S
    deadline_s: float = outbound.DEADLINE_S

    def send(self, message: Message) -> str:
        """See `Way`."""
        parts = parts_of(f"{message.subject}\n\n{message.body}".strip())
        return [self._send(message.to, part) for part in parts][-1]

    def _send(self, chat: str, text: str) -> str:
        body = json.dumps({"chat_id": chat, "text": text, "disable_web_page_preview": True}).encode()
        try:
            answer = outbound.post_json(
                f"{self.url}/bot{self.token}/sendMessage", body, {}, private=self.private,
                timeout_s=self.timeout_s, deadline_s=self.deadline_s,
            )  # fmt: skip
        except (outbound.NotReached, outbound.NotAllowed) as error:
            raise LaterPlease(str(error)) from None
        return _judged(answer)


def parts_of(text: str) -> list[str]:
    """The text in parts that Telegram takes, cut between lines where there are any."""
    parts: list[str] = []
    while len(text) > LONGEST_TEXT:
        cut = text.rfind("\n", 1, LONGEST_TEXT)
        at = cut if cut > 0 else LONGEST_TEXT
        parts.append(text[:at])
        text = text[at:].removeprefix("\n")
    return [*parts, text]


def _judged(answer: outbound.Answer) -> str:
    found = answer.json()
    said = cast(dict[str, Any], found) if isinstance(found, dict) else {}
    if answer.status == 200 and said.get("ok") is True:
        return "taken"
    told = str(said.get("description") or f"HTTP {answer.status}")[:150]
    if answer.status in _GONE:
        raise Refused(told)
    if answer.status in {401, 404}:
        raise LaterPlease(f"{told}: notices.telegram_token is not that of a bot")
    parameters = said.get("parameters")
    asked = cast(dict[str, Any], parameters).get("retry_after") if isinstance(parameters, dict) else None
    raise LaterPlease(told, asked if isinstance(asked, int) else answer.retry_after_s)
