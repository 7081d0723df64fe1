"""The portal's blueprints, one line each; who may open what stands in web.auth.rights."""

from __future__ import annotations

from typing import Final

from flask import Blueprint

from web.portal import capport, device_views, gateway_pages, more_views, password_views, quota_views, views

DOORS: Final[tuple[Blueprint, ...]] = (
    views.blueprint,
    quota_views.blueprint,
    device_views.blueprint,
    password_views.blueprint,
    more_views.blueprint,
    gateway_pages.blueprint,
    capport.blueprint,
)
