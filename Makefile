# fob: what can be made. `make` alone lists it.

export CGO_ENABLED := 0

GO       := go
BUILD    := -trimpath
FUZZTIME ?= 1m
# A new input is made smaller by so many tries: by a minute of them, as is usual, an archive
# takes all of the time, and nothing is tried.
FUZZLESS ?= 20x
N        ?= 100000
RUNS     ?= 5
STOCK    ?= 500000
KILLS    ?= 1000
CHANGES  ?= 10000
SIZES    ?= 50
LASTING  ?= 1m

# Programs that tests compare fob with. Under CI a missing one fails; elsewhere
# its tests are left out, which is said at the end.
PEERS    := oathtool pskctool openssl soffice msoffcrypto-tool pamtester slapd ldapwhoami freeradius radclient age-keygen ssh-keygen mandoc bash zsh fish
MISSING  := $(strip $(foreach p,$(PEERS),$(if $(shell command -v $(p) 2>/dev/null),,$(p))))
MISSING  += $(if $(wildcard /usr/lib/postgresql/*/bin/initdb),,postgresql)
PACKAGE_soffice          := libreoffice-calc-nogui
PACKAGE_msoffcrypto-tool := python3-msoffcrypto-tool
PACKAGE_pamtester        := pamtester libpam-oath libpam-google-authenticator
PACKAGE_ldapwhoami       := ldap-utils
PACKAGE_radclient        := freeradius-utils
PACKAGE_age-keygen       := age
PACKAGE_ssh-keygen       := openssh-client
PACKAGES := $(foreach p,$(MISSING),$(or $(PACKAGE_$(p)),$(p)))
IN_CI    := $(filter 1 true,$(CI))

PREFIX  ?= /usr/local
DESTDIR ?=
# What a release is built with: the newest Go of its line, with what was mended in the
# library. go.mod asks for no more than a plain installation has.
RELEASE_GO ?= go1.26.10
VERSION    ?=
KEY        ?=

.DEFAULT_GOAL := help
.PHONY: help build install release trial vuln test fips race lint pages shots demo picture bench simulate soak fmt clean

help: ## list the targets
	@echo 'make TARGET, where TARGET is one of'
	@sed -n 's/^\([a-z]*\):.*## /  \1\t/p' $(MAKEFILE_LIST)

build: ## build/fob, the program
	$(GO) build $(BUILD) -o build/fob ./cmd/fob

install: build ## fob, its manual and completions below $(DESTDIR)$(PREFIX)
	rm -rf build/share
	$(GO) run $(BUILD) ./tools/docs -out build/share
	install -D -m 0755 build/fob "$(DESTDIR)$(PREFIX)/bin/fob"
	@cd build/share && find . -type f | while read -r f; do install -D -m 0644 "$$f" "$(abspath $(DESTDIR)$(PREFIX))/share/$$f"; done

release: ## build/release: archives of all platforms, Debian packages; VERSION=tag KEY=signing key
	GOTOOLCHAIN=$(RELEASE_GO) $(GO) run $(BUILD) ./tools/release -version "$(VERSION)" -key "$(KEY)"

trial: ## a release of this commit for one platform, built twice, installed and purged (root, Debian)
	rm -rf build/trial
	GOTOOLCHAIN=$(RELEASE_GO) $(GO) run $(BUILD) ./tools/release -trial -platforms linux/$$($(GO) env GOARCH) -out build/trial
	cd build/trial && sha256sum -c --quiet SHA256SUMS
	lintian --allow-root --fail-on error,warning build/trial/*.deb
	tools/release/install-test build/trial/*.deb
	@for p in windows/amd64 darwin/arm64 freebsd/amd64; do \
		echo "build for $$p"; GOOS=$${p%/*} GOARCH=$${p#*/} $(GO) build $(BUILD) -o /dev/null ./cmd/fob || exit 1; \
	done

vuln: ## known vulnerabilities that fob reaches; the database comes as a Go module
	rm -rf build/vulndb
	$(GO) -C tools/vuln tool indexdb -vulns "$$($(GO) -C tools/vuln list -m -f '{{.Dir}}' golang.org/x/vulndb)/data/osv" -out "$(CURDIR)/build/vulndb"
	GOTOOLCHAIN=$(RELEASE_GO) "$$($(GO) -C tools/vuln tool -n govulncheck)" -db "file://$(CURDIR)/build/vulndb" ./cmd/fob

test: ## all tests
ifneq ($(and $(strip $(MISSING)),$(IN_CI)),)
	@echo 'make test: missing: $(MISSING). CI leaves no test out; install: apt-get install $(PACKAGES)' >&2; exit 1
endif
	$(if $(strip $(MISSING)),FOB_NO_PEERS=1) $(GO) test $(BUILD) -timeout 30m ./...
ifneq ($(strip $(MISSING)),)
	@echo 'LEFT OUT: the comparisons with $(MISSING), not found here. To have them: apt-get install $(PACKAGES)'
endif

fips: ## tests of what has to do with keys, with Go's FIPS 140-3 module
	GOFIPS140=v1.0.0 $(GO) test $(BUILD) ./internal/custody ./internal/otp ./internal/office ./internal/pskc
	GOFIPS140=v1.0.0 $(GO) test $(BUILD) -run 'TestScripts/(key|backup|provision)' ./internal/cli

pages: build ## stories in a real browser with a real sign-in; pictures in build/pages/shots
	@missing=; for p in chromium npm java; do command -v $$p >/dev/null || missing="$$missing $$p"; done; \
		if [ -n "$$missing" ]; then echo "make pages: missing:$$missing. Install: apt-get install chromium npm default-jre-headless" >&2; exit 1; fi
	rm -rf build/pages && mkdir -p build/pages
	cp tools/pages/package.json tools/pages/package-lock.json build/pages
	npm ci --prefix build/pages --ignore-scripts --no-audit --no-fund
	$(GO) run $(BUILD) ./tools/seedgen -n 24 -o build/pages/delivery.csv
	$(GO) -C tools/pages test $(BUILD) -count=1 -timeout 20m ./...

race: ## all tests under the race detector, of the scripts those that do things at once (needs a C compiler)
	CGO_ENABLED=1 $(GO) test $(BUILD) -race -timeout 60m ./...

lint: ## format, vet, staticcheck, modules and the rules of the tree
	@unformatted=$$(gofmt -l cmd internal tools); \
		if [ -n "$$unformatted" ]; then echo "not formatted (make fmt):" $$unformatted >&2; exit 1; fi
	$(GO) vet $(BUILD) ./...
	$(GO) -C tools/lint vet $(BUILD) ./...
	$(GO) -C tools/pages vet $(BUILD) ./...
	$(GO) mod tidy -diff
	$(GO) -C tools/lint mod tidy -diff
	$(GO) -C tools/vuln mod tidy -diff
	$(GO) -C tools/pages mod tidy -diff
	$(GO) -C tools/lint test $(BUILD) ./...
	$(GO) -C tools/lint run $(BUILD) . ../..
	"$$($(GO) -C tools/lint tool -n staticcheck)" ./...

demo: ## a working session, from the first seed file to build/demo/q4.xlsx
	$(GO) run $(BUILD) ./tools/demo -out build/demo

picture: demo ## .github/workbook.png, of the workbook that demo made; needs soffice and pdftoppm
	$(GO) run $(BUILD) ./tools/picture -book build/demo/q4.xlsx -out .github/workbook.png

shots: ## .github/page-*.png, of what make pages saw
	$(GO) run $(BUILD) ./tools/picture -shot build/pages/shots/token-bound-light.png -out .github/page-token.png
	$(GO) run $(BUILD) ./tools/picture -shot build/pages/shots/overview-light.png -out .github/page-overview.png
	$(GO) run $(BUILD) ./tools/picture -shot build/pages/shots/mine-app-phone.png -out .github/page-mine.png

bench: ## speed and memory; N=tokens RUNS=repetitions STOCK=tokens there before LASTING=1h for the pages
	$(GO) run $(BUILD) ./tools/bench -n $(N) -runs $(RUNS) -stock $(STOCK)
	$(GO) run $(BUILD) ./tools/bench -server -n $(N) -runs $(RUNS)
	$(GO) run $(BUILD) ./tools/desk -n $(N)
	$(GO) run $(BUILD) ./tools/bench -agents 50 -n 10000 -lasting $(LASTING)
	$(GO) run $(BUILD) ./tools/bench -agents 50 -n 10000 -lasting $(LASTING) -beside 1000000
	$(GO) run $(BUILD) ./tools/bench -agents 50 -n 10000 -lasting $(LASTING) -beside 1000000 -server

simulate: ## fleets of 10,000 tokens at a support desk, a few minutes: how many codes they take
	$(GO) run $(BUILD) ./tools/simulate

soak: ## long tests: -tags soak, each fuzz target for FUZZTIME, KILLS, CHANGES, full disks of SIZES, races
	$(GO) test $(BUILD) -tags soak -timeout 0 ./...
	@set -e; for pkg in $$($(GO) list ./...); do \
		for target in $$($(GO) test $(BUILD) -list '^Fuzz' $$pkg | grep '^Fuzz' || true); do \
			echo "fuzzing $$target in $$pkg for $(FUZZTIME)"; \
			$(GO) test $(BUILD) -run '^$$' -fuzz "^$$target$$" -fuzztime $(FUZZTIME) -fuzzminimizetime $(FUZZLESS) $$pkg; \
		done; \
	done
	$(GO) run $(BUILD) ./tools/crash -kills $(KILLS) -sizes $(SIZES)
	$(GO) run $(BUILD) ./tools/tamper -n $(CHANGES)
	@if command -v cc >/dev/null 2>&1; then $(MAKE) race; else echo 'LEFT OUT: the race detector, which needs a C compiler'; fi

fmt: ## format the code
	gofmt -w cmd internal tools

clean: ## remove what was built
	rm -rf build
