# The firmware of examples/bare_metal: two boards, each with the two pairs of
# stacks that Debian 12 and Debian 13 have, run in QEMU.

FW = $(B)/firmware
FW_BOARDS = mps2_an385 lm3s6965evb
FW_STACKS = 2.28.3-2.1.3 3.6.6-2.2.1
FW_NAMES  = $(foreach b,$(FW_BOARDS),$(foreach s,$(FW_STACKS),$(b)-$(s)))
FW_IMAGES = $(FW_NAMES:%=$(FW)/%/firmware.elf)

fw_words   = $(subst -, ,$(1))
fw_board   = $(word 1,$(call fw_words,$(1)))
fw_mbedtls = mbedtls-$(word 2,$(call fw_words,$(1)))
fw_lwip    = lwip-$(word 3,$(call fw_words,$(1)))
fw_machine = $(subst _,-,$(fw_board))

# Names that make the certificates as long as those of public services: 3 kB in
# a chain of two.
fw_63   = $(subst x,0123456789,xxxxxx)$(1)
FW_LONG = $(foreach n,0 1 2 3 4 5 6 7 8 9 a,DNS:$(call fw_63,$n).$(call \
    fw_63,$n).$(call fw_63,$n).test)

# The CA is in the image, so there is one for all runs.  It has signed itself
# with SHA-1, as many public roots have.
$(FW)/pki/ca.der: examples/smh_standin/pki.sh tests/firmware/rules.mk
	@examples/smh_standin/pki.sh $(FW)/pki DNS:server.test $(FW_LONG)
	@openssl x509 -in $(FW)/pki/ca.pem -key $(FW)/pki/ca.key -sha1 \
	    -days 3650 -outform DER -out $@

# Two images: the example as it is, and with the rig of the tests around it,
# which is another configuration and what rig/wraps.c does to it.
FW_RIG = $(CURDIR)/tests/firmware/rig
FW_WITH  = PROGRAM='main arguments wraps $(1)' VPATH=$(FW_RIG) \
           CFLAGS='-I$(FW_RIG) $(2)' \
           LDFLAGS='$(addprefix -Wl$(comma)--wrap=,$(FW_WRAPS) $(3))'
FW_WRAPS = smh_begin mbedtls_memory_buffer_alloc_init board_time board_exit \
           board_eth_receive board_eth_send

# The power is cut in an image that has room for the ids of 25 requests.
FW_POWER = mps2_an385-3.6.6-2.2.1
FW_CUT   = fifo_get_frame fifo_put_frame board_keep board_idle systick_irq \
           startup_stack_size

FW_OURS  = smh_token smh_lwip_raw smh_mbedtls

fw_make  = $(MAKE) --no-print-directory -s -j2 -C examples/bare_metal \
	    BOARD=$(call fw_board,$(1)) OUT=$(abspath $(FW)/$(1)) \
	    MBEDTLS=$(CURDIR)/build/src/$(call fw_mbedtls,$(1)) \
	    LWIP=$(CURDIR)/build/src/$(call fw_lwip,$(1)) \
	    CA=$(abspath $(FW)/pki/ca.der) WERROR=-Werror

.PHONY: firmware
firmware: $(FW_NAMES:%=firmware-%)
firmware-%: $(FW)/pki/ca.der
	@tests/setup.sh firmware
	@tests/sources.sh $(call fw_mbedtls,$*)
	@tests/sources.sh $(call fw_lwip,$*)
	@$(call fw_make,$*) $(if $(filter $(FW_POWER),$*),$(call \
	    FW_WITH,cut,-DARGUMENTS_IDS=256,$(FW_CUT)),$(FW_WITH))
	@$(call fw_make,$*) IMAGE=example CFLAGS= LDFLAGS=

$(FW)/relay: tests/firmware/relay.c | $(FW)/.
	$(CC) $(SMH_CFLAGS) -o $@ $< $(SMH_LDFLAGS)

FW_TESTS = $(FW)/test_firmware $(FW)/test_power $(FW)/measure
$(FW_TESTS): $(FW)/%: tests/firmware/%.c tests/firmware/qemu.c \
    tests/firmware/qemu.h $(addprefix tests/support/,child.c standin.c \
    others.c names.c outcomes.c) $(wildcard tests/support/*.h) | $(FW)/.
	$(CC) $(SMH_CFLAGS) -o $@ $(filter %.c,$^) $(SMH_LDFLAGS) -lcmocka \
	    -lpthread

FW_RUN = SMH_STANDIN=$(abspath $(B)/smh_standin) \
    FIRMWARE_PKI=$(abspath $(FW)/pki) FIRMWARE_RELAY=$(abspath $(FW)/relay)
FW_TOOLS = $(FW)/relay $(B)/smh_standin

.PHONY: test-firmware check-firmware
test-firmware: check-firmware
check-firmware: firmware $(FW_TESTS) $(FW_TOOLS)
	@tests/firmware/heap.sh $(FW_IMAGES)
	@$(MAKE) --no-print-directory -j2 -Otarget run-firmware-power \
	    $(FW_NAMES:%=run-firmware-%)

.PHONY: $(FW_NAMES:%=run-firmware-%)
$(FW_NAMES:%=run-firmware-%): run-firmware-%:
	@$(FW_RUN) $(FW)/test_firmware $(call fw_machine,$*) \
	    $(abspath $(FW)/$*/firmware.elf)

.PHONY: run-firmware-power
run-firmware-power:
	@$(FW_RUN) $(FW)/test_power $(call fw_machine,$(FW_POWER)) \
	    $(abspath $(FW)/$(FW_POWER)/firmware.elf)

# What they take: measured one by one, shown together, and once more in Markdown
# for the README.
.PHONY: size-firmware $(FW_NAMES:%=measure-firmware-%)
size-firmware: firmware $(FW_TESTS) $(FW_TOOLS)
	@$(MAKE) --no-print-directory -j2 $(FW_NAMES:%=measure-firmware-%)
	@awk -f tests/firmware/table.awk $(FW_NAMES:%=$(FW)/%/measured) \
	    >$(FW)/table.md
	@status=0; for name in $(FW_NAMES); do \
	    echo "$$name"; board=$${name%%-*}; \
	    sed -n "/^\(flash\|ram\|silent\|ours\|state\|run[.].*\) /s/^/$$board./p" \
	        $(FW)/$$name/measured >$(FW)/$$name/checked; \
	    awk -v groups=$$board -f tests/build/size/table.awk tests/firmware/limits \
	        $(FW)/$$name/checked || status=1; \
	done; exit $$status

$(FW_NAMES:%=measure-firmware-%): measure-firmware-%:
	@$(call fw_make,$*) OUT=$(abspath $(FW)/$*/silent) CFLAGS=-DSMH_WORDS=0 \
	    $(FW_OURS:%=$(abspath $(FW)/$*/silent)/%.o)
	@tests/firmware/size.sh $(FW)/$* >$(FW)/$*/measured
	@$(FW_RUN) $(FW)/measure $(call fw_machine,$*) $(FW)/$*/firmware.elf \
	    $$(awk '$$1 == "ram.arena" { print $$2 }' $(FW)/$*/measured) \
	    >>$(FW)/$*/measured

SIZES += size-firmware
CHECKS_REST += check-firmware
