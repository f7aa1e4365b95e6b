# The header by itself: three variants of its options, each with all tests.

UNIT_DEFAULT =
UNIT_TIGHT   = -DSMH_LINE_MAX=1024 -DSMH_COMMA='"%2C"' -DSMH_ANSWER_MAX=64 \
               -DSMH_REQUESTS_MAX=1000 -DSMH_INTERIM_MAX=1 \
               -DSMH_TIMEOUT_MS=500 -DSMH_SPINS_MAX=100 -DSMH_ALLOW_PLAINTEXT
UNIT_WIDE    = -DSMH_LINE_MAX=32000 -DSMH_ANSWER_MAX=1000 -DSMH_INTERIM_MAX=0 \
               -DSMH_WORDS=0

UNIT_OBJECTS = $(patsubst tests/unit/%.c,%.o,$(wildcard tests/unit/*.c)) \
               decode.o judge.o scripted.o
UNIT_RUNS    = $(addprefix $(B)/unit/,default/unit tight/unit wide/unit)

$(B)/unit/default/%.o: UNIT_OPTIONS = $(UNIT_DEFAULT)
$(B)/unit/tight/%.o: UNIT_OPTIONS = $(UNIT_TIGHT)
$(B)/unit/wide/%.o: UNIT_OPTIONS = $(UNIT_WIDE)

UNIT_DEPS = $(wildcard tests/unit/*.h tests/support/*.h) smh_token.h
UNIT_CC   = $(CC) $(SMH_CFLAGS) -Itests/support $(UNIT_OPTIONS) -c -o $@ $<

define UNIT_VARIANT
$(B)/unit/$(1)/%.o: tests/unit/%.c $(UNIT_DEPS) | $(B)/unit/$(1)/.
	$$(UNIT_CC)

$(B)/unit/$(1)/%.o: tests/support/%.c $(UNIT_DEPS) | $(B)/unit/$(1)/.
	$$(UNIT_CC)

$(B)/unit/$(1)/unit: $(addprefix $(B)/unit/$(1)/,$(UNIT_OBJECTS))
	$$(CC) -o $$@ $$^ $$(SMH_LDFLAGS) -lcmocka -pthread
endef
$(foreach v,default tight wide,$(eval $(call UNIT_VARIANT,$(v))))

# The long rows are thinned where every case costs a multiple.
UNIT_THIN = $(if $(RUN),97,$(if $(SAN),7,1))

# Libraries are bound at once: else the loader saves vector registers, with what
# a memcpy() has left in them, on a stack in which a test looks for the secret.
.PHONY: check-unit
check-unit: $(UNIT_RUNS)
	@set -e; export LD_BIND_NOW=1 SMH_TEST_THIN=$(UNIT_THIN); \
	for unit in $(UNIT_RUNS); do echo $$unit; $(RUN) $$unit; done
CHECKS += check-unit
CHECKS_RUN += check-unit

# Every line and every branch of the header is taken by these tests, and every
# condition is seen to decide by itself (MC/DC), which clang counts from 18 on.
# What its libraries want besides has come with this machine's clang and curl;
# its own headers it finds from its name, not from that of its loader.
UNIT_COVERAGE = $(B)/unit/coverage
.PHONY: check-unit-coverage
check-unit-coverage:
	@tests/trixie.sh 19.1 clang-19 libclang-common-19-dev libclang-cpp19 \
	    libclang-rt-19-dev libllvm19 llvm-19
	rm -rf $(UNIT_COVERAGE)
	LLVM_PROFILE_FILE=$(UNIT_COVERAGE)/%m.profraw $(MAKE) -s check-unit \
	    B=$(UNIT_COVERAGE) SAN= RUN= \
	    CC='build/clang-19/run clang-19 -no-canonical-prefixes' \
	    CFLAGS='-O2 -fprofile-instr-generate -fcoverage-mapping -fcoverage-mcdc' \
	    LDFLAGS=-fprofile-instr-generate
	@build/clang-19/run clang-19 --version | sed -n 's/^/# /p;q'
	@tests/unit/coverage.sh $(UNIT_COVERAGE)
CHECKS_REST += check-unit-coverage

# The same where a char is unsigned: on a big-endian s390x of 64 bits, and on an
# ARM of 32 bits, in QEMU.  Debian has no cmocka for either one to install
# beside this machine's, so it is compiled from its source.

CMOCKA      = build/src/cmocka-1.1.5
CMOCKA_HAVE = $(addprefix -DHAVE_,SIGNAL_H STRINGS_H INTTYPES_H MALLOC_H \
              STRUCT_TIMESPEC GCC_THREAD_LOCAL_STORAGE)
FOREIGN     = s390x-linux-gnu arm-linux-gnueabihf

.PHONY: check-foreign
check-foreign: $(addprefix foreign-,$(FOREIGN))
foreign-%: | $(B)/unit/%/.
	@tests/sources.sh $(notdir $(CMOCKA))
	$*-gcc -O2 -D_GNU_SOURCE $(CMOCKA_HAVE) -I$(CMOCKA)/include -c \
	    -o $(B)/unit/$*/cmocka.o $(CMOCKA)/src/cmocka.c
	$*-gcc-ar rcs $(B)/unit/$*/libcmocka.a $(B)/unit/$*/cmocka.o
	@$(MAKE) -s --no-print-directory check-unit B=$(B)/unit/$* CC=$*-gcc \
	    SAN= RUN=qemu-$(firstword $(subst -, ,$*)) \
	    CFLAGS='-O2 -isystem $(CMOCKA)/include' \
	    LDFLAGS='-static -L$(B)/unit/$*'

CHECKS_REST += check-foreign

# The header where size_t has 16 bits: on this machine, and on an AVR.

NARROW_DEPS = tests/unit/narrow/narrow.c smh_token.h

$(B)/unit/narrow/narrow: $(NARROW_DEPS) | $(B)/unit/narrow/.
	$(CC) $(filter-out -Wconversion,$(SMH_CFLAGS)) -Wno-sign-compare \
	    -Wno-type-limits -o $@ $< $(SMH_LDFLAGS)

$(B)/unit/narrow/narrow.elf: $(NARROW_DEPS) | $(B)/unit/narrow/.
	avr-gcc -mmcu=atmega1284p -std=c99 -Wall -Wextra -Werror -Os -I. -o $@ $<

.PHONY: check-narrow check-avr
check-narrow: $(B)/unit/narrow/narrow
	timeout 60 $<
CHECKS += check-narrow

check-avr: $(B)/unit/narrow/narrow.elf
	timeout 60 simavr -m atmega1284p -f 16000000 $< >$(B)/unit/narrow/log 2>&1 || \
	    { cat $(B)/unit/narrow/log; exit 1; }
	@grep -q 'narrow: passed' $(B)/unit/narrow/log || \
	    { cat $(B)/unit/narrow/log; exit 1; }
CHECKS_REST += check-avr
