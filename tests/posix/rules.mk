# The port of Unix, on real sockets, and where the system's calls fail.

POSIX_RUNS = $(addprefix $(B)/posix/,test_posix test_faults)
$(POSIX_RUNS): $(B)/posix/%: tests/posix/%.c tests/posix/world.c \
    tests/tls/library.c $(wildcard tests/posix/*.h tests/support/*.h) \
    $(HEADERS) | $(B)/posix/.
	$(CC) $(SMH_CFLAGS) $(TLS_CFLAGS) -Itests/support -o $@ \
	    $(filter %.c,$^) $(SMH_LDFLAGS) \
	    $(addprefix -Wl$(comma)--wrap=,getaddrinfo $(POSIX_WRAP)) \
	    $(TLS_LIBS) -lcmocka

$(B)/posix/test_posix: POSIX_WRAP = recv
$(B)/posix/test_faults: POSIX_WRAP = socket fcntl connect getsockopt \
    setsockopt poll send recv close clock_gettime

.PHONY: check-posix
check-posix: $(POSIX_RUNS)
	set -e; for run in $(POSIX_RUNS); do timeout 900 $$run; done
CHECKS += check-posix

# Every line and every branch of the port is taken by these tests, but for one:
# EWOULDBLOCK is EAGAIN on this system, and POSIX allows another number.
.PHONY: check-posix-coverage
check-posix-coverage:
	rm -rf $(B)/posix/coverage
	$(MAKE) -s check-posix B=$(B)/posix/coverage CC=gcc SAN= RUN= \
	    CFLAGS='--coverage -O0' LDFLAGS=--coverage
	gcovr -r . -f port/smh_posix.h --fail-under-line 100 \
	    --exclude-branches-by-pattern '.*EWOULDBLOCK' \
	    --fail-under-branch 100 $(B)/posix/coverage
CHECKS_REST += check-posix-coverage
