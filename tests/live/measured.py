"""What a test measured, for whoever reads its output (`pytest -rP`, or `-s`)."""

import sys


def measured(text: str) -> None:
    """Say it in one line."""
    sys.stdout.write(f"measured: {text}\n")
