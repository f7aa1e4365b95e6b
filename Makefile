# smh_token.h: `make help` lists what can be made, and the variables that have a
# line with "##" before them.  One tree per compiler and kind of build, as in
# `make check B=build/clang CC=clang SAN=address,undefined`.

## B=FOLDER: for everything that is made (build)
B   = build
## SAN=address,undefined: with these sanitizers
SAN =

# make has a CC of its own.
## CC= CFLAGS= LDFLAGS=: also from the environment
ifeq ($(origin CC),default)
CC = gcc
endif
CFLAGS ?= -O2 -g

# Only for what is built here; users of the header compile with what they like.
# Warnings are errors where something is tested, and nowhere else.
STRICT = -std=c99 -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion \
         -Wshadow -Wcast-qual -Wundef -Wstrict-prototypes -Wmissing-prototypes \
         -Wvla $(WERROR)
WERROR =
check check-%: WERROR = -Werror
SMH_CFLAGS  = $(STRICT) -D_POSIX_C_SOURCE=200809L -I. -Iport \
              $(if $(SAN),-fsanitize=$(SAN) -fno-sanitize-recover=all \
              -fno-omit-frame-pointer) $(CFLAGS)
SMH_LDFLAGS = $(if $(SAN),-fsanitize=$(SAN)) $(LDFLAGS)

## TLS=PREFIX: another mbedTLS, installed or built there, for a B= of its own
TLS =
TLS_CFLAGS = $(if $(TLS),-isystem $(TLS)/include)
TLS_LIBS   = $(if $(TLS),-L$(TLS_DIR) -Wl$(comma)-rpath$(comma)$(TLS_DIR)) \
             -lmbedtls -lmbedx509 $(if $(TLS_4),-ltfpsacrypto,-lmbedcrypto)
TLS_4      = $(if $(TLS),$(wildcard $(TLS_DIR)/libtfpsacrypto.*))
TLS_DIR    = $(or $(patsubst %/,%,$(dir $(firstword \
             $(wildcard $(TLS)/lib*/libmbedtls.*)))),$(error TLS=$(TLS): no \
             libmbedtls in its lib or library))
comma = ,

## RUN=COMMAND: goes before the test programs of check-run, such as valgrind
RUN =

HEADERS = smh_token.h $(wildcard port/*.h)
VERSION = $(shell sed -n 's/^.define SMH_TOKEN_VERSION "\(.*\)"/\1/p' \
            smh_token.h)

# ---- programs ---------------------------------------------------------------

.PHONY: all demo static clean help
all: $(B)/smh_revoke $(B)/smh_standin $(B)/minimal ## the tool, the examples

$(B)/smh_revoke: $(wildcard examples/smh_revoke/*.[ch]) $(HEADERS) | $(B)/.
	$(CC) $(SMH_CFLAGS) $(TLS_CFLAGS) -pthread -o $@ $(filter %.c,$^) \
	    $(SMH_LDFLAGS) $(TLS_LIBS)

$(B)/minimal: examples/minimal.c $(HEADERS) | $(B)/.
	$(CC) $(SMH_CFLAGS) $(TLS_CFLAGS) -o $@ $< $(SMH_LDFLAGS) $(TLS_LIBS)

$(B)/smh_standin: $(wildcard examples/smh_standin/*.[ch]) smh_token.h | $(B)/.
	$(CC) $(SMH_CFLAGS) $(TLS_CFLAGS) -o $@ $(filter %.c,$^) \
	    $(SMH_LDFLAGS) $(TLS_LIBS)

# The tool in one file that needs no other but a CA: with musl, and with mbedTLS
# from source.  FD_SET() of musl does not pass -Wsign-conversion.
STATIC     = $(B)/static
## STATIC_CC=COMPILER: with musl, for another machine (musl-gcc)
STATIC_CC  = musl-gcc
STATIC_SRC = build/src/mbedtls-3.6.6
STATIC_TLS = -Iexamples/smh_revoke/static -isystem $(STATIC_SRC)/include \
             -DMBEDTLS_CONFIG_FILE='"config.h"'

static: $(STATIC)/smh_revoke ## the tool as one small file, with musl
$(STATIC)/%: CFLAGS = -Os -flto=auto -ffunction-sections -fdata-sections \
                      -fno-asynchronous-unwind-tables

$(STATIC)/tls/done: examples/smh_revoke/static/config.h | $(STATIC)/tls/.
	@tests/setup.sh static
	@tests/sources.sh mbedtls-3.6.6
	for c in $(STATIC_SRC)/library/*.c; do \
	    $(STATIC_CC) -w $(CFLAGS) $(STATIC_TLS) -c $$c \
	        -o $(@D)/$$(basename $$c .c).o || exit 1; \
	done
	touch $@

$(STATIC)/smh_revoke: $(wildcard examples/smh_revoke/*.[ch] \
    examples/smh_revoke/static/*.[ch]) $(HEADERS) $(STATIC)/tls/done
	$(STATIC_CC) $(SMH_CFLAGS) -Wno-sign-conversion $(STATIC_TLS) -static -s \
	    -Wl,--gc-sections -Wl,-z,noseparate-code -o $@ $(filter %.c,$^) $(@D)/tls/*.o

%/.:
	@mkdir -p $@

.PRECIOUS: %/.
.DELETE_ON_ERROR:

demo: ## revoke tokens on a service of its own, over verified TLS
	@tests/setup.sh build
	@echo "demo: building" && $(MAKE) -s --no-print-directory all
	@B=$(B) examples/demo.sh

# ---- installing -------------------------------------------------------------

## PREFIX= DESTDIR=: where install puts things (/usr/local)
PREFIX  = /usr/local
DESTDIR =
INCLUDE = $(DESTDIR)$(PREFIX)/include
BIN     = $(DESTDIR)$(PREFIX)/bin
PC      = $(DESTDIR)$(PREFIX)/lib/pkgconfig
CMAKE   = $(DESTDIR)$(PREFIX)/lib/cmake/smh_token
MAN     = $(DESTDIR)$(PREFIX)/share/man/man1

.PHONY: install install-strip uninstall
install: $(B)/smh_revoke ## header, ports, tool and what finds them to PREFIX
	install -d "$(INCLUDE)" "$(BIN)" "$(PC)" "$(CMAKE)" "$(MAN)"
	install -m 644 $(HEADERS) "$(INCLUDE)"
	install -m 644 port/*.cmake "$(CMAKE)"
	install -m 755 $(STRIP) $(B)/smh_revoke "$(BIN)"
	install -m 644 examples/smh_revoke/smh_revoke.1 "$(MAN)"
	printf '%s\n' 'prefix=$(PREFIX)' 'includedir=$${prefix}/include' '' \
	    'Name: smh_token' 'Version: $(VERSION)' \
	    'Description: Revokes tokens of Smart Media Hosting (SMH)' \
	    'Cflags: $(strip -I$${includedir} $(TLS_CFLAGS))' \
	    'Libs: $(strip $(TLS_LIBS))' >"$(PC)/smh_token.pc"

install-strip: STRIP = -s
install-strip: install ## the same without the symbols of the tool

uninstall: ## remove what was installed to PREFIX
	for file in $(notdir $(HEADERS)); do rm -f "$(INCLUDE)/$$file"; done
	rm -f "$(BIN)/smh_revoke" "$(MAN)/smh_revoke.1" "$(PC)/smh_token.pc" \
	    "$(CMAKE)"/smh_token-*

clean: ## remove all that was made, fetched sources included
	rm -rf build

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/    make \1|\2/p' \
	    $(MAKEFILE_LIST) | awk -F '|' '{ printf "%-24s %s\n", $$1, $$2 }'
	@echo "with any of:"
	@sed -n 's/^## \([^:]*\): /    \1|/p' $(MAKEFILE_LIST) | \
	    awk -F '|' '{ printf "%-29s %s\n", $$1, $$2 }'
	@echo "one by one (tests/README.md says what each shows):"
	@echo $(sort $(CHECKS) $(CHECKS_REST) $(CHECKS_RUN) $(BUILD_HOST) $(SIZES) \
	    $(TREES) check check-rest check-run check-contract-lwip check-lwip-unit \
	    firmware test-firmware) | \
	    fold -s -w 74 | sed 's/^/    /'

# ---- tests ------------------------------------------------------------------
# Each folder of tests/ says in its rules.mk how it is built and run, and adds
# the name of its target to CHECKS (needs only the host) or to CHECKS_REST; to
# CHECKS_RUN besides, if it heeds RUN; and one that measures to SIZES.

CHECKS =
CHECKS_REST =
CHECKS_RUN =
SIZES =
include $(sort $(wildcard tests/*/rules.mk))

.PHONY: check check-rest check-run test test-rest test-all size
check: all $(CHECKS)
check-rest: $(CHECKS_REST)
check-run: all $(CHECKS_RUN)

# The trees of the gate: each a name, what is made in it, and its variables.
tree = @echo "== $@" && $(MAKE) -s --no-print-directory $(1)
TREES = gcc clang rest tls-3.6.6 sanitizers valgrind
.PHONY: $(TREES)

test: gcc clang ## what needs only this machine, with both compilers
test-rest: ## other compilers, mbedTLS 3.6, lwIP, firmware, sanitizers, valgrind
test-rest: rest tls-3.6.6 sanitizers valgrind
test-all: test test-rest ## both
size: ## code, stack and state against their ceilings, and tests/README.md (minutes)
	@tests/build/size/run.sh $(B) $(MAKE) -ks --no-print-directory $(SIZES)

gcc: B = build
clang: B = build/clang
gcc clang:
	@tests/setup.sh host
	$(call tree,check B=$(B) CC=$@)

rest:
	@tests/setup.sh all
	$(call tree,check-rest)

tls-3.6.6:
	@tests/setup.sh all
	@tests/support/mbedtls.sh 3.6.6
	$(call tree,check B=build/$@ TLS=$(CURDIR)/build/mbedtls/3.6.6)

SANITIZERS = address,undefined
sanitizers:
	@tests/setup.sh all
	@tests/support/mbedtls.sh 2.28.3 $(SANITIZERS)
	$(call tree,check B=build/$@ TLS=$(CURDIR)/build/mbedtls/2.28.3-san \
	    SAN=$(SANITIZERS))

VALGRIND = valgrind -q --error-exitcode=99 --leak-check=full
valgrind:
	@tests/setup.sh all
	$(call tree,check-run B=build/$@ RUN='$(VALGRIND)')
