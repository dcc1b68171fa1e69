# Two commands set everything up: `make demo` runs the embedded example, `make test` the tests.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin

# Bytecode is kept where the environment says otherwise, too: the tests start Python hundreds of times.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: demo test suite lint docs harnesses

demo: $(VENV)/installed
	HF_HUB_OFFLINE=1 $(BIN)/lm_eval run --model dummy --tasks coderm_demo --confirm_run_unsafe_code

# Both at once: types take a minute of one core.
test: $(VENV)/installed-dev
	$(MAKE) --jobs 2 lint suite

# Three at a time, on two cores as well: tests often wait for processes that sleep, start or run out of time.
suite: $(VENV)/installed-dev
	$(BIN)/python -m pytest -n 3 --dist loadfile --no-loadscope-reorder

# Real harnesses in environments of their own, which take a few minutes and 300 MB: weekly, or by hand.
harnesses: $(VENV)/installed-dev
	$(BIN)/python tests/harnesses/install.py
	$(BIN)/python -m pytest -m "whole_run or not whole_run" -n 2 --dist loadfile tests/harnesses tests/hosts

lint: $(VENV)/installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/deptry .

docs: $(VENV)/installed-docs
	$(BIN)/python docs/generate.py
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build

# lm-eval reads the installed copy of tasks/, so a change there installs again.
$(VENV)/installed: pyproject.toml $(wildcard tasks/*.yaml)
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --editable .
	touch $@

$(VENV)/installed-dev: $(VENV)/installed
	$(BIN)/pip install --quiet --editable '.[dev]'
	touch $@

$(VENV)/installed-docs: $(VENV)/installed
	$(BIN)/pip install --quiet --editable '.[docs]'
	touch $@
