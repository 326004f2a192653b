# Two commands do everything on a fresh machine with Python 3.11 to 3.13:
#   make demo    plans the bundled Kalundborg study and says where the map is
#   make test    runs lint, types and the whole test suite
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
STUDY ?= kalundborg
OUT ?= out/$(STUDY)

.PHONY: demo test lint types unit format clean help
.DEFAULT_GOAL := help

help:
	@echo "make demo   plan the bundled study and say where the map is"
	@echo "make test   lint, types and the whole test suite"
	@echo "make format format the code;  make clean  remove what make made"

$(VENV)/.installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable .
	@echo "compiling the route searches, once per installation"
	$(BIN)/python -c "import symbioplan as s; s.find_candidates(s.read_study('kalundborg'))"
	touch $@

$(VENV)/.developer: $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --group dev
	touch $@

demo: $(VENV)/.installed
	$(BIN)/symbioplan plan $(STUDY) --out $(OUT)
	@echo "Open $(CURDIR)/$(OUT)/map.html in a browser, $(CURDIR)/$(OUT)/plan.gpkg in QGIS."

test: lint types unit

lint: $(VENV)/.developer
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.developer
	$(BIN)/mypy

unit: $(VENV)/.developer
	$(BIN)/python -m pytest --numprocesses auto

format: $(VENV)/.developer
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:
	rm -rf $(VENV) out build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
