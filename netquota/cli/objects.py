"""`netquota employee|opd|site|…  add|list|show|set|remove`: made from the table of what can be edited (catalogue)."""

from __future__ import annotations

from netquota.cli.object_commands import group_of

employee = group_of("employee", ("username", "nip", "name", "opd", "status", "plan", "override"))
opd = group_of("opd", ("code", "name", "status", "ceiling", "guaranteed", "plan"))
site = group_of("site", ("name", "opd", "link", "mode", "ceiling", "nas"))
plan = group_of("plan", ("key", "name", "rate", "simultaneous", "schedule"))
quota = group_of("quota", ("key", "plan", "opd", "employee", "octets", "period", "action", "throttle"))
schedule = group_of("schedule", ("key", "name", "windows"))
nas = group_of("nas", ("name", "address", "family", "authenticator", "coa_port", "can_coa_rate", "can_disconnect"))
link = group_of("link", ("name", "provider", "capacity", "price", "ends_on"))
admin = group_of("admin", ("username", "name", "role", "opd", "active"))
