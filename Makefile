# Every task by its name: `make` lists them. Each can be repeated: what is done is not done again.
# Plain tools work as well once `make setup` has run; the targets only save remembering their options.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:
MAKEFLAGS += --no-builtin-rules --no-print-directory

VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
INSTALLED_DEV := $(VENV)/.installed-dev
INSTALLED_BROWSER := $(VENV)/.installed-browser
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

# DEMO=1 takes the demo's data and clock instead of yours; ARGS are passed on: make load ARGS="--from ~/archives"
ISOBAR := $(BIN)/isobar $(if $(DEMO),--demo)
DBT := $(BIN)/dbt --quiet
DATA_DIR := $(or $(ISOBAR_DATA_DIR),data)
SITE_DIR ?= site
SERVICES = $(BIN)/python -m tools.services --folder "$(or $(ISOBAR_SERVICES_DIR),$(DATA_DIR)/services)"

# Two workers, as many as the smallest machine of CI has cores; a file stays on one, so that its fixtures are built once. Files
# are handed out in the order of tests/conftest.py: the longest first.
PYTEST := $(BIN)/pytest -n 2 --dist loadfile --no-loadscope-reorder

# Everything that will be committed, new files included.
FILES := git ls-files -z --cached --others --exclude-standard

##@ Use
.PHONY: help
help: ## List the targets
	@awk 'BEGIN {FS = ":.*## "} \
	  /^##@ / {printf "\n%s\n", substr($$0, 5)} \
	  /^[a-z][a-z-]*:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: setup
setup: $(INSTALLED) ## Make .venv, install the locked packages, prepare dbt and empty raw tables
	@$(ISOBAR) setup

.PHONY: setup-bucket
setup-bucket: $(INSTALLED) ## Add what a lake in a bucket needs (ISOBAR_LAKE=s3://…)
	@$(PIP) install --require-hashes --requirement requirements-s3.lock

# Extras that are installed by their name, as locked.
EXTRAS := kafka postgresql mysql mongodb redis cassandra

.PHONY: setup-kafka setup-postgresql setup-mysql setup-mongodb setup-redis setup-cassandra
setup-kafka: ## Add what polls by Kafka need (ISOBAR_TRANSPORT=kafka)
setup-postgresql: ## Add what the outlet PostgreSQL needs (ISOBAR_OUTLETS)
setup-mysql: ## Add what the outlets MySQL and MariaDB need (ISOBAR_OUTLETS)
setup-mongodb: ## Add what the outlet MongoDB needs (ISOBAR_OUTLETS)
setup-redis: ## Add what the outlet Redis and the cache need (ISOBAR_OUTLETS, ISOBAR_CACHE)
setup-cassandra: ## Add what the outlet Cassandra needs (ISOBAR_OUTLETS)
$(EXTRAS:%=setup-%): setup-%: $(INSTALLED)
	@$(PIP) install --require-hashes --requirement requirements-$*.lock

.PHONY: run
run: $(INSTALLED) ## The demo from end to end: simulate, land, load, build, publish (no key, no account)
	@$(ISOBAR) run $(ARGS)

.PHONY: live
live: $(INSTALLED) ## The same with real weather: SYNOP without a key, OpenWeather when a key is set
	@$(ISOBAR) run --live $(ARGS)

.PHONY: load
load: $(INSTALLED) ## Land and load SYNOP archives (ARGS="--from FOLDER --start 2020-01-01")
	@$(ISOBAR) load synop $(ARGS)

.PHONY: build
build: $(INSTALLED) ## Build the models, audit them, publish the marts
	@$(ISOBAR) build $(ARGS)

.PHONY: report
report: $(INSTALLED) ## Write the report of Elementary's monitors and its index (DEMO=1: the demo's)
	@$(ISOBAR) report $(ARGS)

.PHONY: status
status: $(INSTALLED) ## Say what is loaded and how old it is
	@$(ISOBAR) status $(ARGS)

.PHONY: freshness
freshness: setup ## Ask dbt which raw tables are late (dbt source freshness)
	@$(BIN)/dbt source freshness --project-dir dbt_project

.PHONY: alerts
alerts: $(INSTALLED) ## Send what is new since the last call: a failed run, an overdue source, a silent station …
	@$(ISOBAR) alerts $(ARGS)

.PHONY: services
services: $(INSTALLED_DEV) ## Start servers on loopback to try them (S="ceph moto=15002"; default: all; Debian's need root)
	@$(SERVICES) up $(S)

.PHONY: services-down
services-down: $(INSTALLED_DEV) ## Stop the servers that `make services` started (S="ceph": only these)
	@$(SERVICES) down $(S)

.PHONY: recipe
recipe: $(INSTALLED_DEV) ## The demo by the settings and servers of a recipe (R=cloud; ARGS: words for isobar instead)
	@$(BIN)/python -m tools.recipe $(or $(R),cloud) $(ARGS) --data-dir "$(DATA_DIR)/recipes" \
	  --folder "$(or $(ISOBAR_SERVICES_DIR),$(DATA_DIR)/services)"

.PHONY: app
app: $(INSTALLED) ## Open the app over the published marts (DEMO=1: over the demo's)
	@$(ISOBAR) app $(ARGS)

.PHONY: export
export: $(INSTALLED) ## Write the open-licence marts as Parquet with a catalogue (ARGS="FOLDER --url https://…")
	@$(ISOBAR) export $(or $(ARGS),public)

.PHONY: docs
docs: setup ## Write dbt's site, one HTML file, and the data dictionary, docs/data_dictionary.md
	@$(DBT) docs generate --static --project-dir dbt_project
	@$(BIN)/python -m tools.dictionary
	@echo "Open dbt_project/target/static_index.html: the site of models, columns and lineage"
	@echo "Read docs/data_dictionary.md: every column; docs/numbers.md, docs/nombres.md: what each number means"

##@ Change
.PHONY: setup-dev
setup-dev: $(INSTALLED_DEV) ## Add the tools that tests and lint need

.PHONY: hooks
hooks: $(INSTALLED_DEV) ## Run the linters before each commit (installs the git hook)
	@$(BIN)/pre-commit install

.PHONY: test
test: lint ## Everything a change needs, offline: lint and the tests (CI runs this)
	@$(PYTEST) $(ARGS)

.PHONY: test-all
test-all: lint ## The long tests as well: kill loops, real data at length, a browser
	@$(PYTEST) -m "" $(ARGS)

.PHONY: test-services
test-services: $(INSTALLED_DEV) ## Tests against real servers on loopback; installs their Debian packages for root
	@$(SERVICES) install
	@$(PYTEST) -m "services and not long" $(ARGS)

.PHONY: test-browser
test-browser: $(INSTALLED_BROWSER) ## The app in Chromium (Debian: apt install chromium); adds Playwright to .venv
	@$(BIN)/pytest -m "browser and not long" tests/app $(ARGS)

.PHONY: lint
lint: lint-python lint-types lint-yaml lint-workflows lint-sql lint-secrets ## All linters

.PHONY: lint-python
lint-python: $(INSTALLED_DEV) ## ruff: rules, format; import-linter: imports that rooms may not make
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --quiet --check .
	@found=$$(PYTHONPATH=streamlit $(BIN)/lint-imports --no-cache) || { echo "$$found"; exit 1; }

.PHONY: lint-types
lint-types: $(INSTALLED_DEV) ## mypy over the packages, over the app, and over the function of Lambda
	@$(BIN)/mypy
	@$(BIN)/mypy deploy/cloud/lambda/kinesis_to_dynamo.py
	@MYPYPATH=streamlit $(BIN)/mypy streamlit

.PHONY: lint-yaml
lint-yaml: $(INSTALLED_DEV) ## yamllint
	@$(BIN)/yamllint --strict .

.PHONY: lint-workflows
lint-workflows: $(INSTALLED_DEV) ## GitHub's schema over the workflows, and zizmor: what an attacker would do with them
	@$(BIN)/check-jsonschema --quiet --builtin-schema vendor.github-workflows .github/workflows/*.yml
	@$(BIN)/zizmor --offline --quiet --no-progress --pedantic .github/workflows

.PHONY: lint-sql
lint-sql: setup-dbt ## sqlfluff over models, tests, snapshots as dbt renders them
	@$(BIN)/sqlfluff lint --processes 2 --disable-progress-bar --nocolor dbt_project

.PHONY: lint-secrets
lint-secrets: $(INSTALLED_DEV) ## detect-secrets: nothing new beside the baseline
	@$(FILES) | xargs -0 $(BIN)/detect-secrets-hook --baseline .secrets.baseline

.PHONY: format
format: $(INSTALLED_DEV) setup-dbt ## Mend what ruff and sqlfluff can mend by themselves
	@$(BIN)/ruff check --quiet --fix .
	@$(BIN)/ruff format --quiet .
	@$(BIN)/sqlfluff fix --disable-progress-bar --nocolor --quiet dbt_project

.PHONY: lock
lock: ## Resolve the locks again from pyproject.toml (needs uv; UPGRADE=1 takes newer versions)
	@command -v uv >/dev/null || { echo "make lock needs uv: python -m pip install uv" >&2; exit 1; }
	@$(UV_COMPILE) --extra dev --extra aws --extra s3 $(EXTRAS:%=--extra %) --output-file requirements-dev.lock
	@$(UV_COMPILE) --constraint requirements-dev.lock --output-file requirements.lock
	@for extra in s3 $(EXTRAS); do \
	  sed -n "s/^$$extra = \[\"\(.*\)\"\]$$/\1/p" pyproject.toml \
	    | $(UV_COMPILE:pyproject.toml=-) --constraint requirements-dev.lock --output-file requirements-$$extra.lock; \
	done
UV_COMPILE = uv pip compile pyproject.toml --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
  --no-emit-find-links --no-header --no-strip-extras --no-annotate $(if $(UPGRADE),--upgrade)

.PHONY: bench
bench: $(INSTALLED_DEV) ## Measure load, build and polls at size (minutes, some GB of disk)
	@$(BIN)/python -m benchmarks

.PHONY: mutate
mutate: $(INSTALLED_DEV) ## Change the SQL one small thing at a time: which changes does no unit test notice? (half an hour)
	@$(BIN)/python -m tools.mutate $(ARGS)

.PHONY: snowflake-check
snowflake-check: $(INSTALLED) ## Try a Snowflake account: a simulated day there and on DuckDB, every row compared (costs credits)
	@$(ISOBAR) snowflake-check

.PHONY: dashboards
dashboards: setup ## Write the dashboards of Grafana and the model of Power BI, serving/dashboards
	@$(BIN)/python -m tools.dashboards
	@$(BIN)/python -m tools.powerbi

.PHONY: accuracy
accuracy: $(INSTALLED_DEV) ## Write docs/accuracy.md: the monthly figures against those Météo-France published
	@$(BIN)/python -m tools.accuracy $(ARGS)

.PHONY: quality
quality: $(INSTALLED_DEV) ## Write the tables of docs/quality.md: findings, false alarms, known errors found
	@$(BIN)/python -m tools.quality_rates $(ARGS)

##@ Run by GitHub Actions, and anywhere else
.PHONY: slim
slim: $(INSTALLED) ## Build what a change modifies against the demo (data/demo); without one, the whole demo
	@if [ -e "$(DATA_DIR)/demo/warehouse.duckdb" ]; then \
	  $(BIN)/isobar --demo --data-dir "$(DATA_DIR)/slim" slim --state "$(DATA_DIR)/demo" \
	    $(if $(GITHUB_STEP_SUMMARY),--summary "$(GITHUB_STEP_SUMMARY)"); \
	else \
	  echo "No build to compare with in $(DATA_DIR)/demo: the whole demo instead." $(if $(GITHUB_STEP_SUMMARY),>> "$(GITHUB_STEP_SUMMARY)"); \
	  $(BIN)/isobar run; \
	fi

.PHONY: snowflake-key
snowflake-key: ## Write ISOBAR_SNOWFLAKE_PRIVATE_KEY, a secret of CI, to ISOBAR_SNOWFLAKE_PRIVATE_KEY_PATH, for its owner alone
	@umask 077 && printf '%s\n' "$$ISOBAR_SNOWFLAKE_PRIVATE_KEY" > "$$ISOBAR_SNOWFLAKE_PRIVATE_KEY_PATH"

.PHONY: state-check
state-check: $(INSTALLED) ## Refuse a data folder that was lost, is old or damaged (ISOBAR_SITE_URL has the witness; BEGIN=1 the first time)
	@$(ISOBAR) state check $(if $(ISOBAR_SITE_URL),--witness "$(ISOBAR_SITE_URL)/state.json") $(if $(BEGIN),--begin)

.PHONY: state-seal
state-seal: $(INSTALLED) ## Number the data folder as this run leaves it
	@$(ISOBAR) state seal

.PHONY: site
site: $(INSTALLED) ## Put the site for ISOBAR_SITE_URL together in site/: public marts, reports, documentation
	@$(ISOBAR) site "$(SITE_DIR)" --url "$(or $(ISOBAR_SITE_URL),http://127.0.0.1:8000)"

.PHONY: release-notes
release-notes: $(INSTALLED) ## Check that TAG is this version and has a chapter in CHANGELOG.md, and write that to build/release-notes.md
	@$(BIN)/python -m tools.release "$(TAG)" build/release-notes.md

.PHONY: release
release: ## Make TAG's release on GitHub with build/release-notes.md (gh, signed in)
	@gh release create "$(TAG)" --verify-tag --title "Isobar $(TAG)" --notes-file build/release-notes.md

##@ Tidy
.PHONY: clean
clean: ## Delete caches and build products; never data, never .venv
	@rm -rf .mypy_cache .pytest_cache .ruff_cache dbt_project/target dbt_project/logs target logs build
	@find . -name __pycache__ -type d -not -path './$(VENV)/*' -prune -exec rm -rf {} +

.PHONY: clean-data
clean-data: ## Delete the data folder, lake included, after asking
	@read -r -p "Delete $(DATA_DIR) with its lake, warehouse and published marts? Type yes: " answer || true; \
	  [ "$$answer" = yes ] || { echo "Nothing deleted."; exit 1; }
	@rm -rf -- "$(DATA_DIR)"

# --- how .venv is made -------------------------------------------------------------------------------------------------

# The machine's own python3 first: in CI that is the version under test. A name alone proves nothing (version managers
# leave shims for versions that are switched off), so each candidate is run.
$(BIN)/python:
	@for candidate in $(or $(PYTHON),python3 python3.13 python3.12 python3.11 python); do \
	  if "$$candidate" -c 'import sys, ensurepip; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' 2>/dev/null; then \
	    echo "Making $(VENV) with $$("$$candidate" --version)"; exec "$$candidate" -m venv $(VENV); fi; done; \
	  echo "Isobar needs Python 3.11, 3.12 or 3.13 with venv. Install one, or name it: make setup PYTHON=/path/to/python" >&2; exit 1

# The stamps are older than a lock that changed, and only then is anything installed. The project itself is built with the
# locked setuptools: nothing is fetched that has no hash.
$(INSTALLED): requirements.lock pyproject.toml | $(BIN)/python
	@echo "Installing requirements.lock (a few minutes the first time)"
	@$(PIP) install --require-hashes --requirement requirements.lock
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

$(INSTALLED_DEV): requirements-dev.lock $(INSTALLED)
	@echo "Installing requirements-dev.lock"
	@$(PIP) install --require-hashes --requirement requirements-dev.lock
	@touch $@

# The extra alone: what else the project asks for is installed, as locked.
$(INSTALLED_BROWSER): pyproject.toml $(INSTALLED_DEV)
	@echo "Installing the extra 'browser'"
	@$(PIP) install --no-build-isolation --editable '.[browser]'
	@touch $@

# sqlfluff renders through dbt, which wants its packages (or their stubs) in place.
.PHONY: setup-dbt
setup-dbt: $(INSTALLED_DEV)
	@$(ISOBAR) setup
