# `make` alone prints what there is. Everything lives in .venv and var/, and needs no other set-up
# than Python 3.11 or newer and make.

.DEFAULT_GOAL := help
.PHONY: help install install-tests run test test-torch lint format types docs bench locks venv vault
MAKEFLAGS += --no-print-directory

BIN := .venv/bin
UV := $(BIN)/uv
UV_VERSION := 0.13.8
PYTEST_WORKERS ?= 2
CANDIDATES := $(PYTHON) python3.11 python3.12 python3 python3.13 python3.14

# Install a lock once: the copy beside the interpreter says which one is installed. The lock of
# the tests holds everything that the server's holds, in the same versions.
define install_lock
	@if ! cmp -s $(1) .venv/$(1); then \
		echo "Installing the packages of $(1), each checked against its hash."; \
		$(UV) pip install --python $(BIN)/python --require-hashes -r $(1) && cp $(1) .venv/$(1); \
	fi
endef

help: ## Say what there is
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

venv:
	@if ! $(BIN)/python -c "" 2>/dev/null; then \
		for candidate in $(CANDIDATES); do \
			$$candidate -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
				&& found=$$candidate && break; \
		done; \
		if [ -z "$$found" ]; then \
			echo "Aegis needs Python 3.11 or newer, and none of these is: $(CANDIDATES)." \
				"Install one, or say where it is: make PYTHON=/path/to/python." >&2; exit 1; \
		fi; \
		if ! $$found -c "import ensurepip, venv" 2>/dev/null; then \
			echo "$$found cannot make a virtual environment, because ensurepip is missing." \
				"On Debian and Ubuntu: apt-get install python3-venv." >&2; exit 1; \
		fi; \
		echo "Making .venv with $$($$found --version)."; \
		$$found -m venv --clear .venv; \
	fi
	@if ! $(UV) --version 2>/dev/null | grep -q "^uv $(UV_VERSION)\b"; then \
		$(BIN)/python -m pip --version >/dev/null 2>&1 || $(BIN)/python -m ensurepip >/dev/null; \
		$(BIN)/python -m pip install --quiet --disable-pip-version-check "uv==$(UV_VERSION)"; \
	fi

install: venv ## Install what the server needs into .venv
	$(call install_lock,requirements.lock)

install-tests: install ## Install what tests, checks and benchmarks need, too
	$(call install_lock,requirements-dev.lock)

run: install ## Start Aegis with all it needs (Ctrl-C stops it)
	@exec $(BIN)/python -m aegis.embedded

test: install-tests ## Run the tests; ARGS="-k words" chooses among them
	@$(BIN)/python -m pytest -n $(PYTEST_WORKERS) --dist loadgroup $(ARGS)

# PyTorch is too large for everybody's environment. What it is tested with is beside its tests.
TORCH := var/torch
test-torch: install-tests ## Run the tests that need PyTorch, in an environment of its own (8 GB)
	@if ! cat requirements-dev.lock tests/with_torch/requirements.txt | cmp -s - $(TORCH)/lock; then \
		echo "Making $(TORCH) with PyTorch and transformers."; \
		$(BIN)/python -m venv --clear $(TORCH) && \
		$(UV) pip install --quiet --python $(TORCH)/bin/python -r requirements-dev.lock && \
		$(UV) pip install --quiet --python $(TORCH)/bin/python \
			-r tests/with_torch/requirements.txt && \
		cat requirements-dev.lock tests/with_torch/requirements.txt > $(TORCH)/lock; \
	fi
	@$(TORCH)/bin/python -m pytest tests/with_torch $(ARGS)

vault: venv ## Build the HashiCorp Vault that tests run against, once (it needs Go)
	@$(BIN)/python -m tests.servers.vault.build

lint: install-tests ## Check style, layers and templates
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/lint-imports
	git ls-files -z -- 'templates/*.html' | xargs -0r $(BIN)/djade --check --target-version 5.2
	$(BIN)/djlint --lint --quiet templates

format: install-tests ## Write code and templates in the house's form
	$(BIN)/ruff check --fix-only --quiet
	$(BIN)/ruff format
	git ls-files -z -- 'templates/*.html' | xargs -0r $(BIN)/djade --target-version 5.2

types: install-tests ## Check the types
	$(BIN)/mypy

docs: install ## Draw the parts of docs/ that come from the code again
	DJANGO_SETTINGS_MODULE=aegis.settings.local $(BIN)/python manage.py draw_docs

bench: install-tests ## Measure reads, packaging and imports; ARGS="packaging" chooses
	@$(BIN)/python -m tests.bench $(ARGS)

# Raise versions with `make locks UPGRADE=--upgrade`. No address is written: a lock serves any
# mirror.
COMPILE = UV_CUSTOM_COMPILE_COMMAND="make locks" $(UV) pip compile --quiet $(UPGRADE) --universal \
	--python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links \
	pyproject.toml --extra server --extra embedded --extra demo
locks: venv ## Pin the dependencies of pyproject.toml again
	$(COMPILE) -o requirements.lock
	$(COMPILE) --extra convert --group dev -c requirements.lock -o requirements-dev.lock
