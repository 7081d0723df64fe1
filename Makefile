# `make help` lists what there is. Everything works from a clone: Python 3.11+ with venv and make, no root, no node.
SHELL := /bin/sh
ARGS ?=
JOBS ?= 2
BIN := .venv/bin

.DEFAULT_GOAL := help
.PHONY: help run env env-dev test test-long check format bench lock wheel

help: ## show this list
	@sed -n 's/^\([a-z-]*\):.*## /\1	/p' $(MAKEFILE_LIST) | expand -t 12

run: env ## start the demo city: RADIUS, web, scheduler, metrics and a simulated gateway (Ctrl-C stops it)
	@exec $(BIN)/netquota demo $(ARGS)

env: ## build .venv with what netquota needs
	@deploy/setup-env.sh run

env-dev: ## build .venv with what tests and checks need too
	@deploy/setup-env.sh dev

test: env-dev ## run the tests; a part of them: make test ARGS="tests/protocol -k chap"
	@without=$$(deploy/test-packages.sh) && NETQUOTA_TESTS_WITHOUT=$$without $(BIN)/pytest -n $(JOBS) --dist worksteal $(ARGS)

test-long: env-dev ## run the trials that take long (many kills, much fuzz)
	@without=$$(deploy/test-packages.sh) && NETQUOTA_TESTS_WITHOUT=$$without $(BIN)/pytest -m long $(ARGS)

check: env-dev ## lint, types, layers
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/basedpyright
	$(BIN)/lint-imports

format: env-dev ## put the code in its form
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .

bench: env-dev ## measure beside pyrad's server; prints a table, writes build/bench.json
	@$(BIN)/python -m tests.bench $(ARGS)

lock: env-dev ## resolve the dependencies anew (needs uv); ARGS=--upgrade takes newer ones
	@$(BIN)/python deploy/pin_dependencies.py $(ARGS)

wheel: env-dev ## build dist/netquota-*.whl with the browser assets inside
	@$(BIN)/python -m pip --disable-pip-version-check wheel --quiet --no-deps --no-build-isolation --wheel-dir dist .
	@ls -l dist/*.whl
