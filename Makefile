# What a person runs. PATH gets ./bin, where the helper of scan lives.
export PATH := $(CURDIR)/bin:$(CURDIR)/.bin:$(PATH)
# The race detector sleeps a second at the end of each process, and the tests start many.
export GORACE := atexit_sleep_ms=0
GO ?= go
# What make score judges: the project's own recordings, and those of others where they are.
RECORDINGS ?= probes/fingerprints/testdata $(wildcard ../shared/recordings/dev.jsonl ../shared/recordings/programs.jsonl)

# No cgo: one static file, and less of it in memory.
build: ; CGO_ENABLED=0 $(GO) build -o bin/ ./cmd/...
demo: build ; bin/minesweep demo
helper: ; CGO_ENABLED=0 $(GO) build -o bin/ ./cmd/minesweep-naabu
test: helper ; $(GO) test -race -parallel 8 -timeout 170s ./... && $(GO) test -parallel 8 -timeout 120s ./cmd/... ./probes/... ./schedules ./db
test-root: build ; $(GO) test -tags root -count=1 -timeout 900s -parallel 6 -run 'TestRoot' ./...
setup: ; GOBIN=$(CURDIR)/.bin $(GO) install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0 && GOBIN=$(CURDIR)/.bin $(GO) install honnef.co/go/tools/cmd/staticcheck@v0.8.2
check: ; test -z "$$(gofmt -l .)" && $(GO) vet ./... && $(GO) vet -tags root ./... && golangci-lint run && staticcheck ./...
fuzz: ; ./fuzz.sh
score: build ; bin/minesweep fingerprints score --truth probes/fingerprints/testdata/dev-truth.csv --floors probes/fingerprints/testdata/floors.csv $(RECORDINGS)
# naabu's own program needs modules that ours does not: they stay out of our go.sum.
.bin/naabu: ; d=$$(mktemp -d) && trap 'rm -r "$$d"' EXIT && cp go.mod go.sum "$$d" && cd "$$d" && $(GO) build -mod=mod -o $(CURDIR)/.bin/naabu github.com/projectdiscovery/naabu/v2/cmd/naabu
# As root; the peers that are here (apt-get install masscan zmap) are measured. PEERS=-quick takes minutes, not an hour.
bench: build ; -$(MAKE) .bin/naabu
	$(GO) test -run xxx -bench . ./bench/ && $(GO) run ./bench/peers $(PEERS)
# As root: a sweep by three workers while they and their database are killed and cut off. Some eight minutes.
chaos: build ; $(GO) run ./bench/chaos -out bench $(CHAOS)
.PHONY: build helper demo test test-root setup check fuzz score bench chaos
