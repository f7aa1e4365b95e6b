# The ports on lwIP: 2.1.3 and 2.2.1 from source, with sockets and without
# threads, on a tap device in a network namespace; Debian's own library; and both
# ports against faults that no network makes.  Always with ASan and UBSan, lwIP
# included.

## LWIP=TREE: check-lwip takes the lwIP there, too, as version "own"
LWIP =
LWIP_SAN  = -fsanitize=address,undefined -fno-sanitize-recover=all \
            -fno-omit-frame-pointer
LWIP_UNIX = build/src/lwip-2.2.1/contrib/ports/unix/port/include
LWIP_DEPS = $(wildcard tests/lwip/*.h tests/support/*.h) $(HEADERS)
LWIP_NET  = $(addprefix tests/lwip/,test_net.c library.c net.c resolve.c) \
            $(addprefix tests/support/,child.c standin.c others.c names.c)
LWIP_RAW  = $(addprefix tests/lwip/,test_raw.c library.c world.c resolve.c)
LWIP_SOCK = $(addprefix tests/lwip/,test_sockets.c library.c net.c resolve.c) \
            tests/support/names.c

# Headers of a version with options of a kind: $(call lwip_flags,2.1.3,RAW)
lwip_flags = -DLWIP_TEST_$(2) -isystem tests/lwip \
             -isystem build/src/lwip-$(1)/src/include -isystem $(LWIP_UNIX)
lwip_cc    = $(CC) $(SMH_CFLAGS) $(TLS_CFLAGS) $(LWIP_SAN)
lwip_libs  = $(SMH_LDFLAGS) $(TLS_LIBS) -lcmocka -lpthread

$(B)/lwip/%.a: tests/lwip/build.sh tests/lwip/lwipopts.h
	CC=$(CC) CFLAGS="-g -O1 $(LWIP_SAN)" tests/lwip/build.sh $@ $(subst /, ,$*)

# $(call LWIP_VERSION,2.1.3): its four programs
define LWIP_VERSION
$(B)/lwip/$(1)/net-sockets: $(LWIP_NET) $(LWIP_DEPS) $(B)/lwip/$(1)/sockets.a
	$$(lwip_cc) $(call lwip_flags,$(1),SOCKETS) -o $$@ $(LWIP_NET) \
	    $(B)/lwip/$(1)/sockets.a $$(lwip_libs)

$(B)/lwip/$(1)/net-raw: $(LWIP_NET) $(LWIP_DEPS) $(B)/lwip/$(1)/raw.a
	$$(lwip_cc) $(call lwip_flags,$(1),RAW) -o $$@ $(LWIP_NET) \
	    $(B)/lwip/$(1)/raw.a $$(lwip_libs)

$(B)/lwip/$(1)/unit-raw: $(LWIP_RAW) $(LWIP_DEPS) $(B)/lwip/$(1)/unit.a
	$$(lwip_cc) $(call lwip_flags,$(1),UNIT) -DSMH_ALLOW_PLAINTEXT -o $$@ \
	    $(LWIP_RAW) $(B)/lwip/$(1)/unit.a $$(SMH_LDFLAGS) -lcmocka

$(B)/lwip/$(1)/unit-sockets: $(LWIP_SOCK) $(LWIP_DEPS) $(B)/lwip/$(1)/sockets.a
	$$(lwip_cc) $(call lwip_flags,$(1),SOCKETS) -o $$@ $(LWIP_SOCK) \
	    $(B)/lwip/$(1)/sockets.a $$(lwip_libs)
endef
LWIP_VERSIONS = 2.1.3 2.2.1 $(if $(LWIP),own)
$(foreach v,$(LWIP_VERSIONS),$(eval $(call LWIP_VERSION,$(v))))

ifneq ($(LWIP),) # whatever it was when it was built last
$(foreach kind,sockets raw unit,$(B)/lwip/own/$(kind).a): build/src/lwip-own
.PHONY: build/src/lwip-own
build/src/lwip-own: | build/src/.
	ln -sfn "$(abspath $(LWIP))" $@
endif

$(B)/lwip/debian/net-sockets: $(LWIP_NET) $(LWIP_DEPS) | $(B)/lwip/debian/.
	$(lwip_cc) -isystem /usr/include/lwip -o $@ $(LWIP_NET) -llwip $(lwip_libs)

LWIP_UNITS = $(foreach v,$(LWIP_VERSIONS),$(addprefix $(B)/lwip/$(v)/unit-, \
             sockets raw))
LWIP_NETS  = $(foreach v,$(LWIP_VERSIONS),$(addprefix $(B)/lwip/$(v)/net-, \
             sockets raw)) $(B)/lwip/debian/net-sockets

.PHONY: check-lwip check-lwip-unit
check-lwip-unit: $(LWIP_UNITS)
	set -e; for unit in $(LWIP_UNITS); do \
	    timeout 600 tests/lwip/netns.sh $$unit; \
	done

check-lwip: check-lwip-unit $(LWIP_NETS) $(B)/smh_standin
	STRICT="$(STRICT)" tests/lwip/compile.sh $(LWIP_VERSIONS)
	SMH_STANDIN=$(B)/smh_standin tests/lwip/run.sh $(LWIP_NETS)
CHECKS_REST += check-lwip

# Every line and every branch of both ports is taken by their unit tests on one
# version, but for what only other options of lwIP compile: LWIP_DNS 0, or one
# family of addresses.
.PHONY: check-lwip-coverage
check-lwip-coverage:
	rm -rf $(B)/lwip/coverage
	$(MAKE) -s check-lwip-unit B=$(B)/lwip/coverage CC=gcc SAN= LWIP_SAN= \
	    LWIP_VERSIONS=2.2.1 CFLAGS='--coverage -O0' LDFLAGS=--coverage
	gcovr -r . -f port/smh_lwip --fail-under-line 100 \
	    --fail-under-branch 100 $(B)/lwip/coverage
CHECKS_REST += check-lwip-coverage
