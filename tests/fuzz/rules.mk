# libFuzzer, always by clang: short and the same in every run.  Longer:
#   make check-fuzz FUZZ_RUNS=10000000 FUZZ_SEED=7

FUZZ_RUNS = 60000
FUZZ_SEED = 1
FUZZ_FLAGS = $(STRICT) -Wno-missing-prototypes -D_POSIX_C_SOURCE=200809L -I. \
             -Itests/support -g -O1 -fsanitize=fuzzer,address,undefined \
             -fno-sanitize-recover=all
FUZZ_SHARED = tests/fuzz/fuzz.c tests/unit/library.c \
              $(addprefix tests/support/,decode.c judge.c scripted.c)
FUZZ_DEPS = $(FUZZ_SHARED) tests/fuzz/fuzz.h $(wildcard tests/support/*.h) \
            smh_token.h
FUZZ_CC = clang $(FUZZ_FLAGS) $(FUZZ_OPTIONS) -o $@ $< $(FUZZ_SHARED)
FUZZERS = $(addprefix $(B)/fuzz/,answers requests requests-tight)

$(B)/fuzz/requests-tight: FUZZ_OPTIONS = $(UNIT_TIGHT)

$(B)/fuzz/%: tests/fuzz/fuzz_%.c $(FUZZ_DEPS) | $(B)/fuzz/.
	$(FUZZ_CC)

$(B)/fuzz/%-tight: tests/fuzz/fuzz_%.c $(FUZZ_DEPS) | $(B)/fuzz/.
	$(FUZZ_CC)

.PHONY: check-fuzz
check-fuzz: $(FUZZERS)
	@for fuzzer in $(FUZZERS); do \
	    echo "$$fuzzer: $(FUZZ_RUNS) runs"; \
	    $$fuzzer -runs=$(FUZZ_RUNS) -seed=$(FUZZ_SEED) -max_len=600 \
	        -timeout=20 -artifact_prefix=$$fuzzer- >$$fuzzer.log 2>&1 || \
	        { tail -n 40 $$fuzzer.log; exit 1; }; \
	done
CHECKS_REST += check-fuzz
