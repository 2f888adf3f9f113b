#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace troupe::tool_runner {

enum class path_kind : std::uint8_t { missing, file, folder, other };

/// What planning a sandbox asks of the file system; a test brings its own. Paths are absolute.
class path_view {
public:
  virtual ~path_view() = default;

  /// Symbolic links are followed.
  virtual path_kind kind(const std::string& path) const = 0;

  /// Is the last component itself a symbolic link?
  virtual bool is_link(const std::string& path) const = 0;

  /// What that link says; empty when it is none.
  virtual std::string link_text(const std::string& path) const = 0;

  /// Nothing, or an empty folder that a sandbox has made to keep a path missing
  /// (sandbox_placeholders.hpp), whichever it is at the moment.
  virtual bool is_vacant(const std::string& path) const = 0;

  /// Of a folder's entries, sorted; empty when it cannot be read. Bounded by `max_names`.
  virtual std::vector<std::string> names_in(const std::string& path) const = 0;
  static constexpr std::size_t max_names = 4096;

  /// The path without symbolic links; none when something on the way does not exist.
  virtual std::optional<std::string> resolved(const std::string& path) const = 0;

  /// The first line of a small file; empty when it cannot be read.
  virtual std::string first_line(const std::string& path) const = 0;
};

/// The disk. Blocks.
class disk_paths final : public path_view {
public:
  path_kind kind(const std::string& path) const override;
  bool is_link(const std::string& path) const override;
  std::string link_text(const std::string& path) const override;
  bool is_vacant(const std::string& path) const override;
  std::vector<std::string> names_in(const std::string& path) const override;
  std::optional<std::string> resolved(const std::string& path) const override;
  std::string first_line(const std::string& path) const override;
};

} // namespace troupe::tool_runner
