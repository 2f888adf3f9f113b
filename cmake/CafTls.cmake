# CAF's TLS module forgets to empty OpenSSL's error queue; see openssl_errors.cpp. Whoever links the
# module gets the remedy with it. It needs CAF as static libraries, which is how scripts/setup builds it.
get_target_property(caf_openssl_type CAF::openssl TYPE)
if(caf_openssl_type STREQUAL "SHARED_LIBRARY")
  message(WARNING "CAF is a shared library: TLS between more than two nodes will be unstable")
else()
  add_library(troupe_openssl_errors STATIC ${CMAKE_CURRENT_LIST_DIR}/openssl_errors.cpp)
  target_link_libraries(troupe_openssl_errors PRIVATE OpenSSL::SSL OpenSSL::Crypto)
  set_property(TARGET CAF::openssl APPEND PROPERTY INTERFACE_LINK_LIBRARIES troupe_openssl_errors)
  foreach(function SSL_accept SSL_connect SSL_read SSL_write)
    set_property(TARGET CAF::openssl APPEND PROPERTY INTERFACE_LINK_OPTIONS -Wl,--wrap=${function})
  endforeach()
endif()
