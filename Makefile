# Every target runs in a virtual environment of its own, .venv; nothing else on the machine is touched.

PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python
PIP := $(PY) -m pip --disable-pip-version-check -qq
ARGS ?=
# How many processes run the tests: 0 is none but pytest's own, enough for the tests that ARGS names.
WORKERS ?= $(if $(findstring tests/,$(ARGS)),0,auto)
BASE ?= python:3.12-slim
BASELINES ?= copy-source dictionary statistical
TAG_PREFIX ?= terminarium-

export PYTHONUNBUFFERED = 1

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help setup demo check test lint types bench endurance figures images requirements clean

help: ## list the targets: this page
	@sed -n 's/^\([a-z]*\):[^#]*## \(.*\)/  make \1#\2/p' $(firstword $(MAKEFILE_LIST)) | \
	  while IFS='#' read -r target why; do printf '%-20s %s\n' "$$target" "$$why"; done

setup: $(VENV)/test.stamp $(VENV)/project.stamp ## make .venv with all that tests and linters need

demo: $(VENV)/runtime.stamp $(VENV)/project.stamp ## try it: the whole platform on this machine, with sample data
	@exec $(PY) -m demo --base $(BASE) $(ARGS)

check: lint types ## while you write: linters, types, then the tests in ARGS (none: the unit tests), no services
	@echo "== tests, without services"
	@exec $(PY) -m pytest --numprocesses $(WORKERS) -r s $(if $(findstring tests/,$(ARGS)),,tests/unit) $(ARGS)

test: lint types ## what CI runs: linters, types, layers, migrations, then every test on real services
	@echo "== migrations: do they match the models?"
	@$(PY) -m tests.environment makemigrations --check --dry-run
	@echo "== tests: can all be imported?"
	@# First by a single process: several that begin at once would each compile all of them.
	@found=$$($(PY) -m pytest --collect-only -qqq $(ARGS)) || { echo "$$found"; exit 1; }
	@echo "== tests"
	@exec $(PY) -m tests.services -- $(PY) -m pytest --numprocesses $(WORKERS) --durations 20 $(ARGS)

lint: setup ## style and layers: ruff, and who may import whom
	@echo "== ruff: style"
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .
	@echo "== import-linter: layers"
	@$(VENV)/bin/lint-imports --no-cache --no-logo

types: setup ## check the types: mypy, strict
	@echo "== mypy: types"
	@DEBUG=true $(PY) -m mypy # its Django plugin reads the settings

bench: setup ## measure speed: the tests marked `bench`
	@exec $(PY) -m tests.services -- $(PY) -m pytest -m bench $(ARGS)

endurance: setup ## five minutes of random SIGKILLs under 100 submissions and 10 images; was anything lost?
	@exec $(PY) -m tests.endurance.random_kills $(ARGS)

figures: setup ## how plain the code is: words, lengths, rooms and arrows (ARGS="--list long" names places)
	@exec $(PY) -m tests.figures $(ARGS)

images: ## build the baseline systems' images with docker (BASE=… names another image with Python)
	@for name in $(BASELINES); do \
	  context=docker/baselines/$$name; \
	  test $$name != statistical || context=.; \
	  echo "building $(TAG_PREFIX)$$name"; \
	  docker build --quiet --network none --build-arg BASE=$(BASE) --tag $(TAG_PREFIX)$$name \
	    --file docker/baselines/$$name/Dockerfile $$context || exit 1; \
	done

requirements: ## pin requirements/*.txt anew from the .in files, for every system and Python we support
	@$(PYTHON) -m venv $(VENV)-pins
	@$(VENV)-pins/bin/python -m pip --disable-pip-version-check --quiet install uv
	@for name in runtime test; do \
	  echo "pinning requirements/$$name.txt"; \
	  (cd requirements && ../$(VENV)-pins/bin/uv --no-config pip compile --quiet --universal \
	    --python-version 3.11 --generate-hashes --no-header --no-annotate --no-sources \
	    --no-emit-index-url --no-emit-find-links $(ARGS) $$name.in --output-file $$name.txt) || exit 1; \
	done
	@rm -rf $(VENV)-pins

clean: ## remove .venv and caches; your data stay
	@rm -rf $(VENV) $(VENV)-pins .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis build dist
	@find . -name __pycache__ -type d -not -path './.git/*' -prune -exec rm -rf {} +

$(PY):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "Terminarium needs Python 3.11 or newer; '$(PYTHON)' is missing or older."; \
	  echo "Name another one:  make setup PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    echo "Python's venv module is missing: installing Debian's package python3-venv"; \
	    apt-get -qq update && DEBIAN_FRONTEND=noninteractive \
	      apt-get -qq -y install --no-install-recommends python3-venv; \
	  else \
	    echo "'$(PYTHON)' has no venv module. On Debian and Ubuntu:  sudo apt-get install python3-venv"; \
	    exit 1; \
	  fi; }
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); exit 1; }

# The runtime pins are a subset of the test pins (a test says so): the larger set serves for both.
$(VENV)/test.stamp: requirements/test.txt | $(PY)
	@echo "installing the pinned packages for tests (a minute or two, once)"
	@$(PIP) install --require-hashes -r requirements/test.txt
	@touch $(VENV)/runtime.stamp $@

$(VENV)/runtime.stamp: requirements/runtime.txt | $(PY)
	@echo "installing the pinned packages (a minute, once)"
	@$(PIP) install --require-hashes -r requirements/runtime.txt
	@touch $@

$(VENV)/project.stamp: pyproject.toml | $(VENV)/runtime.stamp
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@
