# Everything that is done with this checkout; each target sets up what it needs.
.DEFAULT_GOAL := help
.PHONY: help run test quick bench faults attack picture lint lock sbom clean
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

RUNTIME := .venv/.runtime
DEVELOPMENT := .venv/.development
UV := .boot/uv/bin/uv
QUICK := LANNER_TEST_EXAMPLES=5 .venv/bin/pytest -q -p no:schemathesis -p no:cacheprovider --hypothesis-profile quick
COMPILE := $(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --no-header \
	--no-emit-index-url --no-emit-find-links

run: $(RUNTIME) ## set up and start the whole service at http://127.0.0.1:8000
	@exec .venv/bin/lanner up

test: $(DEVELOPMENT) ## set up and run every test that can run here
	@exec .venv/bin/python .ci/test

bench: $(DEVELOPMENT) ## measure storing, fetching and serving beside other ways, in tables
	@exec .venv/bin/pytest -m bench -s -q tests/benchmarks

faults: $(DEVELOPMENT) ## kill, freeze and starve everything in full counts, in one table; takes well over an hour
	@LANNER_TEST_FAULTS=full .venv/bin/pytest -m faults -q tests/faults tests/integration/test_rate_limits.py
	@LANNER_TEST_EXAMPLES=10000 .venv/bin/pytest -q --timeout 900 tests/unit/own_files/test_dialects.py
	@LANNER_TEST_EXAMPLES=2000 exec .venv/bin/pytest -q tests/entrypoints/rest/test_examples.py tests/acceptance/test_raw_requests.py

attack: $(DEVELOPMENT) ## attack a running service in every way that was ever found, and behind nginx, in one table
	@LANNER_TEST_ATTACKS=full exec .venv/bin/pytest -m attacks -q tests/attacks

quick: $(DEVELOPMENT) ## run what needs no server, process or socket, in seconds
	@$(QUICK) tests/unit & units=$$!; \
	$(QUICK) tests/use_cases tests/contracts -k "use_cases or memory"; others=$$?; \
	wait $$units && exit $$others

picture: $(DEVELOPMENT) ## draw the README's picture of the web page anew, with Chromium
	@LANNER_TEST_PICTURES=write exec .venv/bin/pytest -q tests/browser/test_readme.py

lint: $(DEVELOPMENT) ## check style, formatting, types and the direction of imports
	@.venv/bin/ruff check --quiet .
	@.venv/bin/ruff format --quiet --check .
	@.venv/bin/mypy
	@.venv/bin/lint-imports --no-logo

lock: $(DEVELOPMENT) ## resolve the dependencies of pyproject.toml anew into the lock files
	@test -x $(UV) || .venv/bin/python -m pip install --quiet --target .boot/uv uv
	@echo setuptools | $(COMPILE) --upgrade pyproject.toml - --output-file requirements.lock
	@echo setuptools | $(COMPILE) --upgrade pyproject.toml - --group dev --constraints requirements.lock --output-file requirements-dev.lock

sbom: $(DEVELOPMENT) ## write sbom.json: what the service consists of, with versions and licences
	@exec .ci/sbom sbom.json

clean: ## remove what the other targets made
	rm -rf .venv .boot build sbom.json *.egg-info .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

help: ## show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-7s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

$(RUNTIME): requirements.lock pyproject.toml
	@.ci/environment requirements.lock
	@touch $@

# The development lock holds the runtime's versions too, so one installation serves both.
$(DEVELOPMENT): requirements-dev.lock pyproject.toml
	@.ci/environment requirements-dev.lock
	@touch $@ $(RUNTIME)
