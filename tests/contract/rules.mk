# The contract of smh_port_ops: one suite that any port passes.  Ours are run
# over the stacks of this machine; lwIP in a network of its own, with ASan and
# UBSan always.
#
#     make contract PORT=my_port.h [CFLAGS=..] [LDFLAGS=..]
#
# runs it on yours: contract.h says what a port tells the suite.

CONTRACT      = $(addprefix tests/contract/,test_contract.c peer.c)
CONTRACT_DEPS = $(wildcard tests/contract/*.[ch] tests/support/*.h) $(HEADERS)
CONTRACT_CC   = $(CC) $(SMH_CFLAGS) $(TLS_CFLAGS) -Itests/contract \
                -Itests/support $(CONTRACT)

$(B)/contract/posix: tests/contract/posix.c $(CONTRACT_DEPS) | $(B)/contract/.
	$(CONTRACT_CC) $< -o $@ $(SMH_LDFLAGS) -lcmocka

.PHONY: check-contract
check-contract: $(B)/contract/posix
	timeout 120 $< # without a buffer for what arrives, and with one
	for size in 1 16 16384; do \
	    CONTRACT_BUFFER=$$size timeout 120 $< || exit 1; \
	done
CHECKS += check-contract

CONTRACT_LWIP = tests/contract/lwip.c tests/lwip/net.c
CONTRACT_NETS = $(foreach v,2.1.3 2.2.1,$(addprefix \
                $(B)/contract/lwip-$(v)-,sockets raw))

$(B)/contract/lwip-%-sockets: $(CONTRACT_DEPS) $(LWIP_DEPS) \
    $(B)/lwip/%/sockets.a | $(B)/contract/.
	$(CONTRACT_CC) -o $@ $(LWIP_SAN) $(call lwip_flags,$*,SOCKETS) \
	    $(CONTRACT_LWIP) $(B)/lwip/$*/sockets.a $(SMH_LDFLAGS) -lcmocka \
	    -lpthread

$(B)/contract/lwip-%-raw: $(CONTRACT_DEPS) $(LWIP_DEPS) \
    $(B)/lwip/%/raw.a | $(B)/contract/.
	$(CONTRACT_CC) -o $@ $(LWIP_SAN) $(call lwip_flags,$*,RAW) \
	    $(CONTRACT_LWIP) $(B)/lwip/$*/raw.a $(SMH_LDFLAGS) -lcmocka \
	    -lpthread

.PHONY: check-contract-lwip
check-contract-lwip: $(CONTRACT_NETS)
	set -e; for net in $(CONTRACT_NETS); do \
	    timeout 120 tests/lwip/netns.sh $$net; \
	done
CHECKS_REST += check-contract-lwip

PORT =
.PHONY: contract
contract: WERROR =
contract: | $(B)/contract/. ## the contract of a port of yours: PORT=my_port.h
	@[ -n "$(PORT)" ] || { \
	    echo "contract: want PORT=my_port.h; see tests/contract/contract.h"; \
	    exit 2; }
	$(CONTRACT_CC) -o $(B)/contract/yours -x c $(PORT) -x none \
	    $(SMH_LDFLAGS) $(TLS_LIBS) -lcmocka
	timeout 120 $(B)/contract/yours
