# What CBMC proves of the header: see claims, and run.sh for its form.

.PHONY: check-prove prove
check-prove:
	@for f in tests/proof/*.c; do \
	    $(CC) $(STRICT) -I. -fsyntax-only $$f || exit 1; done
	@tests/proof/run.sh $(B)/proof tests/proof/claims
CHECKS_REST += check-prove

prove: ## what CBMC proves of the header (minutes)
	@tests/setup.sh proof
	@$(MAKE) -s --no-print-directory check-prove
