# The Makefile itself: what it takes from the environment, what it installs.

.PHONY: check-build
check-build: $(B)/smh_revoke
	MAKEFLAGS= B=$(abspath $(B)) TLS=$(TLS) SAN=$(SAN) bats tests/build

CHECKS += check-build
