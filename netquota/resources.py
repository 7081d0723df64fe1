"""Data files that ship with netquota: config/ and deploy/ of a checkout, netquota/_data/ of an installed wheel."""

from __future__ import annotations

from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path


def checkout_root() -> Path | None:
    """The folder of the source checkout that this code runs from, or None where it is installed."""
    root = Path(__file__).resolve().parent.parent
    return root if (root / "pyproject.toml").is_file() and (root / "config").is_dir() else None


def data_file(name: str) -> Traversable:
    """A file by its path in the repository, such as `config/netquota.example.toml`, wherever it lies."""
    root = checkout_root()
    return files("netquota").joinpath("_data", name) if root is None else root.joinpath(name)
