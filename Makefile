# A fresh machine needs Python 3.11 or newer and make; everything else is installed into .venv by these targets.
# Locks hold hashes and name no index: whichever index pip and uv are configured for is used.

PYTHON := .venv/bin/python
TESTS ?= tests
export UV_PYTHON_DOWNLOADS := never

RESOLVE := $(PYTHON) -m uv pip compile --universal --python-version 3.11 --quiet \
	--generate-hashes --no-emit-index-url --no-header --no-annotate --upgrade
COMPILE := $(RESOLVE) pyproject.toml

# $(call install,lock): exactly the lock's packages and the `bot` command, with uv, or with pip where uv can't serve.
EDITABLE := --no-deps --no-build-isolation --editable .
install = { $(PYTHON) -m uv pip sync --quiet --python $(PYTHON) --require-hashes --compile-bytecode $(1) \
	&& $(PYTHON) -m uv pip install --quiet --python $(PYTHON) $(EDITABLE); } \
	|| { $(PYTHON) -m pip install --quiet --require-hashes -r $(1) && $(PYTHON) -m pip install --quiet $(EDITABLE); }

.PHONY: help run test check lock bench judges
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "make %-6s %s\n", $$1, $$2}' Makefile

run: .venv/run.stamp ## one process with its own store, handset, console and demo platform; RUN="--port 9000"
	@exec $(PYTHON) -m bot run $(RUN)

test: .venv/dev.stamp ## every test; TESTS=tests/cards runs some
	$(PYTHON) -m pytest -n auto $(TESTS)

check: .venv/dev.stamp ## ruff and mypy
	$(PYTHON) -m ruff check .
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m mypy

bench: .venv/dev.stamp ## the benchmark's table
	$(PYTHON) -m bench

judges: .venv-judges/stamp ## providers' own SDKs, in .venv-judges: the tests compare our signatures with theirs

lock: .venv/uv.stamp ## resolve pyproject.toml again into deploy/*.txt
	$(COMPILE) --output-file deploy/requirements.txt
	$(COMPILE) --group dev --constraint deploy/requirements.txt --output-file deploy/requirements-dev.txt
	$(RESOLVE) --group judges --output-file deploy/requirements-judges.txt

.venv/uv.stamp: deploy/uv.txt
	@for python in python3 python3.14 python3.13 python3.12 python3.11 none; do \
		[ $$python != none ] || { echo "make: no Python 3.11 to 3.14 with the venv module was found;" \
			"install one (Debian: apt-get install python3 python3-venv) and try again." >&2; exit 1; }; \
		$$python -c 'import sys, ensurepip; sys.exit(not (3, 11) <= sys.version_info < (3, 15))' 2>/dev/null && break; \
	done; echo "Setting up .venv with $$($$python --version) ..."; $$python -m venv .venv
	@$(PYTHON) -m pip install -qq --disable-pip-version-check --require-hashes -r deploy/uv.txt \
		|| echo "make: uv could not be installed; going on with pip, which takes longer." >&2
	@touch $@

.venv/run.stamp: .venv/uv.stamp deploy/requirements.txt pyproject.toml
	@echo "Installing what Dingdong needs ..."; $(call install,deploy/requirements.txt)
	@rm -f .venv/dev.stamp; touch $@

.venv/dev.stamp: .venv/uv.stamp deploy/requirements-dev.txt pyproject.toml
	@echo "Installing what Dingdong and its tests need ..."; $(call install,deploy/requirements-dev.txt)
	@touch .venv/run.stamp $@

# Apart from .venv: some of the SDKs would walk our own dependencies back.
.venv-judges/stamp: .venv/uv.stamp deploy/requirements-judges.txt
	@echo "Installing the providers' SDKs ..."; $(PYTHON) -m venv --clear .venv-judges
	@$(PYTHON) -m uv pip sync --quiet --python .venv-judges/bin/python --require-hashes deploy/requirements-judges.txt \
		|| .venv-judges/bin/python -m pip install --quiet --require-hashes -r deploy/requirements-judges.txt
	@touch $@
