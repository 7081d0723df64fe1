"""How commands print: tables for a person at a terminal, tab-separated lines for a pipe, JSON where asked for."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence

import click


def print_json(value: object) -> None:
    """One JSON value, indented, letters as they are."""
    click.echo(json.dumps(value, indent=2, ensure_ascii=False))


def print_table(columns: Sequence[str], rows: Iterable[Sequence[object]], empty: str = "nothing found") -> None:
    """A table at a terminal; else heading and rows as lines with tabs, as `cut` and `awk` want them."""
    texts = [["" if cell is None else str(cell) for cell in row] for row in rows]
    if not sys.stdout.isatty():
        for line in (list(columns), *texts):
            click.echo("\t".join(cell.replace("\t", " ").replace("\n", " ") for cell in line))
        return
    if not texts:
        click.echo(empty)
        return
    _draw(columns, texts)


def _draw(columns: Sequence[str], texts: Sequence[Sequence[str]]) -> None:
    """The table at a terminal. A narrow one folds and cuts nothing off; the first column, by which commands name the
    thing, stays whole.
    """
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=0)
    widths = [max(len(line[0]) for line in texts), *(None for _ in columns[1:])]
    for column, width in zip(columns, widths, strict=True):
        table.add_column(column, overflow="fold", min_width=width)
    for line in texts:
        table.add_row(*(Text(cell) for cell in line))
    Console().print(table)


def print_pairs(pairs: Iterable[tuple[str, object]]) -> None:
    """`name  value` lines, the names aligned at a terminal."""
    found = [(name, "" if value is None else str(value)) for name, value in pairs]
    width = max((len(name) for name, _ in found), default=0) if sys.stdout.isatty() else 0
    for name, value in found:
        click.echo(f"{name:<{width}}  {value}" if width else f"{name}\t{value}")


def confirmed(question: str, yes: bool) -> None:
    """Go on only after a yes: by `--yes`, or at the terminal. Raises `click.UsageError`, `click.Abort`."""
    if yes:
        return
    if not sys.stdin.isatty():
        raise click.UsageError(f"{question} Say so with --yes.")
    click.confirm(question, abort=True)
