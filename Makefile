# Everything runs in .venv, which `make setup` fills from the package index; all targets can be repeated.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.DEFAULT_GOAL := help
.PHONY: help setup demo test test-slow check lint types docs bench

help: ## list the targets
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):[^#]*## /  \1\t/' | expand -t 14

setup: $(READY) ## set up .venv with segcli and what its development needs

$(READY): pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --editable '.[dev]'
	@touch $(READY)

demo: $(READY) ## train the quickstart: about two minutes, no downloads
	$(BIN)/python -m segcli fit -c experiments/quickstart.yaml

test: $(READY) ## run the tests
	$(BIN)/python -m pytest --numprocesses auto --maxprocesses 4 --dist loadfile

test-slow: $(READY) ## run the tests that train for minutes
	$(BIN)/python -m pytest -m slow --numprocesses auto --maxprocesses 4 --dist worksteal

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(READY)
	$(BIN)/mypy

check: lint types test ## lint, types and tests: what CI runs

docs: $(READY) ## build the site of the guides and the API in build/docs
	$(BIN)/python -m sphinx -q -W --keep-going -c .docs -d build/doctrees segcli/guide build/docs

bench: $(READY) ## measure; prints ratios
	$(BIN)/python -m tests.benchmarks.bench_config
	$(BIN)/python -m tests.benchmarks.bench_compare
	$(BIN)/python -m tests.benchmarks.bench_loading
	$(BIN)/python -m tests.benchmarks.bench_metrics
	$(BIN)/python -m tests.benchmarks.bench_chosen_metrics
	$(BIN)/python -m tests.benchmarks.bench_decoders
	$(BIN)/python -m tests.benchmarks.bench_dice
	$(BIN)/python -m tests.benchmarks.bench_losses
	$(BIN)/python -m tests.benchmarks.bench_resize
	$(BIN)/python -m tests.benchmarks.bench_optim
	$(BIN)/python -m tests.benchmarks.bench_fit
	$(BIN)/python -m tests.benchmarks.bench_speed
	$(BIN)/python -m tests.benchmarks.bench_smp
