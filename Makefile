# everjam: `make play` to listen, `make test` to check everything. Each target does its own set-up.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet --constraint constraints.txt
export OMP_NUM_THREADS ?= 1
export OPENBLAS_NUM_THREADS ?= 1

.PHONY: help play test test-page lint format bench bench-music bench-music-sample bench-sound bench-sound-sample docs clean

help:  ## Show what there is to make
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-18s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

play: $(VENV)/.play  ## Install, start the server, open the page: music after one click
	@$(BIN)/everjam $(ARGS)

test: $(VENV)/.dev $(VENV)/.node  ## Run the tests (sets up browser and node where it may)
ifeq ($(ARGS),)
	$(BIN)/python -m pytest --numprocesses auto --dist worksteal $(SHARED)
	$(BIN)/python -m pytest $(addprefix --ignore=,$(SHARED) tests/browser)
else
	$(BIN)/python -m pytest $(ARGS)
endif

test-page: $(VENV)/.dev $(VENV)/.node  ## Test every part of the page in a browser, ten minutes on two cores
	$(BIN)/python -m pytest --numprocesses auto --dist worksteal tests/browser

lint: $(VENV)/.dev $(VENV)/.node  ## Check style, types, layers and generated documentation
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	@if [ -e $(TSC) ]; then echo "$(TSC) --project tools/node" && $(TSC) --project tools/node/jsconfig.json; fi
	$(BIN)/python -m cogapp --check --diff $(COGGED)

format: $(VENV)/.dev  ## Format the code and regenerate what is generated in the documentation
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/python -m cogapp -r $(COGGED)

bench: $(VENV)/.dev  ## Measure speed, latency and load; prints tables
	$(BIN)/python -m bench.speed
	$(BIN)/python -m bench.latency
	$(BIN)/python -m bench.load

bench-music: $(VENV)/.bench  ## Measure the music itself: every card, an hour or two the first time
	$(BIN)/python -m bench.music $(ARGS)

bench-music-sample: $(VENV)/.bench  ## Measure a sample of the music in less than 3 minutes
	$(BIN)/python -m bench.music --sample $(ARGS)

bench-sound: $(VENV)/.bench  ## Measure how it is produced: level, spectrum, stereo, clicks; an hour or two
	$(BIN)/python -m bench.sound $(ARGS)

bench-sound-sample: $(VENV)/.bench  ## Measure a sample of the sound in less than 3 minutes
	$(BIN)/python -m bench.sound --sample $(ARGS)

clean:  ## Remove everything that make has made
	rm -rf $(VENV) .cache .mypy_cache .ruff_cache .pytest_cache .hypothesis build dist

TSC = $(VENV)/node/node_modules/.bin/tsc
COGGED = README.md docs/*.md
# Tests that share the cores; the others keep time and have them to themselves.
SHARED = tests/engines tests/mix tests/cli tests/export tests/golden tests/protocol $(PAGE)
# What everybody meets of the page; `make test-page` looks at every part of it.
PAGE = $(addprefix tests/browser/,test_page.py test_session.py test_keyboard.py test_takes_page.py)

$(VENV)/bin/python:
	@tools/make_venv.sh $(VENV)

$(VENV)/.play: pyproject.toml constraints.txt | $(VENV)/bin/python
	@echo "Installing everjam into $(VENV) (about a minute, once) ..."
	@$(PIP) --editable .
	@touch $@

$(VENV)/.dev: pyproject.toml constraints.txt | $(VENV)/bin/python
	@echo "Installing everjam and its development tools into $(VENV) ..."
	@$(PIP) --editable '.[dev]'
	@touch $@ $(VENV)/.play

# Basic Pitch would bring TensorFlow; only its network is needed, and onnxruntime runs it.
$(VENV)/.bench: pyproject.toml constraints.txt $(VENV)/.dev
	@echo "Installing what listens to music into $(VENV) (600 MB) ..."
	@$(PIP) --editable '.[dev,bench]'
	@$(PIP) --no-deps basic-pitch
	@touch $@

# Types of the page (lint) and its accessibility (test).
$(VENV)/.node: tools/node/package.json $(VENV)/.system
	@tools/node/install.sh $(VENV)/node
	@touch $@

$(VENV)/.system:
	@tools/system_packages.sh
	@touch $@
