/* The port under test, in a file of its own: lwIP's socket headers and the
 * system's do not mix. */
#define SMH_TOKEN_IMPLEMENTATION
#include "contract.h"
#include CONTRACT_PORT
