# The version is the header's.  Before 1.0 each second number is another API.
file(STRINGS "${CMAKE_CURRENT_LIST_DIR}/../../../include/smh_token.h"
     smh_token_line REGEX "^#define SMH_TOKEN_VERSION \"")
string(REGEX REPLACE ".*\"(.*)\".*" "\\1" PACKAGE_VERSION "${smh_token_line}")
string(REGEX MATCH "^[0-9]+\\.[0-9]+" smh_token_api "${PACKAGE_VERSION}")
if(PACKAGE_FIND_VERSION VERSION_EQUAL PACKAGE_VERSION)
  set(PACKAGE_VERSION_EXACT TRUE)
endif()
if(NOT PACKAGE_FIND_VERSION
   OR (NOT PACKAGE_FIND_VERSION VERSION_LESS smh_token_api
       AND NOT PACKAGE_FIND_VERSION VERSION_GREATER PACKAGE_VERSION))
  set(PACKAGE_VERSION_COMPATIBLE TRUE)
endif()
