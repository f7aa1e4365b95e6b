# The tool, the smallest example and the demo, run against the stand-in.

$(B)/tool/peak: tests/tool/peak.c | $(B)/tool/.
	$(CC) $(SMH_CFLAGS) -D_DEFAULT_SOURCE -o $@ $< $(SMH_LDFLAGS)

$(B)/tool/%.so: tests/tool/%.c | $(B)/tool/.
	$(CC) $(SMH_CFLAGS) -shared -fPIC -o $@ $< $(SMH_LDFLAGS) -ldl

.PHONY: check-tool
check-tool: $(B)/smh_revoke $(B)/smh_standin $(B)/minimal $(B)/tool/peak \
    $(B)/tool/calls.so $(B)/tool/interrupt.so
	B=$(abspath $(B)) timeout 1800 bats tests/tool

CHECKS += check-tool
