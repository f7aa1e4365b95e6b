# smh_token.h: `make help` lists what can be made.
# Everything made lies under $(B); one tree per compiler and kind of build, as in
# `make check B=build/clang CC=clang`.

B   = build
CC  = gcc
SAN =

# Only for what is built here; users of the header compile with what they like.
STRICT = -std=c99 -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion \
         -Wshadow -Wcast-qual -Wundef -Wstrict-prototypes -Wmissing-prototypes \
         -Wvla -Werror
SMH_CFLAGS  = $(STRICT) -D_POSIX_C_SOURCE=200809L -I. -Iport -g -O2 \
              $(if $(SAN),-fsanitize=$(SAN) -fno-sanitize-recover=all \
              -fno-omit-frame-pointer) $(CFLAGS)
SMH_LDFLAGS = $(if $(SAN),-fsanitize=$(SAN)) $(LDFLAGS)

# Debian's mbedTLS; `TLS=/path/to/a/built/tree` takes another one.
TLS =
TLS_CFLAGS = $(if $(TLS),-isystem $(TLS)/include)
TLS_LIBS   = $(if $(TLS),-L$(TLS)/library) -lmbedtls -lmbedx509 -lmbedcrypto

HEADERS = smh_token.h $(wildcard port/*.h)

# ---- programs ---------------------------------------------------------------

.PHONY: all
all: $(B)/smh_revoke $(B)/smh_standin $(B)/minimal

$(B)/smh_revoke $(B)/minimal: $(B)/%: examples/%.c $(HEADERS) | $(B)/.
	$(CC) $(SMH_CFLAGS) $(TLS_CFLAGS) -o $@ $< $(SMH_LDFLAGS) $(TLS_LIBS)

%/.:
	@mkdir -p $@

.PRECIOUS: %/.
.DELETE_ON_ERROR:

# ---- tests ------------------------------------------------------------------
# Each folder of tests/ says in its rules.mk how it is built and run, and adds the
# name of its target to CHECKS (needs only the host) or to CHECKS_REST.

CHECKS =
CHECKS_REST =
include $(sort $(wildcard tests/*/rules.mk))

.PHONY: check test test-rest test-all clean help
check: all $(CHECKS)

test:
	tests/setup.sh host
	$(MAKE) check B=build CC=gcc
	$(MAKE) check B=build/clang CC=clang

test-rest:
	tests/setup.sh all
	$(MAKE) $(CHECKS_REST)

test-all: test test-rest

clean:
	rm -rf build
