"""Planning pages: what offices and links use and will need, the budget request, sheets to take away."""

from flask.blueprints import BlueprintSetupState

from web.planning import (  # noqa: F401 - each registers its views
    budget,
    capacity,
    document_plots,
    files,
    measures,
    reports,
    scenarios,
    steps,
    words,
)
from web.planning.door import blueprint, short_links

__all__ = ["blueprint", "short_links"]


@blueprint.record_once
def _give_words(state: BlueprintSetupState) -> None:
    """What the planning templates ask besides their values."""
    state.app.jinja_env.globals.update(
        month_text=measures.month_text,
        finding_words=words.finding_words,
        method_words=words.method_words,
        source_words=words.source_words,
        block_kind=words.block_kind,
        chart_drawn=document_plots.drawn,
    )
