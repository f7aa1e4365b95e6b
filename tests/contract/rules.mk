# The contract of smh_port_ops: one suite that any port passes, plain or secure.
# Ours are run over the stacks of this machine; lwIP in a network of its own,
# with ASan and UBSan always; yours as port/README.md says.

CONTRACT      = $(addprefix tests/contract/,test_contract.c peer.c port.c) \
                $(addprefix examples/smh_standin/,channel.c text.c)
CONTRACT_DEPS = $(CONTRACT) $(wildcard tests/contract/*.h tests/support/*.h \
                tests/lwip/*.h examples/smh_standin/*.h) $(HEADERS) \
                | $(B)/contract/.
# The suite on the port in a header: $(call contract_cc,my_port.h)
contract_cc   = $(CC) $(SMH_CFLAGS) $(TLS_CFLAGS) -Itests/support \
                -DCONTRACT_PORT='"$(1)"' $(CONTRACT)
contract_libs = $(SMH_LDFLAGS) $(TLS_LIBS) -lcmocka
CONTRACT_RUN  = SMH_PKI=$(B)/tls/pki timeout 900

CONTRACT_HOST = $(addprefix $(B)/contract/,posix mbedtls)
$(CONTRACT_HOST): $(B)/contract/%: $(CONTRACT_DEPS)
	$(call contract_cc,$*.h) -o $@ $(contract_libs)

# Without a buffer for what arrives, and with some.
.PHONY: check-contract
check-contract: $(CONTRACT_HOST) $(B)/tls/pki/ca.pem
	set -e; for size in 0 1 16 16384; do \
	    for run in $(CONTRACT_HOST); do \
	        CONTRACT_BUFFER=$$size $(CONTRACT_RUN) $$run; \
	    done; \
	done
CHECKS += check-contract

CONTRACT_NETS = $(foreach v,2.1.3 2.2.1,$(addprefix \
                $(B)/contract/$(v)-,lwip lwip_raw))
CONTRACT_NET  = $(LWIP_SAN) tests/lwip/net.c -lpthread
$(B)/contract/%-lwip: $(B)/lwip/%/sockets.a tests/lwip/net.c \
    $(CONTRACT_DEPS)
	$(call contract_cc,lwip.h) $(CONTRACT_NET) \
	    $(call lwip_flags,$*,SOCKETS) -o $@ $< $(contract_libs)

$(B)/contract/%-lwip_raw: $(B)/lwip/%/raw.a tests/lwip/net.c \
    $(CONTRACT_DEPS)
	$(call contract_cc,lwip_raw.h) $(CONTRACT_NET) \
	    $(call lwip_flags,$*,RAW) -o $@ $< $(contract_libs)

.PHONY: check-contract-lwip
check-contract-lwip: $(CONTRACT_NETS)
	set -e; for run in $(CONTRACT_NETS); do \
	    SMH_CONTRACT_ADDRESS=0.0.0.0 $(CONTRACT_RUN) \
	        tests/lwip/netns.sh $$run; \
	done
CHECKS_REST += check-contract-lwip

## PORT=FILE ADDRESS= LIBS=: for contract, as port/README.md says
PORT    =
ADDRESS = 127.0.0.1
LIBS    =
.PHONY: contract
contract: WERROR =
contract: ## the contract of smh_port_ops, on a port of your own
contract: $(B)/tls/pki/ca.pem | $(B)/contract/.
	@[ -f "$(PORT)" ] || { \
	    echo "contract: $(if $(PORT),there is no file $(PORT); )want" \
	        "PORT=my_port.h, which defines contract_port():" \
	        "see port/README.md" >&2; \
	    exit 2; \
	}
	$(call contract_cc,$(abspath $(PORT))) -o $(B)/contract/yours \
	    $(LIBS) $(contract_libs)
	SMH_CONTRACT_ADDRESS=$(ADDRESS) $(CONTRACT_RUN) $(B)/contract/yours
