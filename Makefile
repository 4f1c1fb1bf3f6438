# Everything that is done with this project. "make" lists it.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

PYTHON ?= $(shell for p in python3.11 python3.12 python3.13 python3; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; break; }; done)
BIN := $(CURDIR)/.venv/bin
COPY := build/collections/ansible_collections/dbferry/oracle
# How Ansible reaches the servers of the lab: local, or ssh (network namespaces for root, otherwise the loopback interface).
SERVERS ?= local
# The oldest and the newest driver of the span that is supported; the newest is in the environment itself.
DRIVERS := 2.5.1 3.4.2
# What "make test" leaves to "make test-all".
SELECTION := not everything
SCENARIOS := --scenario-name default
# A file's tests stay together: many share a database, and what one test leaves there the next one may need.
PARALLEL := -n 2 --dist loadfile

export PATH := $(BIN):$(PATH)
export PYTHONPATH := $(CURDIR)/lab:$(CURDIR)/build/dev
export ANSIBLE_HOME := $(CURDIR)/build/ansible
# Beside the tree, not in it: tools of the lab start often, and compiling them anew each time costs more than what they do.
export PYTHONPYCACHEPREFIX := $(CURDIR)/build/pycache

.PHONY: help
help: ## List what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# -- set-up

.venv/ready: requirements-dev.txt
	@test -n "$(PYTHON)" || { echo "Python 3.11 or later is needed, and none is on the PATH."; exit 1; }
	@echo "Setting up .venv (once)"
	@$(PYTHON) -m venv .venv
	@$(BIN)/pip install --quiet --disable-pip-version-check --requirement requirements-dev.txt
	@touch $@

# The oldest ansible-core that is supported, for the tests that show it.
.venv-oldest/ready:
	@$(PYTHON) -m venv .venv-oldest
	@.venv-oldest/bin/pip install --quiet --disable-pip-version-check 'ansible-core==2.17.*' 'oracledb==2.5.1'
	@touch $@

build/dev/ansible_collections/dbferry/oracle:
	@mkdir -p $(dir $@)
	@ln -sfn ../../../.. $@

.PHONY: setup
setup: .venv/ready build/dev/ansible_collections/dbferry/oracle

build/drivers/%/oracledb: | setup
	@pip install --quiet --disable-pip-version-check --target build/drivers/$* oracledb==$*

# A real copy: ansible-test refuses symbolic links. It is the built tarball, installed.
.PHONY: collection
collection: setup ## Build the collection's tarball and install it below build/collections
	@rm -rf $(COPY)
	@ansible-galaxy collection build --force --output-path dist > /dev/null
	@ansible-galaxy collection install --offline --force -p build/collections dist/dbferry-oracle-*.tar.gz > /dev/null 2>&1
	@git -C $(COPY) init --quiet && git -C $(COPY) add --all # or ansible-test would ask the repository around it

# -- the lab

.PHONY: lab
lab: setup ## Start the simulated databases (FOR=xtts, SERVERS=local) and write build/lab/endpoints.json and inventory.yml
	@python -m oralab.lab up --for $(or $(FOR),xtts) --servers $(SERVERS) --directory build/lab

.PHONY: lab-down
lab-down: setup ## Stop the simulated databases and leave nothing behind
	@python -m oralab.lab down --directory build/lab

.PHONY: demo
demo: setup ## Watch a database that is in use move (FOR=xtts: from big-endian to little-endian)
	@python tests/demo.py $(FOR)

# -- tests

.PHONY: test
test: static integration molecule ## Everything that must hold, in a selection that covers it

# Each of these uses one core for most of its time. What a command of theirs has to say is printed once it is over.
.PHONY: static
static: collection
	@$(MAKE) --no-print-directory --jobs 2 --output-sync=line --assume-old=collection sanity lint unit

.PHONY: lint
lint: collection ## Style, types, production-profile lint, documentation and changelog
	ruff check plugins lab tests extensions
	mypy lab/oralab
	mypy --package ansible_collections.dbferry.oracle.plugins
	cd $(COPY) && ANSIBLE_COLLECTIONS_PATH=$(CURDIR)/build/collections ansible-lint --offline --profile production -q
	ANSIBLE_COLLECTIONS_PATH=$(CURDIR)/build/collections ansible-lint --offline --profile production -q extensions
	cd $(COPY) && antsibull-docs lint-collection-docs --plugin-docs --validate-collection-refs=all .
	antsibull-changelog lint

.PHONY: sanity
sanity: collection ## ansible-test sanity, without ignore entries
	python tests/sanity/offline_pip.py
	cd $(COPY) && env -u PYTHONPATH ansible-test sanity --python $$(python -c 'import sys; print("%d.%d" % sys.version_info[:2])') --color no

# The unit tests plan, the contract and the workflow issue; whoever runs them with these variables is traced.
TRACED := DBFERRY_TRACE=$(CURDIR)/build/sql-trace PYTHONPATH=$(CURDIR)/tests/trace:$(CURDIR)/lab:$(CURDIR)/build/dev

.PHONY: unit
unit: setup collection ## What needs no database, and the catalogue of the statements that are planned there
	@rm -rf build/sql-trace
	$(TRACED) pytest tests/unit -n 2
	pytest tests/sql_catalog -n 0

.PHONY: integration
integration: setup node-client .venv-oldest/ready $(foreach version,$(DRIVERS),build/drivers/$(version)/oracledb) ## The lab, the contract of every module, the workflows
	pytest tests/lab $(PARALLEL) -m "$(SELECTION)"
	@$(MAKE) --no-print-directory driver-suite PART="$(if $(SELECTION),--part)"
	pytest tests/integration $(PARALLEL) -m "$(SELECTION)"

# The driver's source distribution, which carries its test suite.
build/clients/oracledb-%/tests/conftest.py: | setup
	@pip download --quiet --disable-pip-version-check --no-deps --no-binary oracledb --dest build/clients oracledb==$*
	@tar -xzf build/clients/oracledb-$*.tar.gz -C build/clients

# node-oracledb, where there is npm; without node its test says so and is skipped.
build/clients/node/node_modules/oracledb: | setup
	@command -v npm > /dev/null || { mkdir -p $(dir $@); exit 0; }; \
	npm install --silent --no-audit --no-fund --ignore-scripts --prefix build/clients/node oracledb@6

.PHONY: node-client
node-client: build/clients/node/node_modules/oracledb

.PHONY: driver-suite
PART :=
driver-suite: setup ## The test suite of python-oracledb against the lab (PART=--part: the covering part), into build/clients
	@$(MAKE) --no-print-directory build/clients/oracledb-$$(python -c 'import oracledb; print(oracledb.__version__)')/tests/conftest.py
	python tests/clients/driver_suite.py $(PART)

# Root can have installed what the servers need; the others get an sshd of their own on the loopback interface if there is one.
.PHONY: molecule
molecule: setup ## The workflow on servers that ssh reaches (SCENARIOS=--all: every scenario)
	@missing=; for tool in sshd ssh sudo ip ss pgrep; do PATH=$$PATH:/usr/sbin command -v $$tool > /dev/null || missing="$$missing $$tool"; done; \
	if [ -n "$$missing" ] && [ $$(id -u) -eq 0 ] && command -v apt-get > /dev/null; then \
		echo "Installing$$missing (once)"; \
		apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y openssh-server openssh-client sudo iproute2 procps > /dev/null \
			|| echo "That failed."; \
	fi; \
	if [ -x /usr/sbin/sshd ]; then molecule test $(SCENARIOS); \
	else echo "SKIPPED: make molecule needs /usr/sbin/sshd, of the package openssh-server. No test has run on servers that ssh reaches."; fi

.PHONY: test-all
test-all: SELECTION :=
test-all: SCENARIOS := --all --exclude oracle_free
test-all: static integration molecule ## The same with every case of every test (long)

.PHONY: test-oracle
test-oracle: setup ## The contract of every module on databases that the environment names (docs/real_databases.md)
	@test -n "$${ORACLE_TEST_TARGET_DSN:-}" || { echo "No database is named: docs/real_databases.md tells the variables."; exit 1; }
	pytest tests/integration/test_contract.py -n 0 -rs

ENGINE := podman
.PHONY: oracle-free
oracle-free: setup ## The same on Oracle Database Free in a container (ENGINE=podman)
	ORACLE_FREE_ENGINE=$(ENGINE) molecule test --scenario-name oracle_free

.PHONY: sql-catalog
sql-catalog: setup ## Every statement that the product can issue, into build/sql, with a script that has a database parse them
	@rm -rf build/sql-trace
	$(TRACED) pytest tests/unit -n 2
	$(TRACED) pytest tests/integration/test_contract.py tests/integration/test_xtts.py $(PARALLEL) -m "not everything"
	pytest tests/sql_catalog -n 0
	@python tests/sql_catalog/catalog.py

.PHONY: bench
bench: setup ## Ratios of speed, into build/bench
	@python tests/bench/bench.py

.PHONY: pictures
pictures: setup ## The two pictures of the README, into docs/pictures (needs chromium)
	@python tests/pictures.py

.PHONY: clean
clean: lab-down ## Remove everything that was made
	@rm -rf build dist .venv .venv-oldest
