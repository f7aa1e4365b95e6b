# The stand-in that others test against is tested itself.
$(B)/standin/test_standin: tests/standin/test_standin.c \
    $(wildcard tests/support/*.c) $(wildcard tests/support/*.h) \
    | $(B)/standin/.
	$(CC) $(SMH_CFLAGS) -o $@ $(filter %.c,$^) $(SMH_LDFLAGS) -lcmocka

.PHONY: check-standin
check-standin: $(B)/standin/test_standin $(B)/smh_standin
	SMH_STANDIN=$(B)/smh_standin $(RUN) $<

CHECKS += check-standin
CHECKS_RUN += check-standin
