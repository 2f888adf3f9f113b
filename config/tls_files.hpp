#pragma once

#include "config/node_identity.hpp"
#include "config/secret.hpp"

#include <optional>
#include <string>
#include <variant>

namespace troupe::config {

/// PEM files of a node's TLS identity. Whoever holds a certificate of `authority` is a member of
/// the cluster, under the name in it, so it must be a CA of the cluster's own. `troupe cluster ca`
/// makes them.
struct tls_files {
  std::string certificate; ///< the node's certificate, then any intermediate ones
  std::string key;
  secret passphrase;     ///< of the key; empty: none
  std::string authority; ///< the CA certificates
};

/// The files of a folder that `troupe cluster ca issue` made.
tls_files files_in(const std::string& folder);

/// Their contents, known to belong together. Kept in memory: files may go or break meanwhile.
struct tls_material {
  std::string certificate;
  std::string key;
  secret passphrase;
  std::string authority;
  node_identity identity; ///< the certificate's name
};

/// Reads and checks all of it; the key must be its owner's alone. Else what is wrong, naming the
/// file.
std::variant<tls_material, std::string> load(const tls_files& x);

/// Why the files cannot be used; none: they can.
std::optional<std::string> problem_of(const tls_files& x);

} // namespace troupe::config
