# Lockstep. `make run` and `make test` do everything, set-up included.

SHELL    := /bin/bash
GO       ?= go
ARTIFACTS ?= $(CURDIR)/artifacts
# Defects of the phonebook that `make run` is to find: make run DEFECTS=tenant-cache-key
DEFECTS ?=
LINT_VERSION := v2.15.0
K6_VERSION := v1.8.1
HEY_VERSION := v0.1.5
# More for `make bench-load`: make bench-load BENCH_LOAD='--rounds 5 --json'
BENCH_LOAD ?=
PACKAGES := ./...

.DEFAULT_GOAL := help
.PHONY: help run test browser tiddlywiki postgres vet lint tidy race races stress bench build clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

run: build browser ## the main job: the phonebook's suite in real browsers, a table, and artifacts/
	@mkdir -p $(ARTIFACTS) && rm -f $(ARTIFACTS)/results.json
	@$(GO) test -c -o bin/phonebook.test ./specs/phonebook
	@echo "running the suite: it takes a minute, and tells what it does in $(ARTIFACTS)/ginkgo.log"
	@cd specs/phonebook && LOCKSTEP_ARTIFACTS=$(ARTIFACTS) LOCKSTEP_EVIDENCE=always PHONEBOOK_DEFECTS=$(DEFECTS) \
		../../bin/phonebook.test -ginkgo.no-color -ginkgo.label-filter='!twin' > $(ARTIFACTS)/ginkgo.log; code=$$?; cd ../..; \
		if [ -f $(ARTIFACTS)/results.json ] && ! grep -q '"results": \[\]' $(ARTIFACTS)/results.json; then bin/lockstep report $(ARTIFACTS)/results.json; else cat $(ARTIFACTS)/ginkgo.log; fi; \
		echo "written to $(ARTIFACTS): results.json, junit.xml, ginkgo.log, screenshots of every user"; exit $$code

test: browser tiddlywiki postgres ## all tests
	$(GO) test -timeout 15m $(PACKAGES)

browser: build ## install a browser where there is none, or say how
	@bin/lockstep doctor --install

# Where there is no npm and we may not install it, this does not fail: specs/tiddlywiki says so, and is skipped but in CI.
tiddlywiki: ## install and try TiddlyWiki, for its specs, and Node.js and npm where there are none and we may
	@command -v npm >/dev/null || ! command -v apt-get >/dev/null || { \
		echo "no npm found; installing nodejs and npm with apt-get"; \
		as="env DEBIAN_FRONTEND=noninteractive"; [ "$$(id -u)" = 0 ] || as="sudo -n $$as"; \
		$$as apt-get update -qq && $$as apt-get install -y -qq --no-install-recommends nodejs npm >/dev/null; } || true
	@$(GO) test -timeout 15m -run '^TestServer$$' ./fixtures/tiddlywiki || true

# Tests start servers of their own, with the programs of the package. Where there are none and we may not install them, this does not fail: the
# tests say so, and are skipped but in CI.
postgres: ## install PostgreSQL where there is none and we may, and try it
	@ls /usr/lib/postgresql/*/bin/postgres >/dev/null 2>&1 || command -v initdb >/dev/null || ! command -v apt-get >/dev/null || { \
		echo "no PostgreSQL found; installing postgresql with apt-get"; \
		as="env DEBIAN_FRONTEND=noninteractive"; [ "$$(id -u)" = 0 ] || as="sudo -n $$as"; \
		$$as apt-get update -qq && $$as apt-get install -y -qq --no-install-recommends postgresql >/dev/null; } || true
	@$(GO) test -timeout 5m -run '^TestSettings$$' ./fixtures/postgres || true

build: ## bin/lockstep
	@$(GO) build -o bin/lockstep ./harness/cmd/lockstep

# Suites in real browsers that do the same again with other applications cost minutes under the race detector, and show it
# nothing new; nor does a search that has one goroutine.
RACED = $(shell $(GO) list $(PACKAGES) | grep -vE '/sync/schedule/minimise$$|/specs/(coexist|control|first|phonebook|races|schedules|statements|tiddlywiki|tripwire|zoo)$$')

race: browser tiddlywiki postgres ## all tests with the race detector
	$(GO) test -race -timeout 20m $(RACED)
	$(GO) test -race -timeout 10m ./specs/statements -args -ginkgo.focus='what PostgreSQL does|treats its connections badly|a database that fails'

stress: browser tiddlywiki postgres ## the slow lane: thousands of sessions, long repetitions
	LOCKSTEP_STRESS=1 $(GO) test -timeout 60m -count 1 $(PACKAGES)

# Rounds of each race, released together and with a plain barrier: make races ROUNDS=100
ROUNDS ?= 25

races: browser ## the phonebook's races by real clicks, many rounds of each, as a table
	@mkdir -p $(ARTIFACTS)
	LOCKSTEP_ROUNDS=$(ROUNDS) LOCKSTEP_ARTIFACTS=$(ARTIFACTS) $(GO) test -timeout 60m -count 1 ./specs/races -args -ginkgo.no-color

bench: browser postgres ## what sessions and gateways cost on this machine, and how far apart clicks arrive
	bin/lockstep bench sessions --driver chromedp
	bin/lockstep bench sessions --driver rod
	bin/lockstep bench gateway
	bin/lockstep bench arrival
	bin/lockstep bench arrival --sessions 16
	bin/lockstep bench pg

bench-load: build bin/k6 bin/hey ## requests per second of one core, beside k6, hey and wrk (apt-get install wrk)
	bin/lockstep bench load --tools bin $(BENCH_LOAD)

bin/k6:
	GOBIN=$(CURDIR)/bin $(GO) install go.k6.io/k6@$(K6_VERSION)

bin/hey:
	GOBIN=$(CURDIR)/bin $(GO) install github.com/rakyll/hey@$(HEY_VERSION)

vet: ## go vet
	$(GO) vet $(PACKAGES)

lint: bin/golangci-lint ## golangci-lint, in the version that is pinned here
	bin/golangci-lint run

bin/golangci-lint: Makefile
	GOBIN=$(CURDIR)/bin $(GO) install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(LINT_VERSION)
	@touch $@

tidy: ## check that go.mod and go.sum are what the code needs
	$(GO) mod tidy -diff

clean: ## remove what the other targets made
	rm -rf bin artifacts
