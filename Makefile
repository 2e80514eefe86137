# `make` alone lists the verbs.
.DEFAULT_GOAL := help
.PHONY: help setup demo test check bench node docs clean
SHELL := /bin/sh
BIN := .venv/bin

# the first Python found that is 3.11 or newer; PYTHON=... to choose another
SETUP = @for p in $(PYTHON) python3 python3.13 python3.12 python3.11 python; do \
	if "$$p" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
	exec "$$p" tools/setup.py $(1); fi; done; \
	echo "setup: needs Python 3.11 or newer (PYTHON=/path/to/python make ...)" >&2; exit 1

help: ## list the verbs
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 16

setup: ## make .venv with Dalil and its libraries
	$(call SETUP)

demo: setup ## the main job on an exercise world (ARGS="--lang ar" for Arabic)
	@$(BIN)/dalil demo $(ARGS)

test: ## every test; first fetches the node and the browser they use, where it can
	$(call SETUP,test check)
	@tools/fetch_node.sh || echo "test: going on without the node; its tests are skipped and counted" >&2
	@tools/fetch_litecoin.sh || echo "test: going on without Litecoin's node; its tests are skipped and counted" >&2
	@tools/fetch_anvil.sh || echo "test: going on without Anvil; its tests are skipped and counted" >&2
	@tools/fetch_chromium.sh || echo "test: going on without the browser; its tests are skipped and counted" >&2
	@$(BIN)/python -m pytest $(ARGS)

check: ## style, types, layers, documents
	$(call SETUP,test check)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/python tools/command_pages.py --check
	$(BIN)/python tools/embed_proofs.py --check

bench: ## measure building and reading, beside peers where they are installed
	$(call SETUP,test check)
	@for each in bench/bench_*.py; do echo "== $$each"; $(BIN)/python "$$each" $(ARGS) || exit 1; done

node: ## fetch the nodes that tests use (Bitcoin, Litecoin, Anvil) into .cache; installs nothing
	@tools/fetch_node.sh $(ARGS)
	@tools/fetch_litecoin.sh $(ARGS)
	@tools/fetch_anvil.sh $(ARGS)

docs: ## write docs/commands.md anew from the commands' own help
	$(call SETUP,test check)
	@$(BIN)/python tools/command_pages.py

clean: ## remove what make made: .venv, .cache, demo, caches
	rm -rf .venv .cache demo dist .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
