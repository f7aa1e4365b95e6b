# The port of Unix, on real sockets.

$(B)/posix/test_posix: tests/posix/test_posix.c tests/tls/library.c \
    $(wildcard tests/support/*.h) $(HEADERS) | $(B)/posix/.
	$(CC) $(SMH_CFLAGS) $(TLS_CFLAGS) -Itests/support -o $@ \
	    $(filter %.c,$^) $(SMH_LDFLAGS) \
	    -Wl,--wrap=getaddrinfo,--wrap=recv $(TLS_LIBS) -lcmocka

.PHONY: check-posix
check-posix: $(B)/posix/test_posix
	timeout 300 $<
CHECKS += check-posix
