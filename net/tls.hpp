#pragma once

#include <string>

namespace troupe::net {

/// How a client checks servers. Always TLS 1.2 or later, server name indication, and unless
/// switched off: a chain to a trusted authority and a certificate for the very host of the URL.
struct tls_client_options {
  enum class verification : bool { off, on };

  /// PEM bundle trusted in addition to the system's trust store (as OpenSSL has it: its
  /// SSL_CERT_FILE leaves the store's directory in place); empty: none. A file that cannot be read
  /// fails every https call with `net_errc::tls_failed`.
  std::string ca_file;

  /// Off only for experiments against a server of one's own.
  verification verify = verification::on;

  /// With the bundle that CODEX_CA_CERTIFICATE names, else SSL_CERT_FILE; blank ones count as
  /// unset.
  static tls_client_options from_environment();
};

/// PEM files of a server.
struct tls_server_options {
  std::string certificate_file; ///< the chain, the server's own first
  std::string key_file;
};

} // namespace troupe::net
