"""Who may open which page and change what: the tables. A route that is in none of them opens to nobody (a test fails).

What a person sees within a page (his own offices alone) is the query's affair: `Context.scope`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Final


class Role(StrEnum):
    """The roles of admins (netquota.services.catalogue)."""

    NETWORK_ADMIN = "network_admin"
    PLANNER = "planner"
    OPD_OPERATOR = "opd_operator"
    HEAD_OF_OFFICE = "head_of_office"
    AUDITOR = "auditor"


Roles = frozenset[Role]

ANYBODY: Final = None
"""Pages without a sign-in; each sees to what it shows by itself."""
SIGNED_IN: Final[Roles] = frozenset(Role)
NETWORK: Final[Roles] = frozenset({Role.NETWORK_ADMIN})
"""The city's network: what changes it for everybody."""
OFFICES: Final[Roles] = frozenset({Role.NETWORK_ADMIN, Role.OPD_OPERATOR})
"""What an OPD's operator does for his own people, too."""
APPROVING: Final[Roles] = frozenset({Role.HEAD_OF_OFFICE})
"""What others prepared and the head of the ICT office lets pass: nobody passes his own."""
DECIDING: Final[Roles] = NETWORK | APPROVING
"""Deciding on requests; over a set size the head alone (netquota.services.requests)."""
WATCHING: Final[Roles] = SIGNED_IN - {Role.OPD_OPERATOR}
"""Reading what concerns the whole city."""
PLANNING: Final[Roles] = frozenset({Role.PLANNER, Role.NETWORK_ADMIN})
"""Computing studies, keeping scenarios, preparing budget requests."""
PEOPLE: Final[Roles] = OFFICES | {Role.AUDITOR}
"""Reading what individuals do: their accounts, sessions and refusals."""
PRESENCE: Final[Roles] = PEOPLE - {Role.OPD_OPERATOR}
"""Reading when individuals used the network: an operator sees their volumes, not their hours (reliability.md 4)."""
OVERSIGHT: Final[Roles] = NETWORK | {Role.HEAD_OF_OFFICE, Role.AUDITOR}
"""Reading who changed what."""

RIGHTS: Final[Mapping[str, Roles | None]] = {
    "static": ANYBODY,
    "health.livez": ANYBODY,
    "health.readyz": ANYBODY,
    "portal.login": ANYBODY,
    "portal.go_on": ANYBODY,
    "portal.end_device": ANYBODY,
    "portal.accept_terms": ANYBODY,
    "kuota.show": ANYBODY,
    "kuota.sign_in": ANYBODY,
    "kuota.end_device": ANYBODY,
    "kuota.log_out": ANYBODY,
    "device.show": ANYBODY,
    "device.rename": ANYBODY,
    "device.forget": ANYBODY,
    "password.change": ANYBODY,
    "password.set_own": ANYBODY,
    "password.by_code": ANYBODY,
    "password.forgot": ANYBODY,
    "more.ask": ANYBODY,
    "more.file": ANYBODY,
    "gateway_api.queues": ANYBODY,
    "gateway_api.readings": ANYBODY,
    "hotspot.page": ANYBODY,
    "capport.state": ANYBODY,
    "capport.begin": ANYBODY,
    "auth.sign_in": ANYBODY,
    "auth.sign_out": SIGNED_IN,
    "auth.account": SIGNED_IN,
    "auth.change_password": SIGNED_IN,
    "auth.change_appearance": SIGNED_IN,
    "auth.end_session": SIGNED_IN,
    "first_run.set_up": ANYBODY,
    "second_factor.ask": ANYBODY,
    "second_factor.offer": SIGNED_IN,
    "second_factor.manage": SIGNED_IN,
    "second_factor.recovery_codes": SIGNED_IN,
    "second_factor.switch_off": SIGNED_IN,
    "tokens.tokens": SIGNED_IN,
    "tokens.revoke": SIGNED_IN,
    "admin.home": SIGNED_IN,
    "admin.overview": WATCHING,
    "admin.opds": SIGNED_IN,
    "admin.opd": SIGNED_IN,
    "admin.employees": PEOPLE,
    "admin.employee": PEOPLE,
    "admin.employee_speed": NETWORK,
    "admin.quota_grant": NETWORK,
    "admin.pool_grant": NETWORK,
    "admin.employee_status": OFFICES,
    "admin.employee_password": OFFICES,
    "admin.employee_code": OFFICES,
    "admin.devices": PEOPLE,
    "admin.sessions": PEOPLE,
    "admin.session": PEOPLE,
    "admin.session_act": OFFICES,
    "admin.session_speed": NETWORK,
    "admin.session_end": OFFICES,
    "admin.orders": PEOPLE,
    "admin.denials": PEOPLE,
    "admin.enforced": PEOPLE,
    "admin.enforced_csv": PEOPLE,
    "admin.search": SIGNED_IN,
    "admin.plans": WATCHING,
    "admin.quotas": WATCHING,
    "admin.rotation": WATCHING,
    "admin.events": WATCHING,
    "admin.events_end": NETWORK,
    "admin.turns": WATCHING,
    "admin.turns_swap": NETWORK,
    "admin.job": WATCHING,
    "admin.days_off": WATCHING,
    "admin.days_off_take": NETWORK,
    "admin.days_off_hours": NETWORK,
    "admin.job_run": NETWORK,
    "admin.job_skip": NETWORK,
    "admin.allocation": WATCHING,
    "admin.allocation_draft": NETWORK,
    "admin.drafts": WATCHING,
    "admin.draft": WATCHING,
    "admin.draft_act": NETWORK,
    "admin.links": WATCHING,
    "admin.link": WATCHING,
    "admin.link_outage": NETWORK,
    "admin.link_outage_end": NETWORK,
    "admin.gateways": WATCHING,
    "admin.gateway": WATCHING,
    "admin.gateway_watch": WATCHING,
    "admin.gateway_wizard": NETWORK,
    "admin.gateway_wizard_setup": NETWORK,
    "admin.gateway_secret": NETWORK,
    "admin.gateway_configuration": NETWORK,
    "admin.gateway_configuration_secrets": NETWORK,
    "admin.gateway_token": NETWORK,
    "admin.gateway_token_revoke": NETWORK,
    "admin.site": WATCHING,
    "admin.hotspot": WATCHING,
    "admin.vouchers": PEOPLE,
    "admin.voucher": PEOPLE,
    "admin.voucher_new": OFFICES,
    "admin.voucher_sheet": OFFICES,
    "admin.voucher_revoke": OFFICES,
    "admin.rounds": SIGNED_IN,
    "admin.round": SIGNED_IN,
    "admin.round_new": PLANNING,
    "admin.round_act": PLANNING,
    "admin.round_draft": NETWORK,
    "admin.round_line": SIGNED_IN,
    "admin.round_adjust": PLANNING,
    "admin.round_conclude": PLANNING,
    "admin.round_answer": OFFICES,
    "admin.round_sheets": SIGNED_IN,
    "admin.round_file": SIGNED_IN,
    "admin.rounds_file": SIGNED_IN,
    "admin.round_sheet_files": SIGNED_IN,
    "admin.requests": SIGNED_IN,
    "admin.requests_file": SIGNED_IN,
    "admin.request": SIGNED_IN,
    "admin.request_new": OFFICES,
    "admin.request_assess": NETWORK,
    "admin.request_decide": DECIDING,
    "admin.request_withdraw": OFFICES,
    "admin.applications": SIGNED_IN,
    "admin.applications_none": OFFICES,
    "admin.applications_remind": NETWORK,
    "admin.application": SIGNED_IN,
    "admin.application_step": NETWORK,
    "admin.imports": PEOPLE,
    "admin.import_upload": OFFICES,
    "admin.import_blank": PEOPLE,
    "admin.one_import": PEOPLE,
    "admin.import_columns": OFFICES,
    "admin.import_apply": OFFICES,
    "admin.import_undo": OFFICES,
    "admin.import_file": PEOPLE,
    "admin.slips": OFFICES,
    "admin.new_thing": OFFICES,
    "admin.edit_thing": OFFICES,
    "admin.remove_thing": OFFICES,
    "admin.undo": OFFICES,
    "admin.revert": OFFICES,
    "admin.bulk_change": OFFICES,
    "admin.export": PEOPLE,
    "admin.export_city": WATCHING,
    "admin.sessions_file": PEOPLE,
    "admin.denials_file": PEOPLE,
    "admin.notices": OVERSIGHT,
    "admin.notice": OVERSIGHT,
    "admin.notice_test": NETWORK,
    "admin.notice_retry": NETWORK,
    "admin.admins": OVERSIGHT,
    "admin.one_admin": OVERSIGHT,
    "admin.admin_act": NETWORK,
    "admin.system": OVERSIGHT,
    "admin.help": SIGNED_IN,
    "admin.help_api": SIGNED_IN,
    "admin.audit": OVERSIGHT,
    "admin.audit_file": OVERSIGHT,
    "admin.enforcement": WATCHING,
    "admin.enforcement_pause": NETWORK,
    "admin.enforcement_resume": NETWORK,
    "planning.capacity": WATCHING,
    "planning.compute": PLANNING,
    "planning.task": WATCHING,
    "planning.link": WATCHING,
    "planning.opd": SIGNED_IN,
    "planning.measure": SIGNED_IN,
    "planning.step_add": PLANNING,
    "planning.step_remove": PLANNING,
    "planning.scenarios": WATCHING,
    "planning.scenario_remove": PLANNING,
    "planning.division": WATCHING,
    "planning.capacity_file": WATCHING,
    "planning.measure_file": SIGNED_IN,
    "planning.scenarios_file": WATCHING,
    "planning.budget": WATCHING,
    "planning.budget_new": PLANNING,
    "planning.budget_document": WATCHING,
    "planning.budget_approve": APPROVING,
    "planning.budget_remove": PLANNING,
    "planning.budget_file": WATCHING,
    "planning.reports": SIGNED_IN,
    "traces.trace": WATCHING,
}

OPERATORS_FIELDS: Final[Mapping[str, frozenset[str]]] = {
    "employee": frozenset(
        {
            *("username", "nip", "name", "opd", "language", "mail", "phone", "status", "status_why"),
            *("valid_from", "valid_until", "password"),
        }
    ),
    "device": frozenset({"mac", "name", "opd", "status", "status_why", "valid_from", "valid_until"}),
    "application": frozenset(
        {"code", "name", "opd", "function", "task", "hosting", "address", "users", "need"},
    ),
}
"""What an operator sets, by kind, of his own offices' things: accounts, but no limits (those are the ICT office's)."""


def may_open(role: str, endpoint: str) -> bool:
    """Whether a signed-in person of this role may open the endpoint."""
    if endpoint not in RIGHTS:
        return False
    roles = RIGHTS[endpoint]
    return roles is ANYBODY or role in roles


def may_change(role: str, kind: str, fields: Iterable[str] = ()) -> bool:
    """Whether somebody of this role may make or change things of a kind, and set these fields of theirs."""
    if role == Role.OPD_OPERATOR:
        return kind in OPERATORS_FIELDS and OPERATORS_FIELDS[kind].issuperset(fields)
    return role in NETWORK


def settable(role: str, kind: str, names: Iterable[str]) -> list[str]:
    """Those of a kind's fields that this role may set."""
    return [name for name in names if may_change(role, kind, (name,))]


_READS: Final[Mapping[str, Roles]] = {
    "opd": SIGNED_IN,
    "application": SIGNED_IN,
    "employee": PEOPLE,
    "device": PEOPLE,
    "admin": OVERSIGHT,
}
"""Who reads things of a kind by the API (an operator his own offices' alone); the kinds left out: who watches."""
API: Final[Mapping[str, Roles]] = {
    "me.read": SIGNED_IN,
    "sessions.list": PEOPLE,
    "sessions.read": PEOPLE,
    "sessions.disconnect": OFFICES,
    "sessions.speed": NETWORK,
    "passwords.reset": OFFICES,
    "explain.read": PEOPLE,
    "usage.read": SIGNED_IN,
    "denials.list": PEOPLE,
    "unknown_devices.list": PEOPLE,
    "vouchers.list": PEOPLE,
    "vouchers.read": OFFICES,
    "vouchers.make": OFFICES,
    "vouchers.revoke": OFFICES,
    "orders.list": PEOPLE,
    "gateways.list": WATCHING,
    "gateways.findings": WATCHING,
    "overview.read": WATCHING,
    "system.read": OVERSIGHT,
    "pauses.list": WATCHING,
    "pauses.begin": NETWORK,
    "pauses.end": NETWORK,
    "jobs.list": WATCHING,
    "jobs.run": NETWORK,
    "jobs.skip": NETWORK,
    "drafts.list": WATCHING,
    "drafts.read": WATCHING,
    "drafts.add": NETWORK,
    "drafts.publish": NETWORK,
    "drafts.shadow": NETWORK,
    "drafts.back": NETWORK,
    "drafts.discard": NETWORK,
    "rounds.list": SIGNED_IN,
    "rounds.read": SIGNED_IN,
    "rounds.add": PLANNING,
    "rounds.adjust": PLANNING,
    "rounds.conclude": PLANNING,
    "rounds.measure": PLANNING,
    "rounds.send": PLANNING,
    "rounds.remind": PLANNING,
    "rounds.rest": PLANNING,
    "rounds.close": PLANNING,
    "rounds.discard": PLANNING,
    "rounds.answer": OFFICES,
    "rounds.draft": NETWORK,
    "applications.steps": SIGNED_IN,
    "applications.step": NETWORK,
    "application_board.read": SIGNED_IN,
    "application_board.remind": NETWORK,
    "application_board.none": OFFICES,
    "application_board.silent": OFFICES,
    "quotas.grant": NETWORK,
    "quotas.reset": NETWORK,
    "events.end": NETWORK,
    "holidays.take": NETWORK,
    "office_hours.read": WATCHING,
    "office_hours.set": NETWORK,
    "links.division": WATCHING,
    "links.divide": NETWORK,
    "gateways.configuration": NETWORK,
    "nas.tokens": WATCHING,
    "nas.token": NETWORK,
    "nas.token_revoke": NETWORK,
    "admins.sign_out": NETWORK,
    "admins.second_factor_off": NETWORK,
    "admins.token_revoke": NETWORK,
    "codes.make": OFFICES,
    "slips.list": OFFICES,
    "slips.make": OFFICES,
    "enforced.list": PEOPLE,
    "notices.list": OVERSIGHT,
    "notices.read": OVERSIGHT,
    "notices.test": NETWORK,
    "notices.retry": NETWORK,
    "requests.list": SIGNED_IN,
    "requests.read": SIGNED_IN,
    "requests.file": OFFICES,
    "requests.assess": NETWORK,
    "requests.approve": DECIDING,
    "requests.refuse": DECIDING,
    "requests.budget": DECIDING,
    "requests.withdraw": OFFICES,
    "links.outages": WATCHING,
    "links.outage": NETWORK,
    "links.outage_end": NETWORK,
    "rotations.calendar": WATCHING,
    "rotations.swap": NETWORK,
    "audit.list": OVERSIGHT,
    "audit.verify": OVERSIGHT,
    "audit.take_back": NETWORK,
    "tokens.list": SIGNED_IN,
    "plan.measures": SIGNED_IN,
    "plan.studies": WATCHING,
    "plan.study": SIGNED_IN,
    "plan.effects": SIGNED_IN,
    "plan.needs": WATCHING,
    "plan.compute": PLANNING,
    "plan.task": WATCHING,
    "plan.steps": WATCHING,
    "plan.step": PLANNING,
    "plan.scenarios": WATCHING,
    "plan.scenario_try": WATCHING - {Role.AUDITOR},
    "plan.scenario_keep": PLANNING,
    "plan.scenario_remove": PLANNING,
    "plan.division": WATCHING,
    "budget.list": WATCHING,
    "budget.create": PLANNING,
    "budget.approve": APPROVING,
    "budget.remove": PLANNING,
}
"""Who may call what by the API, beside the operations on things of the catalogue."""


_OFFICES_OWN: Final = frozenset({"device"})
"""Kinds of which an operator removes what is of his own offices: nobody's figures hang on it."""


def reading(kind: str) -> Roles:
    """Who reads things of a kind by the API."""
    return _READS.get(kind, WATCHING)


def changing(kind: str) -> Roles:
    """Who makes and changes things of a kind."""
    return frozenset(role for role in Role if may_change(role, kind))


def removing(kind: str) -> Roles:
    """Who removes things of a kind."""
    return changing(kind) & (OFFICES if kind in _OFFICES_OWN else NETWORK)
