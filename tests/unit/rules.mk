# The header by itself: three variants of its options, each with all tests.

UNIT_DEFAULT =
UNIT_TIGHT   = -DSMH_LINE_MAX=256 -DSMH_COMMA='"%2C"' -DSMH_ANSWER_MAX=64 \
               -DSMH_REQUESTS_MAX=1000 -DSMH_INTERIM_MAX=1 \
               -DSMH_TIMEOUT_MS=500 -DSMH_SPINS_MAX=100 -DSMH_ALLOW_PLAINTEXT
UNIT_WIDE    = -DSMH_LINE_MAX=32000 -DSMH_ANSWER_MAX=1000 -DSMH_INTERIM_MAX=0

UNIT_OBJECTS = $(patsubst tests/unit/%.c,%.o,$(wildcard tests/unit/*.c))
UNIT_RUNS    = $(addprefix $(B)/unit/,default/unit tight/unit wide/unit)

$(B)/unit/default/%.o: UNIT_OPTIONS = $(UNIT_DEFAULT)
$(B)/unit/tight/%.o: UNIT_OPTIONS = $(UNIT_TIGHT)
$(B)/unit/wide/%.o: UNIT_OPTIONS = $(UNIT_WIDE)

define UNIT_VARIANT
$(B)/unit/$(1)/%.o: tests/unit/%.c $(wildcard tests/unit/*.h) smh_token.h \
    | $(B)/unit/$(1)/.
	$$(CC) $$(SMH_CFLAGS) $$(UNIT_OPTIONS) -c -o $$@ $$<

$(B)/unit/$(1)/unit: $(addprefix $(B)/unit/$(1)/,$(UNIT_OBJECTS))
	$$(CC) -o $$@ $$^ $$(SMH_LDFLAGS) -lcmocka -pthread
endef
$(foreach v,default tight wide,$(eval $(call UNIT_VARIANT,$(v))))

.PHONY: check-unit
check-unit: $(UNIT_RUNS)
	@set -e; for unit in $(UNIT_RUNS); do echo $$unit; $$unit; done
CHECKS += check-unit
