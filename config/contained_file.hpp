#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <system_error>
#include <variant>

/// Reading what an agent may have put there: a link must not make this program read for it what it
/// cannot read itself.
namespace troupe::config {

enum class link_rule {
  inside, ///< relative ones that stay in the folder are followed
  none
};

/// The first bytes of the regular file `name` in `folder` or below it. An error of the kind
/// `operation_not_permitted` when a link leads out of the folder (nothing there is touched: it
/// could be a disk that hangs), or where the file really is lies in one of `kept` (which may be
/// missing, or links).
std::variant<std::string, std::error_code>
read_contained_prefix(const std::filesystem::path& folder, const std::filesystem::path& name,
                      std::size_t max_bytes, std::span<const std::filesystem::path> kept,
                      link_rule links);

} // namespace troupe::config
