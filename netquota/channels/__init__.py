"""The ways by which notices leave: mail, Telegram, a webhook. Each sends one message and says how that ended."""

from netquota.channels.channel import LaterPlease, Message, Refused, Way
from netquota.channels.ways import ways_of

__all__ = ["LaterPlease", "Message", "Refused", "Way", "ways_of"]
