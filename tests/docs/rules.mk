# What README.md and the manual say, tried.

.PHONY: check-docs
check-docs: $(B)/smh_standin $(B)/smh_revoke
	MAKEFLAGS= B=$(B) COMPILE="$(CC) $(SMH_CFLAGS) $(TLS_CFLAGS)" \
	    LINK="$(SMH_LDFLAGS) $(TLS_LIBS)" bats tests/docs/docs.bats

CHECKS += check-docs
