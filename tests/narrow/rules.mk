# The header where size_t has 16 bits: on this machine, and on an AVR.

NARROW_DEPS = tests/narrow/narrow.c smh_token.h

$(B)/narrow/narrow: $(NARROW_DEPS) | $(B)/narrow/.
	$(CC) $(filter-out -Wconversion,$(SMH_CFLAGS)) -Wno-sign-compare \
	    -Wno-type-limits -o $@ $< $(SMH_LDFLAGS)

$(B)/narrow/narrow.elf: $(NARROW_DEPS) | $(B)/narrow/.
	avr-gcc -mmcu=atmega1284p -std=c99 -Wall -Wextra -Werror -Os -I. -o $@ $<

.PHONY: check-narrow check-avr
check-narrow: $(B)/narrow/narrow
	timeout 60 $<
CHECKS += check-narrow

check-avr: $(B)/narrow/narrow.elf
	timeout 60 simavr -m atmega1284p -f 16000000 $< >$(B)/narrow/log 2>&1 || \
	    { cat $(B)/narrow/log; exit 1; }
	@grep -q 'narrow: passed' $(B)/narrow/log || \
	    { cat $(B)/narrow/log; exit 1; }
CHECKS_REST += check-avr
