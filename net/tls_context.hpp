#pragma once

// Internal to net/: includes Asio.

#include "net/tls.hpp"

#include <boost/asio/ssl/context.hpp>

#include <memory>
#include <string>

namespace troupe::net {

struct tls_context_result {
  std::unique_ptr<boost::asio::ssl::context> context; ///< null: see `detail`
  std::string detail;
};

tls_context_result make_client_context(const tls_client_options& options);
tls_context_result make_server_context(const tls_server_options& options);

/// Sets name indication and, unless verification is off, the name the certificate must be for.
/// False: OpenSSL refused the name.
bool expect_host(SSL* connection, const std::string& host, tls_client_options::verification verify);

/// Why a handshake failed: the certificate's fault when there is one, with the remedy where a user
/// has one, else the library's message.
std::string handshake_failure(SSL* connection, const boost::system::error_code& error);

} // namespace troupe::net
