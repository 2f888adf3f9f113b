#pragma once

#include "messages/rollout.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

/// The payload of session_meta lines (contract rollouts.md 3.1).
namespace troupe::rollout_recorder {

/// What git says of a working directory; what is unknown is left out.
struct git_facts {
  std::optional<std::string> commit_hash;
  std::optional<std::string> branch; ///< none when detached
  std::optional<std::string> repository_url;
  bool operator==(const git_facts&) const = default;
};

/// The facts that the recorder adds to a `session_meta`.
struct meta_context {
  std::chrono::system_clock::time_point start;
  std::string cli_version;
  std::optional<git_facts> git; ///< none outside a repository
};

/// The payload as compact JSON, keys in the contract's order. An empty source is written as the
/// default `vscode`, an empty provider or instructions as null.
std::string meta_json(const session_meta& meta, const meta_context& context);

/// What listings and lookups need of a recorded session_meta.
struct recorded_meta {
  thread_id thread;
  std::string timestamp;
  std::string cwd;
  std::string source;         ///< text form, contract threads.md 1.3
  std::string model_provider; ///< empty: none recorded
  std::string cli_version;
  std::string git_branch;
  bool operator==(const recorded_meta&) const = default;
};

/// None when it is no JSON object with a thread id; everything else may be missing.
std::optional<recorded_meta> parse_meta(std::string_view payload);

} // namespace troupe::rollout_recorder
