# The project as its users and a fresh machine build it.  Each file of tests
# here has a target of its own; cross.bats and order.bats want compilers of
# other machines, and lwIP.

BUILD_HOST  = check-install check-compile check-docs
BUILD_CROSS = check-cross check-order

.PHONY: check-build $(BUILD_HOST) $(BUILD_CROSS) check-format
check-build: $(BUILD_HOST)
check-install check-docs: $(B)/smh_standin $(B)/smh_revoke
$(BUILD_HOST) $(BUILD_CROSS): check-%:
	MAKEFLAGS= B=$(abspath $(B)) TLS=$(TLS) SAN=$(SAN) CC="$(CC)" \
	    TLS_CFLAGS="$(TLS_CFLAGS)" \
	    COMPILE="$(CC) $(SMH_CFLAGS) $(TLS_CFLAGS)" \
	    LINK="$(SMH_LDFLAGS) $(TLS_LIBS)" bats tests/build/$*.bats

CHECKS += check-build
CHECKS_REST += $(BUILD_CROSS)

# The static tool.  The stand-in is built with an mbedTLS that has TLS 1.3.
.PHONY: check-static size-static
check-static: $(STATIC)/smh_revoke
	@tests/setup.sh host
	@tests/support/mbedtls.sh 3.6.6
	@$(MAKE) -s --no-print-directory B=$(STATIC) WERROR=$(WERROR) \
	    TLS=$(CURDIR)/build/mbedtls/3.6.6 $(STATIC)/smh_standin
	B=$(abspath $(STATIC)) timeout 900 bats tests/build/static.bats

size-static: $(STATIC)/smh_revoke
	@echo "static.size $$(wc -c <$<)" >$(STATIC)/size.txt
	@awk -v groups=static -f tests/build/size/table.awk \
	    tests/build/size/limits $(STATIC)/size.txt

CHECKS_REST += check-static
SIZES += size-static

# One hand: the style of .clang-format everywhere, which leaves comments alone,
# so their width is looked at as well.
C_FILES = $$(find smh_token.h port examples tests -name '*.[ch]')
check-format:
	clang-format --dry-run -Werror $(C_FILES)
	! grep -nE '^.{81}' $(C_FILES)

CHECKS_REST += check-format

.PHONY: check-analyzers
check-analyzers:
	tests/build/analyzers.sh

CHECKS_REST += check-analyzers

# The budgets: measured here for the header and the ports, against the limits in
# size/limits.  Who measures something else writes lines of a name and a
# number, adds its limits there and its own target to SIZES, which shows them in
# the same way:
#     awk -v groups=NAME -f tests/build/size/table.awk \
#         tests/build/size/limits MEASURED

.PHONY: size-header
size-header: | $(B)/size/.
	@tests/setup.sh cross quality
	@tests/build/size/header.sh $(B)/size >$(B)/size/header.txt
	@awk -v groups="header ports" -f tests/build/size/table.awk \
	    tests/build/size/limits $(B)/size/header.txt

SIZES += size-header
CHECKS_REST += size

# The promises of the README: two command lines on a bare Debian; and the gate,
# which must find there all that it needs, too.  Not a part of the checks, since
# they must be root and do everything again; .ci/run does the first.

.PHONY: test-fresh test-fresh-all
test-fresh: ## both command lines of the README in a fresh Debian tree, as root
	tests/setup.sh fresh
	tests/build/fresh/run.sh $(B)/fresh

test-fresh-all: ## all of .ci/run in a fresh Debian tree, as root (50 minutes)
	tests/setup.sh fresh
	tests/build/fresh/gate.sh $(B)/fresh
