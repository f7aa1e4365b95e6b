# The ports of Unix and of mbedTLS: real sockets, and real TLS with a server in
# memory.  mbedTLS is linked statically, so that its heap can be starved.

PORTS_TESTS = tls certificates heap posix
PORTS_RUNS  = $(PORTS_TESTS:%=$(B)/ports/test_%)
PORTS_DEPS  = $(wildcard tests/ports/*.h tests/support/*.h) smh_token.h \
              port/smh_posix.h port/smh_mbedtls.h

$(B)/ports/%.o: tests/ports/%.c $(PORTS_DEPS) | $(B)/ports/.
	$(CC) $(SMH_CFLAGS) $(TLS_CFLAGS) -Itests/support -c -o $@ $<

$(B)/ports/test_heap: $(B)/ports/heap.o
$(B)/ports/test_certificates: $(B)/ports/silent.o
$(B)/ports/test_heap: PORTS_WRAP = -Wl,--wrap=calloc,--wrap=free
$(B)/ports/test_posix: PORTS_WRAP = -Wl,--wrap=getaddrinfo
$(PORTS_RUNS): $(B)/ports/test_%: $(B)/ports/test_%.o $(B)/ports/peer.o \
    $(B)/ports/library.o
	$(CC) -o $@ $^ $(SMH_LDFLAGS) $(PORTS_WRAP) -Wl,-Bstatic $(TLS_LIBS) \
	    -Wl,-Bdynamic -lcmocka

$(B)/ports/pki/ca.pem: tests/ports/pki.sh tests/pki.sh | $(B)/ports/.
	tests/ports/pki.sh $(B)/ports/pki

.PHONY: check-ports
check-ports: $(PORTS_RUNS) $(B)/ports/pki/ca.pem
	for run in $(PORTS_RUNS); do \
	    SMH_PKI=$(B)/ports/pki timeout 300 $$run || exit 1; \
	done
CHECKS += check-ports

# The same ports on mbedTLS as small machines have it, from source.

PORTS_SMALL = 2.28.3 3.6.6
PORTS_SMALL_CONFIG = -DMBEDTLS_CONFIG_FILE='"tests/ports/small/config.h"'

build/src/mbedtls-%/library:
	tests/sources.sh mbedtls-$*

$(B)/ports/small-%/tls.a: tests/ports/small/config.h \
    | build/src/mbedtls-%/library $(B)/ports/small-%/.
	for c in build/src/mbedtls-$*/library/*.c; do \
	    $(CC) -w -O2 -g $(if $(SAN),-fsanitize=$(SAN)) $(PORTS_SMALL_CONFIG) \
	        -I. -Ibuild/src/mbedtls-$*/include -c $$c \
	        -o $(@D)/$$(basename $$c .c).o || exit 1; \
	done
	$(AR) rcs $@ $(@D)/*.o

$(B)/ports/small-%/test: tests/ports/small/test_small.c $(B)/ports/small-%/tls.a \
    tests/support/child.c $(PORTS_DEPS)
	$(CC) $(SMH_CFLAGS) $(PORTS_SMALL_CONFIG) -Itests/support \
	    -isystem build/src/mbedtls-$*/include -o $@ $< tests/support/child.c \
	    $(@D)/tls.a $(SMH_LDFLAGS) -lcmocka

.PHONY: check-ports-small
check-ports-small: $(PORTS_SMALL:%=$(B)/ports/small-%/test) $(B)/ports/pki/ca.pem
	for version in $(PORTS_SMALL); do \
	    SMH_PKI=$(B)/ports/pki timeout 120 \
	        $(B)/ports/small-$$version/test || exit 1; \
	done
CHECKS_REST += check-ports-small
