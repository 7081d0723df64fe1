"""The doors of signing in: accounts, the second factor, the first run."""

from web.auth import first_run, second_factor, tokens, views

DOORS = (views.blueprint, second_factor.blueprint, first_run.blueprint, tokens.blueprint)
