# For find_package(smh_token), installed beside the version:
#
#     smh_token::smh_token       the header and the ports, to be included
#     smh_token::posix_mbedtls   the same, and what smh_mbedtls.h over
#                                smh_posix.h must be linked with; only where
#                                mbedTLS is found
#
# mbedTLS is found by its own package for CMake (mbedTLS 3 installs one), by
# pkg-config, or by its name alone (Debian's 2.28 has neither);
# CMAKE_PREFIX_PATH says where to look.

get_filename_component(smh_token_PREFIX "${CMAKE_CURRENT_LIST_DIR}/../../.."
                       ABSOLUTE)
if(NOT TARGET smh_token::smh_token)
  add_library(smh_token::smh_token INTERFACE IMPORTED)
  set_target_properties(
    smh_token::smh_token PROPERTIES INTERFACE_INCLUDE_DIRECTORIES
                                    "${smh_token_PREFIX}/include")
endif()

function(smh_token_find_mbedtls link include)
  find_package(MbedTLS CONFIG QUIET)
  if(TARGET MbedTLS::mbedtls)
    set(${link} MbedTLS::mbedtls PARENT_SCOPE)
    return()
  endif()
  find_package(PkgConfig QUIET)
  if(PKG_CONFIG_FOUND)
    pkg_check_modules(smh_token_pc QUIET IMPORTED_TARGET GLOBAL mbedtls)
  endif()
  if(TARGET PkgConfig::smh_token_pc)
    set(${link} PkgConfig::smh_token_pc PARENT_SCOPE)
    return()
  endif()
  set(libraries)
  foreach(name mbedtls mbedx509 mbedcrypto)
    find_library(smh_token_${name} ${name})
    mark_as_advanced(smh_token_${name})
    if(NOT smh_token_${name})
      return()
    endif()
    list(APPEND libraries "${smh_token_${name}}")
  endforeach()
  find_path(smh_token_mbedtls_include mbedtls/ssl.h)
  mark_as_advanced(smh_token_mbedtls_include)
  if(smh_token_mbedtls_include)
    set(${link} "${libraries}" PARENT_SCOPE)
    set(${include} "${smh_token_mbedtls_include}" PARENT_SCOPE)
  endif()
endfunction()

if(NOT TARGET smh_token::posix_mbedtls)
  set(smh_token_link)
  set(smh_token_include)
  smh_token_find_mbedtls(smh_token_link smh_token_include)
  if(smh_token_link)
    add_library(smh_token::posix_mbedtls INTERFACE IMPORTED)
    set_target_properties(
      smh_token::posix_mbedtls
      PROPERTIES INTERFACE_LINK_LIBRARIES
                 "smh_token::smh_token;${smh_token_link}"
                 INTERFACE_INCLUDE_DIRECTORIES "${smh_token_include}")
  endif()
endif()

foreach(smh_token_component ${smh_token_FIND_COMPONENTS})
  if(NOT TARGET smh_token::${smh_token_component})
    set(smh_token_FOUND FALSE)
    set(smh_token_NOT_FOUND_MESSAGE
        "smh_token::${smh_token_component} is not known, or lacks mbedTLS: \
install libmbedtls-dev, or set CMAKE_PREFIX_PATH")
  endif()
endforeach()
