# What it costs, beside others that do the same: run.sh says what is compared.
# The checks run it small, and judge only what is the same on any machine.

BENCH       = $(B)/bench
BENCH_TLS   = $(BENCH)/tls-3.6.6
BENCH_TOOLS = $(addprefix $(BENCH)/,relay client micro) $(B)/tool/peak \
              $(B)/smh_revoke $(BENCH_TLS)/smh_revoke
LLHTTP      = /usr/share/llhttp
LLHTTP_INC  = -isystem /usr/share/include/llhttp

$(BENCH)/relay: tests/bench/relay.c | $(BENCH)/.
	$(CC) $(SMH_CFLAGS) -o $@ $< $(SMH_LDFLAGS)

$(BENCH)/client: tests/bench/client.c | $(BENCH)/.
	$(CC) $(SMH_CFLAGS) -o $@ $< $(SMH_LDFLAGS) -lcurl

$(BENCH)/micro: tests/bench/micro.c smh_token.h | $(BENCH)/.
	$(CC) $(CFLAGS) $(LLHTTP_INC) -r -o $(BENCH)/llhttp.o $(LLHTTP)/*.c
	$(CC) $(SMH_CFLAGS) $(LLHTTP_INC) -o $@ $< $(BENCH)/llhttp.o \
	    $(SMH_LDFLAGS) -lcurl

# The tool with an mbedTLS that has TLS 1.3.
$(BENCH_TLS)/smh_revoke: $(wildcard examples/smh_revoke/*.[ch]) $(HEADERS)
	@tests/support/mbedtls.sh 3.6.6
	@$(MAKE) -s --no-print-directory B=$(BENCH_TLS) WERROR=$(WERROR) \
	    TLS=$(CURDIR)/build/mbedtls/3.6.6 $@

.PHONY: bench check-bench
bench: ## cost beside libcurl and h2load, into tests/bench (half an hour)
	@tests/setup.sh bench
	@$(MAKE) -s --no-print-directory $(BENCH_TOOLS)
	tests/bench/run.sh full $(B) $(BENCH_TLS)
	cp $(addprefix $(BENCH)/full/,results.md results.json distance.svg) \
	    tests/bench/

check-bench: $(BENCH_TOOLS)
	tests/bench/run.sh small $(B) $(BENCH_TLS)
	@awk -v groups=count -f tests/build/size/table.awk tests/bench/limits \
	    $(BENCH)/small/counts

CHECKS_REST += check-bench
