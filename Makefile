# Layerscope: `make run` starts it, `make test` proves it. Everything it installs lies in .venv.
SHELL := /bin/bash
PORT ?= 8600
PYTHON ?=
PIP_FLAGS ?=
BIN := .venv/bin
TESTS ?= tests
export OMP_NUM_THREADS ?= 1
# Many short processes start here: each would compile all of the code anew.
unexport PYTHONDONTWRITEBYTECODE
export PYTHON PIP_FLAGS

.PHONY: help run test test-all check prepared bench bench-templates bench-gpu environment environment-dev
.DEFAULT_GOAL := help

help:
	@echo "make run [PORT=8600]  start the app on this machine and print its address"
	@echo "make test             every check and every test but the slow ones"
	@echo "make test-all         the slow ones too"
	@echo "make check            ruff, pyright and the floors of the house"
	@echo "make bench            measure, print, and write benchmarks/RESULTS.md"
	@echo "make bench-gpu        measure the engine on a graphics processor, if there is one"
	@echo "make bench-templates  train every template; what it reaches against what was promised"

run: environment
	@exec $(BIN)/python -m core.runtime.start --port "$(PORT)"

# The types are looked at beside the tests: both leave a core idle at times.
tested = $(BIN)/pyright & types=$$!; $(BIN)/python -m pytest $(TESTS) -n 2 --dist loadfile -m $(1); \
	tests=$$?; wait $$types && exit $$tests

test: prepared
	$(BIN)/ruff check .
	@$(call tested,"not slow and not gpu")

test-all: prepared
	$(BIN)/ruff check .
	@$(call tested,"not gpu")

prepared:
	@bash .ci/chromium & browser=$$!; $(MAKE) --no-print-directory environment-dev && wait $$browser

check: environment-dev
	$(BIN)/ruff check .
	@$(BIN)/pyright & types=$$!; $(BIN)/python -m pytest -q -s tests/test_floors.py; floors=$$?; \
	wait $$types && exit $$floors

bench: environment-dev
	$(BIN)/python -m pip install -q $(PIP_FLAGS) -r benchmarks/requirements.txt
	$(BIN)/python -m benchmarks

bench-gpu: environment-dev
	$(BIN)/python -m benchmarks gpu

bench-templates: environment-dev
	$(BIN)/python -m benchmarks templates

environment:
	@bash .ci/environment requirements.txt

environment-dev:
	@bash .ci/environment requirements.txt requirements-dev.txt
