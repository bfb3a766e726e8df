PYTHON ?= python3
BIN := .venv/bin

.PHONY: train test test-all lint bench ui

$(BIN)/khobor: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@

train: $(BIN)/khobor
	$(BIN)/khobor train configs/topic.yaml

lint: $(BIN)/khobor
	$(BIN)/ruff check . && $(BIN)/ruff format --check --quiet . && $(BIN)/lint-imports && $(BIN)/mypy

test: lint
	$(BIN)/python -m pytest

test-all: lint
	$(BIN)/python -m pytest -m ''

bench: $(BIN)/khobor
	$(BIN)/python -W ignore tests/benchmarks/bench.py $(if $(DATA),--data "$(DATA)")

ui: $(BIN)/khobor
	$(BIN)/mlflow ui --backend-store-uri "sqlite:///$(CURDIR)/mlruns/mlflow.db"
