# `make test` needs only Go. `make check` is what CI runs and what a person runs
# before a commit.

GO ?= go
PACKAGES = ./...
# Tests of whole processes wait more than they work: more run at once than there
# are cores.
TEST = $(GO) test -shuffle=on -parallel 6

.PHONY: build build-lambda test check format vet staticcheck tidy generate fresh race lint-api test-aws test-brokers dynamodb-local mongo moto ministack rabbitmq terraform terraform-declared bench bench-dynamodb bench-big clean

build: ## the binary, in bin/promptz
	$(GO) build -trimpath -o bin/promptz ./cmd/server

# build-lambda makes the zip of all functions on AWS. An emulator runs it as it is
# on this machine: LAMBDA_ARCH=amd64.
LAMBDA_ARCH ?= arm64
build-lambda:
	CGO_ENABLED=0 GOOS=linux GOARCH=$(LAMBDA_ARCH) $(GO) build -trimpath -tags lambda.norpc -ldflags '-s -w' -o bin/bootstrap-$(LAMBDA_ARCH) ./cmd/server
	$(GO) run ./internal/lambdazip bin/bootstrap-$(LAMBDA_ARCH) bin/promptz-lambda.zip

test:
	$(TEST) $(PACKAGES)

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

# test-aws runs what needs AWS, or MongoDB, on stand-ins that others wrote, from Maven
# Central and PyPI. It needs Java, Maven and Python.
# Functions are built without cgo, and share what the tests were built of.
test-aws: export CGO_ENABLED = 0
test-aws: dynamodb-local mongo moto ministack
	PROMPTZ_TEST_DYNAMODB="$(CURDIR)/.cache/dynamodblocal" $(GO) test -count=1 -parallel 6 -run 'DynamoDB|Meter|Table' -v . ./cmd/server ./internal/awstest/...
	PROMPTZ_TEST_DYNAMODB="$(CURDIR)/.cache/dynamodblocal" PROMPTZ_TEST_MINISTACK="$(CURDIR)/.cache/ministack/bin/ministack" PROMPTZ_TEST_MOTO="$(CURDIR)/.cache/moto/bin/moto_server" \
		$(GO) test -count=1 -parallel 6 -run OnAWS -v ./cmd/server
	PROMPTZ_TEST_MONGO="$(CURDIR)/.cache/mongo" $(GO) test -count=1 -run Mongo -v . ./cmd/server ./internal/mongotest
	PROMPTZ_TEST_MOTO="$(CURDIR)/.cache/moto/bin/moto_server" $(GO) test -count=1 -run Moto -v ./internal/identity/cognito ./internal/workflow ./internal/infra
	PROMPTZ_TEST_MINISTACK="$(CURDIR)/.cache/ministack/bin/ministack" PROMPTZ_TEST_MOTO="$(CURDIR)/.cache/moto/bin/moto_server" \
		$(GO) test -count=1 -run 'Ministack|Moto|EventBridge' -v . ./internal/awstest ./internal/events ./internal/gocdk/eventbridgepubsub ./internal/workflow/stepfunctions

# test-brokers runs what carries events at brokers that others wrote, from Debian,
# PyPI and Go. It needs apt-get, dpkg and Python; it installs nothing, and nothing
# runs on when it ends.
test-brokers: moto rabbitmq
	PROMPTZ_TEST_RABBITMQ="$(CURDIR)/.cache/rabbitmq" PROMPTZ_TEST_MOTO="$(CURDIR)/.cache/moto/bin/moto_server" \
		$(GO) test -count=1 -run 'NATS|Kafka|Rabbit|SQS|Broker|Conformance' -v ./internal/transport ./cmd/server ./internal/brokertest ./internal/gocdk/jetstreampubsub

rabbitmq:
	PROMPTZ_TEST_RABBITMQ="$(CURDIR)/.cache/rabbitmq" sh internal/brokertest/rabbitmq/fetch.sh

moto: .cache/moto/bin/moto_server

.cache/moto/bin/moto_server:
	python3 -m venv .cache/moto
	.cache/moto/bin/pip install --quiet --disable-pip-version-check 'moto[server]==5.2.5'

ministack: .cache/ministack/bin/ministack

.cache/ministack/bin/ministack:
	python3 -m venv .cache/ministack
	.cache/ministack/bin/pip install --quiet --disable-pip-version-check 'ministack==1.5.33' 'cryptography==50.0.2'

dynamodb-local:
	sh internal/launcher/fetch.sh internal/awstest/dynamodblocal "$(CURDIR)/.cache/dynamodblocal"

mongo:
	sh internal/launcher/fetch.sh internal/mongotest/mongoserver "$(CURDIR)/.cache/mongo"

# terraform checks both folders in a copy, so that nothing is left behind. The
# provider comes from the registry, or from where TF_CLI_CONFIG_FILE says.
terraform:
	@command -v terraform >/dev/null 2>&1 || { echo "terraform: it is not installed, skipped"; exit 0; }; sh terraform/check.sh

# terraform-declared writes what terraform/aws and docs/aws.md have from the code.
terraform-declared:
	$(GO) test ./internal/terraformtest -run 'Declared|Documented' -update

# bench prints the table of docs/benchmarks.md; bench-big measures a million items.
bench:
	$(GO) run ./internal/bench
	$(GO) test -run xxx -bench 'Verify|AppendEvents|Local' ./internal/identity/token ./internal/store ./internal/workflow
	$(GO) test -run xxx -bench StartOnLambda/sqlite -benchtime 50x ./cmd/server
	@if [ -d .cache/dynamodblocal/lib ]; then $(MAKE) --no-print-directory bench-dynamodb; else echo "bench: DynamoDB Local is not there, skipped: make dynamodb-local fetches it"; fi

# bench-dynamodb compares operations of the store with the same calls by the bare SDK.
bench-dynamodb: dynamodb-local
	PROMPTZ_TEST_DYNAMODB="$(CURDIR)/.cache/dynamodblocal" $(GO) test -run xxx -bench DynamoDB -benchtime 300x .
	PROMPTZ_TEST_DYNAMODB="$(CURDIR)/.cache/dynamodblocal" $(GO) test -run xxx -bench StartOnLambda/dynamodb -benchtime 50x ./cmd/server

bench-big:
	$(GO) run ./internal/bench -items 1000,1000000

clean:
	rm -rf bin node_modules .cache
