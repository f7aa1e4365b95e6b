# The promises of the README: two command lines on a bare Debian; and the gate,
# which must find there all that it needs, too.  Not a part of the checks, since
# they must be root and do everything again; .ci/run does the first.

.PHONY: test-fresh test-fresh-all
test-fresh: ## both command lines of the README in a fresh Debian tree, as root
	tests/setup.sh fresh
	tests/fresh/run.sh $(B)/fresh

test-fresh-all: ## all of .ci/run in a fresh Debian tree, as root: half an hour
	tests/setup.sh fresh
	tests/fresh/gate.sh $(B)/fresh
