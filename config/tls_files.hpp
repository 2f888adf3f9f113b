#pragma once

#include "config/secret.hpp"

#include <optional>
#include <string>

namespace troupe::config {

/// PEM files of a node's TLS identity. Whoever holds a certificate of `authority` is a member of
/// the cluster (names are not compared), so it should be a CA of the cluster's own.
struct tls_files {
  std::string certificate; ///< the node's certificate, then any intermediate ones
  std::string key;
  secret passphrase;     ///< of the key; empty: none
  std::string authority; ///< the CA certificates
};

/// Loads all of it once, as CAF will for each connection. None: usable. Else what is wrong, naming
/// the file: CAF would end the process at the first connection, or, without a certificate, encrypt
/// without knowing for whom.
std::optional<std::string> problem_of(const tls_files& x);

} // namespace troupe::config
