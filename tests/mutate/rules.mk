# Whether the tests see a change in the code: see mutate.py.

MUTATE = @B=$(B) tests/mutate/mutate.py

.PHONY: check-mutate mutate
check-mutate:
	$(MUTATE) smh_token.h --sample 30
	$(MUTATE) port/smh_mbedtls.h --sample 30 --at-least 92
CHECKS_REST += check-mutate

mutate: ## whether tests see 600 changes of the header, and of the TLS port (an hour)
	@tests/setup.sh mutate
	$(MUTATE) smh_token.h --sample 600 --at-least 99
	$(MUTATE) port/smh_mbedtls.h --sample 600 --at-least 92
