#pragma once

#include "config/environment.hpp"
#include "config/table_reader.hpp"
#include "messages/wire_enum.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <vector>

/// `[sandbox]` of config.toml: what holds for the sandboxes of all threads of a process. Only the
/// user's and the machine's files may say it; that of a project is left out with a warning.
namespace troupe::config {

/// What tools see at /tmp and at $TMPDIR.
enum class tmp_folder : std::uint8_t {
  own,   ///< a folder of their thread's own, which ends with it
  shared ///< the machine's
};

} // namespace troupe::config

template <>
struct troupe::enum_texts<troupe::config::tmp_folder> {
  static constexpr std::array<std::string_view, 2> values{"private", "shared"};
};

namespace troupe::config {

struct sandbox_settings {
  static constexpr std::size_t max_hidden = 64; ///< each is a mount for every command

  /// `tmp`; absent: `shared` where people name files themselves (exec), else `private`.
  std::optional<tmp_folder> tmp;
  /// `hidden`: absolute paths that tools cannot read, in no sandbox; auth.json is always one.
  std::vector<std::filesystem::path> hidden;
  /// `uid`: whose processes sandboxed tools are; absent: ours. For root only.
  std::optional<std::uint32_t> uid;
  bool operator==(const sandbox_settings&) const = default;
};

/// What is hidden unless `hidden` says otherwise: keys below the user's home, for root also the
/// machine's passwords.
std::vector<std::filesystem::path> default_hidden(const environment& env);

sandbox_settings read_sandbox_settings(const table_reader& table, const environment& env);

} // namespace troupe::config
