# Everything a person types. Each target sets up what it needs; nothing needs root.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
# The lock files name every package with its hashes, so pip resolves nothing and adds nothing.
INSTALL := $(PIP) install --no-deps --require-hashes

.DEFAULT_GOAL := help
.PHONY: help demo test test-browser test-fleet chaos chaos-mutations chaos-restart ui stack lint format types layers bench lock clean

help: ## Show the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "%-16s %s\n", $$1, $$2}'

$(VENV)/.runtime: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed")'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(INSTALL) -r requirements.lock
	$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: requirements-dev.lock $(VENV)/.runtime
	$(INSTALL) -r requirements-dev.lock
	@touch $@

demo: $(VENV)/.runtime ## Watch three nonprofits being synced against a local sandbox
	$(BIN)/sync-pipeline demo

ui: $(VENV)/.runtime ## Open the Dagster UI on the demo fleet (http://127.0.0.1:3000)
	@# What the demo left is worth looking at; without it the UI starts empty.
	SYNC_HOME=$${SYNC_HOME:-$$(test -d .sync/demo && echo .sync/demo || echo .sync)} $(BIN)/sync-pipeline ui

stack: $(VENV)/.dev ## Run the production stack on PostgreSQL without containers, to look at; nothing of it is kept
	$(BIN)/python -m sync_pipeline_tests.stack

lint: $(VENV)/.dev ## Check style, types and layers
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/basedpyright
	$(BIN)/lint-imports

format: $(VENV)/.dev ## Format the code
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

test: lint ## Run all checks and tests
	@# Two cores, four workers, which have enough threads without those of Polars.
	POLARS_MAX_THREADS=1 $(BIN)/pytest -n 4 -m 'not fleet'

test-fleet: $(VENV)/.dev ## Run the tests that take minutes: nights on PostgreSQL, the stack, 200 customers, every combination of faults
	$(BIN)/pytest -m 'fleet and not browser'
	FLEET=200 $(BIN)/pytest sync_pipeline_tests/end_to_end/test_isolation.py

test-browser: $(VENV)/.dev ## Run the browser tests; installs Debian's chromium if it is missing
	@command -v chromium >/dev/null || (apt-get update && apt-get install --yes chromium)
	$(BIN)/pytest -m browser

SEEDS ?= 100
START ?= 1
chaos: $(VENV)/.dev ## Kill real processes at every boundary and compare the books: SEEDS=1000 (docs/proof.md)
	@$(BIN)/python -m sync_pipeline_tests.chaos --seeds $(SEEDS) --start $(START)

chaos-mutations: $(VENV)/.dev ## Swap every two steps of the protocol: the proof must fail (docs/proof.md)
	@$(BIN)/python -m sync_pipeline_tests.chaos.mutations

CUSTOMERS ?= 50
KILLS ?= 12
SEED ?= 1
chaos-restart: $(VENV)/.dev ## Kill daemon, code server and runs during a fleet's night: CUSTOMERS=50 KILLS=12 SEED=1 (docs/proof.md)
	@$(BIN)/python -m sync_pipeline_tests.chaos.restart --customers $(CUSTOMERS) --kills $(KILLS) --seed $(SEED)

bench: $(VENV)/.dev ## Run the benchmarks; one line of JSON per case
	$(BIN)/python bench/diff.py
	$(BIN)/python bench/read.py
	$(BIN)/python bench/apply.py
	$(BIN)/python bench/fleet.py
	$(BIN)/python bench/park.py
	$(BIN)/python bench/metrics.py

lock: ## Pin the newest allowed dependencies (needs uv)
	uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --python-version 3.11 \
		--custom-compile-command "make lock" pyproject.toml --group build -o requirements.lock
	uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --python-version 3.11 \
		--custom-compile-command "make lock" pyproject.toml --group build --group dev \
		-c requirements.lock -o requirements-dev.lock
	uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --python-version 3.11 \
		--custom-compile-command "make lock" pyproject.toml --group build --group kubernetes \
		-c requirements-dev.lock -o requirements-kubernetes.lock

clean: ## Remove the virtual environment and all local state of the demo
	rm -rf $(VENV) .sync
