# Two commands for a newcomer: `make run` and `make test`. Everything they need they bring themselves.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DOCS ?= docs
PORT ?= 8765
# Handed over by the environment: a folder's name may hold quotes and spaces.
export DOCS PORT

.PHONY: run test check bench bench-supervision differential rules pykka format venv clean

run: venv  ## Start the example agent host with its page; DOCS=folder and PORT=number may be given.
	$(BIN)/python -m examples.agent_host --docs "$$DOCS" --port "$$PORT"

test: venv  ## Run all tests.
	$(BIN)/python -m pytest -q -n 2 --dist loadscope $(ARGS)

check: venv  ## Style, types of two checkers, floors and exports.
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/mypy examples benchmarks
	$(BIN)/basedpyright
	$(BIN)/python -m pytest -q tests/packaging/test_floors.py

bench: venv  ## Figures beside their peers in the same run; fails where a goal is missed.
	$(BIN)/python benchmarks/actors.py
	$(BIN)/python benchmarks/delivery.py

bench-supervision: venv  ## The supervisor beside OTP's own; needs Erlang, and fails where a goal is missed.
	$(BIN)/python benchmarks/supervision.py

differential: venv  ## 5,000 traces through OTP's supervisor and ours, 100,000 steps of the model; needs Erlang.
	$(BIN)/python -m tests.differential.run --traces 5000 $(ARGS)

rules: venv  ## Every rule of supervision with its tests, and mutants that each of them must notice.
	$(BIN)/python -m tests.rules.run

pykka: venv  ## Pykka's own test suite with LoopActor as one more runtime.
	$(BIN)/python tests/pykka_suite.py

format: venv
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

venv: $(VENV)/.ready

$(VENV)/.ready: setup.cfg pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip setuptools wheel
	PYTHONWARNINGS=ignore $(BIN)/python -m pip install --quiet -e '.[console,asgi,test,check,bench]'
	touch $@

clean:
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis
