"""What planning finds, in words of the pages."""

from __future__ import annotations

from flask_babel import gettext

from netquota.documents.paper import Block, Chart, Items, Paragraph, Signatures, Table

_KINDS = {Paragraph: "paragraph", Items: "items", Table: "table", Chart: "chart", Signatures: "signatures"}


def finding_words(finding: str) -> str:
    """What may be said of hidden demand."""
    words = {
        "coverage under 50 %": gettext("under half of the data is there"),
        "nothing hidden": gettext("nothing is hidden"),
        "estimate": gettext("an estimate"),
        "rough estimate": gettext("a rough estimate: over half of the bins are at the limit"),
        "at least": gettext("too much is hidden or too little known for an estimate"),
    }
    return words.get(finding, finding)


def method_words(method: str) -> str:
    """By what it was forecast."""
    words = {
        "Holt-Winters, damped": gettext("Holt-Winters, damped"),
        "seasonal naive with drift": gettext("season before with drift"),
        "Theil-Sen line": gettext("Theil-Sen line"),
        "seasonal naive": gettext("season before"),
    }
    return words.get(method, method)


def source_words(source: str) -> str:
    """By what it was measured."""
    words = {
        "accounting": gettext("measured by sessions"),
        "interface": gettext("measured at the interface"),
        "mixed": gettext("measured by sessions and interfaces"),
    }
    return words.get(source, source)


def block_kind(block: Block) -> str:
    """Which kind of block it is, for the template."""
    return _KINDS[type(block)]
