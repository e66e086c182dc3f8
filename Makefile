# What people and CI call. `make help` lists it.
#
#   make test              everything; as root also the tests on live interfaces
#   make bench CAPTURES="m0 m1" PAIRS=9
#   make bench-service SERIES="replay put"
#   make fuzz TARGET=frame SECONDS=300

TARGET ?= frame
SECONDS ?= 60

.DEFAULT_GOAL := help
.PHONY: help demo test check bench bench-service bench-live fuzz tools

# Inline snapshots are part of the source: a run never rewrites them.
export INSTA_UPDATE ?= no

demo: tools ## Builds, makes traffic, and shows the records with the rules that decided them
	tests/demo.sh

test: tools ## Runs every test, and installs what they need where it is missing
	cargo test --workspace --locked --doc --quiet
	@if cargo nextest --version >/dev/null 2>&1; then cargo nextest run --workspace --locked; else cargo test --workspace --locked --lib --bins --tests; fi
	tests/conformance/run.sh

check: ## Format, lints, layers, documentation, licences: what a change must pass before its tests
	cargo fmt --all --check && rustfmt --check --edition 2024 $(wildcard benches/kit/*.rs fuzz/*.rs fuzz/*/*.rs)
	cargo clippy --workspace --all-targets --locked -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --document-private-items --locked --quiet
	cargo test --locked --quiet --test layers
	@if cargo deny --version >/dev/null 2>&1; then cargo deny check bans licenses sources; else echo "cargo-deny is not installed: licences and bans were not checked"; fi

bench: ## Measures against the yardstick (9 GB of captures; CAPTURES=m0 is the quick one, see benches/README.md)
	python3 benches/run.py

bench-service: tools ## Measures the service, from packets to GetLogEvents (SERIES=lag takes five minutes)
	"$${CARGO_TARGET_DIR:-target}/venv/bin/python" benches/service.py

bench-live: tools ## Measures live capture, as root (SERIES="program headroom", PAIRS=9)
	"$${CARGO_TARGET_DIR:-target}/venv/bin/python" benches/live.py

fuzz: ## Throws mutated seeds at TARGET for SECONDS
	cargo run --release --locked --quiet --manifest-path fuzz/Cargo.toml -- $(TARGET) --seconds $(SECONDS)

tools: # Installs what tests and demo need, and says so
	tests/tools.sh

help: ## This list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-13s %s\n", $$1, $$2 }' Makefile
