.DEFAULT_GOAL := help
SHELL := /bin/sh
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# gRPC's handlers of forks crash some of the children of a process whose threads are busy with it.
export GRPC_ENABLE_FORK_SUPPORT := 0
PROTOS := $(shell find proto third_party/buf third_party/edge_api -name '*.proto' 2>/dev/null)

.PHONY: help up test check gen stubs client package console bench fuzz kafka keycloak helm image sbom format install

help: ## Show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-8s %s\n", $$1, $$2}'

up: $(VENV)/.installed ## Set everything up and run it, with live demo traffic (ARGS="--help" for choices)
	@$(MAKE) --no-print-directory console || echo "The console's page could not be built; all else runs without it."
	$(BIN)/shadower up --demo $(ARGS)

test: install ## Run every test (ARGS goes to pytest)
	$(BIN)/python -m pytest $(ARGS)

# Those that take long come first, so that none is waited for alone in the end.
CHECKS := types page imports secrets generated schema style contract reference edges chart image
check: install ## Run every linter; prove generated code, schema and contract by diff; have Envoy look at its configuration
	@$(MAKE) --no-print-directory --jobs=$(shell nproc 2>/dev/null || echo 1) --output-sync=target \
		$(addprefix check-,$(CHECKS))

.PHONY: $(addprefix check-,$(CHECKS))
check-types:
	$(BIN)/mypy
check-page:
	$(NPM) run --silent check
check-imports:
	$(BIN)/lint-imports
check-secrets:
	$(BIN)/python -m tools.secrets
check-generated:
	rm -rf $(VENV)/gen && $(MAKE) --no-print-directory stubs GEN=$(VENV)/gen && diff -r -x __pycache__ $(VENV)/gen gen
	$(BIN)/python -m tools.client $(VENV)/client && diff -r -x __pycache__ $(VENV)/client $(CLIENT)
check-schema:
	$(BIN)/python -m tools.schema | diff $(SCHEMA) -
check-style:
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
check-contract:
	$(BIN)/buf lint
	$(BIN)/buf format proto --diff --exit-code
	$(BIN)/buf breaking proto --against contract.binpb
	$(BIN)/python -m tools.options
check-reference:
	$(BIN)/python -m tools.reference --check
check-edges:
	$(BIN)/python -m tools.edges
check-chart:
	$(BIN)/python -m tools.chart --check
check-image:
	$(BIN)/hadolint Dockerfile

gen: $(VENV)/.installed ## Generate code, the client and references from the contract, and the schema from its migrations
	$(MAKE) --no-print-directory stubs
	$(BIN)/python -m tools.client
	$(BIN)/python -m tools.schema > $(SCHEMA)
	$(BIN)/python -m tools.reference

helm: $(VENV)/.installed ## Make the chart's README, and its copies of dashboards and alert rules
	$(BIN)/python -m tools.chart

CLIENT := client/python/src/shadower_client/api
SCHEMA := services/warehouse/migrations/schema.sql
GEN ?= gen
stubs:
	rm -rf $(GEN) && mkdir -p $(GEN)
	PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python -m grpc_tools.protoc -I proto -I third_party \
		--python_out=$(GEN) --grpc_python_out=$(GEN) --mypy_out=quiet,readable_stubs:$(GEN) \
		--mypy_grpc_out=quiet:$(GEN) $(PROTOS)
	find $(GEN) -name '*_grpc.py*' ! -name '*_service_pb2*' -delete

client: $(VENV)/.installed ## Build the wheel of the Python client, in dist/
	$(BIN)/python -m pip wheel --quiet --disable-pip-version-check --no-deps -w dist client/python

# By hand, since no package runs a script of its own here, nor do ours.
package: node_modules/.installed ## Build the package of the TypeScript client, in dist/
	$(NPM) run --silent build --workspace client/typescript
	mkdir -p dist && $(NPM) pack --silent --workspace client/typescript --pack-destination dist

bench: $(VENV)/.installed ## Print a published figure: make bench B=name (without B, the list)
	T="$(T)" S="$(S)" N="$(N)" $(BIN)/python -m bench $(B)

fuzz: $(VENV)/.installed ## Call every RPC with inputs nobody thought of: make fuzz N=100000 (T=30m, S=seed)
	T="$(T)" S="$(S)" N="$(N)" $(BIN)/python -m tools.fuzzing $(ARGS)

kafka: $(VENV)/.installed ## Run a Kafka of one node on this machine (ARGS="--help" for choices)
	$(BIN)/python -m tools.kafka $(ARGS)

keycloak: $(VENV)/.installed ## Try tokens of a real Keycloak, which Maven fetches (170 MB); not a part of make test
	SHADOWER_PROVIDERS=1 $(BIN)/python -m pytest tests/providers $(ARGS)

DOCKER ?= docker
IMAGE ?= shadower-analytics:0.1.0
image: ## Build the image of all processes, and print its size (BASE=python:3.x-slim)
	$(DOCKER) build $(if $(BASE),--build-arg BASE=$(BASE)) $(DOCKER_BUILD) \
		--build-arg REVISION=$(shell git rev-parse HEAD 2>/dev/null) --tag $(IMAGE) .
	@$(DOCKER) image inspect --format '$(IMAGE): {{.Size}} bytes' $(IMAGE)

sbom: ## Write what the image consists of to sbom.cdx.json (CycloneDX)
	made=$$($(DOCKER) create $(IMAGE)) && \
		$(DOCKER) cp $$made:/usr/share/shadower/sbom.cdx.json . && $(DOCKER) rm $$made

format: $(VENV)/.installed node_modules/.installed ## Format code and contract
	$(BIN)/ruff check --fix . ; $(BIN)/ruff format . && $(BIN)/buf format -w proto
	$(NPM) run --silent format

install: $(VENV)/.installed console

NPM := $(BIN)/python -m tools.node npm
PAGE := gateway/web/page/index.html
PAGE_SOURCES := package.json buf.yaml $(shell find client/typescript console proto third_party -type f \
	-not -path '*/node_modules/*' -not -path 'client/typescript/gen/*' -not -path '*/dist/*' 2>/dev/null)
console: $(PAGE) ## Build the console's page, which the process for browsers serves

$(PAGE): node_modules/.installed $(PAGE_SOURCES)
	$(NPM) run --silent build
	@touch $@

node_modules/.installed: package-lock.json .npmrc | $(VENV)/.installed
	$(NPM) ci --silent
	@touch $@

$(VENV)/.installed: pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed" if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[embedded,reports,cli,console,dev,bench]'
	touch $@
