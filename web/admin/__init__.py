"""The admin's pages: one module a noun, thin views over services; who may open which stands in web.auth.rights."""

from flask.blueprints import BlueprintSetupState

from web.admin import (  # noqa: F401 - each registers its views
    audit,
    denials,
    employees,
    enforcement,
    gateways,
    labels,
    links,
    opds,
    orders,
    overview,
    plans,
    search,
    session_actions,
    sessions,
    things,
    undo,
)
from web.admin.door import blueprint, may, nip_text, weekday

__all__ = ["blueprint"]


@blueprint.record_once
def _give_words(state: BlueprintSetupState) -> None:
    """What the templates of the admin ask besides their values."""
    state.app.jinja_env.globals.update(
        undo_strips=undo.strips,
        may=may,
        label_of=labels.short,
        value_of=labels.value,
        exact_of=labels.exact,
        nip_of=nip_text,
        action_of=labels.action,
        kind_name=labels.kind,
        weekday_of=weekday,
    )
