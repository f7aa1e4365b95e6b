#include "outcomes.h"

#include "smh_token.h"

/* tests/tool/service.bats reads these lines, too. */
const outcome outcomes[] = {
    {"delay:40", 204, "", 1, SMH_DONE, SMH_DONE, 0, 0},
    {"drip:0", 204, "", 1, SMH_DONE, SMH_DONE, 0, 0},
    {"interim:8", 103, "HTTP/1.1 204", 1, SMH_DONE, SMH_DONE, 0, 0},
    {"interim:9", 103, "HTTP/1.1 204", 1, SMH_E_ANSWER, SMH_E_ANSWER, 0, 0},
    {"headers:63", 204, "", 1, SMH_DONE, SMH_DONE, 0, 0},
    {"headers:64", 204, "", 1, SMH_E_ANSWER, SMH_E_ANSWER, 0, 0},
    {"junk", 204, "junk", 1, SMH_E_EXTRA, SMH_E_EXTRA, SMH_E_ANSWER, 0},
    {"close-after", 204, "", 1, SMH_DONE, SMH_DONE, 0, 0},
    {"no-notify", 204, "", 1, SMH_DONE, SMH_DONE, 0, 0},
    {"close-middle", 204, "", 1, SMH_E_CLOSED, SMH_E_CLOSED, 0, 0},
    {"close-middle:1", 0, "", 1, SMH_E_CLOSED, SMH_E_CLOSED, 0, 0},
    {"close-middle:12", 204, "", 1, SMH_E_CLOSED, SMH_E_CLOSED, 0, 0},
    {"lost", 0, "", 1, SMH_E_CLOSED, SMH_DONE, SMH_E_CLOSED, 1},
    {"close-before", 0, "", 0, SMH_E_CLOSED, SMH_DONE, 0, 1},
    {"reset", 0, "", 0, SMH_E_CLOSED, SMH_DONE, SMH_E_CLOSED, 1},
    {"garbage", 0, "", 0, SMH_E_ANSWER, SMH_E_ANSWER, 0, 0},
    {"early:414", 414, "{", 0, 414, 414, 0, 0},
    {"early-close:431", 431, "{", 0, 431, 431, 0, 0},
    {"big:200", 503, "....", 0, 503, 503, 0, 0},
    {"status:200", 200, "", 0, 200, 200, 0, 0},
    {"status:302", 302, "", 0, 302, 302, 0, 0},
    {"status:404", 404, "", 0, 404, 404, 0, 0},
    {"status:429", 429, "RateLimitExceeded", 0, 429, 429, 0, 0},
    {"status:500", 500, "", 0, 500, 500, 0, 0},
    {"status:101", 101, "", 0, SMH_E_ANSWER, SMH_E_ANSWER, 0, 0},
    {"status:999", 999, "", 0, SMH_E_ANSWER, SMH_E_ANSWER, 0, 0},
};
const size_t outcome_count = sizeof outcomes / sizeof *outcomes;

int outcome_allows(const outcome *o, unsigned n, int result)
{
    return result == (n == 1 ? o->first : o->later) ||
           (o->also != 0 && result == o->also);
}
