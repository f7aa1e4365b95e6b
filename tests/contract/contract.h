/* contract.h - what the suite asks of a port under test: a header, PORT of
 * `make contract`, that defines this function */
#ifndef CONTRACT_H
#define CONTRACT_H

#include "smh_token.h"

/* Returns a new port, closed; the one before is closed and over.  It will be
 * opened to the peer as host, "localhost", and port.  The peer serves on this
 * machine, at the address $SMH_CONTRACT_ADDRESS; over TLS if the port's table
 * says that it is secure, with certificates for that host which the CA in
 * $SMH_PKI/ca.pem has signed, or with bad ones. */
smh_port contract_port(const char *host, uint16_t port);

#endif
