"""`netquota employee|opd|site|…  add|list|show|set|remove`: made from the table of what can be edited (catalogue)."""

from __future__ import annotations

from netquota.cli.application import board, follow, none, remind, step
from netquota.cli.device_unknown import device_unknown
from netquota.cli.employee_code import employee_code
from netquota.cli.event_end import event_end
from netquota.cli.holiday_take import holiday_take
from netquota.cli.link_outage import link_outage
from netquota.cli.list_import import import_command
from netquota.cli.nas_config import nas_config
from netquota.cli.nas_token import nas_token
from netquota.cli.object_commands import group_of
from netquota.cli.plan_effects import plan_effects
from netquota.cli.plan_figures import compute, dimension, forecast, measure, work
from netquota.cli.plan_report import report, reports
from netquota.cli.plan_scenario import scenario
from netquota.cli.plan_steps import plan_steps
from netquota.cli.plan_take import take
from netquota.cli.quota_grant import quota_grant, quota_reset
from netquota.cli.rotation_turns import rotation_calendar, rotation_swap
from netquota.cli.second_factor import second_factor_off
from netquota.cli.site_state import site_state, site_ways
from netquota.cli.terms_accepted import terms_accepted

employee = group_of("employee", ("username", "nip", "name", "opd", "status", "plan", "override"))
opd = group_of("opd", ("code", "name", "status", "ceiling", "guaranteed", "plan"))
circuit = group_of("circuit", ("username", "name", "site", "mac_login", "status"))
device = group_of("device", ("mac", "name", "opd", "plan", "valid_until", "status"))
site = group_of("site", ("name", "opd", "link", "mode", "way", "ceiling", "nas"))
plan = group_of("plan", ("key", "name", "rate", "simultaneous", "schedule"))
quota = group_of("quota", ("key", "plan", "opd", "employee", "octets", "period", "action", "throttle"))
schedule = group_of("schedule", ("key", "name", "windows"))
holiday = group_of("holiday", ("day", "name", "kind", "works"))
ramadan = group_of("ramadan", ("year", "first_day", "last_day", "confirmed"))
event = group_of("event", ("key", "opds", "from", "until", "bonus", "ceiling", "leaves", "reason"))
rotation = group_of("rotation", ("key", "name", "opds", "employees", "turn", "every", "times", "bonus"))
nas = group_of("nas", ("name", "address", "family", "authenticator", "coa_port", "can_coa_rate", "can_disconnect"))
link = group_of("link", ("name", "provider", "capacity", "price", "ends_on"))
admin = group_of("admin", ("username", "name", "role", "opd", "active"))
application = group_of("application", ("code", "name", "opd", "function", "hosting", "users", "need"))
terms = group_of("terms", ("edition", "from_day", "text"))
reachable = group_of("reachable", ("name", "hosts", "url"))

admin.add_command(second_factor_off)
holiday.add_command(holiday_take)
event.add_command(event_end)
link.add_command(link_outage)
rotation.add_command(rotation_calendar)
rotation.add_command(rotation_swap)
employee.add_command(employee_code)
nas.add_command(nas_config)
nas.add_command(nas_token)
site.add_command(site_state)
site.add_command(site_ways)
quota.add_command(quota_grant)
quota.add_command(quota_reset)
device.add_command(device_unknown)
terms.add_command(terms_accepted)
for command in (step, follow, board, none, remind):
    application.add_command(command)
for command in (measure, compute, work, forecast, dimension, report, reports, take, plan_steps, plan_effects, scenario):
    plan.add_command(command)
for group in (employee, device, opd, plan, quota, site, link, nas, application):
    group.add_command(import_command(str(group.name)))
