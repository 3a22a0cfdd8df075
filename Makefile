# Shorthands; CMakePresets.json has the settings. Every target installs what is missing first (Debian 12).
JOBS ?= $(shell nproc)

.PHONY: help demo test build release asan install clean
help:
	@echo "make demo     scan a dozen sample images in a registry on this machine"
	@echo "make test     run every test"
	@echo "make build    build with warnings as errors, into build/dev"
	@echo "make release  build for use, into build/release"
	@echo "make asan     run every test with AddressSanitizer and UndefinedBehaviorSanitizer"
	@echo "make clean    remove build/"

demo: build
	tests/support/demo.sh build/dev/daemon/veritag

test: build
	ctest --test-dir build/dev -j2 --output-on-failure

build: install
	cmake --preset dev
	cmake --build --preset dev -j$(JOBS)

release: install
	cmake --preset release
	cmake --build --preset release -j$(JOBS) --target veritag

asan: install
	cmake --preset asan
	cmake --build --preset asan -j$(JOBS)
	ctest --test-dir build/asan -j2 --output-on-failure

install:
	@tests/support/install.sh

clean:
	rm -rf build
