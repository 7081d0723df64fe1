"""The HTTP door: admin pages, portal and API."""
