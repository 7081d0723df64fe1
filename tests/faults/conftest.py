"""Live workers for the fault trials."""

from tests.live.fixtures import live_city, live_database, live_folder, start_workers

__all__ = ["live_city", "live_database", "live_folder", "start_workers"]
