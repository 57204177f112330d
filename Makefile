# Two commands for users: `make up` and `make test`. `make check` is the quick round while working.
SHELL := /bin/bash
BIN := .venv/bin
# A package cache on another disk would be copied, not linked; and compiled files are wanted.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: up test check install lock lock-azure-cli

up: install
	$(BIN)/mlestate up --dev examples/contoso/estate.yaml

test: install
	$(BIN)/python -m tests.all

check: install
	$(BIN)/python -m tests.all quick

install: .venv/installed

.venv/installed: .tools/bin/uv requirements.lock pyproject.toml
	test -x $(BIN)/python || .tools/bin/uv venv --quiet --python .tools/bin/python .venv
	.tools/bin/uv pip sync --quiet --python $(BIN)/python --require-hashes requirements.lock
	.tools/bin/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation -e .
	touch $@

# uv as the lock has it, with its hashes. Another Python than the first that will do: PYTHON=…
.tools/bin/uv: requirements.lock
	python=$$(.ci/python $(PYTHON)) && "$$python" -m venv .tools
	sed -n '/^uv==/,/[^\\]$$/p' requirements.lock > .tools/uv.lock
	.tools/bin/pip install --quiet --disable-pip-version-check --require-hashes -r .tools/uv.lock
	touch $@

lock: .tools/bin/uv
	.tools/bin/uv pip compile --quiet --universal --generate-hashes --python-version 3.11 \
	  --group dev --no-header --no-annotate --no-emit-index-url --no-emit-find-links \
	  pyproject.toml -o requirements.lock

# The Azure CLI that the tests install for themselves, apart from all else.
lock-azure-cli: .tools/bin/uv
	.tools/bin/uv pip compile --quiet --upgrade --universal --generate-hashes --python-version 3.11 \
	  --no-header --no-annotate --no-emit-index-url --no-emit-find-links \
	  tests/clients/azure-cli.in -o tests/clients/azure-cli.lock
