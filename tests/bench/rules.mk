# What it costs, beside others that do the same: run.sh says what is compared.
# The checks run it small, and judge only what is the same on any machine.

BENCH       = $(B)/bench
BENCH_TLS   = build/tls-3.6.6
BENCH_TOOLS = $(addprefix $(BENCH)/,relay client micro) $(B)/tool/peak
LLHTTP      = /usr/share/llhttp
LLHTTP_INC  = -isystem /usr/share/include/llhttp

$(BENCH)/relay: tests/bench/relay.c | $(BENCH)/.
	$(CC) $(SMH_CFLAGS) -o $@ $< $(SMH_LDFLAGS)

$(BENCH)/client: tests/bench/client.c | $(BENCH)/.
	$(CC) $(SMH_CFLAGS) -o $@ $< $(SMH_LDFLAGS) -lcurl

$(BENCH)/micro: tests/bench/micro.c smh_token.h | $(BENCH)/.
	for part in api http llhttp; do \
	    $(CC) $(CFLAGS) $(LLHTTP_INC) -c -o $(BENCH)/$$part.o \
	        $(LLHTTP)/$$part.c || exit 1; \
	done
	$(CC) $(SMH_CFLAGS) $(LLHTTP_INC) -o $@ $< \
	    $(addprefix $(BENCH)/,api.o http.o llhttp.o) $(SMH_LDFLAGS) -lcurl

bench_run = @tests/setup.sh bench && tests/support/mbedtls.sh 3.6.6 && \
    $(MAKE) -s --no-print-directory $(B)/smh_revoke $(BENCH_TOOLS) && \
    $(MAKE) -s --no-print-directory B=$(BENCH_TLS) \
        TLS=$(CURDIR)/build/mbedtls/3.6.6 $(BENCH_TLS)/smh_revoke && \
    tests/bench/run.sh $(1) $(B) $(BENCH_TLS)

.PHONY: bench check-bench
bench: ## cost beside libcurl and h2load, into tests/bench (half an hour)
	$(call bench_run,full)
	cp $(addprefix $(BENCH)/full/,results.md results.json distance.svg) \
	    tests/bench/
	cat tests/bench/results.md

check-bench:
	$(call bench_run,small)
	@awk -v groups=count -f tests/build/size/table.awk tests/bench/limits \
	    $(BENCH)/small/counts

CHECKS_REST += check-bench
