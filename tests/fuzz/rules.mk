# libFuzzer, always by clang; the same in every run, since its choices
# hang on addresses (setarch -R) and on what is compared (pki/ and a time that
# stands still for the TLS port).

## FUZZ_MORE=100 FUZZ_SEED=7: check-fuzz runs so many times longer, another way
FUZZ_MORE = 1
FUZZ_SEED = 1
FUZZ_FLAGS = $(STRICT) -Wno-missing-prototypes -D_POSIX_C_SOURCE=200809L -I. \
             -Iport -Itests/support -g -O1 \
             -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all
FUZZERS = $(addprefix $(B)/fuzz/,answers llhttp requests requests-tight \
          standin tls tool)

# How many thousand runs each one has: half a minute, more or less.
FUZZ_answers = 100
FUZZ_llhttp = 4000
FUZZ_requests = 600
FUZZ_requests-tight = 250
FUZZ_standin = 2500
FUZZ_tls = 2
FUZZ_tool = 800

FUZZ_DEPS = tests/fuzz/fuzz.c \
            $(addprefix tests/support/,decode.c judge.c scripted.c) \
            $(wildcard tests/fuzz/*.h tests/support/*.h) smh_token.h
FUZZ_CC = clang $(FUZZ_FLAGS) $(FUZZ_OPTIONS) -o $@ $(filter %.c,$^) \
          $(FUZZ_LIBS)

$(B)/fuzz/answers $(B)/fuzz/requests: tests/unit/library.c
$(B)/fuzz/requests-tight: tests/unit/library.c
$(B)/fuzz/requests-tight: FUZZ_OPTIONS = $(UNIT_TIGHT)
$(B)/fuzz/tls: tests/tls/library.c tests/tls/peer.c $(HEADERS)
$(B)/fuzz/tls: FUZZ_OPTIONS = -Itests/tls $(TLS_CFLAGS)
$(B)/fuzz/tls: FUZZ_LIBS = -Wl,-Bstatic $(TLS_LIBS) -Wl,-Bdynamic -lcmocka

$(B)/fuzz/llhttp: tests/unit/library.c $(B)/fuzz/llhttp.o
$(B)/fuzz/llhttp: FUZZ_OPTIONS = $(LLHTTP_INC)
$(B)/fuzz/llhttp: FUZZ_LIBS = $(B)/fuzz/llhttp.o
$(B)/fuzz/llhttp.o: | $(B)/fuzz/.
	clang -O1 -g $(LLHTTP_INC) -r -o $@ $(LLHTTP)/*.c

$(B)/fuzz/standin: tests/unit/library.c \
    $(wildcard $(addprefix examples/smh_standin/,http.* uri.* text.*))
$(B)/fuzz/tool: tests/unit/library.c \
    $(filter-out %/main.c,$(wildcard examples/smh_revoke/*.[ch])) $(HEADERS)
$(B)/fuzz/tool: FUZZ_OPTIONS = $(TLS_CFLAGS)
$(B)/fuzz/tool: FUZZ_LIBS = $(TLS_LIBS)

$(B)/fuzz/%: tests/fuzz/fuzz_%.c $(FUZZ_DEPS) | $(B)/fuzz/.
	$(FUZZ_CC)

$(B)/fuzz/%-tight: tests/fuzz/fuzz_%.c $(FUZZ_DEPS) | $(B)/fuzz/.
	$(FUZZ_CC)

FUZZ_RUNS = $(foreach f,$(FUZZERS),$(f):$$(($(FUZZ_$(notdir $(f))) * $(FUZZ_MORE))))

.PHONY: check-fuzz
check-fuzz: $(FUZZERS)
	@for pair in $(FUZZ_RUNS); do \
	    fuzzer=$${pair%:*} runs=$${pair#*:}000; \
	    echo "$$fuzzer: $$runs runs"; \
	    SMH_PKI=tests/fuzz/pki setarch -R $$fuzzer -runs=$$runs \
	        -seed=$(FUZZ_SEED) -max_len=600 -timeout=20 \
	        -artifact_prefix=$$fuzzer- >$$fuzzer.log 2>&1 || \
	        { tail -n 40 $$fuzzer.log; exit 1; }; \
	done
CHECKS_REST += check-fuzz
