# What people do with Myna. Needs Python 3.11+, Node 20.19+ and make; the rest is fetched at the locked versions.

PYTHON ?= python3
PY := .venv/bin/python

PIP := $(PY) -m pip --disable-pip-version-check --quiet install --require-hashes
NPM := npm --prefix front
PAGE := $(shell find front/src front/public front/index.html front/vite.config.ts front/package.json -type f)
# Where the system can, the program ends with make, even when make is killed.
ENDS_WITH_MAKE := $(shell setpriv --pdeathsig TERM true 2>/dev/null && echo setpriv --pdeathsig TERM)
COMPILE := $(PY) -m uv --quiet pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header
LOCK := $(COMPILE) pyproject.toml --extra openai --extra otel
LOCK_CLIENTS := $(COMPILE) --group clients
LOCK_BUILD := $(COMPILE) --group build
# The program itself, from this folder: `myna` in .venv/bin runs what stands in backend/myna.
INSTALL := $(PIP) -r requirements/build.txt && $(PY) -m pip --disable-pip-version-check --quiet install --no-deps --no-build-isolation --editable .

.PHONY: help run dev build wheel docs check test compose-test faults other-broker fuzz bench random-user firefox soak audit lock clean
.DEFAULT_GOAL := help

help: ## say what there is
	@grep -hE '^[a-z-]+:.*##' Makefile | sed 's/:.*##/\t/' | expand -t 15

run: .venv/embedded backend/myna/page/index.html ## everything needed, then the page on http://localhost:5055
	@exec $(ENDS_WITH_MAKE) .venv/bin/myna serve

build: backend/myna/page/index.html ## build the page into the package

dev: .venv/dev front/node_modules/ready ## the program while you change it: every save runs, on http://localhost:5173
	@exec $(ENDS_WITH_MAKE) $(PY) -m tests.dev

wheel: .venv/dev backend/myna/page/index.html ## a source archive and a wheel with the page in it, in build/release
	@$(PY) -m uv --quiet build --no-build-isolation --clear --out-dir build/release

docs: .venv/dev backend/myna/page/index.html ## the documentation as a static site, in build/docs
	@$(PY) docs/site.py build/docs
	@echo "Open build/docs/index.html; its example of a trace wants any web server: python3 -m http.server -d build/docs"

check: .venv/dev front/node_modules/ready ## formatting, lint and types, no tests
	@$(PY) tests/run.py check

test: .venv/dev .venv/clients/ready tests/clients/node_modules/ready backend/myna/page/index.html ## every check and test, on a real RabbitMQ, Postgres and Chromium
	@tests/services/install
	@$(PY) tests/run.py check test

compose-test: .venv/dev ## build and run docker-compose.yml, and use it like a person
	@$(PY) -m pytest tests/compose

faults: .venv/dev ## the part of make test that harms processes, broker and database on purpose (about 12 minutes)
	@tests/services/install
	@$(PY) -m pytest tests/faults tests/soak

other-broker: .venv/dev ## the tests of the broker on the RabbitMQ of another Debian release: RELEASE=trixie has 4.0 (about 15 minutes)
	@tests/services/unpack_rabbitmq $(or $(RELEASE),trixie) build/rabbitmq-$(or $(RELEASE),trixie)
	@TEST_RABBITMQ=$(CURDIR)/build/rabbitmq-$(or $(RELEASE),trixie) $(PY) -m pytest tests/contract/test_broker*.py tests/contract/rabbitmq tests/flow tests/faults/test_broker*.py

fuzz: .venv/dev ## made-up bytes, frames, imports and requests, until something is found or it is stopped
	@while FUZZ_S=60 $(PY) -m pytest -q --timeout=0 tests/fuzz; do :; done; exit 1

bench: .venv/dev ## the benchmarks, as tables
	@tests/services/install
	@$(PY) -m tests.bench

random-user: .venv/dev backend/myna/page/index.html ## two tabs of a browser used at random while things break, for MINUTES
	@tests/services/install
	@$(PY) -m tests.browser.random_user --minutes $(or $(MINUTES),30) $(if $(SEED),--seed $(SEED))

firefox: .venv/dev backend/myna/page/index.html ## the page in Firefox, where that is installed
	@$(PY) -m pytest tests/browser/firefox_journey.py

soak: .venv/dev ## faults at random under load, for as long as MINUTES says
	@tests/services/install
	@$(PY) -m tests.soak --minutes $(or $(MINUTES),10) $(if $(SEED),--seed $(SEED))

audit: .venv/dev front/node_modules/ready ## known vulnerabilities of what the locks name, where a registry lists them
	@$(PY) tests/audit.py

lock: .venv/dev ## write the locks in requirements/ anew from pyproject.toml
	@$(LOCK) -o requirements/backend.txt
	@$(LOCK_BUILD) -o requirements/build.txt
	@$(LOCK) --extra embedded -o requirements/embedded.txt
	@$(LOCK) --extra embedded --group dev -o requirements/dev.txt
	@$(LOCK_CLIENTS) -o requirements/clients.txt

clean: ## remove what was installed and built here
	rm -rf .venv front/node_modules tests/clients/node_modules backend/myna/page build

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Myna needs Python 3.11 or newer: set PYTHON=python3.x, for example 'make run PYTHON=python3.12'." >&2; exit 1; }
	@echo "Making .venv …"
	@$(PYTHON) -m venv .venv

# The files named .venv/embedded and .venv/dev say which lock was installed last.
.venv/embedded: requirements/embedded.txt requirements/build.txt pyproject.toml | .venv/bin/python
	@echo "Installing what the backend needs …"
	@$(PIP) -r $< && $(INSTALL)
	@touch $@

.venv/dev: requirements/dev.txt requirements/build.txt pyproject.toml | .venv/bin/python
	@echo "Installing what the backend and its tests need …"
	@$(PIP) -r $< && $(INSTALL)
	@touch $@ .venv/embedded

.venv/clients/ready: requirements/clients.txt | .venv/dev
	@echo "Installing the Python clients that the tests use …"
	@$(PY) -m venv --without-pip .venv/clients
	@$(PY) -m uv --quiet pip install --python .venv/clients/bin/python --compile-bytecode --require-hashes -r $<
	@touch $@

tests/clients/node_modules/ready: tests/clients/package-lock.json
	@echo "Installing the JavaScript clients that the tests use …"
	@npm --prefix tests/clients ci --ignore-scripts --no-audit --no-fund --silent
	@touch $@

front/node_modules/ready: front/package-lock.json
	@node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)' || { echo "Myna needs Node 20.19 or newer to build its page." >&2; exit 1; }
	@echo "Installing what the page needs …"
	@$(NPM) ci --ignore-scripts --no-audit --no-fund --silent
	@touch $@

backend/myna/page/index.html: front/node_modules/ready $(PAGE)
	@echo "Building the page …"
	@$(NPM) run build --silent -- --logLevel warn
