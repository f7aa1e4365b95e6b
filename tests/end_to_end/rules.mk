# The stand-in itself, then the library over real TLS against it and nginx.
$(B)/end_to_end/end_to_end: $(wildcard tests/end_to_end/*.c) \
    $(addprefix tests/support/,child.c standin.c others.c outcomes.c) $(wildcard tests/end_to_end/*.h tests/support/*.h) $(HEADERS) \
    | $(B)/end_to_end/.
	$(CC) $(SMH_CFLAGS) $(TLS_CFLAGS) -o $@ $(filter %.c,$^) \
	    $(SMH_LDFLAGS) -Wl,--wrap=recv $(TLS_LIBS) -lcmocka

.PHONY: check-end_to_end
check-end_to_end: $(B)/end_to_end/end_to_end $(B)/smh_standin
	SMH_STANDIN=$(B)/smh_standin SMH_TEST_THIN=$(if $(RUN),10,1) $(RUN) $<

CHECKS += check-end_to_end
CHECKS_RUN += check-end_to_end
