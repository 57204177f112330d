# Two commands for users: `make up` and `make test`. `make check` is the quick round while working.
SHELL := /bin/bash
PYTHON ?= $(firstword $(wildcard /usr/bin/python3.13 /usr/bin/python3.12 /usr/bin/python3.11) python3)
BIN := .venv/bin
# A package cache on another disk would be copied, not linked; and compiled files are wanted.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: up test check install lock

up: install
	$(BIN)/mlestate up --dev examples/contoso/estate.yaml

test: install
	$(BIN)/python -m tests.all

check: install
	$(BIN)/ruff format --check src tests examples benchmarks
	$(BIN)/ruff check src tests examples benchmarks
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/codespell src tests docs examples benchmarks *.md
	$(BIN)/deptry src
	$(BIN)/python -m pytest tests/unit tests/property tests/architecture -n 2

install: .venv/installed

.venv/installed: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("mlestate needs Python 3.11 or newer: install it, or say PYTHON=/path/to/python3.11") if sys.version_info < (3, 11) else None'
	test -x .tools/bin/uv || ($(PYTHON) -m venv .tools && .tools/bin/pip install --quiet "uv>=0.11")
	test -x $(BIN)/python || .tools/bin/uv venv --quiet --python $(PYTHON) .venv
	.tools/bin/uv pip sync --quiet --python $(BIN)/python --require-hashes requirements.lock
	.tools/bin/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation -e .
	touch .venv/installed

lock:
	.tools/bin/uv pip compile --universal --generate-hashes --python-version 3.11 --group dev \
	  --no-header --no-annotate pyproject.toml -o requirements.lock
