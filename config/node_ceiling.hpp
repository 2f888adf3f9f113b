#pragma once

#include "config/config_error.hpp"
#include "messages/settings.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <variant>
#include <vector>

/// What other nodes may do here at most: `[node]` of config.toml, but for the files of projects.
namespace troupe::config {

struct load_request;

struct node_ceiling {
  /// As many threads as a node may have.
  static constexpr std::size_t most_threads = 100'000;

  /// `sandbox_mode`: the most permissive one that a thread of another node gets.
  sandbox_mode sandbox = sandbox_mode::read_only;

  /// `network_access`: of its tools.
  bool network_access = false;

  /// `roots`: absolute folders (`~/` counts) that such a thread may work in and, with
  /// workspace-write, write to: these, not any below them. The node's own working directory is one
  /// in any case.
  std::vector<std::string> roots;

  /// `providers`, `models`: those that may be used. Empty: the node's own provider; all models.
  std::vector<std::string> providers;
  std::vector<std::string> models;

  /// `members`: names of the nodes that may be linked. Empty: all that have a certificate.
  std::vector<std::string> members;

  /// `max_threads`: live ones of other nodes, 1 to `most_threads`.
  std::size_t max_threads = 1000;

  /// `max_threads_per_member`: live ones of one other node, 1 to `max_threads`. None: a quarter of
  /// all.
  std::optional<std::size_t> max_threads_per_member;

  std::size_t share_of_threads() const {
    constexpr std::size_t parts = 4;
    return max_threads_per_member.value_or((max_threads + parts - 1) / parts);
  }

  bool operator==(const node_ceiling&) const = default;
};

/// Errors name the key and what is allowed. Reads the files again.
std::variant<node_ceiling, config_error> load_node_ceiling(const load_request& request);

/// Which of the roots is no folder at the moment, with the remedy; none: all are. Looks at the
/// disk, so only a node that needs them asks.
std::optional<std::string> problem_of_roots(const node_ceiling& x);

} // namespace troupe::config
