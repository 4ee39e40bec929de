# make run: build the brief of missions/mali and say where the page is.   make test: run every check.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: run test
run: .venv/run.stamp
	@$(BIN)/castor brief missions/mali

test: .venv/test.stamp
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/python -m pytest -n 2 --dist loadscope

.venv/run.stamp: pyproject.toml constraints.txt
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e .
	@touch $@

.venv/test.stamp: .venv/run.stamp
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[test]'
	@command -v chromium >/dev/null || sh tools/install_chromium.sh
	@touch $@
