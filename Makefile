# `make test` needs only Go. `make check` is what CI runs and what a person runs
# before a commit.

GO ?= go
PACKAGES = ./...

.PHONY: build test check format vet staticcheck tidy generate fresh race lint-api test-aws dynamodb-local moto bench bench-big clean

build: ## the binary, in bin/promptz
	$(GO) build -trimpath -o bin/promptz ./cmd/server

test:
	$(GO) test -shuffle=on $(PACKAGES)

check: format vet staticcheck tidy fresh test race

format:
	@unformatted=$$(gofmt -l $$(git ls-files -co --exclude-standard '*.go')); \
	test -z "$$unformatted" || { echo "run gofmt -w on:"; echo "$$unformatted"; exit 1; }

vet:
	$(GO) vet $(PACKAGES)
	$(GO) vet -tags wireinject .

staticcheck:
	$(GO) tool staticcheck $(PACKAGES)

tidy:
	$(GO) mod tidy -diff

generate:
	$(GO) generate $(PACKAGES)

# fresh fails when a generated file is not what its source makes.
fresh: generate
	@git diff --exit-code --stat -- '*_gen.go' '*.gen.go' || { echo "generated files were stale: commit the new ones"; exit 1; }

# race runs under the race detector, which needs a C compiler. SQLite is 40
# times slower there: crash and load tests run small.
race:
	@if $(GO) env CC | xargs which >/dev/null 2>&1; \
	then CGO_ENABLED=1 $(GO) test -race -short -shuffle=on $(PACKAGES); \
	else echo "race: no C compiler, skipped"; fi

# lint-api needs Node.
lint-api:
	npm ci --ignore-scripts --no-audit --no-fund --silent
	npm run lint

# test-aws runs what needs AWS on stand-ins that others wrote, from Maven Central
# and PyPI. It needs Java, Maven and Python.
test-aws: dynamodb-local moto
	PROMPTZ_TEST_DYNAMODB="$(CURDIR)/.cache/dynamodblocal" $(GO) test -count=1 -run 'DynamoDB|Meter|Table' -v . ./cmd/server ./internal/awstest/...
	PROMPTZ_TEST_MOTO="$(CURDIR)/.cache/moto/bin/moto_server" $(GO) test -count=1 -run Moto -v ./internal/identity/cognito

moto: .cache/moto/bin/moto_server

.cache/moto/bin/moto_server:
	python3 -m venv .cache/moto
	.cache/moto/bin/pip install --quiet --disable-pip-version-check 'moto[server]==5.2.5'

dynamodb-local:
	PROMPTZ_TEST_DYNAMODB="$(CURDIR)/.cache/dynamodblocal" sh internal/awstest/dynamodblocal/fetch.sh

# bench prints the table of docs/benchmarks.md; bench-big measures a million items.
bench:
	$(GO) run ./internal/bench
	$(GO) test -run xxx -bench Verify ./internal/identity/token

bench-big:
	$(GO) run ./internal/bench -items 1000,1000000

clean:
	rm -rf bin node_modules .cache
