"""Which ways the settings open."""

from __future__ import annotations

from collections.abc import Mapping

from netquota.channels.channel import Way
from netquota.channels.mail import Mail
from netquota.channels.telegram import Telegram
from netquota.channels.webhook import Webhook
from netquota.domain.notices import Channel
from netquota.settings import Settings


def ways_of(settings: Settings) -> Mapping[Channel, Way]:
    """The ways that are configured, by channel."""
    n, city = settings.notices, settings.city.name
    found: dict[Channel, Way] = {}
    if n.smtp_host:
        found[Channel.MAIL] = Mail(
            n.smtp_host, n.smtp_port, n.smtp_security, n.smtp_user, n.smtp_password, n.mail_from, f"netquota {city}",
            n.smtp_ca_file,
        )  # fmt: skip
    if n.telegram_token:
        found[Channel.TELEGRAM] = Telegram(n.telegram_token, n.telegram_url, n.private_addresses)
    if n.webhook_url:
        found[Channel.WEBHOOK] = Webhook(n.webhook_url, n.webhook_secret, city, n.private_addresses)
    return found
