# The port of mbedTLS: real TLS with a server in memory.  mbedTLS is linked
# statically, so that its heap can be starved.

TLS_TESTS = tls certificates faults heap
TLS_RUNS  = $(TLS_TESTS:%=$(B)/tls/test_%)
TLS_DEPS  = $(wildcard tests/tls/*.h tests/support/*.h) smh_token.h \
              port/smh_posix.h port/smh_mbedtls.h

$(B)/tls/%.o: tests/tls/%.c $(TLS_DEPS) | $(B)/tls/.
	$(CC) $(SMH_CFLAGS) $(TLS_CFLAGS) -Itests/support -c -o $@ $<

$(B)/tls/test_heap: $(B)/tls/heap.o
$(B)/tls/test_certificates: $(B)/tls/silent.o
$(B)/tls/test_heap: TLS_WRAP = -Wl,--wrap=calloc,--wrap=free
$(B)/tls/test_faults: $(B)/tls/faults.o
$(B)/tls/test_faults: TLS_WRAP = $(shell sed -n \
    's/^WRAP.[A-Z_]*, \([a-z0-9_]*\),.*/-Wl,--wrap=\1/p' tests/tls/faults.c)
$(TLS_RUNS): $(B)/tls/test_%: $(B)/tls/test_%.o $(B)/tls/peer.o \
    $(B)/tls/library.o
	$(CC) -o $@ $^ $(SMH_LDFLAGS) $(TLS_WRAP) -Wl,-Bstatic $(TLS_LIBS) \
	    -Wl,-Bdynamic -lcmocka

$(B)/tls/pki/ca.pem: tests/tls/pki.sh examples/smh_standin/pki.sh | $(B)/tls/.
	tests/tls/pki.sh $(B)/tls/pki

.PHONY: check-tls
check-tls: $(TLS_RUNS) $(B)/tls/pki/ca.pem
	for run in $(TLS_RUNS); do \
	    SMH_PKI=$(B)/tls/pki timeout 900 $$run || exit 1; \
	done
CHECKS += check-tls

# The same on mbedTLS as small machines have it, from source.

TLS_SMALL = 2.28.3 3.6.6
TLS_SMALL_CONFIG = -DMBEDTLS_CONFIG_FILE='"tests/tls/small/config.h"'

build/src/mbedtls-%/library:
	tests/sources.sh mbedtls-$*

$(B)/tls/small-%/tls.a: tests/tls/small/config.h \
    | build/src/mbedtls-%/library $(B)/tls/small-%/.
	for c in build/src/mbedtls-$*/library/*.c; do \
	    $(CC) -w -O2 -g $(if $(SAN),-fsanitize=$(SAN)) $(TLS_SMALL_CONFIG) \
	        -I. -Ibuild/src/mbedtls-$*/include -c $$c \
	        -o $(@D)/$$(basename $$c .c).o || exit 1; \
	done
	$(AR) rcs $@ $(@D)/*.o

$(B)/tls/small-%/test: tests/tls/small/test_small.c $(B)/tls/small-%/tls.a \
    tests/support/child.c $(TLS_DEPS)
	$(CC) $(SMH_CFLAGS) $(TLS_SMALL_CONFIG) -Itests/support \
	    -isystem build/src/mbedtls-$*/include -o $@ $< tests/support/child.c \
	    $(@D)/tls.a $(SMH_LDFLAGS) -lcmocka \
	    -Wl,--wrap=mbedtls_ssl_conf_max_frag_len

.PHONY: check-tls-small
check-tls-small: $(TLS_SMALL:%=$(B)/tls/small-%/test) $(B)/tls/pki/ca.pem
	for version in $(TLS_SMALL); do \
	    SMH_PKI=$(B)/tls/pki timeout 600 \
	        $(B)/tls/small-$$version/test || exit 1; \
	done
CHECKS_REST += check-tls-small

# Every line and every branch of the port is taken by these tests together: with
# both mbedTLS, as Debian and as small machines have them; but for a bound that
# the curves of no mbedTLS reach.
TLS_COVERAGE  = $(B)/tls/coverage
TLS_COVER     = $(MAKE) -s CC=gcc SAN= RUN= CFLAGS='--coverage -O0' \
                LDFLAGS=--coverage
.PHONY: check-tls-coverage
check-tls-coverage:
	rm -rf $(TLS_COVERAGE)
	@tests/support/mbedtls.sh 3.6.6
	$(TLS_COVER) check-tls check-tls-small B=$(TLS_COVERAGE)/2.28 TLS=
	$(TLS_COVER) check-tls B=$(TLS_COVERAGE)/3.6.6 \
	    TLS=$(CURDIR)/build/mbedtls/3.6.6
	gcovr -r . -f port/smh_mbedtls.h --fail-under-line 100 \
	    --exclude-branches-by-pattern '.*sizeof tls->curves' \
	    --fail-under-branch 100 $(TLS_COVERAGE)
CHECKS_REST += check-tls-coverage
