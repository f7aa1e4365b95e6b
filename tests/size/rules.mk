# The budgets: measured here for the header and the ports, against the limits in
# tests/size/limits.  Who measures something else writes lines of a name and a
# number, adds its limits there and its own target to SIZES, which shows them in
# the same way:
#     awk -v groups=NAME -f tests/size/table.awk tests/size/limits MEASURED

.PHONY: size-header
size-header: | $(B)/size/.
	@tests/setup.sh cross quality
	@tests/size/header.sh $(B)/size >$(B)/size/header.txt
	@awk -v groups="header ports" -f tests/size/table.awk tests/size/limits \
	    $(B)/size/header.txt

SIZES += size-header
CHECKS_REST += size
