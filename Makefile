# Madoguchi. `make demo` sets everything up and runs it; `make test` sets everything up and tests it.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Each stamp is newer than what it was made from exactly when there is nothing to do.
RUNTIME := $(VENV)/.runtime
DEV := $(VENV)/.dev

.PHONY: help setup demo test lint bench lock clean

help: ## Show what can be done
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit("Madoguchi needs Python 3.11 or newer; set PYTHON=python3.11." if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv $(VENV)

$(RUNTIME): requirements/runtime.txt pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --disable-pip-version-check --no-deps --require-hashes -r requirements/runtime.txt
	$(BIN)/python -m pip install --disable-pip-version-check --quiet --no-deps --no-build-isolation --no-index --editable .
	@touch $@

$(DEV): requirements/dev.txt $(RUNTIME)
	$(BIN)/python -m pip install --disable-pip-version-check --no-deps --require-hashes -r requirements/dev.txt
	@touch $@

setup: $(RUNTIME) ## Install everything the service needs, and prepare the starter models
	$(BIN)/madoguchi models prepare

demo: $(RUNTIME) ## Run the whole service with a LINE simulator, demo staff and a demo meeting
	$(BIN)/madoguchi demo

# Files of tests run side by side; each worker loads models of its own, about 800 MB.
TEST_WORKERS ?= 2

test: $(DEV) ## Run the tests
	$(BIN)/python -m pytest -n $(TEST_WORKERS) --dist loadfile

lint: $(DEV) ## Check style, types and the import rule
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(DEV) ## Measure translation, captions and the chat, side by side with what one would use instead
	$(BIN)/python -m benchmarks.translate
	$(BIN)/python -m benchmarks.captions
	$(BIN)/python -m benchmarks.chat

lock: $(DEV) ## Compile the pinned, hashed requirements anew
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	for name in runtime dev; do \
	  $(BIN)/uv pip compile requirements/$$name.in --universal --python-version 3.11 --generate-hashes \
	    --no-header --no-annotate --no-emit-index-url --quiet --output-file requirements/$$name.txt || exit 1; \
	done

clean: ## Remove what was installed and the demo's data
	rm -rf $(VENV) build *.egg-info var
