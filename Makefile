# Two commands set everything up: `make demo` runs the embedded example, `make test` the tests.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin

.PHONY: demo test lint docs harnesses

demo: $(VENV)/installed
	HF_HUB_OFFLINE=1 $(BIN)/lm_eval run --model dummy --tasks coderm_demo --confirm_run_unsafe_code

# Three at a time, on two cores as well: tests often wait for processes that sleep, start or run out of time.
test: $(VENV)/installed-dev lint
	$(BIN)/python -m pytest -n 3 --dist loadfile --no-loadscope-reorder

# Real harnesses in environments of their own, which take a few minutes and 300 MB: weekly, or by hand.
harnesses: $(VENV)/installed-dev
	$(BIN)/python tests/harnesses/install.py
	$(BIN)/python -m pytest -n 2 --dist loadfile tests/harnesses tests/hosts

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
