# Pawl. `make help` lists what there is.
SHELL := /bin/bash
.DEFAULT_GOAL := help

PREFIX ?= /usr/local
DESTDIR ?=
RELEASE := .build/release

SWIFT_PATHS := Package.swift Sources Tests

# What `bench` has measured: of ours, and of the peers that `make peers` has installed.
FIGURES := .build/bench
PEERS := .build/peers

.PHONY: help demo dev build test test-long sanitize soak golden mutants lint format bench peers graphs install deb clean deps

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: build ## Run the order example on private servers: once to success, once undone
	@scripts/demo

dev: build ## Start the engine on private Postgres and Redis; Ctrl-C ends it
	@PAWL_PLUGIN_PATH=$(subst $() ,:,plugins $(wildcard examples/*/plugins)) $(RELEASE)/pawl dev

build: deps ## Install what is missing, build everything for release
	@scripts/build-native
	swift build --configuration release --product pawl

test: deps ## Run every suite but the long ones, say how many tests ran
	@scripts/test --skip ChaosTests
	@scripts/test-browser

test-long: export PAWL_INPUT_ROUNDS ?= 100000
test-long: deps ## Run every suite, the long ones too
	@PAWL_PREVIOUS=$$(scripts/build-previous) scripts/test
	@scripts/test-browser

sanitize: deps ## Run the suites under the thread and the address sanitizer
	@scripts/sanitize thread
	@scripts/sanitize address

soak: export PAWL_SOAK_MINUTES ?= 60
soak: export PAWL_SOAK_PROGRAM = $(CURDIR)/$(RELEASE)/pawl
soak: build ## Watch for an hour that nothing grows; PAWL_SOAK_MINUTES says how long
	@scripts/test --filter SoakTests

golden: export PAWL_GOLDEN = 1
golden: deps ## Keep the histories of this release, against which later ones are tested
	@scripts/test --filter GoldenRecordingTests

mutants: deps ## Show which check catches each of eight deliberate faults; N names one of them
	@scripts/mutants $(N)

lint: ## Check the layout of the Swift code
	swift format lint --strict --parallel --recursive $(SWIFT_PATHS)

format: ## Lay the Swift code out
	swift format --in-place --parallel --recursive $(SWIFT_PATHS)

bench: build ## Measure the engine against its floors, and against its peers after `make peers`
	@mkdir -p $(FIGURES)
	$(RELEASE)/pawl bench expr
	$(if $(wildcard $(PEERS)),bench/peers/bench run > $(FIGURES)/peers.jsonl)
	$(RELEASE)/pawl bench all $(if $(wildcard $(PEERS)),--peers $(FIGURES)/peers.jsonl)

peers: ## Install from PyPI the engines that `make bench` measures beside ours
	bench/peers/bench setup

graphs: build ## Measure again what the graphs of docs/benchmarks.md show, and draw them
	@mkdir -p $(FIGURES)
	for name in slots fanout queue scaling; do $(RELEASE)/pawl bench $$name -o json; done > $(FIGURES)/graphs.jsonl
	scripts/bench-graphs < $(FIGURES)/graphs.jsonl

install: build ## Install below PREFIX (/usr/local)
	install -D -m 755 -t $(DESTDIR)$(PREFIX)/bin $(RELEASE)/pawl
	install -D -m 755 -t $(DESTDIR)$(PREFIX)/libexec/pawl .build/launcher/pawl-launch
	install -d $(DESTDIR)$(PREFIX)/share/pawl
	cp -R plugins $(DESTDIR)$(PREFIX)/share/pawl/
	@echo "installed $(PREFIX)/bin/pawl; PAWL_PLUGIN_PATH=$(PREFIX)/share/pawl/plugins finds the plugins"

deb: deps ## Build a package for Debian and Ubuntu, checked by lintian if it is there
	@scripts/build-deb

clean: ## Remove what was built and the private servers' data
	rm -rf .build .pawl
	rm -f examples/order-fulfilment/plugins/pricing/quote

deps:
	@scripts/install-deps
