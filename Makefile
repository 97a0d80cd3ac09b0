# Every target is a plain command: on Windows type what follows `run`, with .venv\Scripts instead of .venv/bin.
PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.installed

.PHONY: setup demo test up benchmark lint prove clean

setup: $(STAMP)

$(STAMP): pyproject.toml
	@if command -v uv >/dev/null 2>&1; then \
	  uv venv --quiet --allow-existing .venv && uv pip install --quiet --python $(BIN)/python -e '.[dev]'; \
	else \
	  $(PYTHON) -m venv .venv || { echo "python3-venv is missing: apt install python3-venv"; exit 1; }; \
	  $(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[dev]'; \
	fi
	@touch $@

demo: setup
	@$(BIN)/segur demo

test: setup
	@$(BIN)/python -m pytest -n auto --dist loadfile --no-loadscope-reorder

up: setup
	@$(BIN)/segur up

benchmark: setup
	@$(BIN)/python -m benchmarks

lint: setup
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

prove: setup
	@$(BIN)/segur prove --out docs

clean:
	rm -rf .venv out
