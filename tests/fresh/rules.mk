# The promise of the README: two command lines on a bare Debian.  Not a part of
# the checks, since it must be root and does everything again.

.PHONY: test-fresh
test-fresh: ## both command lines of the README in a fresh Debian tree, as root
	tests/setup.sh fresh
	tests/fresh/run.sh $(B)/fresh
