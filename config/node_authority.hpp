#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <variant>

/// Makes the certificates of a cluster: an authority of its own, and one certificate per node.
/// Blocks on files; for commands.
namespace troupe::config {

inline constexpr std::chrono::days authority_lifetime{3650};
inline constexpr std::chrono::days node_lifetime{365};

/// Makes `folder` (0700) with `ca.key` (0600) and `ca.pem`. None: done. Else what is wrong; what is
/// there already is never overwritten.
std::optional<std::string> make_authority(const std::string& folder, const std::string& cluster,
                                          std::chrono::days lifetime);

struct issued_certificate {
  std::string last_day; ///< "2036-12-01", UTC
  bool is_cut = false;  ///< it ends with the authority, before the lifetime that was asked for
};

/// Makes the folder `out` (0700) with `node.key` (0600), `node.pem` and `ca.pem`, by the authority
/// in `folder`: a certificate for `node` of the authority's cluster, valid for `lifetime`, but no
/// longer than the authority. Else what is wrong.
std::variant<issued_certificate, std::string> issue_certificate(const std::string& folder,
                                                                const std::string& node,
                                                                const std::string& out,
                                                                std::chrono::days lifetime);

} // namespace troupe::config
