# The two commands to know: `make demo` and `make test`. `make help` lists the rest.
# Everything is installed into .venv, one stamp file per extra; nothing outside it is touched.

VENV := .venv
BIN  := $(VENV)/bin
PIP  := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt

# The first interpreter that is new enough; `make PYTHON=/path/to/python` overrides.
IS_NEW := -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	$$p $(IS_NEW) && echo $$p && break; done)

.PHONY: help demo test setup check bench accept format clean
.DEFAULT_GOAL := help
.NOTPARALLEL: # two pips in one environment get in each other's way

help:  ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' Makefile

demo: $(VENV)/.lab  ## set up without PyTorch, train on handwritten digits, write a report
	@$(BIN)/mytorch run nyu6953/p6

# PyTorch and Numba have no build for some machines: there, their tests are skipped and counted.
test: $(VENV)/.lab $(VENV)/.dev  ## set up and run every test
	@$(MAKE) --no-print-directory $(VENV)/.torch || echo "PyTorch cannot be installed here: its tests will be skipped"
	@$(MAKE) --no-print-directory $(VENV)/.fast || echo "Numba cannot be installed here: its tests will be skipped"
	@$(BIN)/python -m pytest --numprocesses auto --dist loadfile

setup: $(VENV)/.lab $(VENV)/.dev $(VENV)/.fast $(VENV)/.torch  ## everything, PyTorch included, in .venv

check: $(VENV)/.lab $(VENV)/.dev  ## format, lint, types, import arrow
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/python -m pytest -q tests/test_architecture.py

bench: $(VENV)/.lab $(VENV)/.dev $(VENV)/.fast $(VENV)/.torch  ## measure against PyTorch and others, into benchmarks/*.md
	@$(BIN)/python -m benchmarks W1 W2 W3 W4 W7-1 W7-1000 --out benchmarks/results.md
	@$(BIN)/python -m benchmarks W5 W6 W7-CNN --out benchmarks/convolutions.md

accept: $(VENV)/.lab $(VENV)/.dev $(VENV)/.fast $(VENV)/.torch  ## the long runs on real data (MYTORCH_DATA), a table at the end
	@$(BIN)/python -m benchmarks.acceptance --out benchmarks/acceptance.md

format: $(VENV)/.dev  ## rewrite the sources in the project's format
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

clean:  ## remove .venv and every cache (runs/ stays)
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis build dist
	find src tests benchmarks -name __pycache__ -prune -exec rm -rf {} +

$(BIN)/python:
	@$(or $(PYTHON),false) $(IS_NEW) || { echo "mytorch needs Python 3.11 or newer, found $(or $(PYTHON),none on PATH): run 'make PYTHON=/path/to/python $(MAKECMDGOALS)'"; exit 2; }
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); echo "$(PYTHON) cannot create a virtual environment: install its venv package (Debian, Ubuntu: apt install python3-venv)"; exit 2; }

# The core and the extra; order-only on the interpreter, so that a newer python does not reinstall.
$(VENV)/.%: pyproject.toml constraints.txt | $(BIN)/python
	@echo "installing mytorch[$*] into $(VENV)"
	@$(PIP) --editable ".[$*]"
	@touch $@
