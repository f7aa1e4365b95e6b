# The stand-in of the service, which others test against, and its own test.
STANDIN   = $(filter-out %/test_standin.c,$(wildcard tests/standin/*.c))
STANDIN_H = $(wildcard tests/standin/*.h)

$(B)/smh_standin: $(STANDIN) $(STANDIN_H) | $(B)/.
	$(CC) $(SMH_CFLAGS) $(TLS_CFLAGS) -o $@ $(STANDIN) \
	    $(SMH_LDFLAGS) $(TLS_LIBS)

# C tests share these: children, temporary directories, the stand-in as a child.
SUPPORT   = $(wildcard tests/support/*.c)
SUPPORT_H = $(wildcard tests/support/*.h)

$(B)/standin/test_standin: tests/standin/test_standin.c $(SUPPORT) \
    $(SUPPORT_H) | $(B)/standin/.
	$(CC) $(SMH_CFLAGS) -o $@ $(filter %.c,$^) $(SMH_LDFLAGS) -lcmocka

.PHONY: check-standin
check-standin: $(B)/standin/test_standin $(B)/smh_standin
	SMH_STANDIN=$(B)/smh_standin $(RUN) $<

CHECKS += check-standin
