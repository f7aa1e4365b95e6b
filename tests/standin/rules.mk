# The stand-in of the service: a program that others test against.
STANDIN = $(filter-out tests/standin/test_%,$(wildcard tests/standin/*.c))

$(B)/smh_standin: $(STANDIN) $(wildcard tests/standin/*.h) | $(B)/.
	$(CC) $(SMH_CFLAGS) $(TLS_CFLAGS) -o $@ $(STANDIN) \
	    $(SMH_LDFLAGS) $(TLS_LIBS)
