# `make demo` and `make test` do all the set-up themselves; `make help` lists the rest.
SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

PYTHON ?= python3
# How cargo builds the native module: release, or fast (within a tenth, rebuilt in seconds), or dev.
PROFILE ?= release
# Given on to pytest, the benchmarks, the soak and docket's suite: make test ARGS='-k lists -x'.
ARGS ?=
# How long the fuzz plays, and out of which dice.
SECONDS ?= 60
SEED ?=

VENV := .venv
BIN := $(VENV)/bin
WHEELS := build/wheels
SOURCES := $(shell find src python -name '*.rs' -o -name '*.toml' -o -name '*.py' -o -name '*.pyi' 2>/dev/null) \
	Cargo.toml Cargo.lock pyproject.toml README.md

# Every cargo call sees the same interpreter, so that none rebuilds what another has built.
export PYO3_PYTHON := $(CURDIR)/$(BIN)/python

.PHONY: help demo test test-rust test-python test-oldest test-sdist lint bench load load-beside soak compat-differential compat-sockets fuzz docs compat-docket compat-clients wheel needs-python needs-rust

help: ## Says what the targets are.
	@sed -nE 's/^([a-z-]+):.*## (.*)/\1\t\2/p' $(MAKEFILE_LIST) | expand -t 16

demo: $(VENV)/installed ## Runs real docket tasks on memory:// and tells what happened.
	$(BIN)/python -m pip install --quiet --requirement examples/requirements.txt
	$(BIN)/python examples/docket_worker.py

test: test-rust test-python ## Tests the engine, the client, and both against a real redis-server.

test-rust: $(VENV)/tools | needs-rust
	cargo test --locked

test-python: $(VENV)/installed
	$(BIN)/python -m pytest --numprocesses 2 $(ARGS)

test-oldest: .venv-oldest/installed ## Tests the client under the oldest redis-py that we support.
	.venv-oldest/bin/python -m pytest --numprocesses 2 tests $(ARGS)

test-sdist: $(VENV)/tools | needs-rust ## Installs the package from its source distribution, and tries it.
	rm -rf build/sdist
	$(BIN)/maturin sdist --out build/sdist
	$(PYTHON) -m venv build/sdist/venv
	build/sdist/venv/bin/python -m pip install --quiet build/sdist/*.tar.gz
	cd build/sdist && venv/bin/python -c 'import asyncio, burner_redis; assert asyncio.run(burner_redis.BurnerRedis().ping())'

lint: $(VENV)/installed | needs-rust ## Checks formats, lints and types.
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --locked -- -D warnings
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/basedpyright
	$(BIN)/stubtest burner_redis._native --allowlist python/stubtest.txt

compat-differential: $(VENV)/tools | needs-rust ## Compares with redis-server 8.0 and 7.0 and valkey-server 8.1, case by case.
	$(BIN)/python -m compat.differential servers $(ARGS)
	$(BIN)/python -m compat.differential reach

compat-sockets: $(VENV)/tools | needs-rust ## Compares our server on a socket with redis-server 8.0, by the tables and by the fuzz: ARGS='-k zset'.
	$(BIN)/python -m compat.differential --over socket $(ARGS)
	$(BIN)/python -m compat.differential.fuzz --over socket --seconds $(SECONDS) $(if $(SEED),--seed $(SEED))

fuzz: $(VENV)/tools | needs-rust ## Plays random commands beside a redis-server: SECONDS=60 SEED=7; a fresh seed without.
	$(BIN)/python -m compat.differential.fuzz --seconds $(SECONDS) $(if $(SEED),--seed $(SEED)) $(ARGS)

docs: $(VENV)/tools | needs-rust ## Writes docs/commands.md anew.
	$(BIN)/python -m compat.differential.page

compat-docket: $(VENV)/installed ## Runs docket's own test suite on the wheel.
	$(BIN)/python -m compat.docket $(WHEELS)/*.whl $(ARGS)

compat-clients: $(VENV)/tools | needs-rust ## Runs redis-cli, redis-py, celery, ... against our server on a socket: ARGS='-k celery'.
	$(BIN)/python -m compat.clients $(ARGS)

bench: $(VENV)/installed ## Measures burner-redis beside its peers into benches/results.
	$(BIN)/python -m benches.side_by_side $(WHEELS)/*.whl $(ARGS)

load: $(VENV)/tools | needs-rust ## Loads the server on a socket beside a redis-server into benches/results.
	$(BIN)/python -m benches.load $(ARGS)

load-beside: $(VENV)/installed ## Shows what a client in the process waits for beside busy ones on sockets: ARGS='--seconds 1'.
	$(BIN)/python benches/beside_sockets.py $(ARGS)

soak: $(VENV)/installed ## Keeps a store busy and watches its memory: ARGS='--seconds 60'.
	$(BIN)/python -m pip install --quiet --requirement examples/requirements.txt
	$(BIN)/python benches/soak.py $(ARGS)

wheel: $(WHEELS)/built ## Builds the wheel into build/wheels.

# One wheel serves every environment: ours, the oldest redis-py's, docket's and the benchmarks'.
$(WHEELS)/built: $(SOURCES) | $(VENV)/tools needs-rust
	rm -rf $(WHEELS)
	$(BIN)/maturin build --locked --profile $(PROFILE) --interpreter $(BIN)/python --out $(WHEELS)
	touch $@

$(VENV)/tools: requirements-dev.txt | needs-python
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --requirement requirements-dev.txt
	touch $@

$(VENV)/installed: $(WHEELS)/built
	$(BIN)/python -m pip install --quiet --force-reinstall --no-deps $(WHEELS)/*.whl
	touch $@

.venv-oldest/installed: $(WHEELS)/built
	$(PYTHON) -m venv .venv-oldest
	.venv-oldest/bin/python -m pip install --quiet --requirement requirements-dev.txt
	.venv-oldest/bin/python -m pip install --quiet --force-reinstall --no-deps redis==5.2.1 $(WHEELS)/*.whl
	touch $@

needs-python:
	@$(PYTHON) -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 10))' 2>/dev/null || { echo >&2 \
	"burner-redis is built and tested with Python 3.10 or newer and its venv module; $(PYTHON) is not that: name one that is with make PYTHON=..."; exit 1; }

needs-rust:
	@cargo --version 2>/dev/null | awk '{ split($$2, v, "."); new = v[1] > 1 || v[2] >= 88 } END { exit !new }' || { echo >&2 \
	"burner-redis is built with Rust 1.88 or newer, and there is no such cargo on the PATH: https://rustup.rs installs it."; exit 1; }
	@command -v cc >/dev/null || { echo >&2 \
	"The Lua interpreter inside burner-redis is compiled by cc, and there is none: install gcc or clang."; exit 1; }
