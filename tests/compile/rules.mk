# The header and the ports as users compile them: other languages, other ways to
# include them, and with other compilers and lwIP in the second target.

.PHONY: check-compile check-cross check-format
check-compile:
	CC=$(CC) TLS_CFLAGS="$(TLS_CFLAGS)" bats tests/compile/host.bats

check-cross:
	bats tests/compile/cross.bats tests/compile/order.bats

CHECKS += check-compile
CHECKS_REST += check-cross

# One hand: the style of .clang-format everywhere.
check-format:
	clang-format --dry-run -Werror \
	    $$(find smh_token.h port examples tests -name '*.[ch]')

CHECKS_REST += check-format
