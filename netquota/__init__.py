"""netquota: bandwidth quotas and hotspot authentication for a city's offices."""

__version__ = "0.1.0"
