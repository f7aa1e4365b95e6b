# The tool, the smallest example and the demo, run against the stand-in.

$(B)/tests/tool/peak: tests/tool/peak.c | $(B)/tests/tool/.
	$(CC) $(SMH_CFLAGS) -D_DEFAULT_SOURCE -o $@ $< $(SMH_LDFLAGS)

.PHONY: check-tool
check-tool: $(B)/smh_revoke $(B)/smh_standin $(B)/minimal $(B)/tests/tool/peak
	B=$(abspath $(B)) timeout 600 bats tests/tool

CHECKS += check-tool
