"""The web process: waitress in front of the application, until a signal. TLS is the business of a proxy before it."""

from __future__ import annotations

import os
import signal
from types import FrameType
from typing import Any, NoReturn

from waitress.server import create_server

from netquota import ports
from netquota.lifeline import tell_systemd
from netquota.logging import get_logger
from netquota.metrics import Metrics, serve_metrics
from netquota.settings import Settings
from web.app import create_app
from web.auth import first_run
from web.context import here

MOST_CONNECTIONS = 500
IDLE_S = 30
LARGEST_REQUEST = 32 * 1024 * 1024
LARGEST_HEADER = 32 * 1024
log = get_logger("web")


def run(settings: Settings) -> None:
    """Serve pages and portal until SIGTERM or SIGINT. Raises `ConfigurationError` where `web.port` is taken."""
    ports.require_free((ports.Endpoint("web.port", settings.web.bind, settings.web.port),))
    app = create_app(settings)
    with app.app_context():
        first_run.announce(here())
    stop_metrics = serve_metrics(Metrics(), settings.metrics.bind, settings.metrics.port, ports.WEB_INDEX)
    server = create_server(app, **options(settings))
    signal.signal(signal.SIGTERM, _leave)
    log.info("web listens", address=settings.web.bind, port=settings.web.port)
    tell_systemd("READY=1", os.environ)
    try:
        server.run()  # ends at SystemExit and KeyboardInterrupt, after the pages under way
    finally:
        server.close()
        stop_metrics()
        log.info("web ended")


def options(settings: Settings) -> dict[str, Any]:
    """How waitress is to serve: bounded in connections, time and size; forwarded headers only of the trusted proxy."""
    web = settings.web
    chosen: dict[str, Any] = {
        "host": web.bind,
        "port": web.port,
        "threads": web.threads,
        "ident": None,
        "connection_limit": MOST_CONNECTIONS,
        "channel_timeout": IDLE_S,
        "cleanup_interval": IDLE_S // 2,
        "max_request_body_size": LARGEST_REQUEST,
        "max_request_header_size": LARGEST_HEADER,
        "clear_untrusted_proxy_headers": True,
    }
    if web.trusted_proxy:
        chosen |= {
            "trusted_proxy": web.trusted_proxy,
            "trusted_proxy_count": 1,
            "trusted_proxy_headers": {"x-forwarded-for", "x-forwarded-proto", "x-forwarded-host"},
        }
    return chosen


def _leave(_number: int, _frame: FrameType | None) -> NoReturn:
    raise SystemExit(0)
