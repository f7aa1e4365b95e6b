/* config.c - what the firmware is to do: replace it by your configuration, and
 * take the ids from your messages */
#include "board.h"
#include "config.h"

static const char *const ids[] = {"alice"};
static const smh_list users = {ids, 1};
static char secret[80];

int config_read(config *what)
{
    if (board_secret(secret, sizeof secret) != 0) {
        board_print("no secret of the library\n");
        return -1;
    }
    what->scope.host = "smh0example.api.tencentsmh.cn";
    what->scope.library_id = "smh0example";
    what->scope.library_secret = secret;
    what->scope.users = &users;
    return 0;
}
