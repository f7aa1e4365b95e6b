# The stand-in of the service, which others test against, and its own test.
STANDIN = $(filter-out %/test_standin.c,$(wildcard tests/standin/*.c))

$(B)/smh_standin: $(STANDIN) $(wildcard tests/standin/*.h) | $(B)/.
	$(CC) $(SMH_CFLAGS) $(TLS_CFLAGS) -o $@ $(STANDIN) \
	    $(SMH_LDFLAGS) $(TLS_LIBS)

$(B)/standin/test_standin: tests/standin/test_standin.c \
    $(wildcard tests/support/*.c) $(wildcard tests/support/*.h) \
    | $(B)/standin/.
	$(CC) $(SMH_CFLAGS) -o $@ $(filter %.c,$^) $(SMH_LDFLAGS) -lcmocka

.PHONY: check-standin
check-standin: $(B)/standin/test_standin $(B)/smh_standin
	SMH_STANDIN=$(B)/smh_standin $(RUN) $<

CHECKS += check-standin
CHECKS_RUN += check-standin
