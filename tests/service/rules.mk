# The library over real TLS against the stand-in and nginx.
$(B)/service/service: $(wildcard tests/service/*.c tests/support/*.c) \
    $(wildcard tests/service/*.h tests/support/*.h) $(HEADERS) | $(B)/service/.
	$(CC) $(SMH_CFLAGS) $(TLS_CFLAGS) -o $@ $(filter %.c,$^) \
	    $(SMH_LDFLAGS) $(TLS_LIBS) -lcmocka

.PHONY: check-service
check-service: $(B)/service/service $(B)/smh_standin
	SMH_STANDIN=$(B)/smh_standin SMH_TEST_THIN=$(if $(RUN),10,1) $(RUN) $<

CHECKS += check-service
CHECKS_RUN += check-service
