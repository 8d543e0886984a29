# Weizhi: every command a developer or an operator of a single machine needs. `make` lists them.
SHELL := /bin/sh
.DEFAULT_GOAL := help
.PHONY: help run test check lint types docs docs-check bench bench-search lock clean

VENV := .venv
BIN := $(VENV)/bin
PIP_INSTALL = $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-input

help: ## Show this help
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 20

run: $(VENV)/.runtime ## Start Weizhi with its own PostgreSQL and Valkey, and a demo world (PORT, WEIZHI_DATA)
	@exec $(BIN)/weizhi run

test: $(VENV)/.dev ## Run the tests against a real PostgreSQL and Valkey (ARGS="-k story" narrows)
	@$(BIN)/python -m pytest $(ARGS)

check: lint types docs-check test ## Everything that CI runs

lint: $(VENV)/.dev ## Style, import order and the house rules
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/lint-imports

types: $(VENV)/.dev ## Types, strictly
	@$(BIN)/mypy

docs: $(VENV)/.dev ## Write the generated files (openapi.yaml)
	@$(BIN)/weizhi openapi --write openapi.yaml

docs-check: $(VENV)/.dev ## Fail when a generated file is not what the code generates
	@$(BIN)/weizhi openapi --check openapi.yaml

bench: $(VENV)/.dev ## Load the hot paths and say how near they are to the limit (ARGS="--quick")
	@$(BIN)/python -m tests.bench $(ARGS)

bench-search: $(VENV)/.dev ## Say how well and how fast searches find (ARGS="--parts relevance", "--posts 20000 --jobs 2000")
	@$(BIN)/python -m tests.bench_search $(ARGS)

lock: ## Pin the dependencies anew, with hashes and without addresses (needs uv)
	@uv pip compile pyproject.toml --group build --universal --python-version 3.11 --upgrade --quiet \
		--generate-hashes --no-emit-index-url --no-header -o requirements/runtime.txt
	@uv pip compile pyproject.toml --group build --group dev --constraint requirements/runtime.txt --universal \
		--python-version 3.11 --quiet --generate-hashes --no-emit-index-url --no-header -o requirements/dev.txt
	@for client in toot ffmpeg mastodon-py; do uv pip compile --group pyproject.toml:$$client --universal --python-version 3.11 \
		--quiet --generate-hashes --no-emit-index-url --no-header -o requirements/$$client.txt; done

clean: ## Remove the environment and the caches (never the data)
	@rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache

$(VENV)/bin/python:
	@echo "Creating $(VENV) ..."
	@python=$$(sh deploy/find-python.sh) && rm -rf $(VENV) && "$$python" -m venv $(VENV)

$(VENV)/.runtime: requirements/runtime.txt pyproject.toml | $(VENV)/bin/python
	@echo "Installing the locked dependencies ..."
	@$(PIP_INSTALL) --require-hashes -r requirements/runtime.txt
	@$(PIP_INSTALL) --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: requirements/dev.txt $(VENV)/.runtime
	@echo "Installing the development tools ..."
	@$(PIP_INSTALL) --require-hashes -r requirements/dev.txt
	@touch $@
