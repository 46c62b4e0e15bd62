# Everything people run, as short recipes. `make serve` and `make test` need
# Python 3.11+ and a C compiler and nothing else.

# The first interpreter that is new enough; `make PYTHON=python3.13 test` overrides.
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	"$$p" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo "$$p"; break; }; done)
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
SOURCES := pyproject.toml setup.py $(wildcard src/lunaroute/_fast/*.pyx src/lunaroute/_fast/*.pxd)
PYTEST ?= $(BIN)/python -m pytest
# Tests wait for others more than they reckon: one more at a time than there are cores.
JOBS ?= $(shell $(BIN)/python -c 'import os; print((os.cpu_count() or 1) + 1)')
PARALLEL = -n $(JOBS) --dist worksteal
# Where npm installs the clients that e2e-clients drives.
CLIENTS := .clients

# Python keeps what it compiles: the tests start hundreds of processes.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: all serve demo test test-pure torture e2e-clients check fix bench build docs clean

all: check test

serve: $(VENV)/.ready
	@exec $(BIN)/lunaroute serve $(ARGS)

demo: $(VENV)/.ready
	@exec $(BIN)/lunaroute demo

test: $(VENV)/.ready-dev
	$(PYTEST) $(PARALLEL) $(ARGS)

test-pure: $(VENV)/.ready-dev
	LUNAROUTE_PURE_PYTHON=1 $(PYTEST) $(PARALLEL) $(ARGS)

# Kills, faults of the disk and nonsense on the wire, for at most ten minutes.
torture: $(VENV)/.ready-dev
	$(BIN)/python -m tests.torture $(ARGS)

# The real Claude Code, Codex and OpenCode, directly and through the proxy.
e2e-clients: $(VENV)/.ready-dev $(CLIENTS)/.ready
	$(BIN)/python -m tests.clients.drive $(ARGS)

check: $(VENV)/.ready-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	PATH="$(BIN):$$PATH" cython-lint src/lunaroute/_fast

fix: $(VENV)/.ready-dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(VENV)/.ready-dev
	$(PYTEST) benchmarks --benchmark-only $(ARGS)

build: $(VENV)/.ready-dev
	$(BIN)/python -m build --outdir dist .

docs: $(VENV)/.ready-dev
	$(BIN)/python -m lunaroute.config reference > docs/configuration.md
	$(BIN)/python -m lunaroute.observer._metrics_reference > docs/metrics.md

clean:
	rm -rf $(VENV) $(CLIENTS) build dist src/*.egg-info .mypy_cache .ruff_cache
	find src tests benchmarks -name __pycache__ -prune -exec rm -rf {} +
	rm -f src/lunaroute/_fast/*.so

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "LunaRoute needs Python 3.11 or newer; none was found on the PATH" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.ready: $(BIN)/python $(SOURCES)
	$(PIP) --editable .
	@touch $@

$(VENV)/.ready-dev: $(BIN)/python $(SOURCES)
	$(PIP) --editable '.[dev]'
	@touch $(VENV)/.ready $@

$(CLIENTS)/.ready: tests/clients/package.json
	@command -v node >/dev/null && command -v npm >/dev/null || { \
		echo "the clients come from npm: install Node.js 20 or newer, with npm" >&2; exit 1; }
	@mkdir -p $(CLIENTS)
	cp tests/clients/package.json $(CLIENTS)
	npm install --prefix $(CLIENTS) --no-package-lock --no-audit --no-fund --loglevel=error
	@touch $@
