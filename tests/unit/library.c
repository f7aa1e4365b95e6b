/* The header under test, compiled by itself with the options of a variant. */
#define SMH_TOKEN_IMPLEMENTATION
#include "smh_token.h"
