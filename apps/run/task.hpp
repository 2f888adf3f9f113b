#pragma once

#include "messages/collaboration_mode.hpp"
#include "messages/identity.hpp"
#include "messages/settings.hpp"
#include "messages/shared_text.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace troupe::run {

/// One task of a run: a prompt for a thread of its own. Paths are absolute.
struct task {
  std::string id; ///< unique in the file; also the name of its workspace folder
  std::string prompt;
  /// The agent works in this directory itself. Without it the task gets a fresh workspace.
  std::optional<std::filesystem::path> cwd;
  /// The fresh workspace begins as a copy of this folder; without it, it is empty.
  std::optional<std::filesystem::path> template_folder;
  std::optional<std::string> model;
  std::optional<identity_kind> identity;
  std::optional<mode_kind> mode;
  std::optional<troupe::sandbox_mode> sandbox;
  shared_text output_schema_json; ///< empty: none
  std::vector<std::string> tags;
  std::uint32_t line = 0; ///< where it begins in the file

  bool has_own_workspace() const { return !cwd; }
  bool operator==(const task&) const = default;
};

/// 16 hex digits that change when anything of the task but its line changes: an old result counts
/// only for the task it was made with.
std::string fingerprint(const task& x);

} // namespace troupe::run
