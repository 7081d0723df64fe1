"""The admin's pages: one module a noun, thin views over services; who may open which stands in web.auth.rights."""

from flask.blueprints import BlueprintSetupState

from web.admin import (  # noqa: F401 - each registers its views
    admins,
    allocation,
    applications,
    audit,
    bulk,
    days_off,
    denials,
    devices,
    drafts,
    employee_codes,
    employees,
    enforced,
    enforcement,
    events,
    exports,
    gateway_configuration,
    gateway_wizard,
    gateways,
    grants,
    helping,
    hotspot,
    imports,
    jobs,
    labels,
    links,
    measuring,
    notices,
    opds,
    orders,
    overview,
    plans,
    requests,
    round_files,
    rounds,
    search,
    session_actions,
    sessions,
    sites,
    slips,
    system,
    things,
    trail,
    turns,
    undo,
    vouchers,
    words,
)
from web.admin.door import blueprint, may, may_edit, nip_text, weekday

__all__ = ["blueprint"]


@blueprint.record_once
def _give_words(state: BlueprintSetupState) -> None:
    """What the templates of the admin ask besides their values."""
    state.app.jinja_env.globals.update(
        undo_strips=undo.strips,
        may_take_back=undo.may_take_back,
        here_path=undo.here_path,
        may=may,
        may_edit=may_edit,
        label_of=labels.short,
        value_of=labels.value,
        exact_of=labels.exact,
        nip_of=nip_text,
        action_of=trail.action,
        noted_field=trail.field,
        noted_value=trail.value,
        kind_name=labels.kind,
        way_words=sites.way_words,
        measured_by=measuring.source,
        limit_cause=words.limit_cause,
        weekday_of=weekday,
    )
