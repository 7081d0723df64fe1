"""Charts for print by matplotlib, as SVG or PNG, the same input to the same bytes. Needs the extra `planning`."""

# pyright: reportUnknownMemberType=false
# Because matplotlib types its keyword arguments only in part.

from __future__ import annotations

import importlib.util
import io
from typing import Any, cast

from netquota.documents.chart_specs import BeforeAfter, ChartSpec, Ranking
from netquota.errors import ConfigurationError

_WIDTH_IN, _HEIGHT_IN = 6.6, 2.7
_ROW_IN = 0.24
_PNG_DPI = 200
_STYLE = {
    "font.family": "DejaVu Sans", "font.size": 8, "axes.edgecolor": "#798890", "axes.linewidth": 0.6,
    "axes.spines.top": False, "axes.spines.right": False, "axes.grid": True, "axes.axisbelow": True,
    "grid.color": "#d5dcdf", "grid.linewidth": 0.5, "xtick.color": "#16242b", "ytick.color": "#16242b",
    "text.color": "#16242b", "axes.labelcolor": "#16242b", "svg.fonttype": "path", "svg.hashsalt": "netquota",
    "hatch.linewidth": 0.5, "legend.frameon": False,
}  # fmt: skip


def drawn(spec: ChartSpec) -> tuple[bytes, bytes]:
    """The chart as SVG (texts as outlines) and as PNG at 200 dpi. Raises `ConfigurationError` without the extra."""
    if importlib.util.find_spec("matplotlib") is None:
        raise ConfigurationError("charts need the extra planning; install it: pip install 'netquota[planning]'")
    # Extras, and heavy to load.
    from matplotlib import rc_context  # noqa: PLC0415  # pyright: ignore[reportUnknownVariableType]
    from matplotlib.figure import Figure  # noqa: PLC0415

    from netquota.documents.chart_drawing import draw  # noqa: PLC0415

    rows = len(spec.names) if isinstance(spec, Ranking | BeforeAfter) else 0
    per_row = 2 * _ROW_IN if isinstance(spec, BeforeAfter) else _ROW_IN
    files: list[bytes] = []
    with rc_context(cast("Any", _STYLE)):
        figure = Figure(figsize=(_WIDTH_IN, max(_HEIGHT_IN, 0.8 + 0.8 * per_row * rows)), layout="constrained")
        draw(spec, figure.add_subplot())
        for form, unwanted in (("svg", ("Date", "Creator")), ("png", ("Software",))):
            out = io.BytesIO()
            figure.savefig(out, format=form, dpi=_PNG_DPI, metadata=dict.fromkeys(unwanted))
            figure.set_layout_engine("none")  # the second file needs no second layout
            files.append(out.getvalue())
    return files[0], files[1]
